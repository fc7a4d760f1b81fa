"""The back-test of one origin or several: forecasts registered, scored, compared. Runs trials."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.compare import history
from sim.analysis.validate.backtest import baselines, forecast, origins, outcome, scores
from sim.analysis.validate.backtest.forecast import Forecast
from sim.analysis.validate.backtest.origins import Origin
from sim.analysis.validate.backtest.outcome import Outcome
from sim.analysis.validate.backtest.scores import Scored
from sim.case import register
from sim.importers import registers
from sim.importers.registers import Register
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario import loading
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED, TRIALS_OF_ORIGIN
from sim.vocabulary.axes import Array, IntArray

#: The origins of the shipped back-test, and the length of its windows.
ORIGINS = (2005, 2010, 2015, 2018)
YEARS = 5

#: The share of the supplier that led before the origin: the target that skill is about.
HEADLINE = "leader_share"

#: Least skill shown. A baseline that is exactly right, as no change is where there is one supplier for ever,
#: has a score of zero, and the ratio to it says nothing.
_LEAST_SKILL = -10.0

#: Scores below this are zero but for rounding.
_NOTHING = 1e-12

#: Groups of targets, by how their names begin; all others are scalars.
GROUPS = {"share.": "shares", "tiv.": "annual volumes"}

#: Resamples of the bootstrap of skill.
_RESAMPLES = 2000


@dataclass(frozen=True)
class Fan:
    """The leader's share over five years, year by year.

    Parameters
    ----------
    years : ndarray of int
    record : ndarray, shape (year,)
        NaN before the first full window.
    quantiles : ndarray, shape (3, year)
        5, 50 and 95 % of the forecast; NaN before the origin.
    """

    years: IntArray
    record: Array
    quantiles: Array


@dataclass(frozen=True)
class PairedTest:
    """What was said and scored for one origin.

    Parameters
    ----------
    origin, years : int
    recipient, leader, leader_name : str
    n_deals_known, n_deals_scored : int
        Platform orders before the origin, and in the window.
    data_vintage : str
    registered : dict
        The model's forecast as registered; see `sim.analysis.validate.backtest.forecast.registered`.
    scored : tuple of Scored
        Model and baselines, every target.
    energy, log_score : dict of str to float
        By source.
    fan : Fan
    """

    origin: int
    years: int
    recipient: str
    leader: str
    leader_name: str
    n_deals_known: int
    n_deals_scored: int
    data_vintage: str
    registered: dict[str, Any]
    scored: tuple[Scored, ...]
    energy: dict[str, float]
    log_score: dict[str, float]
    fan: Fan

    def of(self, source: str) -> list[Scored]:
        """Return the scores of a source."""
        return [each for each in self.scored if each.source == source]


@dataclass(frozen=True)
class Skill:
    """One minus the ratio of mean scores, model over baseline: above zero the model is better.

    Cut at -10; zero where both are exactly right.

    Parameters
    ----------
    baseline : str
    headline : float
        On the leader's share alone.
    shares : float
        On every supplier's share.
    low, high : float
        95 % bootstrap interval of `shares`, over origins and suppliers.
    """

    baseline: str
    headline: float
    shares: float
    low: float
    high: float

    @property
    def sentence(self) -> str:
        """Say in words whether there is skill."""
        against = self.baseline.replace("_", " ")
        if self.low > 0:
            return f"Better than {against}: skill {self.shares:.2f} ({self.low:.2f} to {self.high:.2f})."
        if self.high < 0:
            return f"Worse than {against}: skill {self.shares:.2f} ({self.low:.2f} to {self.high:.2f})."
        return f"No skill shown against {against}: {self.shares:.2f} ({self.low:.2f} to {self.high:.2f})."


def of_case(
    years: Sequence[int] = ORIGINS,
    trials: int = TRIALS_OF_ORIGIN,
    seed: int = SEED,
    length: int = YEARS,
    command: str = "",
    execution: Execution = USUAL_EXECUTION,
) -> list[PairedTest]:
    """Test the shipped case at some origins: by their scenarios, or else from the register alone."""
    seed = arguments.seed(seed)
    case = loading.load("baseline").case
    whole, vintage = shipped_register(), _vintage(case.folder / case.record.deal_register.deals)
    tests = []
    for year in years:
        if origins.has_scenario(year):
            origin = origins.shipped(year, length, case)
            tests.append(_test(origin, trials, seed, vintage, command, execution, outcome.of_case))
        else:
            tests += of_register(whole, (year,), trials, seed, length, command, execution)
    return tests


def of_register(
    whole: Register,
    years: Sequence[int],
    trials: int = TRIALS_OF_ORIGIN,
    seed: int = SEED,
    length: int = YEARS,
    command: str = "",
    execution: Execution = USUAL_EXECUTION,
) -> list[PairedTest]:
    """Test the importer of a register at some origins, each with a case made from what was known then."""
    # Only how far the register goes; what it says of the window is read after the forecast.
    for year in years:
        outcome.check_window(year, length, whole.last_year)
    tests = []
    for year in years:
        with origins.from_register(whole, year, length) as origin:
            tests.append(
                _test(
                    origin,
                    trials,
                    seed,
                    whole.vintage,
                    command,
                    execution,
                    lambda known: outcome.of_register(known, whole),
                )
            )
    return tests


def shipped_register() -> Register:
    """Return the register of the shipped case."""
    case = loading.load("baseline").case
    return registers.read(case.folder / case.record.deal_register.deals, case.labels.get(case.recipient))


def _vintage(path: Path) -> str:
    return f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def _test(
    origin: Origin,
    trials: int,
    seed: int,
    vintage: str,
    command: str,
    execution: Execution,
    look: Callable[[Origin], Outcome],
) -> PairedTest:
    """Forecast, register, and only then look at what happened."""
    trials, seed = arguments.whole(trials, "trials", 1), arguments.seed(seed)
    said = forecast.simulate(origin, trials, seed, execution)
    registered = forecast.registered(said.stated(), origin, trials, seed, vintage, command)
    rivals = baselines.all_of(origin, trials, seed)
    was = look(origin)
    scenario = origin.scenario
    leader = scenario.case.suppliers[said.window.leader]
    everyone = [said, *rivals]
    return PairedTest(
        origin=origin.year,
        years=origin.years,
        recipient=scenario.case.recipient,
        leader=leader,
        leader_name=scenario.case.display("supplier", leader),
        n_deals_known=_n_known(origin),
        n_deals_scored=len(was.choices),
        data_vintage=vintage,
        registered=registered,
        scored=tuple(each for one in everyone for each in scores.targets(one, was)),
        energy={one.source: scores.energy(one, was) for one in everyone},
        log_score={
            one.source: scores.log_score(one.chance, was)
            for one in (said, rivals[0])
            if one.chance is not None
        },
        fan=_fan(origin, said, was),
    )


def _fan(origin: Origin, said: Forecast, was: Outcome) -> Fan:
    """Return the leader's rolling share, recorded to the end of the window and forecast within it."""
    years, past = register.history(origin.scenario.case, origin.scenario.start)
    leader = said.window.leader

    def rolling(delivered: Array) -> Array:
        return history.rolling_shares(np.concatenate([past, delivered]), origin.years)[:, leader]

    samples = np.array([rolling(each)[-origin.years :] for each in np.moveaxis(said.window.delivered, -1, 0)])
    quantiles = np.full((3, len(past) + origin.years), np.nan)
    quantiles[:, -origin.years :] = np.quantile(samples, [0.05, 0.5, 0.95], axis=0)
    last = np.arange(origin.year, origin.year + origin.years)
    return Fan(np.concatenate([years, last]), rolling(was.window.delivered[..., 0]), quantiles)


