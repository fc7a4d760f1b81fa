"""The trials of a run as cases: those of the search, and those on which what was found is judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare.question import Question
from sim.analysis.discovery.draws import Draws
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

#: The variable whose categories are the scenarios of the run.
SCENARIO = "scenario"

#: Fewer trials of the event than this cannot be divided.
_FEWEST = 10


@dataclass(frozen=True)
class Cases:
    """The cases of a run, divided into those of the search and those on which boxes are judged.

    Parameters
    ----------
    search, rest : dict of str to ndarray, shape (case,)
        What was uncertain, by name.
    is_wanted_search, is_wanted_rest : ndarray of bool, shape (case,)
        Where the event happened.
    trial : ndarray of int, shape (case,)
        The trial of each case of the search.
    searched, judged : int
        Trials of both.
    """

    search: dict[str, Array]
    rest: dict[str, Array]
    is_wanted_search: Array
    is_wanted_rest: Array
    trial: Array
    searched: int
    judged: int


def divided(
    runs: xr.Dataset, draws: Draws, asked: Question, names: Iterable[str], held_out: float, seed: int
) -> Cases:
    """Divide the trials of a run at random, each with all its scenarios.

    Raises
    ------
    InputError
        If the event is too rare or too frequent, or nothing is uncertain.
    """
    columns = {name: draws.columns[name].ravel() for name in names}
    n_trials, n_scenarios = len(draws.trials), len(draws.scenarios)
    if n_scenarios > 1:
        columns[SCENARIO] = np.repeat(np.array([each.name for each in draws.scenarios]), n_trials)
    if not columns:
        raise InputError("", "runs", "nothing is uncertain in the run", "Run a scenario with distributions.")
    is_wanted = asked.is_met(asked.of(runs).transpose("scenario", "trial").values).ravel()
    is_held = np.random.default_rng(seed).permutation(n_trials) < held_out * n_trials
    held = np.tile(is_held, n_scenarios)
    _check_counts(is_wanted[~held], is_wanted[held], str(asked))
    return Cases(
        {name: values[~held] for name, values in columns.items()},
        {name: values[held] for name, values in columns.items()},
        is_wanted[~held],
        is_wanted[held],
        np.tile(np.arange(n_trials), n_scenarios)[~held],
        int((~is_held).sum()),
        int(is_held.sum()),
    )


def _check_counts(searched: Array, judged: Array, event: str) -> None:
    for part in (searched, judged):
        rare = min(int(part.sum()), int((~part).sum()))
        if rare < _FEWEST:
            share = float(np.concatenate([searched, judged]).mean())
            met = f"{event} is met in {in_digits(100 * share)} % of the trials"
            problem = f"{met}, which leaves too few to divide"
            raise InputError("", "event", problem, "Choose another mark, or run more trials.")
