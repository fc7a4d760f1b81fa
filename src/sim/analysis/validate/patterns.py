"""Does the model show the patterns of the record? A report with pass or miss, and the rule behind it.

The values on record and the rules stand in the case's patterns.toml; how each statistic is taken from
trials is in `pattern_statistics`. Runs trials. A miss is a result: it is reported, never tuned away.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.analysis.validate import pattern_files, pattern_statistics
from sim.files.records import shown, standing_in
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED, TRIALS
from sim.vocabulary.axes import Array


@dataclass(frozen=True)
class Result:
    """One line of the report.

    Parameters
    ----------
    pattern, label, unit : str
        What was looked at.
    recorded : float
        The value on record.
    mean, standard_error : float
        Over trials, and its Monte Carlo standard error.
    low, high : float
        Central 90 % of single trials; for a rule of nearness or sign the 95 % interval of the mean; for
        "bracket" the two ends of what the model can say.
    rule : str
        How the verdict was reached.
    verdict : {"pass", "miss", "open"}
        Open where the model cannot be held to the record, but does not contradict it either.
    evidence : tuple of str
        Ids behind the recorded value.
    note : str
        Remarks.
    """

    pattern: str
    label: str
    unit: str
    recorded: float
    mean: float
    standard_error: float
    low: float
    high: float
    rule: str
    verdict: str
    evidence: tuple[str, ...]
    note: str = ""


def report(
    scenario: Scenario,
    trials: int = TRIALS,
    seed: int = SEED,
    only: Collection[str] | None = None,
    execution: Execution = USUAL_EXECUTION,
) -> list[Result]:
    """Run the scenario, and earlier windows of its case, and judge its patterns.

    Parameters
    ----------
    scenario : Scenario
        Whose case and futures are looked at.
    trials, seed : int
        As in `sim.run`.
    only : collection of str, optional
        Names of the patterns that are judged; by default all.
    execution : Execution, optional
        Workers and engine.

    Returns
    -------
    list of Result
        In the order of the case's patterns.toml; empty if it has none.

    Raises
    ------
    InputError
        If the file or an argument is not as it should be.
    """
    trials, seed = arguments.whole(trials, "trials", 2), arguments.seed(seed)
    results, file = [], shown(scenario.case.folder / pattern_files.FILE)
    for pattern, record in pattern_files.read(scenario.case).items():
        if only is not None and pattern not in only:
            continue
        with standing_in(file, f"{pattern}.targets"):
            samples = pattern_statistics.STATISTICS[record["statistic"]](
                scenario, record["targets"], pattern_statistics.Trials(trials, seed, execution)
            )
        for target, sample in zip(record["targets"], samples, strict=True):
            results.append(_judge(pattern, record, target, sample))
    return results


def _judge(pattern: str, record: dict[str, Any], target: dict[str, Any], sample: Array) -> Result:
    """Compare a sample of the statistic, one value per trial or per bootstrap resample, with the record."""
    value, rule = float(target["value"]), target["rule"]
    low, high = np.quantile(sample, [0.05, 0.95])
    mean = float(sample.mean())
    error = float(sample.std(ddof=1) / np.sqrt(sample.size))
    met = "pass"
    if rule == "near":
        # These samples are resamples of one statistic of the whole ensemble: their spread is its error.
        error = float(sample.std(ddof=1))
        low, high = np.quantile(sample, [0.025, 0.975])
        rule = f"within {target['tolerance']:g}"
        is_met = abs(mean - value) <= target["tolerance"]
    elif rule == "sign":
        # A sample of paired differences: all of the interval of its mean has to lie on the recorded side.
        low, high = mean - 2.0 * error, mean + 2.0 * error
        is_met = low > 0 if value > 0 else high < 0
    elif rule == "at least":
        is_met = mean >= value
    elif rule == "bracket":
        low, high, met = sample.min(), sample.max(), "open"
        is_met = bool(low <= value <= high)
    else:
        is_met = bool(low <= value <= high)
    return Result(
        pattern=pattern,
        label=f"{record['title']}: {target['label']}",
        unit=target["unit"],
        recorded=value,
        mean=mean,
        standard_error=error,
        low=float(low),
        high=float(high),
        rule=rule,
        verdict=met if is_met else "miss",
        evidence=tuple(record["evidence"]),
        note=target.get("note", ""),
    )
