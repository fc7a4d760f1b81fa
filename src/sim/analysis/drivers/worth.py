"""What matters most, is known least, and is worth knowing before choosing between two futures.

    score = total index x how little is known x expected value of knowing it

The payoff is a number of a trial, more being better. Two finished runs say what knowing each parameter is
worth; for those worth most, pick-freeze says how much of the difference hangs on them; and the parameter's
own entry says what it rests on, and so what data would settle it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.drivers import information, inputs, sensitivity, subject
from sim.analysis.drivers.information import Value
from sim.analysis.drivers.inputs import PARAMETERS, Input
from sim.parameter.elements import Element
from sim.parameter.posterior import Column
from sim.runs import dataset as results
from sim.runs.experiment import Execution, Progress
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.sources import table
from sim.vocabulary import arguments
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array

if TYPE_CHECKING:
    import xarray as xr

#: Trials behind the values of knowing, base samples behind the indices, and parameters that have one.
TRIALS, SAMPLES, MOST = 2048, 256, 12

#: How little is known, by what an entry rests on.
GRADES = {"estimated": 0.25, "partly assumed": 0.5, "documented": 0.75, "assumed": 1.0}

#: What would settle a number, by its grade.
_SETTLED_BY = {
    "estimated": "more of the record that it was estimated from",
    "partly assumed": "the part of it that is assumed",
    "documented": "a measurement of its size; only its sign or its presence is on record",
    "assumed": "any record of it",
}


@dataclass(frozen=True)
class Grade:
    """What a number rests on.

    Parameters
    ----------
    name : str
        One of `GRADES`: estimated from data; estimated, and an assumption added; a fact or opinion of a
        document, its size assumed; assumed.
    settled_by : str
        What data would settle it, with the entry's own words and the ids of its evidence.
    """

    name: str
    settled_by: str

    @property
    def ignorance(self) -> float:
        """How little is known, from 0 to 1."""
        return GRADES[self.name]


def grade(element: Element) -> Grade:
    """Return what an element rests on, from the fields evidence and assumption of its entry."""
    known = table.load()
    rows = [known[each] for each in element.evidence if each in known]
    is_estimated = any(row.confidence.startswith("estimate") or "computed" in row.origin for row in rows)
    if isinstance(element.distribution, Column):
        name = "estimated"
    elif is_estimated:
        name = "partly assumed" if element.assumption else "estimated"
    else:
        name = "documented" if rows else "assumed"
    said = [_SETTLED_BY[name]]
    if rows:
        said.append(f"rests on {', '.join(row.id for row in rows)}")
    if element.assumption:
        said.append(f"assumes: {element.assumption}")
    return Grade(name, "; ".join(said))


def worth(
    scenario: Scenario | str,
    against: Scenario | str,
    measure: str = sensitivity.MEASURE,
    *,
    lower_is_better: bool = False,
    most: int = MOST,
    trials: int = TRIALS,
    samples: int = SAMPLES,
    seed: int = SEED,
    workers: int | None = None,
    engine: str = results.AUTO,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Rank the uncertain parameters by what knowing them is worth before choosing between two scenarios.

    Parameters
    ----------
    scenario, against : Scenario or str
        What is chosen between.
    measure : str
        The payoff, as for `sim.sensitivity`; without a date, the last quarter.
    lower_is_better : bool
        Whether less of it is better.
    most : int
        Parameters that have a total index: those with the largest values of knowing.
    trials : int
        Of both scenarios, behind the values of knowing.
    samples : int
        Base samples behind the total indices.
    seed, workers, engine, progress
        As for `sim.run`.

    Returns
    -------
    xarray.Dataset
        Dims input, time; the largest score first. `value`: what knowing the parameter alone is worth
        (expected value of partial perfect information, in the unit of the measure), with its 95 % bootstrap
        interval; `total`: total index of the paired difference, with its interval; `ignorance`: 0.25
        estimated, 0.5 partly assumed, 0.75 documented, 1 assumed; `score`: their product. By time,
        `perfect`: what knowing everything is worth, with its interval; `mean`: the mean difference; `floor`:
        the most that as many shuffled parameters seem worth. What is worth no more than the floor comes after
        the rest, by total index times ignorance. Coordinates `grade` and `settled_by`.

    Raises
    ------
    InputError
        If there is no such scenario or measure, or the two cannot be compared.

    Examples
    --------
    >>> found = sim.worth("baseline", "fiscal_squeeze", "hhi@2035", trials=256, samples=32)
    >>> sim.plots.worth(found)
    """
    seen = subject.read(scenario, measure, one(against, "against"), at=True)
    lower_is_better = arguments.truth(lower_is_better, "lower_is_better")
    trials, seed = arguments.whole(trials, "trials", 2), arguments.seed(seed)
    samples, most = arguments.whole(samples, "samples", 2), arguments.whole(most, "most", 1)
    execution = Execution(workers=workers, engine=engine, progress=progress)
    (difference,) = seen.run(trials, seed, execution=execution)
    payoff = -difference if lower_is_better else difference
    drawn = inputs.drawn(seen.scenarios, trials, seed)
    rough = {
        name: information.partial(payoff, row, resamples=0, dummies=0, seed=seed)
        for name, row in drawn.items()
    }
    # What is worth no more than the best of as many shuffled ones is nothing; of equals, what explains more.
    floor = float(information.of_shuffled(payoff, len(drawn), seed).max())

    def rank(name: str) -> tuple[float, float]:
        value = rough[name].value
        return -value if value > floor else 0.0, -rough[name].explained

    order = sorted(rough, key=rank)[:most]
    values = {name: information.partial(payoff, drawn[name], dummies=0, seed=seed) for name in order}
    everything = information.perfect(payoff, seed=seed)
    elements = {key: each for one in seen.scenarios for key, each in one.parameters.items()}
    streams = dict.fromkeys(elements[name].stream for name in order)
    shares = sensitivity.sensitivity(
        seen.scenario,
        measure if "@" in measure else f"{measure}@{seen.quarters[0]}",
        against=seen.against,
        groups={stream: [stream] for stream in streams},
        trials=samples,
        seed=seed,
        workers=workers,
        engine=engine,
        progress=progress,
    )
    mean = float(np.nanmean(difference))
    return _ranked(
        seen, [elements[name] for name in order], values, everything, mean, floor, shares, trials, seed
    )


