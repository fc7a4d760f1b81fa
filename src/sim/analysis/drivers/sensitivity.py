"""Which inputs drive a number, over time: Sobol indices of parameters, shocks and structure.

By pick-freeze: trial k takes one input's draws from trial k + N. Nothing is frozen at one realisation, so
shocks are an input like any other, and shares are of all variance. Runs N trials for each input and 2 N more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.drivers import inputs, subject, variance_shares
from sim.analysis.drivers.inputs import MECHANISM, SOURCE, Input
from sim.analysis.drivers.subject import Subject
from sim.analysis.drivers.variance_shares import RESAMPLES
from sim.design.pick_freeze import PickFreeze
from sim.runs import dataset as results
from sim.runs.experiment import Execution, Progress
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr

#: Base samples of a study unless others are asked for.
SAMPLES = 1024

#: What is looked at where nothing else is asked for.
MEASURE = "hhi"

_INDICES = ("first", "first_low", "first_high", "total", "total_low", "total_high")
_REST = ("interactions", "interactions_low", "interactions_high")


def sensitivity(
    scenario: Scenario | str,
    measure: str = MEASURE,
    *,
    against: Scenario | str | None = None,
    groups: str | Mapping[str, Any] = MECHANISM,
    structure: bool = False,
    trials: int = SAMPLES,
    seed: int = SEED,
    resamples: int = RESAMPLES,
    workers: int | None = None,
    engine: str = results.AUTO,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Return which share of the variance of a number each input explains, alone and in all.

    Parameters
    ----------
    scenario : Scenario or str
        What is run; a name or path is loaded.
    measure : str
        What is looked at: a variable, a label of each of its axes (``total`` sums over one) and, after @, a
        year (its last quarter) or quarter, such as ``"capability[total]@2035"``; else every quarter.
    against : Scenario or str, optional
        Look at the paired difference to this scenario.
    groups : {"mechanism", "parameter", "element", "source"} or mapping
        What counts as one input: the parameters of a mechanism, each parameter, each element of one, or all
        of a source (parameters together, the shocks of each mechanism). All but "source" have the shocks as
        one input. Or names of groups -> what is in each, such as ``{"budget": ["economy", "growth_shock"]}``.
    structure : bool
        Whether the structure of the model is uncertain too: every structural variant that the scenario leaves
        open is drawn, its options equally likely.
    trials : int
        Base samples N; N (inputs + 2) trials are run, of each scenario.
    seed : int
        The first N trials are those of a run with this seed.
    resamples : int
        Of the bootstrap, behind the intervals.
    workers, engine, progress
        As for `sim.run`.

    Returns
    -------
    xarray.Dataset
        Dims input, time. `first`: the share that fixing the input would take away, on average; `total`: the
        share that would be left if all else were fixed; both with 95 % bootstrap intervals (`first_low` ...).
        By time, `interactions`: what no input explains alone; `mean` and `variance` of what is looked at;
        `samples`: base samples that count (those of which a number is not finite do not). NaN where
        nothing varies. The coordinate `kind` says whether an input is parameters, shocks or structure.

    Raises
    ------
    InputError
        If there is no such scenario, measure or group.

    Examples
    --------
    >>> found = sim.sensitivity("baseline", "hhi@2035", trials=256)
    >>> found.total.isel(time=-1).to_series().sort_values()
    """
    seen = subject.read(scenario, measure, against)
    structure = arguments.truth(structure, "structure")
    trials, seed = arguments.whole(trials, "trials", 2), arguments.seed(seed)
    resamples = arguments.whole(resamples, "resamples", 2, _MOST_RESAMPLES)
    variance_shares.check_room(trials, resamples)
    chosen = inputs.structural_choices(seen.scenarios) if structure else ()
    found = inputs.grouped(seen.scenarios, groups, chosen)
    design = PickFreeze(size=trials, taken=tuple(each.streams for each in found))
    execution = Execution(workers=workers, engine=engine, progress=progress)
    values = seen.run(design.trials, seed, sampling=design, structure=chosen, execution=execution)
    a, b, *ab = np.moveaxis(values.reshape(len(values), -1, trials), 0, -1)
    shares = variance_shares.from_blocks(a, b, np.stack(ab), resamples, seed)
    variables: dict[str, Any] = {name: (("input", "time"), getattr(shares, name)) for name in _INDICES}
    variables |= {name: ("time", getattr(shares, name)) for name in (*_REST, "mean", "variance", "samples")}
    return labelled(seen, found, variables, trials, seed, "Sobol indices")


