"""Governments change by election or otherwise, and a change shakes relations, talks and orders.

    election every `interval` years, change with probability p;   irregular exit at rate h
    on a change:  leaning_j = spread (rho_j z + sqrt(1 - rho_j^2) e_j);   relation with j jumps likewise
                  what the mean of a relation keeps of the last government's is `carry`
                  talks pause;   strained partners' open orders are cancelled with a small probability

A government has one leaning z, which partners share by their loadings rho: who is drawn to one is away from
another at once. The mean that relations return to belongs to the government (see `relations`).

A change does not break lock-in with suppliers: nothing here touches stock or experience (evidence:
x_leader_exit, x_leader_lockin, x_bd_gov, in_bd_deterioration, pk_visit, x_in_loc). Documented changes come
from a scenario's events and set the clock back. Leaves out: parties, and how an election comes out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import normal_quantiles
from sim.vocabulary.axes import QUARTERS, RECIPIENT, Array


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    government: Array  # number of the government since the start
    quarters_to_election: Array
    leaning: Array  # partner; logits in favour of alignment
    relation_jump: Array  # partner
    mean_kept: Array  # part of a mean's distance from that of the start that is kept this quarter
    negotiation_pause: Array  # quarters left
    cancellation: Array  # supplier; share of open orders


@dataclass(frozen=True)
class Start:
    """The first values."""

    government: Array
    quarters_to_election: Array
    leaning: Array
    negotiation_pause: Array


def start(*, years_to_election: Array, leaning_at_start: Array) -> Start:
    """Begin with the government in office."""
    return Start(
        government=np.zeros(years_to_election.shape),
        quarters_to_election=np.floor(QUARTERS * years_to_election + 0.5),
        leaning=leaning_at_start,
        negotiation_pause=np.zeros(years_to_election.shape),
    )


def step(
    *,
    documented_change: Array,
    documented_cancellation: Array,
    government_prev: Array,
    quarters_to_election_prev: Array,
    leaning_prev: Array,
    negotiation_pause_prev: Array,
    relation_prev: Array,
    election_shock: Array,
    exit_shock: Array,
    government_shock: Array,
    leaning_shock: Array,
    jump_shock: Array,
    pause_shock: Array,
    break_shock: Array,
    election_interval: Array,
    turnover_probability: Array,
    irregular_exit_chance: Array,
    leaning_spread: Array,
    relation_jump_spread: Array,
    camp_loading: Array,
    relation_carry: Array,
    shortest_pause: Array,
    longest_pause: Array,
    break_probability: Array,
    strained_below: Array,
) -> Update:
    """Hold elections, let governments fall, and draw what a change brings."""
    to_election = quarters_to_election_prev - 1.0
    is_election = to_election <= 0.0
    is_documented = documented_change > 0
    is_change = is_documented | (is_election & (election_shock < turnover_probability))
    is_change = is_change | (exit_shock < irregular_exit_chance)

    interval = np.floor(QUARTERS * election_interval + 0.5)
    # What all partners share, and what is each one's own.
    of_all, of_leaning, of_jump = normal_quantiles(government_shock, leaning_shock, jump_shock)
    shared = camp_loading * of_all
    own = np.sqrt(1.0 - camp_loading * camp_loading)
    drawn_leaning = leaning_spread * (shared + own * of_leaning)
    drawn_jump = relation_jump_spread * (shared + own * of_jump)
    drawn_pause = np.floor(QUARTERS * (shortest_pause + (longest_pause - shortest_pause) * pause_shock) + 0.5)
    relation = relation_prev[RECIPIENT]
    is_broken = is_change & (relation < strained_below) & (break_shock < break_probability)
    cancellation = np.zeros((len(documented_cancellation), is_change.size))
    cancellation[:] = documented_cancellation
    n_partners = len(relation)
    cancellation[:n_partners] = np.where(is_broken, 1.0, cancellation[:n_partners])
    # What a documented change did to relations is documented too, by events of its own.
    jumps = is_change & ~is_documented
    return Update(
        government=government_prev + is_change,
        quarters_to_election=np.where(is_election | is_documented, interval, to_election),
        leaning=np.where(is_change, drawn_leaning, leaning_prev),
        relation_jump=np.where(jumps, drawn_jump, 0.0),
        mean_kept=np.where(jumps, relation_carry, 1.0),
        negotiation_pause=np.where(is_change, drawn_pause, np.maximum(0.0, negotiation_pause_prev - 1.0)),
        cancellation=cancellation,
    )
