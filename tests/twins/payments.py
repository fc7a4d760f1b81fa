"""Commitments, and the yearly parts in which they are paid."""

from __future__ import annotations

from dataclasses import dataclass

from twins.chance import duration


@dataclass
class Due:
    """Money of a contract that is still to come: to be paid, or to be released by a lapse."""

    at: int
    supplier: int
    money: float
    lapses: bool


def _parts(w, supplier, value, stretch=0.0):
    term = duration(w.payment_years + stretch + 0.5, least=1)
    return [Due(w.step + 4 * year, supplier, value / term, lapses=False) for year in range(term)]


def start(w):
    w.dues = []
    for s, c, tiv in zip(w.open_supplier, w.open_category, w.open_tiv, strict=True):
        w.dues += _parts(w, s, tiv * w.price_level[c] * w.price_factor[s] * w.unpaid_share)
    w.commitments = sum(due.money for due in w.dues)
    w.unspent = 0.0
    w.arrears = 0.0


def step(w):
    # What lapses now lapses whole; a cancellation ends part of what is still to come.
    w.released = sum(due.money for due in w.dues if due.lapses and due.at == w.step)
    w.dues = [due for due in w.dues if not (due.lapses and due.at == w.step)]
    for due in w.dues:
        ended = due.money * w.cancellation[due.supplier]
        due.money -= ended
        w.released += ended

    w.signed = 0.0
    for contract in w.contracts:
        w.signed += contract.value
        if contract.lapses:
            w.dues.append(Due(w.step + contract.delay, contract.supplier, contract.value, lapses=True))
        else:
            s = contract.supplier
            stretch = w.finance_stretch * (w.finance_terms[s] - w.finance_at_start[s])
            w.dues += _parts(w, s, contract.value, stretch)

    w.signed += w.home_value
    due_now = (
        w.arrears + w.home_value + sum(due.money for due in w.dues if due.at == w.step and not due.lapses)
    )
    w.dues = [due for due in w.dues if due.at != w.step or due.lapses]
    # A new fiscal year: what the old one left unspent is gone.
    w.returned = w.unspent if w.fiscal_quarter == 1 else 0.0
    cash = w.unspent - w.returned + w.procurement_budget
    w.spending = min(due_now, cash)
    w.arrears = due_now - w.spending
    w.unspent = cash - w.spending
    # What is outstanding is counted afresh, not carried forward.
    w.commitments = w.arrears + sum(due.money for due in w.dues)