#: More resamples than anybody needs: their numbers must fit into memory.
_MOST_RESAMPLES = 100_000


def spread(
    scenario: Scenario | str,
    measure: str = MEASURE,
    *,
    against: Scenario | str | None = None,
    structure: bool = True,
    trials: int = SAMPLES,
    seed: int = SEED,
    resamples: int = RESAMPLES,
    workers: int | None = None,
    engine: str = results.AUTO,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Return where the spread of a number comes from: parameters, each mechanism's shocks, structure.

    It is `sensitivity` with the groups of "source".

    Parameters
    ----------
    scenario, measure, against, trials, seed, resamples, workers, engine, progress
        As for `sensitivity`.
    structure : bool
        Whether each trial draws its structural variants; without, the variance is that of a plain run.

    Returns
    -------
    xarray.Dataset
        Dims input, time; as of `sensitivity`.

    Raises
    ------
    InputError
        If there is no such scenario or measure.

    Examples
    --------
    >>> found = sim.spread("baseline", "hhi", structure=False, trials=16, resamples=100)
    >>> sim.plots.spread(found)
    """
    return sensitivity(
        scenario,
        measure,
        against=against,
        groups=SOURCE,
        structure=structure,
        trials=trials,
        seed=seed,
        resamples=resamples,
        workers=workers,
        engine=engine,
        progress=progress,
    )


def labelled(
    seen: Subject,
    found: Sequence[Input],
    variables: Mapping[str, Any],
    trials: int,
    seed: int,
    title: str,
    **more: Any,
) -> xr.Dataset:
    """Return what was found of inputs as a dataset with labels, unit and a manifest."""
    import xarray as xr

    about = results.attributes(seen.scenarios, trials, 0, seed, {}, ())
    coordinates = {
        **seen.coordinates(),
        "input": [each.name for each in found],
        "kind": ("input", [each.kind for each in found]),
    }
    attributes = {
        **about,
        "title": title,
        "measure": seen.measure.key,
        "text": seen.text,
        "unit": GLOSSARY[seen.variable].unit,
        **more,
    }
    return xr.Dataset(dict(variables), coordinates, attributes)


def ranked(found: xr.Dataset, by: str = "total", at: int = -1) -> list[str]:
    """Return the inputs at a date, by position in time; those with the largest numbers first."""
    values: Array = found[by].isel(time=at).values
    order = np.argsort(np.where(np.isfinite(values), -values, np.inf), kind="stable")
    return [str(found["input"].values[k]) for k in order]


def answer(found: xr.Dataset, at: int = -1) -> str:
    """Return what the indices say of a date in one sentence, with the error of each number."""
    when = str(found["quarter"].values[at])
    here = found.isel(time=at)
    about = f"{found.attrs['text']}, {when}:"
    if not np.isfinite(here["total"].values).any():
        return f"{about} the same in every trial, so nothing drives it."
    first, *others = ranked(found, "total", at)[:3]
    said = [f"{each} ({_percent(here.sel(input=each), 'total')})" for each in others]
    most = here.sel(input=first)
    rest = f"; next {' and '.join(said)}" if said else ""
    return (
        f"{about} most of the variance hangs on {first}, {_percent(most, 'total')} in all and "
        f"{_percent(most, 'first')} alone{rest}. In brackets 95 % bootstrap intervals."
    )


def _percent(one: xr.Dataset, name: str) -> str:
    """Return a share with its interval, in percent."""
    middle, low, high = (100 * float(one[each]) for each in (name, f"{name}_low", f"{name}_high"))
    return f"{middle:.0f} % ({low:.0f} to {high:.0f})".replace("-", "−")
