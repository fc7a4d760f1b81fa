"""The chance that the export regime lets a sale pass."""

from __future__ import annotations


def step(w):
    controlled = [p for p in w.partners if w.is_export_controlled[p]]
    rung = sum(w.agreement_rung[p] for p in controlled)
    relation = sum(w.relation[0][p] for p in controlled)
    approval = w.approval_base + w.approval_per_rung * rung + w.approval_per_relation * relation
    approval = min(1.0, max(0.0, approval))
    regime = int(w.export_regime)
    w.export_approval = []
    for c in w.categories:
        if w.regime_permits[regime][c]:
            w.export_approval.append(approval)
        elif w.regime_reviews[regime][c]:
            w.export_approval.append(approval * w.review_rate)
        else:
            w.export_approval.append(0.0)
