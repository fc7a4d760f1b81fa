"""The logit of supplier choice, estimated from recorded choices, beside the model's priors.

    P(s) = exp(x_s b) / sum over available r of exp(x_r b)

Maximum likelihood with analytic gradient and Hessian; errors from the Hessian, and clustered ones (a
sandwich, with the usual G / (G - 1)). The hierarchical estimate adds what all importers say (`pooled`): each
weight a normal about the pooled one, as wide as its error and the spread between importers, and an effect of
each pair of recipient and supplier, normal about zero. A posterior mode, with errors from the curvature
there, finite also where the choices separate, which a linear programme finds out exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.analysis.calibrate.choice_data import Choices
from sim.numerics.elementary import Z95
from sim.parameter import pooled
from sim.vocabulary.axes import Array, BoolArray
from sim.vocabulary.errors import InputError


@dataclass(frozen=True)
class Fit:
    """An estimate.

    Parameters
    ----------
    coefficients : ndarray, shape (term,)
    covariance : ndarray, shape (term, term)
        Inverse of the Hessian of what was maximised.
    clustered : ndarray, shape (term, term)
        Robust to errors shared within clusters.
    log_likelihood, null : float
        At the estimate, and for equal chances of all available.
    """

    coefficients: Array
    covariance: Array
    clustered: Array
    log_likelihood: float
    null: float


@dataclass(frozen=True)
class Row:
    """One coefficient of the report.

    Parameters
    ----------
    term : str
        The parameter.
    estimate, error, clustered_error : float
        Maximum likelihood; NaN where the choices separate.
    prior, prior_spread : float
        Mean and standard deviation of what all importers say of one.
    distance : float
        Between estimate and prior, in units of their joint standard error.
    mode, mode_spread : float
        The hierarchical estimate and its error.
    information : float
        Part of the prior's variance that the choices take away: 0 nothing, 1 all.
    verdict : {"informed", "hardly", "no"}
        More is known from the choices than from the prior; less; next to nothing.
    """

    term: str
    estimate: float
    error: float
    clustered_error: float
    prior: float
    prior_spread: float
    distance: float
    mode: float
    mode_spread: float
    information: float
    verdict: str


@dataclass(frozen=True)
class Pair:
    """The effect of a pair of recipient and supplier: its hierarchical estimate, error and orders."""

    supplier: str
    effect: float
    error: float
    orders: int


@dataclass(frozen=True)
class Report:
    """What choices say about the parameters; `is_separated` where plain maximum likelihood has no maximum."""

    rows: tuple[Row, ...]
    pairs: tuple[Pair, ...]
    is_separated: bool
    n_choices: int
    n_clusters: int
    clustered_by: str
    years: tuple[int, int]
    dropped: int
    log_likelihood: float
    null: float


@dataclass(frozen=True)
class Recovery:
    """How well the true coefficients come back from simulated choices.

    Parameters
    ----------
    term : str
    truth, mean : float
        The coefficient that choices were simulated with, and the mean estimate.
    spread, mean_error : float
        Standard deviation of the estimates, and the mean of their own standard errors.
    coverage : float
        Part of the 95 % intervals that hold the truth.
    """

    term: str
    truth: float
    mean: float
    spread: float
    mean_error: float
    coverage: float


def log_likelihood(coefficients: Array, choices: Choices) -> float:
    """Return the log likelihood of all choices."""
    utility = _utility(coefficients, choices)
    own = utility[np.arange(len(choices)), choices.chosen]
    return float((own - _log_sum(utility)).sum())


def scores(coefficients: Array, choices: Choices) -> Array:
    """Return the gradient of each choice's log likelihood, shape (choice, term)."""
    chance = probabilities(coefficients, choices)
    expected = np.einsum("cs,cst->ct", chance, choices.covariates)
    gap: Array = choices.covariates[np.arange(len(choices)), choices.chosen] - expected
    return gap


