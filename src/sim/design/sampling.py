"""Where the uniforms of a trial come from: its parameters', and its shocks'.

By default every parameter and every shock is drawn afresh in each trial, from the streams of
`sim.numerics.streams`. A design spreads the parameters evenly instead (Latin hypercube or Sobol points),
mirrors every second trial, or lets several trials share a sample of the parameters. Whatever the design, a
trial has the same uniforms in every scenario of the run, so scenarios stay paired.

Parameters are keyed by sample, and shocks by trial: trial = sample * replicates + replicate. Trials of one
sample differ by shocks alone, and trial k has the shocks it has in any other run with the seed, unless it is
mirrored: a design can be compared with a plain run, trial by trial. With `share_shocks`, shocks are keyed by
replicate: all samples meet the same few sets of shocks, and samples are paired with each other, at the
price that a mean over the run knows no more sets than there are replicates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.design import hypercube, sobol
from sim.numerics.streams import Streams
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, OutOfBounds, WrongType

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

METHODS = ("independent", "latin_hypercube", "sobol")

_SMALLEST, _LARGEST = 2.0**-54, 1.0 - 2.0**-53


@dataclass(frozen=True)
class Sampling:
    """How parameters and shocks are drawn.

    Parameters
    ----------
    method : {"independent", "latin_hypercube", "sobol"}
        Of the parameters. A Latin hypercube has one sample in each of equally likely strata of every
        parameter; Sobol points (scrambled) fill all dimensions evenly, best if their number is a power of 2.
    replicates : int
        Trials that share a sample of the parameters.
    antithetic : bool
        Mirror the shocks of every second trial, u to 1 - u, and its parameters if they are independent. It
        lowers the variance of means of what rises or falls with its draws.
    share_shocks : bool
        Key the shocks by replicate instead of trial.
    samples : int or None
        Size of the design, for a hypercube.
    keys : tuple of str
        Streams of what is uncertain in any of the scenarios (elements of a posterior share one):
        the dimensions of the Sobol points.
    """

    method: str = "independent"
    replicates: int = 1
    antithetic: bool = False
    share_shocks: bool = False
    samples: int | None = None
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        arguments.chosen(self.method, "sampling.method", METHODS)
        object.__setattr__(self, "replicates", arguments.whole(self.replicates, "sampling.replicates", 1))
        for name in ("antithetic", "share_shocks"):
            object.__setattr__(self, name, arguments.truth(getattr(self, name), f"sampling.{name}"))
        if self.samples is not None:
            object.__setattr__(self, "samples", arguments.whole(self.samples, "sampling.samples", 1))
        remedy = 'Leave it out, or give names of streams, such as ["demand.caution"].'
        object.__setattr__(self, "keys", arguments.texts(self.keys, "sampling.keys", remedy))
        if self.antithetic and self.share_shocks:
            problem = "mirrors the shocks of neighbours, and share_shocks gives them by replicate"
            raise Contradiction("", "sampling.antithetic", problem, "Choose one.")

    @property
    def is_plain(self) -> bool:
        """Whether trials are independent of each other."""
        return (self.method, self.replicates, self.antithetic) == ("independent", 1, False)

    @property
    def is_complete(self) -> bool:
        """Whether it knows the run that its numbers depend on; see `of`."""
        known = {"latin_hypercube": self.samples is not None, "sobol": bool(self.keys)}
        return known.get(self.method, True)

    @property
    def is_extensible(self) -> bool:
        """Whether more trials can be added without moving those that are there."""
        return self.method != "latin_hypercube"

    def of(self, scenarios: Iterable[Scenario], trials: int, first_trial: int) -> Sampling:
        """Return the sampling of a run, which depends on what is uncertain in it and how long it is.

        Parameters
        ----------
        scenarios : iterable of Scenario
            Those of the run.
        trials, first_trial : int
            As of `sim.run`.

        Returns
        -------
        Sampling
            One that knows the size of its design, and its streams.

        Raises
        ------
        OutOfBounds
            If more parameters are uncertain than Sobol points have dimensions.
        """
        if self.method == "independent":
            return self
        samples = self.samples or -(-(first_trial + trials) // self.replicates)
        uncertain = {
            element.stream
            for scenario in scenarios
            for element in scenario.parameters.values()
            if element.distribution is not None
        }
        if self.method == "sobol" and len(uncertain) > sobol.most_dimensions():
            problem = f"{len(uncertain):,} parameters are uncertain, and Sobol points have at most"
            problem += f" {sobol.most_dimensions():,} dimensions"
            raise OutOfBounds("", "sampling", problem, "Take latin_hypercube, or independent draws.")
        return replace(
            self,
            samples=samples if self.method == "latin_hypercube" else None,
            keys=tuple(sorted(uncertain)),
        )

    def numbers(self, trial: Array) -> dict[str, Array]:
        """Return the sample and the replicate of trials; nothing where they are independent of each other.

        Parameters
        ----------
        trial : ndarray of int
            Numbers of trials.

        Returns
        -------
        dict of str to ndarray
            `sample` and `replicate`, each with the shape of `trial`; or an empty one.
        """
        if (self.method, self.replicates, self.share_shocks) == ("independent", 1, False):
            return {}
        return {"sample": trial // self.replicates, "replicate": trial % self.replicates}

    def groups(self, trial: Array) -> list[Array]:
        """Return groups of trials that are not independent.

        Parameters
        ----------
        trial : ndarray of int, shape (trial,)
            Numbers of trials.

        Returns
        -------
        list of ndarray of int, shape (trial,)
            For each grouping, the group of every trial.
        """
        sample, replicate = trial // self.replicates, trial % self.replicates
        found = [sample] if self.replicates > 1 else []
        if self.share_shocks:
            found.append(replicate)
        if self.antithetic:
            found.append(trial // 2)
        return found

    # ------------------------------------------------------------------ uniforms

    def parameter(self, streams: Streams, key: str, first_trial: int, n_trials: int) -> Array:
        """Return the uniforms of one uncertain parameter.

        Parameters
        ----------
        streams : Streams
            Of the run's seed.
        key : str
            The element's stream.
        first_trial, n_trials : int
            Which trials.

        Returns
        -------
        ndarray, shape (trial,)
            Between 0 and 1, neither of them included.

        Raises
        ------
        OutOfBounds
            If a trial is beyond the size of a hypercube.
        """
        sample = np.arange(first_trial, first_trial + n_trials) // self.replicates
        first, size = int(sample[0]), int(sample[-1] - sample[0]) + 1
        if self.method == "latin_hypercube":
            assert self.samples is not None, "a sampling of a run knows its samples"
            if first + size > self.samples:
                problem = f"beyond a hypercube of {self.samples:,} samples"
                trial = first_trial + n_trials - 1
                raise OutOfBounds("", "trial", problem, "Choose one of the run's trials.", trial)
            drawn = hypercube.uniforms(streams, key, self.samples, first, size)
        elif self.method == "sobol":
            drawn = sobol.uniforms(streams.seed, key, self.keys.index(key), first, size)
        else:
            drawn = self._mirrored(streams, f"parameter:{key}", first, size)[0, 0]
        return np.clip(drawn, _SMALLEST, _LARGEST)[sample - first] if not self.is_plain else drawn

    def shocks(
        self,
        streams: Streams,
        name: str,
        first_trial: int,
        n_trials: int,
        width: int,
        first_quarter: int,
        n_quarters: int,
    ) -> Array:
        """Return the uniforms of one shock.

        Parameters
        ----------
        streams : Streams
            Of the run's seed.
        name : str
            The shock's stream.
        first_trial, n_trials : int
            Which trials.
        width : int
            Numbers drawn in a quarter.
        first_quarter, n_quarters : int
            Ordinal of the first calendar quarter, and how many.

        Returns
        -------
        ndarray, shape (quarter, width, trial)
        """
        when = (width, first_quarter, n_quarters)
        if not self.share_shocks:
            return self._mirrored(streams, name, first_trial, n_trials, *when)
        replicate = np.arange(first_trial, first_trial + n_trials) % self.replicates
        first, size = int(replicate.min()), int(replicate.max() - replicate.min()) + 1
        return streams.uniform(name, first, size, *when)[..., replicate - first]

    def _mirrored(self, streams: Streams, name: str, first: int, size: int, *when: int) -> Array:
        """Return the uniforms of a stream; those of odd numbers mirror the number before, if antithetic."""
        if not self.antithetic:
            return streams.uniform(name, first, size, *when)
        number = np.arange(first, first + size)
        low = first // 2
        drawn = streams.uniform(name, low, int(number[-1]) // 2 - low + 1, *when)[..., number // 2 - low]
        return np.where(number % 2, np.minimum(1.0 - drawn, _LARGEST), drawn)


#: What a run does unless stated otherwise.
INDEPENDENT = Sampling()


def read(given: Any) -> Sampling:
    """Return a sampling given by itself or by its method."""
    if given is None:
        return INDEPENDENT
    if not isinstance(given, Sampling | str):
        remedy = f"Use one of: {', '.join(METHODS)}; or a sim.Sampling."
        raise WrongType("", "sampling", f"{arguments.shown(given)} is not a sampling", remedy)
    return Sampling(given) if isinstance(given, str) else given


def content(sampling: Sampling) -> dict[str, Any]:
    """Return a sampling as plain data."""
    return {**asdict(sampling), "keys": list(sampling.keys)}


def restore(record: dict[str, Any]) -> Sampling:
    """Return the sampling of plain data; raise `InputError` where it is not that of this version."""
    try:
        return Sampling(**{**record, "keys": tuple(record["keys"])})
    except (KeyError, TypeError):
        problem = "not a sampling of this version"
        raise WrongType("", "manifest.sampling", problem, "Run it anew.") from None
