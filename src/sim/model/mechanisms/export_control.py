"""An export regime lets some sales pass: those it permits, and some it reviews case by case.

    approval = clip(base + per_rung rung + per_relation relation, 0, 1)
    chance   = approval                         categories permitted for the regime's purposes
             = approval * review_rate           categories the regime reviews case by case
             = 0                                the rest

The rung is that of the agreement between the recipient and the partner under export control (evidence:
three_principles_2014, permit_rules, prohibit_rules, agreement_procedures, x_jp_2026_rule).
Leaves out: the bar on parties to a conflict, which no scenario of the recipient meets so far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import total
from sim.vocabulary.axes import RECIPIENT, Array


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    export_approval: Array  # category; chance that a sale under control may go ahead


def step(
    *,
    export_regime: Array,
    agreement_rung: Array,
    relation_prev: Array,
    is_export_controlled: Array,
    regime_permits: Array,
    regime_reviews: Array,
    approval_base: Array,
    approval_per_rung: Array,
    approval_per_relation: Array,
    review_rate: Array,
) -> Update:
    """Return the chance of approval by category under the regime in force."""
    controlled = is_export_controlled[: len(agreement_rung), None]
    rung = total(controlled * agreement_rung)
    warmth = total(controlled * relation_prev[RECIPIENT])
    approval = approval_base + approval_per_rung * rung + approval_per_relation * warmth
    approval = np.minimum(1.0, np.maximum(0.0, approval))
    regime = export_regime.astype(int)
    permits, reviews = regime_permits.T[:, regime], regime_reviews.T[:, regime]
    return Update(export_approval=approval * (permits + (1.0 - permits) * reviews * review_rate))
