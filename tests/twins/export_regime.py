"""The export regime opens or tightens."""

from __future__ import annotations

import math


def step(w):
    opens = w.export_regime_shock < 1 - math.exp(-w.opening_rate / 4)
    # The other end of the same number.
    tightens = 1 - w.export_regime_shock < 1 - math.exp(-w.tightening_rate / 4)
    top = len(w.regime_permits) - 1
    w.export_regime = float(min(top, max(0, w.export_regime + opens - tightens)))
