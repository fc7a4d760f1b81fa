"""A cross-check of boxes by classification trees (CART): whether another method finds the same limits.

Needs scikit-learn: ``pip install 'hedgesim[discover]'``. The leaves are boxes too, disjoint ones; as in
`sim.analysis.discovery.discovery` they are judged on trials that were not used to grow the tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare import question
from sim.analysis.discovery import discovery, prim
from sim.analysis.discovery import draws as drawn
from sim.analysis.discovery.cases import divided
from sim.analysis.discovery.prim import Box, Limit
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import MASS, SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

#: Leaves of a tree that can still be read.
LEAVES = 8


def leaves(
    columns: Mapping[str, Array], is_wanted: Array, mass: float = MASS, most: int = LEAVES, seed: int = SEED
) -> tuple[list[Box], dict[str, float]]:
    """Grow a tree on arrays; return its leaves as boxes, the densest first, and what each variable adds.

    Parameters
    ----------
    columns, is_wanted, mass
        As for `sim.analysis.discovery.prim.trajectory`; a category is a split of its own.
    most : int
        Leaves at most.
    seed : int
        Of the order in which equal splits are tried.

    Raises
    ------
    InputError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.tree import DecisionTreeClassifier
    except ImportError:
        remedy = "Install it: pip install 'hedgesim[discover]'."
        problem = "needs scikit-learn, which is not installed"
        raise InputError("", "tree", problem, remedy) from None
    names, table = _table(columns)
    grower = DecisionTreeClassifier(min_samples_leaf=mass, max_leaf_nodes=most, random_state=seed)
    grower.fit(table, np.asarray(is_wanted, bool))
    tree = grower.tree_
    found: list[tuple[float, Box]] = []

    def descend(node: int, box: dict[str, Limit]) -> None:
        if tree.children_left[node] < 0:
            share = tree.value[node][0]
            found.append((float(share[-1] / share.sum()) if grower.classes_[-1] else 0.0, box))
            return
        (name, category), at = names[tree.feature[node]], float(tree.threshold[node])
        limit = box.get(name, Limit())
        if category is None:
            sides = Limit(limit.low, min(limit.high, at)), Limit(max(limit.low, at), limit.high)
        else:
            all_of_it = frozenset(str(each) for each in np.unique(columns[name]))
            now = all_of_it if limit.among is None else limit.among
            sides = Limit(among=now - {category}), Limit(among=frozenset({category}))
        for child, side in zip((tree.children_left[node], tree.children_right[node]), sides, strict=True):
            descend(child, {**box, name: side})

    descend(0, {})
    added: dict[str, float] = dict.fromkeys(columns, 0.0)
    for (name, _), part in zip(names, grower.feature_importances_, strict=True):
        added[name] += float(part)
    found.sort(key=lambda each: -each[0])
    return [box for _, box in found], added


def _table(columns: Mapping[str, Array]) -> tuple[list[tuple[str, str | None]], Array]:
    """Return columns as numbers, categories as one column each that is 0 or 1."""
    names: list[tuple[str, str | None]] = []
    rows = []
    for name, values in columns.items():
        if values.dtype.kind in "OUS":
            for category in np.unique(values):
                names.append((name, str(category)))
                rows.append((values == category).astype(float))
        else:
            names.append((name, None))
            rows.append(values.astype(float))
    return names, np.stack(rows, axis=1)


def classification_tree(
    runs: xr.Dataset,
    event: str,
    *,
    scenarios: Scenario | str | Iterable[Scenario | str] | None = None,
    parameters: str | Iterable[str] | None = None,
    mass: float = MASS,
    most: int = LEAVES,
    held_out: float = discovery.HELD_OUT,
    seed: int = SEED,
) -> xr.Dataset:
    """Return the leaves of a classification tree as boxes.

    Parameters
    ----------
    runs, event, scenarios, parameters, mass, held_out, seed
        As for `sim.discover`.
    most : int
        Leaves at most.

    Returns
    -------
    xarray.Dataset
        By leaf, the densest on the trials of the search first: `coverage`, `density`, `mass` on the trials
        held out, and its `rule` in words; by parameter `importance`, its part of what the splits add.

    Raises
    ------
    InputError
        If scikit-learn is not installed, or as for `sim.discover`.
    """
    import xarray as xr

    asked = question.read(event, "event", with_mark=True)
    mass, held_out = arguments.share(mass, "mass"), arguments.share(held_out, "held_out")
    most, seed = arguments.whole(most, "most", 2), arguments.whole(seed, "seed", 0, 2**32 - 1)
    runs, draws = drawn.of(runs, scenarios)
    cases = divided(runs, draws, asked, drawn.names_of(parameters, draws), held_out, seed)
    boxes, added = leaves(cases.search, cases.is_wanted_search, mass, most, seed)
    fits = [prim.fit(box, cases.rest, cases.is_wanted_rest) for box in boxes]
    order = sorted(added, key=lambda name: -added[name])
    return xr.Dataset(
        {
            **{
                name: ("leaf", [getattr(each, name) for each in fits])
                for name in ("coverage", "density", "mass")
            },
            "rule": ("leaf", [discovery.rule(box) or "all" for box in boxes]),
            "importance": ("parameter", [added[name] for name in order]),
        },
        {"leaf": np.arange(len(boxes)), "parameter": order},
        {**runs.attrs, "title": "classification tree", "event": str(asked), "held_out": cases.judged},
    )
