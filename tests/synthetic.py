"""A made-up result in the layout of `sim.runs.dataset.label`: known numbers, no engine."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from sim.vocabulary.variables import GLOSSARY

SUPPLIERS = ("north", "south", "east", "west", *(f"minor_{number}" for number in range(8)))
AXES = {
    "supplier": SUPPLIERS,
    "domain": ("sea", "land"),
    "state": ("selected", "noted", "delivered"),
    "front": ("left", "right"),
    "partner": ("north", "south", "east"),
    "actor": ("home", "north", "south", "east"),
}


def result(values: dict[str, np.ndarray], scenarios: tuple[str, ...], first_year: int = 2024) -> xr.Dataset:
    """Label arrays of shape (scenario, time, ..., trial)."""
    _, n_steps, *_, n_trials = next(iter(values.values())).shape
    dates = [(first_year + step // 4, step % 4 + 1) for step in range(n_steps)]
    coordinates = {
        "scenario": list(scenarios),
        "scenario_title": ("scenario", [name.replace("_", " ").capitalize() for name in scenarios]),
        "time": np.array(
            [f"{year}-{3 * quarter - 2:02d}-01" for year, quarter in dates], dtype="datetime64[ns]"
        ),
        "quarter": ("time", [f"{year}-Q{quarter}" for year, quarter in dates]),
        "trial": np.arange(n_trials),
    }
    for axis in dict.fromkeys(dim for name in values for dim in GLOSSARY[name].dims):
        coordinates[axis] = list(AXES[axis])
        coordinates[f"{axis}_name"] = (axis, [label.capitalize() for label in AXES[axis]])
    variables = {
        name: (
            ("scenario", "time", *GLOSSARY[name].dims, "trial"),
            array,
            {"units": GLOSSARY[name].unit, "long_name": GLOSSARY[name].label},
        )
        for name, array in values.items()
    }
    about = {"software": "hedgesim", "version": "9.8.7", "seed": 42, "trials": n_trials, "first_trial": 0}
    return xr.Dataset(variables, coordinates, {"title": "made up", "manifest": json.dumps(about)})


def futures(
    scenarios: tuple[str, ...] = ("baseline", "other", "third"), n_steps: int = 68, n_trials: int = 120
) -> xr.Dataset:
    """Return a result that looks like one: random walks, with scenarios that part after the fifth quarter."""
    draw = np.random.default_rng(7)
    n, t, k, s = len(scenarios), n_steps, n_trials, len(SUPPLIERS)
    shift = np.arange(n)[:, None, None] * np.maximum(0, np.arange(t) - 5)[None, :, None] / t
    walk = np.cumsum(draw.normal(0, 0.12, (t, s, k)), axis=0)[None] + np.zeros((n, 1, 1, 1))
    start = np.array([2.5, 1.0, 0.6, 0.3, *[-1.5] * (s - 4)])
    weight = np.exp(walk + start[None, None, :, None])
    weight[:, :, 0] *= np.exp(-0.8 * shift)
    share = weight / weight.sum(axis=2, keepdims=True)
    hhi = (share**2).sum(axis=2)
    swing = np.cumsum(draw.normal(0, 20, (t, 2, k)), axis=0)[None] + 900 + 60 * shift[:, :, None]
    grants = np.cumsum(draw.poisson(0.2, (t, 3, k)), axis=0)[None] * (1.0 + shift[:, :, None])
    values = {
        "supplier_share": share,
        "hhi": hhi,
        "effective_suppliers": 1 / hhi,
        "capability": swing,
        "grants": grants,
        "order_book": 800 * share + 20,
        "border_pressure": np.broadcast_to(draw.random((t, 2, k)), (n, t, 2, k)),
    }
    return result({name: array.astype(np.float32) for name, array in values.items()}, scenarios)


def neighbours(scenarios: tuple[str, ...] = ("baseline", "other"), n_trials: int = 5) -> xr.Dataset:
    """Return relations and alignment over two years: in the last quarter of each scenario the same numbers.

    Home and north are friends, the north and the south enemies, and all else is zero. Alignment goes from a
    half with each to one, one and two quarters of the whole; in a trial of the last scenario there is none.
    """
    shape = (len(scenarios), 8)
    relation = np.zeros((*shape, 4, 3, n_trials))
    relation[:, :, 0, 0] = 1.0
    relation[:, 4:, 1, 1] = relation[:, 4:, 2, 0] = -0.5
    alignment = np.full((*shape, 3, n_trials), 0.5)
    alignment[:, -1] = np.array([0.25, 0.25, 0.5])[:, None]
    alignment[-1, -1, :, 0] = 0.0
    return result({"relation": relation, "alignment": alignment}, scenarios)


def past(first: int = 2000, last: int = 2023) -> xr.Dataset:
    """Return a recorded history for `futures`."""
    years = np.arange(first, last + 1)
    draw = np.random.default_rng(3)
    share = draw.dirichlet(np.array([8.0, 4, 2, 1, *[0.2] * (len(SUPPLIERS) - 4)]), len(years))
    share[:4] = np.nan
    hhi = np.where(np.isnan(share[:, 0]), np.nan, (share**2).sum(axis=1))
    return xr.Dataset(
        {
            "supplier_share": (("year", "supplier"), share),
            "hhi": ("year", hhi),
            "effective_suppliers": ("year", 1 / hhi),
        },
        {"year": years, "supplier": list(SUPPLIERS)},
        {"source": "Register of arms"},
    )
