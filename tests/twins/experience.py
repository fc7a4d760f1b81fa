"""Memory of past orders."""

from __future__ import annotations


def start(w):
    w.experience = [[0.0 for _ in w.categories] for _ in w.suppliers]
    for age, cohort in enumerate(reversed(w.ordered_cohorts)):
        for s in w.suppliers:
            for c in w.categories:
                w.experience[s][c] += cohort[s][c] * (1 - w.experience_fading) ** age
    w.quarters_since_order = list(w.last_order_age)


def step(w):
    w.order_count = [0.0 for _ in w.suppliers]
    for s in w.suppliers:
        w.quarters_since_order[s] += 1
        ordered, book = w.ordered_in_window[s], w.book_a_quarter_ago[s]
        on_book = min(1.0, book / ordered) if ordered > 0 else float(book > 0)
        for c in w.categories:
            w.experience[s][c] *= w.experience_kept * (1 - w.cancellation[s] * on_book)
            if w.is_grant_donor[s] and w.grant_handover:
                w.experience[s][c] += w.grant_familiarity * w.grant_basket[c]
    for order in w.contracts:
        if not order.lapses:
            w.experience[order.supplier][order.category] += 1
        if w.in_register[order.category]:
            w.order_count[order.supplier] += 1
            w.quarters_since_order[order.supplier] = 0.0