def _n_known(origin: Origin) -> int:
    deals = register.read(origin.scenario.case)[0]
    return sum(deal.is_platform and deal.year < origin.year for deal in deals)


def crps(tests: Iterable[PairedTest], source: str, target: str = HEADLINE) -> float:
    """Return the mean score of a target over origins."""
    return float(np.mean([each.crps for test in tests for each in test.of(source) if each.target == target]))


def coverage(tests: Iterable[PairedTest], width: str, source: str = "model") -> float:
    """Return the part of all targets in the central interval; of a right forecast what it says."""
    return float(np.mean([each.coverage[width] for test in tests for each in test.of(source)]))


def coverage_by_group(tests: Iterable[PairedTest], width: str, measure: str = "coverage") -> dict[str, float]:
    """Return coverage, or with `covered` what intervals hold, apart for shares, annual volumes and scalars.

    Shares of suppliers that hardly ever sell are easily held, and there are many of them.
    """
    found: dict[str, list[float]] = {}
    for test in tests:
        for each in test.of("model"):
            group = next((name for start, name in GROUPS.items() if each.target.startswith(start)), "scalars")
            found.setdefault(group, []).append(getattr(each, measure)[width])
    return {group: float(np.mean(each)) for group, each in found.items()}


def sources(tests: Sequence[PairedTest]) -> tuple[str, ...]:
    """Return the model and the baselines."""
    return tuple(dict.fromkeys(each.source for each in tests[0].scored))