def hessian(coefficients: Array, choices: Choices) -> Array:
    """Return the second derivatives of the log likelihood, shape (term, term)."""
    chance, x = probabilities(coefficients, choices), choices.covariates
    expected = np.einsum("cs,cst->ct", chance, x)
    second: Array = expected.T @ expected - np.einsum("cs,cst,csu->tu", chance, x, x, optimize=True)
    return second


def probabilities(coefficients: Array, choices: Choices) -> Array:
    """Return the chance of each supplier, shape (choice, supplier)."""
    utility = _utility(coefficients, choices)
    chance: Array = np.exp(utility - _log_sum(utility)[:, None])
    return chance


def _utility(coefficients: Array, choices: Choices) -> Array:
    return np.where(choices.available, choices.covariates @ coefficients + choices.offset, -np.inf)


def _log_sum(utility: Array) -> Array:
    from scipy.special import logsumexp

    summed: Array = logsumexp(utility, axis=1)
    return summed


def fit(choices: Choices, prior: tuple[Array, Array] | None = None) -> Fit:
    """Maximise the likelihood, or the posterior density under normal priors.

    Parameters
    ----------
    choices : Choices
    prior : (ndarray, ndarray), optional
        Mean and standard deviation of each coefficient.

    Raises
    ------
    InputError
        If the maximum is not found.
    """
    from scipy.optimize import minimize

    n_terms = len(choices.terms)
    mean, precision = np.zeros(n_terms), np.zeros(n_terms)
    if prior is not None:
        mean, precision = prior[0], 1.0 / prior[1] ** 2

    def loss(b: Array) -> float:
        return -log_likelihood(b, choices) + 0.5 * float((precision * (b - mean) ** 2).sum())

    def slope(b: Array) -> Array:
        falling: Array = -scores(b, choices).sum(axis=0) + precision * (b - mean)
        return falling

    def curve(b: Array) -> Array:
        bent: Array = -hessian(b, choices) + np.diag(precision)
        return bent

    found = minimize(loss, mean, jac=slope, hess=curve, method="trust-exact", options={"gtol": 1e-8})
    inverse = np.linalg.pinv(curve(found.x))
    if not found.success and np.abs(inverse @ found.jac).max() > 1e-4:
        raise InputError(
            "", "estimate", f"no maximum found: {found.message}", "Leave out terms or add choices."
        )
    by_cluster = np.array(
        [scores(found.x, choices)[choices.cluster == each].sum(axis=0) for each in np.unique(choices.cluster)]
    )
    count = len(by_cluster)
    meat = by_cluster.T @ by_cluster * (count / max(1, count - 1))
    return Fit(
        coefficients=found.x,
        covariance=inverse,
        clustered=inverse @ meat @ inverse,
        log_likelihood=log_likelihood(found.x, choices),
        null=log_likelihood(np.zeros(n_terms), replace(choices, offset=0.0)),
    )


def separates(choices: Choices) -> bool:
    """Whether some direction of the coefficients never lowers, and somewhere raises, what was chosen.

    The likelihood then rises for ever in that direction, and plain maximum likelihood has no maximum.
    """
    from scipy.optimize import linprog

    x, rows = choices.covariates, np.arange(len(choices))
    gaps = x[rows, choices.chosen][:, None] - x
    others: BoolArray = choices.available.copy()
    others[rows, choices.chosen] = False
    gap = gaps[others]
    found = linprog(-gap.sum(axis=0), A_ub=-gap, b_ub=np.zeros(len(gap)), bounds=(-1.0, 1.0))
    return bool(-found.fun > 1e-6)


def with_pairs(choices: Choices) -> Choices:
    """Return the choices of one recipient with a column for each supplier, after the others."""
    own = np.broadcast_to(np.eye(len(choices.suppliers)), (len(choices), *([len(choices.suppliers)] * 2)))
    return replace(
        choices,
        terms=(*choices.terms, *choices.suppliers),
        covariates=np.concatenate([choices.covariates, own], axis=2),
    )


