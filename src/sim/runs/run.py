"""Running scenarios, in memory or on disk, in one process or many: the numbers are the same.

The trials of a scenario are cut into blocks. A block depends on its plan and its trials alone, so it does not
matter where it is run, when, or how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sim.design.sampling import Sampling, content, read
from sim.engine.block import BLOCK
from sim.files import staging
from sim.files.records import shown
from sim.model.schedule import USUAL, Rules
from sim.runs import dataset as results
from sim.runs import precision
from sim.runs import quarters as calendar
from sim.runs.batch import Batch
from sim.runs.engines import Engines
from sim.runs.experiment import (
    ALWAYS_KEPT,
    USUAL_EXECUTION,
    Announce,
    Execution,
    Experiment,
    Kept,
    Progress,
)
from sim.runs.rounds import run_rounds, template
from sim.runs.spec import Spec, check_same, code_digest, is_run, version
from sim.runs.store import Store
from sim.scenario import record as scenario_record
from sim.scenario.loading import loaded
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED, TRIALS
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, InputError

if TYPE_CHECKING:
    import xarray as xr


def run(
    scenarios: Scenario | str | Sequence[Scenario | str],
    *,
    trials: int | None = None,
    seed: int = SEED,
    first_trial: int = 0,
    sampling: Sampling | str | None = None,
    rules: Rules | None = None,
    until: str | None = None,
    keep: Iterable[str] | str | None = None,
    quarters: str | Iterable[str | Quarter] | None = None,
    summary: bool = False,
    out: str | Path | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    announce: Announce | None = None,
    engine: str = results.AUTO,
    block: int = BLOCK,
) -> xr.Dataset:
    """Run scenarios over the same trials, with the same random draws (common random numbers).

    The parameters say, in this order, what is run (`scenarios` to `until`), what is kept of it (`keep` to
    `out`), and how it is executed (`executor` to `block`), on which no number depends.

    Parameters
    ----------
    scenarios : Scenario, str or sequence of them
        What to run; names and paths (also path-like objects) are loaded. They must share case, start and end.
    trials : int
        Number of trials; each draws its parameters once and its shocks every quarter. By default 1,000; with
        `until`, the most there may be, by default 1,000,000.
    seed : int
        A whole number, 0 or more. Same seed, same trial, same random draws: trial k of two scenarios differs
        only by what they assume.
    first_trial : int
        Number of the first trial.
    sampling : Sampling or str, optional
        How parameters and shocks are drawn, such as ``"sobol"``; see `sim.design.sampling`. By default each
        trial is drawn afresh.
    rules : mapping of str to callable, optional
        Stages to replace, such as ``{"posture.step": mine}``: a function that takes keywords as the stage
        does, or fewer, and returns the same dataclass.
    until : str, optional
        Add trials until a 95 % interval is so narrow, such as ``"hhi@2035 p50 ±0.002"``; see
        `sim.runs.precision`. The manifest says what was reached.
    keep : iterable of str, or "all", optional
        Glossary variables to record; the default is every variable marked "always".
    quarters : str or iterable of str, optional
        Quarters to record, such as ``"2025-Q4::4"``: every fourth from there on. All by default.
    summary : bool
        Keep counts, moments and quantiles instead of trials; see `sim.runs.counts`.
    out : path, optional
        Write a zarr store here, block by block, and return it opened lazily. A run that is stopped goes
        on with `resume`.
    executor : concurrent.futures.Executor, optional
        Where blocks are run; it stays the caller's.
    workers : int, optional
        Local processes, 1 for none; with an executor, how many blocks it runs at a time. By default every
        core if there is enough to do.
    progress : callable or bool, optional
        Called with the number of trials finished since the last call; or True for a bar in a terminal or a
        notebook, False for none. By default a bar in a terminal as soon as the run takes longer than two
        seconds; it vanishes with the run. Nothing in a pipe.
    announce : callable, optional
        Called before the run starts, and with `until` before each round, with what it takes: a
        `sim.runs.resources.Needs`, whose text can be shown.
    engine : {"auto", "numpy", "compiled"}
        What runs it. The numbers are the same; "compiled" needs ``pip install hedgesim[fast]``, and "auto"
        takes it, where it is installed, for large runs without rules.
    block : int
        Trials advanced together; changes speed and memory, never a number of a trial. (Means and standard
        deviations of a summary are summed by blocks, and may differ in their last bits.)

    Returns
    -------
    xarray.Dataset
        Dims scenario, time, ..., trial; float32; with `summary`, scenario, statistic, time, ...
        Trials that failed are NaN, and the manifest names them.

    Raises
    ------
    InputError
        If a name is unknown, the scenarios do not fit together, or `out` cannot be written.

    Examples
    --------
    >>> runs = sim.run(["baseline", "fiscal_squeeze"], trials=100, seed=1)
    >>> runs.hhi.sel(scenario="fiscal_squeeze").quantile([0.05, 0.5, 0.95], "trial")
    """
    experiment = Experiment(scenarios, trials, seed, first_trial, sampling, rules, until)
    kept = Kept(keep, quarters, summary)
    execution = Execution(executor, workers, progress, announce, engine, block)
    return start(prepare(experiment, kept, execution), out)


def prepare(
    experiment: Experiment, kept: Kept = ALWAYS_KEPT, execution: Execution = USUAL_EXECUTION
) -> Batch:
    """Return what is to be run, checked; `Batch.needs` says what it takes."""
    chosen = _scenarios(experiment.scenarios)
    first = chosen[0]
    until = None if experiment.until is None else arguments.text(experiment.until, "until")
    usual = TRIALS if until is None else precision.MOST
    most = usual if experiment.trials is None else arguments.whole(experiment.trials, "trials", 1)
    first_trial = arguments.whole(experiment.first_trial, "first_trial")
    steps = calendar.steps(kept.quarters, first.start, first.n_steps)
    is_summary = arguments.truth(kept.summary, "summary")
    if is_summary and until is not None:
        raise Contradiction("", "until", "needs the trials, and summary drops them", "Leave one out.")
    schedule = USUAL.replace(experiment.rules)
    spec = Spec(
        scenarios=(),
        seed=arguments.seed(experiment.seed),
        first_trial=first_trial,
        trials=most if until is None else precision.first_trials(execution.block, most),
        block=execution.block,
        keep=results.kept_names(kept.keep),
        quarters=tuple(str(first.start + step) for step in steps),
        rules=schedule.rules,
        sampling=content(read(experiment.sampling).of(chosen, most, first_trial)),
        is_summary=is_summary,
        until=until,
        most=most,
        engine=results.chosen_engine(execution.engine, most * len(chosen), bool(schedule.rules)),
        version=version(),
        code="",
    )
    batch = Batch(chosen, spec, schedule, execution, Engines(spec.engine))
    _ = batch.stopping_rule  # read now, so that one that cannot be read is refused before anything runs
    return batch


def start(batch: Batch, out: str | Path | None = None, *, is_replacing: bool = False) -> xr.Dataset:
    """Run a batch that `prepare` has made.

    Parameters
    ----------
    batch : Batch
        What is run.
    out : path, optional
        Where it is stored.
    is_replacing : bool
        Whether what stands at `out` goes once the new store is there. The caller has made sure that it may;
        what another run is writing is refused all the same.
    """
    if out is None:
        batch.check(0, None)
        return run_rounds(batch, None)
    target = staging.target_of(arguments.path(out, "out"))
    staging.recover(target)
    spec = replace(
        batch.spec,
        scenarios=tuple(scenario_record.content(each) for each in batch.scenarios),
        code=code_digest(),
    )
    with ExitStack() as held:
        if not staging.is_free(target):
            if not is_replacing:
                _refuse(target, spec)
            if is_run(target):
                held.enter_context(Store(target, spec).lock())
        batch.check(0, target)
        store = Store.create(target, spec, template(batch))
    with store.lock():
        return run_rounds(replace(batch, spec=spec), store)


def resume(
    out: str | Path,
    *,
    rules: Rules | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    announce: Announce | None = None,
) -> xr.Dataset:
    """Run what a store lacks: blocks that were not reached, or are damaged. Other numbers stay as they are.

    Parameters
    ----------
    out : path
        The store of a run that was stopped.
    rules : mapping of str to callable, optional
        As they were given to `run`.
    executor, workers, progress, announce
        As for `run`.

    Returns
    -------
    xarray.Dataset
        The result, opened lazily.

    Raises
    ------
    InputError
        If there is no store, it is in use, or it was made by another version, case or rules.

    Examples
    --------
    >>> runs = sim.resume("runs.zarr")
    """
    return go_on(out, None, rules, Execution(executor, workers, progress, announce))


def extend(
    out: str | Path,
    trials: int | None,
    *,
    rules: Rules | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    announce: Announce | None = None,
) -> xr.Dataset:
    """Add trials to a store, up to `trials` in all; equals one run of so many, bit for bit.

    Parameters
    ----------
    out : path
        The store of a run, finished or stopped.
    trials : int or None
        How many it is to have; not fewer than it has.
    rules : mapping of str to callable, optional
        As they were given to `run`.
    executor, workers, progress, announce
        As for `run`.

    Returns
    -------
    xarray.Dataset
        The result, opened lazily.

    Raises
    ------
    InputError
        As for `resume`; if it has more trials already, or its sampling cannot grow.

    Examples
    --------
    >>> sim.extend("runs.zarr", 100)
    """
    return go_on(out, trials, rules, Execution(executor, workers, progress, announce))


def go_on(out: str | Path, trials: int | None, rules: Rules | None, execution: Execution) -> xr.Dataset:
    """Run what a store lacks of so many trials; by default, of those that it is a run of."""
    out = arguments.path(out, "out")
    store = Store.open(out)
    with store.lock():
        store = Store.open(out)  # as it is now that nobody else writes
        store.begin_ledger()
        batch = Batch.of(store, rules, execution)
        spec = store.spec
        trials = None if trials is None else arguments.whole(trials, "trials", 1)
        if trials is not None and trials != spec.trials:
            arguments.whole(trials, "trials", spec.trials)
            if not batch.sampling.is_extensible:
                problem = f"a Latin hypercube of {batch.sampling.samples:,} samples has no room for more"
                raise Contradiction(shown(store.path), "trials", problem, "Run it anew, or take sobol.")
            spec = replace(spec, trials=trials, until=None, most=trials)
        batch = replace(batch, spec=spec)
        batch.check(store.ledger.trials_done(), store.path)
        store.renew(spec, template(batch))
        return run_rounds(batch, store)


def _refuse(target: Path, spec: Spec) -> NoReturn:
    """Refuse a path where something is; if that is a run, say in what it differs."""
    remedy = "Choose another path."
    if is_run(target):
        check_same(target, Store.open(target).spec.comparable(), spec.comparable())
        remedy = f"To go on with it: sim resume {shown(target)}"
    raise InputError(shown(target), "", "already exists", remedy)


def _scenarios(given: Any) -> list[Scenario]:
    scenarios = loaded(given)
    first = scenarios[0]
    for other in scenarios[1:]:
        if (other.case, other.start, other.end) != (first.case, first.start, first.end):
            problem = f"{other.name} and {first.name} differ in case, start or end"
            raise InputError(
                "", "scenarios", problem, "Run them apart; a paired comparison needs the same quarters."
            )
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                "", "scenarios", f"two scenarios are called {name}", "Rename one: override(..., name=...)."
            )
    return scenarios