def skill(tests: Sequence[PairedTest], seed: int = SEED) -> list[Skill]:
    """Return the model's skill against each baseline."""
    found = []
    for baseline in sources(tests)[1:]:
        pairs = [_pairs(test, baseline) for test in tests]
        generator = np.random.default_rng(seed)
        resampled = [_ratio(_resample(pairs, generator)) for _ in range(_RESAMPLES)]
        low, high = np.quantile(resampled, [0.025, 0.975])
        found.append(
            Skill(
                baseline=baseline,
                headline=_better(crps(tests, "model"), crps(tests, baseline)),
                shares=_ratio(pairs),
                low=float(low),
                high=float(high),
            )
        )
    return found


def _pairs(test: PairedTest, baseline: str) -> Array:
    """Return the scores of model and baseline for every supplier's share, shape (supplier, 2)."""
    scored: dict[str, dict[str, float]] = {"model": {}, baseline: {}}
    for source, by_target in scored.items():
        for each in test.of(source):
            if each.target.startswith("share."):
                by_target[each.target] = each.crps
    names = [*dict.fromkeys([*scored["model"], *scored[baseline]])]
    # A supplier that one of the two says nothing of has share zero there and in the record: no loss.
    return np.array([[scored["model"].get(name, 0.0), scored[baseline].get(name, 0.0)] for name in names])


def _ratio(pairs: Sequence[Array]) -> float:
    model, baseline = (sum(float(each[:, column].sum()) for each in pairs) for column in (0, 1))
    return _better(model, baseline)


def _better(model: float, baseline: float) -> float:
    """Return the skill of a score against another."""
    if baseline <= _NOTHING:
        return 0.0 if model <= _NOTHING else _LEAST_SKILL
    return max(1.0 - model / baseline, _LEAST_SKILL)


def _resample(pairs: Sequence[Array], generator: np.random.Generator) -> list[Array]:
    """Draw origins with replacement, and suppliers within each."""
    chosen = [pairs[index] for index in generator.integers(len(pairs), size=len(pairs))]
    return [each[generator.integers(len(each), size=len(each))] for each in chosen]


def summary(tests: Sequence[PairedTest], seed: int = SEED) -> dict[str, Any]:
    """Return the card as plain values, for JSON."""
    found = skill(tests, seed)
    return {
        "recipient": tests[0].recipient,
        "origins": [test.origin for test in tests],
        "years": tests[0].years,
        "leader": [test.leader for test in tests],
        "crps_leader_share": crps(tests, "model"),
        "crps_largest_share": crps(tests, "model", "top_share"),
        "crps_by_baseline": {name: crps(tests, name) for name in sources(tests)[1:]},
        "coverage_50": coverage(tests, "0.5"),
        "coverage_90": coverage(tests, "0.9"),
        "coverage_50_by_group": coverage_by_group(tests, "0.5"),
        "coverage_90_by_group": coverage_by_group(tests, "0.9"),
        "held_90_by_group": coverage_by_group(tests, "0.9", "covered"),
        "energy_score": float(np.mean([test.energy["model"] for test in tests])),
        "energy_score_by_baseline": {
            name: float(np.mean([test.energy[name] for test in tests])) for name in sources(tests)[1:]
        },
        "log_score": _mean_log(tests, "model"),
        "log_score_past_shares": _mean_log(tests, "no_change"),
        "skill": {each.baseline: each.shares for each in found},
        "skill_interval": {each.baseline: [each.low, each.high] for each in found},
        "skill_leader_share": {each.baseline: each.headline for each in found},
        "sentences": [each.sentence for each in found],
        "n_deals": sum(test.n_deals_scored for test in tests),
        "n_deals_known": tests[-1].n_deals_known,
        "data_vintage": tests[0].data_vintage,
        "known_later": list(origins.LATER),
        "registered": [
            {
                "origin": test.origin,
                "sha256": test.registered["sha256"],
                "date": test.registered["registered"],
            }
            for test in tests
        ],
    }


def _mean_log(tests: Sequence[PairedTest], source: str) -> float | None:
    """Return the mean log score over orders, or None if there was no order."""
    scored = [(test.log_score[source], test.n_deals_scored) for test in tests if test.n_deals_scored]
    orders = sum(count for _, count in scored)
    return sum(score * count for score, count in scored) / orders if orders else None