def report(choices: Choices) -> Report:
    """Estimate, and hold the result beside what all importers say."""
    mean, spread = pooled.priors(choices.terms)
    is_separated = separates(choices)
    plain = None if is_separated else fit(choices)
    # Pairs are those of one recipient; several recipients have a column of their own for none.
    whole = with_pairs(choices) if choices.clustered_by == "year" else choices
    mode = fit(whole, pooled.priors(whole.terms))
    nothing = np.full(len(mean), np.nan)
    estimate = nothing if plain is None else plain.coefficients
    error = nothing if plain is None else np.sqrt(np.diag(plain.covariance))
    clustered = nothing if plain is None else np.sqrt(np.diag(plain.clustered))
    mode_spread = np.sqrt(np.diag(mode.covariance))
    n_terms = len(choices.terms)
    information = 1.0 - (mode_spread[:n_terms] / spread) ** 2
    pairs = tuple(
        Pair(
            supplier,
            float(mode.coefficients[n_terms + i]),
            float(mode_spread[n_terms + i]),
            int(np.count_nonzero(choices.chosen == i)),
        )
        for i, supplier in enumerate(whole.terms[n_terms:])
    )
    rows = tuple(
        Row(
            term=term,
            estimate=float(estimate[i]),
            error=float(error[i]),
            clustered_error=float(clustered[i]),
            prior=float(mean[i]),
            prior_spread=float(spread[i]),
            distance=float((estimate[i] - mean[i]) / np.hypot(max(error[i], clustered[i]), spread[i])),
            mode=float(mode.coefficients[i]),
            mode_spread=float(mode_spread[i]),
            information=float(information[i]),
            verdict=_verdict(float(information[i])),
        )
        for i, term in enumerate(choices.terms)
    )
    best = plain or mode
    return Report(
        rows=rows,
        pairs=pairs,
        is_separated=is_separated,
        n_choices=len(choices),
        n_clusters=choices.n_clusters,
        clustered_by=choices.clustered_by,
        years=(int(choices.year.min()), int(choices.year.max())),
        dropped=choices.dropped,
        log_likelihood=best.log_likelihood,
        null=best.null,
    )


def _verdict(information: float) -> str:
    """Say it in a word: half of the variance is where the choices know as much as the prior."""
    return "informed" if information >= 0.5 else "hardly" if information >= 0.1 else "no"


def simulate(choices: Choices, coefficients: Array, random: np.random.Generator) -> Choices:
    """Return the same choice situations with choices drawn by the logit itself."""
    cumulative = np.cumsum(probabilities(coefficients, choices), axis=1)
    u = random.random(len(choices))[:, None] * cumulative[:, -1:]
    drawn = np.minimum((u >= cumulative).sum(axis=1), choices.available.shape[1] - 1)
    return replace(choices, chosen=drawn)


def recovery(choices: Choices, coefficients: Array, replicates: int, seed: int) -> tuple[list[Recovery], int]:
    """Simulate choices from known coefficients and estimate these again.

    Returns
    -------
    list of Recovery
        For each term, over the replicates that do not separate.
    int
        The number of replicates that separated.
    """
    random = np.random.Generator(np.random.Philox(key=seed))
    estimates, errors, separated = [], [], 0
    for _ in range(replicates):
        drawn = simulate(choices, coefficients, random)
        if separates(drawn):
            separated += 1
            continue
        found = fit(drawn)
        estimates.append(found.coefficients)
        errors.append(np.sqrt(np.diag(found.covariance)))
    return _recovered(choices.terms, coefficients, np.array(estimates), np.array(errors)), separated


def _recovered(terms: Sequence[str], truths: Array, estimates: Array, errors: Array) -> list[Recovery]:
    if not len(estimates):
        return []
    held = np.abs(estimates - truths) <= Z95 * errors
    return [
        Recovery(
            term,
            float(truths[i]),
            float(estimates[:, i].mean()),
            float(estimates[:, i].std(ddof=1)) if len(estimates) > 1 else float("nan"),
            float(errors[:, i].mean()),
            float(held[:, i].mean()),
        )
        for i, term in enumerate(terms)
    ]
