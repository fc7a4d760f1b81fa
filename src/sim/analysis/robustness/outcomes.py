"""Policies times futures times trials: what each policy comes to, in every future.

Policies are paired: trial k has the same random draws under each of them, in every future.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare import question as asked
from sim.analysis.compare.question import Question
from sim.analysis.robustness import policies as declared
from sim.analysis.robustness.policies import AIMS, Policy
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED, TRIALS
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import MissingField

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr


def policy_outcomes(
    policies: Policy | Scenario | str | Path | Sequence[Policy | Scenario | str | Path] | None = None,
    futures: Scenario | str | Path | Sequence[Scenario | str | Path] | None = None,
    measure: str | None = None,
    *,
    case: Scenario | str | Path | None = None,
    trials: int = TRIALS,
    seed: int = SEED,
    first_trial: int = 0,
    execution: Execution = USUAL_EXECUTION,
) -> xr.Dataset:
    """Run policies in futures and return their outcomes, trial by trial.

    Parameters
    ----------
    policies : name, scenario, path or sequence of them, optional
        Of the case's policies.toml (``"loans"`` for all its levels, ``"loans.soft"`` for one), or scenarios:
        what one changes against its base is the policy. By default all of the file. That nothing is changed
        is always the first.
    futures : scenario, name, path or sequence of them, optional
        What may come; structural variants are futures too (``base.override(variant={...})``). By default
        those of the file.
    measure : str, optional
        What is looked at, such as ``"hhi@2035"``; see `sim.analysis.compare.question`. By default that of
        the file.
    case : scenario, name or path, optional
        Whose case's file is read, where no futures are given; the baseline's by default.
    trials, seed, first_trial : int
        As for `sim.run`.
    execution : Execution
        How it is run; no number depends on it.

    Returns
    -------
    xarray.Dataset
        `outcome`, dims policy, future, trial, in the unit of the measure; titles as coordinates, and whose
        each policy is (`by`).

    Raises
    ------
    InputError
        If a name is unknown, or a policy and a future set one thing to two values.

    Examples
    --------
    >>> outcomes = sim.policy_outcomes(["mandate", "finance"], ["baseline"], "hhi@2035", trials=64)
    >>> sim.robustness(outcomes, "minimise")
    """
    import xarray as xr

    trials, seed = arguments.whole(trials, "trials", 1), arguments.seed(seed)
    first_trial = arguments.whole(first_trial, "first_trial")
    arguments.instance(execution, Execution, "execution", "an Execution", "Give a sim.runs.trials.Execution.")
    loaded = declared.futures_of(futures, declared.case_of(case, futures))
    made = declared.chosen(policies, loaded[0].case)
    what = question_of(measure, loaded[0])
    values = outcomes(made, loaded, [what], trials, seed, first_trial, execution)[:, :, 0]
    return xr.Dataset(
        {"outcome": (("policy", "future", "trial"), values, {"units": what.measure.unit})},
        {
            "policy": [each.name for each in made],
            "policy_title": ("policy", [each.title for each in made]),
            "by": ("policy", [", ".join(each.by) for each in made]),
            "future": [each.name for each in loaded],
            "future_title": ("future", [each.title or each.name for each in loaded]),
            "trial": np.arange(first_trial, first_trial + trials),
        },
        {
            "title": "policies in futures",
            "measure": what.key,
            "text": what.text(loaded[0].case),
            "unit": what.measure.unit,
            "aim": aim_of(None, loaded[0]),
            "seed": seed,
        },
    )


def outcomes(
    policies: Sequence[Policy],
    futures: Sequence[Scenario],
    questions: Sequence[Question],
    trials: int,
    seed: int,
    first_trial: int = 0,
    execution: Execution = USUAL_EXECUTION,
    is_checked: bool = False,
) -> Array:
    """Run policies in futures; what can have no effect is said, unless it was checked before.

    Returns
    -------
    ndarray, shape (policy, future, question, trial)
    """
    arms = [arm for row in declared.in_futures(policies, futures, is_checked) for arm in row]
    found = asked.run(arms, questions, trials, seed, first_trial, execution)
    return found.reshape(len(policies), len(futures), len(questions), trials)


def question_of(measure: str | None, future: Scenario, name: str = "measure") -> Question:
    """Return what is looked at; by default what the case's file names."""
    known = declared.read(future.case) if measure is None else None
    if measure is None and known is None:
        raise MissingField("", name, "none is named, and the case declares none", 'Such as "hhi@2035".')
    question = asked.read(measure if known is None else known.measure, name)
    asked.check(question, future, name)
    return question


def aim_of(aim: str | None, future: Scenario | None = None) -> str:
    """Return whether more is wanted: as given, else as the case's file says, else "maximise"."""
    if aim is not None:
        return arguments.chosen(aim, "aim", AIMS)
    known = declared.read(future.case) if future is not None else None
    return known.aim if known is not None else AIMS[0]
