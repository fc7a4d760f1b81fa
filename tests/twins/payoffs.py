"""What the quarter was worth to each of the five."""

from __future__ import annotations

from twins.posture import hostility, influence, worth


def start(w):
    w.capability_at_start = sum(w.category_stock)


def _own(w):
    if w.commitment_cap > 0:
        strain = min(1.0, w.commitments / w.commitment_cap)
    else:
        strain = 1.0 if w.commitments > 0 else 0.0
    # A recipient that starts with nothing is measured against one unit.
    grown = sum(w.capability) / max(w.capability_at_start, 1.0)
    calm = 1 - sum(w.border_pressure) / len(w.border_pressure)
    return (
        w.capability_value * grown
        + w.autonomy_value * w.autonomy
        + w.security_value * calm
        - w.strain_value * strain
        - w.pressed_value * sum(level < 0 for level in w.posture)
    )


def _of(w, j):
    held = w.interest[j] * influence(w, j)
    for r in w.partners:
        held += hostility(w, j, r) * (1 - influence(w, r))
    # Courting goes up to level 3.
    return (
        3 * held
        + w.margin_value * w.supplier_share[j]
        + worth(w, j, w.posture[j], w.courting_drive[j], w.pressing_value[j])
    )


def step(w):
    w.payoff = [_own(w)] + [_of(w, j) for j in w.partners]
