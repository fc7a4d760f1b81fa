"""Outlines of countries, which the package ships, and where they lie on a map of equal areas."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.path import Path as Curve

from sim.vocabulary.axes import Array

#: Natural Earth in TopoJSON; where it is from, and its terms, say the NOTICE.md beside it.
_FILE = Path(__file__).parent.parent / "data" / "outlines" / "countries-110m.json"

#: Outlines are coarse: a place nearer than this to a border, in degrees, may lie on its other side.
_UNSURE = 0.5

#: The meridian in the middle, in degrees: at the edges, in the Bering Strait, no land is cut.
_MIDDLE = 11.0

#: Coordinates are rounded to this, in degrees, before they are drawn: less than a dot of a page.
_STEP = 0.25

#: Coefficients of the Equal Earth projection (Savric, Patterson and Jenny 2019).
_A = (1.340264, -0.081106, 0.000893, 0.003796)


@dataclass(frozen=True)
class Outline:
    """The rings of a country or of all land: each an array of degrees east and north, shape (point, 2)."""

    name: str
    rings: tuple[Array, ...]

    def holds(self, place: Array) -> bool:
        """Return whether a place lies within: within an odd number of rings, so that a hole is outside."""
        return sum(Curve(ring).contains_point(tuple(place)) for ring in self.rings) % 2 == 1

    def degrees_to(self, place: Array) -> float:
        """Return how far the border is, in degrees."""
        found = math.inf
        for ring in self.rings:
            starts, steps = ring[:-1], np.diff(ring, axis=0)
            length = np.maximum((steps**2).sum(axis=1), np.finfo(float).tiny)
            along = np.clip(((place - starts) * steps).sum(axis=1) / length, 0.0, 1.0)
            gaps = starts + along[:, None] * steps - place
            found = min(found, float(np.hypot(*gaps.T).min()))
        return found

    def is_called(self, name: str) -> bool:
        """Return whether this is its name, or the one is the other in short."""
        short, long = sorted((self.name.rstrip("."), name), key=len)
        return bool(short) and long.startswith(short)

    def drawn(self) -> Curve:
        """Return the outline on the map."""
        curves = []
        for ring in self.rings:
            rounded = np.round(ring / _STEP) * _STEP
            is_new = np.append(True, (np.diff(rounded, axis=0) != 0.0).any(axis=1))
            if is_new.sum() > 3:
                curves.append(Curve(project(*rounded[is_new].T), closed=True))
        return Curve.make_compound_path(*curves)


def project(east: Any, north: Any) -> Array:
    """Return where places lie on a map of equal areas (Equal Earth), shape (..., 2)."""
    tilt = np.arcsin(math.sqrt(3) / 2 * np.sin(np.radians(north)))
    square, sixth = tilt**2, tilt**6
    slope = _A[0] + 3 * _A[1] * square + sixth * (7 * _A[2] + 9 * _A[3] * square)
    x = 2 / math.sqrt(3) * np.radians(np.subtract(east, _MIDDLE)) * np.cos(tilt) / slope
    y = tilt * (_A[0] + _A[1] * square + sixth * (_A[2] + _A[3] * square))
    return np.stack([x, y], axis=-1)


def country(name: str, north: float, east: float) -> Outline | None:
    """Return the country of a name, else the one in which a place lies for sure; None if there is neither."""
    known = countries()
    place = np.array([east, north])
    named = [each for each in known if each.name == name] or [each for each in known if each.is_called(name)]
    if len(named) == 1:
        return named[0]
    within = next((each for each in known if each.holds(place)), None)
    return within if within is not None and within.degrees_to(place) > _UNSURE else None


@cache
def countries() -> tuple[Outline, ...]:
    """Return the outlines of all countries."""
    topology = _topology()
    return tuple(_outline(each, topology) for each in topology["objects"]["countries"]["geometries"])


@cache
def land() -> Outline:
    """Return the outline of all land."""
    topology = _topology()
    return _outline(topology["objects"]["land"]["geometries"][0], topology)


@cache
def _topology() -> Any:
    """Return the file, with its arcs in degrees instead of steps from point to point."""
    topology = json.loads(_FILE.read_text(encoding="utf-8"))
    scale, start = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    topology["arcs"] = [np.cumsum(arc, axis=0) * scale + start for arc in topology["arcs"]]
    return topology


def _outline(geometry: Any, topology: Any) -> Outline:
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    rings = tuple(_ring(ring, topology["arcs"]) for polygon in polygons for ring in polygon)
    return Outline(str(geometry.get("properties", {}).get("name", "")), rings)


def _ring(numbers: Iterable[int], arcs: list[Array]) -> Array:
    """Join arcs; one with the number ~k is arc k backwards."""
    parts = [arcs[k] if k >= 0 else arcs[~k][::-1] for k in numbers]
    ring = np.vstack([parts[0], *(part[1:] for part in parts[1:])])
    # What crosses the date line goes on beyond 180 degrees east.
    east = np.unwrap(ring[:, 0], period=360.0)
    return np.column_stack([east + 360.0 * (east.min() < -180.0), ring[:, 1]])