def _ranked(
    seen: subject.Subject,
    elements: list[Element],
    values: dict[str, Value],
    everything: Value,
    mean: float,
    floor: float,
    shares: xr.Dataset,
    trials: int,
    seed: int,
) -> xr.Dataset:
    """Return what was found, the largest score first."""
    total = {
        name: np.array([float(shares[name].sel(input=each.stream).values[0]) for each in elements])
        for name in ("total", "total_low", "total_high")
    }
    grades = [grade(each) for each in elements]
    ignorance = np.array([each.ignorance for each in grades])
    known = [values[each.key] for each in elements]
    value = {name: np.array([getattr(each, name) for each in known]) for name in ("value", "low", "high")}
    score = total["total"] * ignorance * value["value"]
    columns: dict[str, Array] = {
        "score": score,
        "value": value["value"],
        "value_low": value["low"],
        "value_high": value["high"],
        **total,
        "ignorance": ignorance,
    }
    variables: dict[str, Any] = {name: (("input", "time"), each[:, None]) for name, each in columns.items()}
    variables |= {"mean": ("time", [mean]), "floor": ("time", [floor])}
    for end, number in (("", everything.value), ("_low", everything.low), ("_high", everything.high)):
        variables[f"perfect{end}"] = ("time", [number])
    listed = [Input(each.key, PARAMETERS, frozenset([each.stream])) for each in elements]
    made = sensitivity.labelled(seen, listed, variables, trials, seed, "worth knowing")
    made = made.assign_coords(
        grade=("input", [each.name for each in grades]),
        settled_by=("input", [each.settled_by for each in grades]),
        description=("input", [each.description for each in elements]),
    )
    clear = np.where(value["value"] > floor, np.nan_to_num(score), 0.0)
    return made.isel(input=np.lexsort((-np.nan_to_num(total["total"] * ignorance), -clear)))


def answer(found: xr.Dataset, at: int = -1) -> str:
    """Return in one sentence what is worth knowing first, and what all knowledge would be worth."""
    here = found.isel(time=at)
    unit = found.attrs["unit"]
    whole, low, high = (float(here[f"perfect{end}"]) for end in ("", "_low", "_high"))
    about = f"{found.attrs['text']}, {here['quarter'].values}: knowing everything before choosing is worth "
    about += f"{in_digits(whole, 2)} ({in_digits(low, 2)} to {in_digits(high, 2)}) {unit}"
    first = here.isel(input=0)
    value, low, high = (float(first[f"value{end}"]) for end in ("", "_low", "_high"))
    if not low > float(here["floor"]):
        return f"{about}; no parameter alone is clearly worth more than the best of as many shuffled ones."
    return (
        f"{about}; first comes {first['input'].values} ({first['grade'].values}): alone worth "
        f"{in_digits(value, 2)} ({in_digits(low, 2)} to {in_digits(high, 2)}), and settled by "
        f"{first['settled_by'].values}"
    )
