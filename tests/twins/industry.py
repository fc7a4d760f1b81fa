"""Industry at home learns."""

from __future__ import annotations

from sim.vocabulary.axes import DOMESTIC


def start(w):
    w.domestic_capability = list(w.initial_domestic_capability)


def step(w):
    for c in w.categories:
        lesson = 0.0
        for deal in w.deals:
            if deal.category != c:
                continue
            if deal.supplier >= 0:
                lesson += w.transfer_learning * w.technology_terms[deal.supplier][c]
            elif deal.supplier == DOMESTIC:
                lesson += w.practice_learning
        for j in w.partners:
            if w.agreement_rung[j] >= 4:
                lesson += w.joint_learning / 4 * w.technology_terms[j][c] / max(1, sum(w.catalogue[j]))
        lesson = min(1.0, lesson * (1 + w.zone_boost * w.economic_zone))
        w.domestic_capability[c] += (1 - w.domestic_capability[c]) * lesson
