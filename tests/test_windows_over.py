"""A forecast of what is over when the run begins is none."""

from __future__ import annotations

import pytest

import plans
from sim.analysis.validate.backtest import frozen
from sim.vocabulary.errors import OutsideHorizon

BASE = plans.scenario("archipelago", n_steps=8)


@pytest.mark.parametrize(
    ("spans", "years"), [([(2018, 2019)], ()), ([(2018, 2019), (2019, 2020)], ()), ([(2020, 2021)], (2019,))]
)
def test_a_window_that_is_over_is_refused(spans: list[tuple[int, int]], years: tuple[int, ...]) -> None:
    with pytest.raises(OutsideHorizon, match=r"is over when the run begins\. Let it end in 2020"):
        frozen.windows(BASE, spans, years, 2, 1, "")
