"""Security grants stay outside the competition: selected, then notes exchanged, then handed over.

    programme P   = budget * growth index              (growth compounds each donor fiscal year)
    chance        = selection (1 + repeat_bonus [served before]) (1 + response (P / P_ref - 1)) capacity
    size          = U(smallest, largest) (1 + response (P / P_ref - 1))
    capacity      = 1 - grants under way / absorptive capacity
    notes         after U(0, longest wait);   handover after a lognormal lag from the notes

One selection a donor fiscal year; what a scenario documents as noted is handed over after the same lag. A
grant is worth dollars, and brings capability only in the categories of the programme's purpose list.
Development aid is the flow that leaves goodwill (see `relations`), by the channels through which partners
give it; it acts through goodwill and terms, not through votes (evidence: osa_definition, osa_scope,
osa_yen_575m, x_osa_lag, x_osa_budget, x_osa_notes, jp_total_assist, jp_major_donor, bigb_join_2014,
x_aid_votes). Leaves out: competition between recipients, tied maintenance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.durations import whole
from sim.numerics.elementary import exp, normal_quantile, total
from sim.numerics.lists import scatter
from sim.vocabulary.axes import NEW_YEAR, QUARTER, QUARTERS, Array

#: Money below this is none, US$ m.
_NOTHING = 1e-9
#: Millions in a billion of the donor's currency.
MILLIONS = 1000.0


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    programme_growth: Array  # ratio
    grants: Array  # state; US$ m
    grant_deliveries: Array  # US$ m
    grant_notes: Array  # whether notes were exchanged
    grant_handover: Array  # whether anything was handed over
    aid: Array  # channel; US$ m


@dataclass(frozen=True)
class Start:
    """The first values."""

    programme_growth: Array
    grants: Array
    note_ledger: Array
    handover_ledger: Array


def start(*, n_steps: int, noted_at_start: Array, exchange_rate: Array) -> Start:
    """Begin with the grants noted and not yet handed over; an event hands them over."""
    n_trials = exchange_rate.size
    noted = noted_at_start / exchange_rate
    return Start(
        programme_growth=np.ones(n_trials),
        grants=np.stack([np.zeros(n_trials), noted, np.zeros(n_trials)]),
        note_ledger=np.zeros((n_steps + 1, n_trials)),
        handover_ledger=np.zeros((n_steps + 1, n_trials)),
    )


def step(
    *,
    step: int,
    donor_quarter: int,
    documented_grants: Array,
    grants_prev: Array,
    programme_growth_prev: Array,
    note_ledger: Array,
    handover_ledger: Array,
    selection_shock: Array,
    grant_size_shock: Array,
    note_shock: Array,
    handover_shock: Array,
    osa_budget: Array,
    osa_budget_growth: Array,
    reference_budget: Array,
    budget_response: Array,
    selection_probability: Array,
    repeat_bonus: Array,
    absorptive_capacity: Array,
    smallest_grant: Array,
    largest_grant: Array,
    longest_note_wait: Array,
    handover_median: Array,
    handover_spread: Array,
    exchange_rate: Array,
    partner_aid: Array,
    aid_kept: Array,
    channel_share: Array,
    is_grant_channel: Array,
) -> Update:
    """Select in the donor's new fiscal year; move grants from stage to stage."""
    selected, noted, delivered = grants_prev
    growth = programme_growth_prev
    last = len(note_ledger) - 1
    trial = np.arange(selected.size)

    # Documented steps (selected, noted, delivered; the donor's currency) join what the model draws.
    documented = documented_grants[:, None] / exchange_rate
    awarded = np.zeros(selected.shape) + documented[0]
    if donor_quarter == NEW_YEAR:
        growth = growth * (1.0 + osa_budget_growth)
        scale = np.maximum(0.0, 1.0 + budget_response * (osa_budget * growth / reference_budget - 1.0))
        capacity = np.maximum(0.0, 1.0 - (selected + noted) / absorptive_capacity)
        chance = selection_probability * (1.0 + repeat_bonus * (delivered > 0)) * scale * capacity
        size = (smallest_grant + (largest_grant - smallest_grant) * grant_size_shock) * scale
        awarded += np.where(selection_shock < chance, size * MILLIONS / exchange_rate, 0.0)
    wait = whole(longest_note_wait * QUARTERS * note_shock)
    scatter(note_ledger, (np.minimum(step + wait, last), trial), awarded)

    # A grant is noted at the earliest in the quarter of its selection, and handed over later than noted.
    now_noted = np.array(note_ledger[step])
    noting = now_noted + documented[1]
    note_ledger[step] = 0.0
    lag = handover_median * exp(handover_spread * normal_quantile(handover_shock))
    due = np.minimum(step + whole(QUARTERS * lag + 0.5, least=1), last)
    scatter(handover_ledger, (due, trial), noting)

    documented_handover = np.minimum(documented[2], np.maximum(0.0, noted))
    if np.any(documented_grants[2]):
        # What is documented beyond the grants without a date is taken from those that have one.
        dated = total(handover_ledger[step:])
        taken = np.maximum(0.0, documented_handover - (noted + noting - dated))
        handover_ledger[step:] *= 1.0 - taken / np.maximum(dated, _NOTHING)
    handed_over = handover_ledger[step] + documented_handover
    handover_ledger[step] = 0.0
    return Update(
        programme_growth=growth,
        grants=np.stack(
            [
                selected + awarded - now_noted,
                noted + noting - handed_over,
                delivered + handed_over,
            ]
        ),
        grant_deliveries=handed_over,
        grant_notes=1.0 * (noting > _NOTHING),
        grant_handover=1.0 * (handed_over > _NOTHING),
        aid=total(channel_share * (partner_aid * aid_kept)[:, None]) * QUARTER
        + is_grant_channel[:, None] * handed_over,
    )
