"""When the model reads a parameter, where that is not in every quarter, and what switches one off.

All names are those without the mechanism. What is not listed is read in every quarter. Tests compare these
tables with what the mechanisms do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sim.parameter.elements import Labels
from sim.vocabulary.axes import NEW_YEAR

#: The quarter of a fiscal year in which a budget is cut.
MID_YEAR = 3

#: Read before the first quarter only.
AT_START = frozenset(
    [
        "doubt_at_start",
        "initial_domestic_capability",
        "is_crisis_at_start",
        "leaning_at_start",
        "noted_at_start",
        "target_ratio",
        "unpaid_share",
        "wave_at_start",
        "years_to_election",
    ]
)

#: Clock and its quarter -> what is read in this quarter of the year only.
IN_QUARTER = {
    ("calendar", NEW_YEAR): frozenset(
        [
            "attention_security",
            "attention_closeness",
            "attention_interest",
            "posture_inertia",
            "doubt_memory",
            "rationality",
            "security_weight",
            "benefit_weight",
            "goodwill_weight",
            "closeness_weight",
            "courtship_weight",
            "autonomy_weight",
            "crowding_weight",
            "retaliation_weight",
            "alignment_effort",
            "alignment_step",
            "common_rival_weight",
            "bond_closeness",
            "reply_weight",
            "pole_weight",
            "pole_pull",
            "own_autonomy_weight",
            "bond_crowding",
            "bond_effort",
            "bond_step",
        ]
    ),
    ("fiscal", NEW_YEAR): frozenset({"budget_growth", "budget_volatility", "trade_leverage"}),
    ("fiscal", MID_YEAR): frozenset({"cut_probability", "smallest_cut", "largest_cut"}),
    ("donor", NEW_YEAR): frozenset(
        [
            "osa_budget",
            "osa_budget_growth",
            "reference_budget",
            "budget_response",
            "selection_probability",
            "repeat_bonus",
            "absorptive_capacity",
            "smallest_grant",
            "largest_grant",
        ]
    ),
}

#: The years of the clocks, in words.
CLOCKS = {"calendar": "the calendar year", "fiscal": "the fiscal year", "donor": "the donor's fiscal year"}


def _is_not_zero(value: float) -> bool:
    return value != 0.0


def _is_below_one(value: float) -> bool:
    return value < 1.0


def _is_satisficing(value: float) -> bool:
    return value == 1.0


def _is_best_response(value: float) -> bool:
    return value not in (0.0, 1.0)


#: Parameter -> the one that switches it, and which of its values switch it on.
SWITCHES: dict[str, tuple[str, Callable[[float], bool]]] = {
    "aspiration": ("decision_rule", _is_satisficing),
    "error_rate": ("decision_rule", _is_best_response),
    "share_limit": ("mandate_compliance", _is_not_zero),
    "mandate_compliance": ("share_limit", _is_below_one),
    "zone_boost": ("economic_zone", _is_not_zero),
    "breaking_point": ("breaking_rate", _is_not_zero),
    "strained_below": ("break_probability", _is_not_zero),
    **dict.fromkeys(("smallest_cut", "largest_cut"), ("cut_probability", _is_not_zero)),
    **dict.fromkeys(
        [
            "osa_budget",
            "reference_budget",
            "budget_response",
            "repeat_bonus",
            "absorptive_capacity",
            "smallest_grant",
            "largest_grant",
        ],
        ("selection_probability", _is_not_zero),
    ),
}

#: Not used in a case without a donor, and in one without a supplier under export control.
OF_DONOR = frozenset({"grants_compete", "relief_warmth", "grant_capability"})
OF_CONTROL = frozenset({"end_use_control", "home_constraint"})


def _is_a_partner(labels: Labels, recipient: str, partners: Collection[str]) -> bool:
    return labels[1] in partners


def _is_no_pair_of_partners(labels: Labels, recipient: str, partners: Collection[str]) -> bool:
    return labels[0] == recipient or labels[0] == labels[1]


#: Parameter -> which of its elements nothing reads, and why.
NEVER: dict[str, tuple[Callable[[Labels, str, Collection[str]], bool], str]] = {
    "outside_rivalry": (_is_a_partner, "the model uses it for suppliers that are no partners"),
    "attention_interest": (_is_no_pair_of_partners, "the model uses it for two different partners"),
}
