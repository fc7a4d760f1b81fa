"""Numbers as analyses hand them over: those of NumPy, and arrays without axes; no durations, no masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

import plans
import sim
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError

BASE = plans.scenario("archipelago", n_steps=2)
LEVER = "demand.caution"

ONE = (np.float32(0.5), np.longdouble(0.5), np.array(0.5), xr.DataArray(0.5), np.ma.array(0.5))
NONE = (np.timedelta64(1, "D"), np.datetime64("2030"), np.ma.masked, np.array([0.5]), np.True_)


@pytest.mark.parametrize("value", ONE, ids=lambda each: type(each).__name__)
def test_an_array_without_axes_is_a_number(value: Any) -> None:
    assert type(arguments.number(value, "x")) is float and arguments.number(value, "x") == 0.5
    wanted = BASE.override({LEVER: 0.5}, name="half")
    assert BASE.override({LEVER: value}, name="half").digest == wanted.digest
    assert BASE.override({LEVER: {"value": value}}, name="half").digest == wanted.digest
    assert [each.name for each in sim.factorial(BASE, {LEVER: [value]})] == ["test, caution=0.5"]
    event = {"at": "2020-Q2", "what": "set", "name": LEVER, "to": value}
    assert BASE.with_events([event], name="half").events == BASE.with_events([event | {"to": 0.5}]).events


@pytest.mark.parametrize("value", NONE, ids=str)
def test_what_is_no_number_is_refused_by_every_door(value: Any) -> None:
    event = {"at": "2020-Q2", "what": "set", "name": LEVER, "to": value}
    for door in (
        lambda: arguments.number(value, "x"),
        lambda: arguments.whole(value, "x"),
        lambda: BASE.override({LEVER: value}),
        lambda: BASE.override({LEVER: {"uniform": [value, 0.9]}}),
        lambda: sim.factorial(BASE, {LEVER: [value]}),
        lambda: BASE.with_events([event]),
    ):
        with pytest.raises(InputError):
            door()


def test_an_array_without_axes_counts() -> None:
    for value in (np.array(3), xr.DataArray(3), np.int8(3)):
        assert type(arguments.whole(value, "x")) is int and arguments.whole(value, "x") == 3
    with pytest.raises(InputError, match=r"3\.0 is not a whole number\. Write 3\."):
        arguments.whole(np.array(3.0), "x")
