"""The export regime in force is opened or tightened, step by step and rarely.

    regime' = regime + 1 at rate opening, regime - 1 at rate tightening, within the regimes on record

What happened so far is documented by events (evidence: three_principles_1967, three_principles_2014,
policy_shift_2022, x_jp_2026_rule); rates for what may come are assumed. Leaves out: why a cabinet decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import exp
from sim.vocabulary.axes import QUARTER, Array


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    export_regime: Array


def step(
    *,
    export_regime_prev: Array,
    export_regime_shock: Array,
    regime_permits: Array,
    opening_rate: Array,
    tightening_rate: Array,
) -> Update:
    """Open the regime, tighten it, or leave it."""
    opens = export_regime_shock < 1.0 - exp(-QUARTER * opening_rate)
    tightens = 1.0 - export_regime_shock < 1.0 - exp(-QUARTER * tightening_rate)
    moved = export_regime_prev + opens - 1.0 * tightens
    return Update(export_regime=np.minimum(len(regime_permits) - 1.0, np.maximum(0.0, moved)))
