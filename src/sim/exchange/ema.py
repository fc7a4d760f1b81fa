"""The EMA workbench: a run as experiments and outcomes; the model, and an evaluator for all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.compare.measure import label_combinations
from sim.analysis.drivers import inputs, subject
from sim.exchange.packages import needed
from sim.exchange.points import outcomes_at
from sim.exchange.source import drawn_in
from sim.parameter.posterior import Column
from sim.runs.dataset import checked, complete_trials, scenarios_of
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import WrongType

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: Versions of the workbench from which its evaluators take experiments.
_LEAST = 3

#: The lever that says which scenario is run.
LEVER = "scenario_name"


def to_ema(runs: xr.Dataset) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Return a run as the workbench has results: a row per scenario and trial, and outcomes.

    Needs no workbench; its ``save_results`` and analyses (PRIM, CART, feature scoring) take both.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.

    Returns
    -------
    experiments : pandas.DataFrame
        What trials drew of each uncertain element, by key; `scenario` the number of the trial, `policy` the
        name of the scenario, `model` the case. Rows of one trial have the same draws.
    outcomes : dict of str to ndarray
        ``variable.label`` -> shape (experiment, time).
    """
    import pandas as pd

    runs = complete_trials(checked(runs, "scenario", "time", "trial"))
    found = list(scenarios_of(runs).values())
    trials = runs["trial"].values
    parts = []
    for each in found:
        columns: dict[str, Any] = {key: each.parameters[key].value for key in drawn_in(runs, found)}
        columns |= drawn_in(runs, [each])
        columns |= {"scenario": trials, "policy": each.name, "model": each.case.name}
        parts.append(pd.DataFrame(columns))
    experiments = pd.concat(parts, ignore_index=True)
    for name in ("policy", "model"):
        experiments[name] = experiments[name].astype("category")
    outcomes = {
        ".".join([str(name), *(label for _, label in where)]): runs[name]
        .sel(dict(where))
        .transpose("scenario", "trial", "time")
        .values.reshape(len(experiments), -1)
        for name in runs.data_vars
        for where in label_combinations(runs, str(name))
    }
    return experiments, outcomes


def ema_model(scenarios: Any, measures: Iterable[str], keys: Iterable[str] | None = None) -> Any:
    """Return the model of the workbench: uncertain parameters, a lever that is the scenario, outcomes.

    Names are made identifiers: ``demand.caution`` is ``demand_caution``, and ``hhi@2035`` is ``hhi_2035``.

    Parameters
    ----------
    scenarios : Scenario, str or sequence of them
        Among which the lever chooses.
    measures : iterable of str
        With a date an outcome is a number, without a time series; see `sim.sensitivity`.
    keys : iterable of str, optional
        Elements that the workbench samples; by default all that are uncertain and have a prior of their own.
        Between the ends of the prior, or its 5 % and 95 % quantiles where it has none.

    Returns
    -------
    ema_workbench.Model

    Raises
    ------
    MissingFile
        If the workbench is not installed, or is older than 3.
    """
    ema = needed("ema_workbench", "ema_workbench", "ema", _LEAST)
    loaded = _loaded(scenarios)
    priors = {
        key: each
        for key, each in inputs.uncertain(loaded).items()
        if not isinstance(each.distribution, Column)
    }
    wanted = list(priors) if keys is None else arguments.texts(keys, "keys", 'Such as ["demand.caution"].')
    model = ema.Model(loaded[0].case.name.replace("_", ""), function=_one_by_one)
    uncertainties = []
    for key in wanted:
        element = priors[arguments.chosen(key, "keys", list(priors))]
        assert element.distribution is not None
        ends = element.distribution.support
        low, high = ends if np.isfinite(ends).all() else element.distribution.plausible(element.bounds)
        uncertainties.append(ema.RealParameter(_identifier(key), low, high, variable_name=key))
    model.uncertainties = uncertainties
    model.levers = [ema.CategoricalParameter(LEVER, [each.name for each in loaded])]
    listed = arguments.texts(measures, "measures", 'Such as ["hhi@2035"].')
    for each in listed:
        subject.read(loaded[0], each)
    kinds = {True: ema.ScalarOutcome, False: ema.ArrayOutcome}
    model.outcomes = [kinds["@" in each](_identifier(each), variable_name=each) for each in listed]
    return model


def ema_evaluator(model: Any, scenarios: Any, seed: int = SEED, **how: Any) -> Any:
    """Return an evaluator of the workbench that runs all experiments of a scenario as one run.

    Use it as ``with ema_evaluator(model, scenarios) as evaluator: evaluator.perform_experiments(1000, 2)``.
    Experiment k of a scenario has the shocks of trial k, so experiments are paired across scenarios where
    they are combined in full.

    Parameters
    ----------
    model : ema_workbench.Model
        From `ema_model`.
    scenarios : Scenario, str or sequence of them
        The same as there.
    seed : int
        As for `sim.run`.
    **how
        As for `outcomes_at`: replicates, share_shocks, workers, engine, progress.

    Returns
    -------
    ema_workbench.em_framework.evaluators.BaseEvaluator
    """
    evaluators = needed("ema_workbench.em_framework.evaluators", "ema_workbench", "ema", _LEAST)
    loaded = {each.name: each for each in _loaded(scenarios)}

    class Evaluator(evaluators.BaseEvaluator):  # type: ignore[misc, name-defined]
        """Runs experiments together."""

        def initialize(self) -> None:
            """Nothing to begin with."""

        def finalize(self) -> None:
            """Nothing to end with."""

        def evaluate_experiments(
            self, experiments: Iterable[Any], callback: Callable[..., None], **_: Any
        ) -> None:
            """Run the experiments of each scenario, and hand back the outcomes of each experiment."""
            by_name: dict[str, list[Any]] = {}
            for each in experiments:
                by_name.setdefault(str(each.policy[LEVER]), []).append(each)
            measures = {each.name: each.variable_name[0] for each in model.outcomes}
            keys = {each.name: each.variable_name[0] for each in model.uncertainties}
            for name, some in by_name.items():
                points = {key: [float(each.scenario[own]) for each in some] for own, key in keys.items()}
                values = outcomes_at(loaded[name], points, measures.values(), seed=seed, **how)
                found = {own: values[measure] for own, measure in measures.items()}
                for k, each in enumerate(some):
                    callback(each, {own: numbers[k] for own, numbers in found.items()})

    return Evaluator(model)


def _identifier(text: str) -> str:
    """Return a name as the workbench wants it: ``demand_caution``, ``hhi_2035``."""
    return re.sub(r"\W+", "_", text).strip("_")


def _one_by_one(**_: Any) -> None:
    raise WrongType("", "evaluator", "runs experiments one by one", "Use sim.exchange.ema_evaluator.")


def _loaded(scenarios: Any) -> list[Scenario]:
    """Return scenarios given alone or as a list, by themselves or by name."""
    is_alone = isinstance(scenarios, Scenario | str)
    listed: Sequence[Any] = (
        [scenarios] if is_alone else arguments.names(scenarios, "scenarios", 'Such as ["baseline"].')
    )
    if not listed:
        raise WrongType("", "scenarios", "none is given", 'Such as ["baseline"].')
    return [one(each, "scenarios") for each in listed]
