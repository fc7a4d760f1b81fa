"""Which of the case's policies holds up over the futures of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from sim.analysis.robustness import policies as declared
from sim.analysis.robustness.outcomes import policy_outcomes
from sim.analysis.robustness.policies import Policy
from sim.analysis.robustness.robustness import (
    LEVEL,
    REGRET,
    answers,
    robustness,
    value_text,
)
from sim.report.findings import Finding
from sim.report.parts import Table, picture
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary import amounts

_TITLE = "Which policy holds up"


def _arms(scenarios: Sequence[Scenario], reference: Scenario) -> tuple[list[Policy], list[Scenario]]:
    """Return the policies that are run, and in which futures: of the page, or of the case if it has one."""
    futures = list(scenarios) if len(scenarios) > 1 else declared.futures_of(None, reference.case)
    return declared.chosen(None, reference.case), futures


def of_case(
    scenarios: Sequence[Scenario],
    reference: Scenario,
    trials: int | None,
    seed: int,
    execution: Execution = USUAL_EXECUTION,
) -> list[Finding]:
    """Return the section on the policies that the case declares, if it does.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The futures of the page; a page of one has the futures that the case names.
    reference : Scenario
    trials : int or None
        Of each policy in each future; with none, nothing is run, and the section says how to get it.
    seed : int
    execution : Execution
        How they are run; no number depends on it.

    Raises
    ------
    InputError
        If it is asked for and the case declares no policies, or they do not fit the futures.
    """
    known = declared.read(reference.case)
    if trials is None:
        if known is None:
            return []
        count = f"{len(known.all)} policies"
        how = f"The case declares {count}; sim report --robustness 1000 runs them in these futures."
        return [Finding("robustness", _TITLE, (how,))]
    chosen, futures = _arms(scenarios, reference)
    outcomes = policy_outcomes(chosen, futures, trials=trials, seed=seed, execution=execution)
    found = robustness(outcomes, seed=seed)
    said = answers(found)
    wanted = "more" if found.attrs["aim"] == declared.AIMS[0] else "less"
    named = ", ".join(f"“{each.title}”" for each in futures)
    about = (
        f"{found.attrs['text']}, {found.attrs['measure'].partition('@')[2]}, of which {wanted} is better: "
        f"{found.sizes['policy']} policies in {len(futures)} futures ({named}), {trials:,} trials of each "
        "with the same random draws. The errors are those of the trials; which futures are in the list is a "
        f"judgement. Other futures: sim robustness --futures a,b --trials {trials} --seed {seed}."
    )
    from sim.plots import criteria_map

    figure: Any = criteria_map(found).figure
    shown = picture(figure, "robustness", said[0])
    return [Finding("robustness", _TITLE, (*said, about), (_policies(found), _criteria(found)), (shown,))]


def _policies(found: xr.Dataset) -> Table:
    """Return where each policy stands, the best on average first."""
    order = np.argsort(found["rank"].mean("criterion").values, kind="stable")
    level, regret = found.sel(criterion=LEVEL), found.sel(criterion=REGRET)
    rows = tuple(
        (
            str(found["policy_title"].values[k]),
            _with_ends(level, k),
            _with_ends(regret, k),
            amounts.percent(regret["p_first"].values[k]),
            amounts.percent(found["p_first"].values[:, k].mean()),
        )
        for k in order
    )
    columns = (
        "Policy",
        "Mean (95 %)",
        "Largest regret (95 %)",
        "Least regret in",
        "First in",
    )
    unit = str(found.attrs["unit"])
    caption = (
        f"Policies, the best on average first: mean over futures ({unit}), regret, and in which share of "
        "resamples of the trials it is first by regret, and on average over criteria"
    )
    return Table(caption, columns, rows, frozenset({1, 2, 3, 4}))


def _criteria(found: xr.Dataset) -> Table:
    """Return which policy is first by each criterion."""
    rows = []
    for k in range(found.sizes["criterion"]):
        each = found.isel(criterion=k)
        first = int(np.nanargmin(each["rank"].values))
        rows.append(
            (
                str(each["criterion_text"].item()),
                str(each["formula"].item()),
                str(each["policy_title"].values[first]),
                _with_ends(each, first),
                amounts.percent(each["p_first"].values[first]),
            )
        )
    columns = ("Criterion", "Formula (v: the measure in a trial)", "First", "Value (95 %)", "First in")
    return Table("What is first by each criterion", columns, tuple(rows), frozenset({3, 4}))


def _with_ends(of: xr.Dataset, k: int) -> str:
    numbers = (float(of[name].values[k]) for name in ("value", "low", "high"))
    return value_text(str(of["criterion"].item()), *numbers)
