"""The glossary: every variable of the model, its dims, unit, role and meaning.

Roles
-----
case     constant of the case; no trial axis
register what the deal register knows at the start of the run; no trial axis
clock    the date, the same for all trials (an integer)
state    written by one mechanism; last quarter's value is read as `<name>_prev`
ledger   a state too large to copy each quarter; its one writer changes it in place
flow     written anew each quarter
deal     one entry per opening or contract of the quarter, over all trials of the block
shock    uniform draws in (0, 1) from the stream of the same name
pulse    zero unless a scenario event sets it for one quarter

A variable's recorded form has dims (time, *dims, trial).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["case", "register", "clock", "state", "ledger", "flow", "deal", "shock", "pulse"]


@dataclass(frozen=True)
class Variable:
    """One line of the glossary.

    Parameters
    ----------
    name : str
        Unique; the keyword by which mechanisms read and write it.
    dims : tuple of str
        Axes before the trial axis, in the order of `sim.vocabulary.axes.ORDER`.
    unit : str
        One of `sim.vocabulary.units.UNITS`.
    role : str
        See the module's docstring.
    label : str
        What it is, in words fit for an axis of a figure.
    recorded : {"always", "asked", "never"}
        Whether a run keeps it by default, keeps it when named in `keep`, or cannot keep it.
    """

    name: str
    dims: tuple[str, ...]
    unit: str
    role: Role
    label: str
    recorded: Literal["always", "asked", "never"] = "asked"


def _group(role: Role, recorded: str, *rows: tuple[str, str, str, str]) -> tuple[Variable, ...]:
    return tuple(
        Variable(name, tuple(dims.split()), unit, role, label, recorded)  # type: ignore[arg-type]
        for name, dims, unit, label in rows
    )


_CASE = _group(
    "case",
    "never",
    ("world_order_share", "supplier category", "share", "Supplier's share of the world's orders"),
    ("ideal_point_distance", "supplier", "scale units", "UN ideal-point distance to the recipient"),
    ("distance", "supplier", "km", "Distance between the capitals of supplier and recipient"),
    ("catalogue", "supplier category", "0/1", "Supplier makes and sells this category"),
    ("is_export_controlled", "supplier", "0/1", "Supplier's sales pass through its export regime"),
    ("regime_permits", "regime category", "0/1", "Regime permits the category for its stated purposes"),
    ("regime_reviews", "regime category", "0/1", "Regime admits the category case by case"),
    ("is_grant_donor", "supplier", "0/1", "Gives official security assistance"),
    ("is_pool", "supplier", "0/1", "Stands for all other suppliers together"),
    ("grant_basket", "category", "share", "What official security assistance consists of"),
    ("in_register", "category", "0/1", "Category is within the scope of the deal register"),
    ("domain_members", "domain category", "0/1", "Categories that make up a capability domain"),
    ("camp", "supplier", "label", "Camp of the supplier, as an index"),
    ("camp_sign", "supplier", "sign", "Side of the tilt measure: +1, 0 or −1"),
    ("is_grant_channel", "channel", "0/1", "Channel of aid that carries security grants"),
    ("front_neighbour", "front partner", "0/1", "Partner on the other side of a front"),
)

_REGISTER = _group(
    "register",
    "never",
    ("delivered_cohorts", "year supplier category", "TIV m", "Delivered, by year"),
    ("ordered_cohorts", "year supplier category", "orders", "Platform orders, by year"),
    (
        "recent_deliveries",
        "lag supplier",
        "TIV m",
        "Deliveries of the five years before the start, by quarter",
    ),
    ("recent_orders", "lag supplier", "TIV m", "Orders of the five years before the start, by quarter"),
    ("last_order_age", "supplier", "quarters", "Quarters from the last order to the start"),
    ("open_supplier", "open", "label", "Supplier of an order open at the start, as an index"),
    ("open_category", "open", "label", "Its category, as an index"),
    ("open_tiv", "open", "TIV m", "Its volume still to be delivered"),
    ("open_age", "open", "years", "Years since it was placed"),
    ("open_size", "open", "TIV m", "Its whole volume"),
    ("open_arriving", "open", "years", "Years since its first delivery, or zero"),
    ("open_has_started", "open", "0/1", "Whether any of it has been delivered"),
)

_CLOCK = _group(
    "clock",
    "never",
    ("n_steps", "", "quarters", "Length of the run"),
    ("calendar_quarter", "", "quarters", "Quarter of the calendar year, 1 to 4"),
    ("step", "", "quarters", "Quarters since the start of the run"),
    ("fiscal_quarter", "", "quarters", "Quarter of the recipient's fiscal year, 1 to 4"),
    ("donor_quarter", "", "quarters", "Quarter of the grant donor's fiscal year, 1 to 4"),
)

#: States whose first values the case documents, and which events may set.
_PRESCRIBED = _group(
    "state",
    "always",
    ("relation", "actor partner", "index", "Relation between two states, −1 to 1"),
    ("alignment", "partner", "index", "Alignment of the recipient with a partner, 0 to 1"),
    ("agreement_rung", "partner", "rung", "Rung on the ladder of agreements, 0 to 5"),
    ("posture", "partner", "level", "Posture of a partner, −1 press to 3 court hard"),
    ("export_regime", "", "level", "Export regime in force"),
)

_PULSE = _group(
    "pulse",
    "never",
    ("documented_cancellation", "supplier", "share", "Part of open orders whose end is documented"),
    ("documented_change", "", "0/1", "A documented change of government"),
    ("documented_grants", "state", "donor m", "Documented steps of grants this quarter"),
    (
        "documented_contracts",
        "contract field",
        "label",
        "Documented contracts signed this quarter, a row each",
    ),
)

_STATE = _group(
    "state",
    "asked",
    ("is_crisis", "front", "0/1", "Front is in crisis"),
    ("intensity_deviation", "front", "s.d.", "Deviation of log intensity from its mean"),
    ("disaster_need", "", "index", "Need for relief after disasters"),
    ("quarters_to_election", "", "quarters", "Quarters to the next election"),
    ("leaning", "partner", "logit", "Leaning of the government towards a partner"),
    ("negotiation_pause", "", "quarters", "Quarters for which talks still rest"),
    ("negotiation_stage", "partner", "count", "Stage of the talks on the next agreement"),
    ("commitment_doubt", "", "index", "How much postures have moved lately"),
    ("mean_relation", "actor partner", "index", "What a relation returns to"),
    ("mean_relation_at_start", "partner", "index", "What a relation returned to at the start"),
    ("goodwill", "partner", "index", "Goodwill that aid has left"),
    ("capability_at_start", "", "TIV m", "Stock at the start"),
    ("finance_at_start", "supplier", "index", "Finance on offer at the start"),
    ("political_cost_at_start", "supplier", "logit", "Political cost at the start"),
    ("technology_at_start", "supplier category", "index", "Technology on offer at the start"),
    ("alignment_at_start", "partner", "index", "Alignment at the start"),
    ("rung_at_start", "partner", "rung", "Rung of agreements at the start"),
    ("pressure_at_start", "", "index", "Border pressure at the start, all fronts"),
    ("goodwill_at_start", "partner", "index", "Goodwill at the start"),
    ("fleet_share_at_start", "supplier category", "share", "Share of the category's stock at the start"),
    ("aversion_at_start", "supplier", "logit", "Aversion to concentration at the start"),
    ("order_share_at_start", "supplier", "share", "Share of arms ordered in the five years before the start"),
    ("attention_between", "actor partner", "level", "How hard one partner courts another, 0 to 3"),
    ("attention_at_start", "actor partner", "level", "The same at the start"),
    (
        "attention_drive_at_start",
        "actor partner",
        "logit",
        "What drove a partner to court another at the start",
    ),
    ("courting_at_start", "partner", "level", "How hard a partner courted the recipient at the start"),
    ("alignment_between", "actor partner", "index", "Alignment of one state with another, 0 to 1"),
    ("alignment_between_at_start", "actor partner", "index", "The same at the start"),
    ("bond_worth_at_start", "actor partner", "logit", "Marginal utility of alignment at the start"),
    ("grant_notice", "", "index", "Notice that rivals still take of security grants"),
    ("grants_seen", "", "US$ m", "Security grants handed over that rivals have seen"),
    ("demand_wave", "", "log", "Deviation of the log rate of openings from its mean"),
    ("unspent", "", "US$ m", "Procurement money received and not yet paid out"),
    ("arrears", "", "US$ m", "Payments due and not yet made"),
    ("stock", "supplier category", "TIV m", "Installed stock"),
    ("home_stock", "category", "TIV m", "Stock made by domestic industry"),
    ("experience", "supplier category", "orders", "Decaying memory of past orders"),
    (
        "quarters_since_order",
        "supplier",
        "quarters",
        "Quarters since the last order that the register covers",
    ),
    ("installed_share", "supplier", "share", "Supplier's share of the installed stock"),
    ("category_stock", "category", "TIV m", "Installed stock of the category"),
    ("delivered_in_window", "supplier", "TIV m", "Deliveries of five years"),
    ("ordered_in_window", "supplier", "TIV m", "Orders of five years"),
    ("camp_share", "supplier", "share", "Share of the supplier's camp in the installed stock"),
    ("target_stock", "category", "TIV m", "Stock that the modernisation plan aims at"),
    ("programme_growth", "", "ratio", "Growth of the grant programme beyond its budget"),
    ("reference_value", "category", "ratio", "Attractiveness of importing at the start"),
) + _group(
    "state",
    "always",
    ("border_pressure", "front", "index", "Border pressure, 0 to 1"),
    ("government", "", "count", "Changes of government since the start"),
    ("military_budget", "", "US$ m/year", "Military budget"),
    ("budget_cut", "", "share", "Mid-year cut of the budget"),
    ("commitments", "", "US$ m", "Contract value signed and not yet paid"),
    ("order_book", "supplier", "TIV m", "Ordered and not yet delivered"),
    ("grants", "state", "US$ m", "Security grants by stage"),
    ("domestic_capability", "category", "index", "Domestic industrial capability, 0 to 1"),
    ("supplier_share", "supplier", "share", "Share of arms deliveries, five-year rolling"),
    ("order_share", "supplier", "share", "Share of arms ordered, five-year rolling"),
)

_LEDGER = _group(
    "ledger",
    "never",
    ("delivery_ledger", "due supplier category", "TIV m", "Deliveries due, by quarter"),
    ("lapse_ledger", "due supplier", "TIV m", "Orders that will lapse undelivered, by quarter"),
    ("payment_ledger", "due supplier", "US$ m", "Payments due, by quarter"),
    ("release_ledger", "due supplier", "US$ m", "Commitments that will lapse, by quarter"),
    ("handover_ledger", "due", "US$ m", "Grants to be handed over, by quarter"),
    ("note_ledger", "due", "US$ m", "Grants whose notes will be exchanged, by quarter"),
    ("delivery_history", "lag supplier", "TIV m", "Deliveries of the last five years, by quarter"),
    ("order_history", "lag supplier", "TIV m", "Orders of the last five years, by quarter"),
)

_FLOW = _group(
    "flow",
    "asked",
    ("relation_jump", "partner", "index", "What a change of government did to a relation"),
    ("mean_kept", "", "share", "What relations keep of the last government's mean"),
    ("cancellation", "supplier", "share", "Part of the supplier's open orders cancelled this quarter"),
    ("posture_probability", "level partner", "share", "Chance of each posture"),
    ("alignment_probability", "option partner", "share", "Chance to pull back, hold or deepen"),
    ("alignment_step_taken", "partner", "count", "Step of alignment: −1 pulled back, 0 held, 1 deepened"),
    ("negotiation_chance", "partner", "share", "Chance that talks advance this quarter"),
    (
        "bond_step_taken",
        "actor partner",
        "count",
        "Step of a partner's alignment: −1 pulled back, 0 held, 1 deepened",
    ),
    ("purse_load", "partner", "level", "What attention to other partners takes from the purse"),
    ("finance_terms", "supplier", "index", "Finance on offer, 0 to 1"),
    ("technology_terms", "supplier category", "index", "Technology on offer, 0 to 1"),
    ("coercion", "supplier", "logit", "Cost of being pressed"),
    ("withheld", "supplier", "share", "Part of the deliveries due that waits a quarter"),
    ("usable_share", "supplier", "share", "Part of the supplier's stock that can be used"),
    ("aid_kept", "partner", "share", "Part of a partner's aid that it goes on giving"),
    ("courting_drive", "partner", "logit", "What a level of courting is worth, before its cost"),
    ("pressing_value", "partner", "logit", "What pressing is worth"),
    ("incidents", "front", "count", "Armed incidents in the quarter"),
    ("disaster", "", "0/1", "A disaster struck"),
    ("standing_utility", "supplier category", "logit", "Standing attractiveness of a supplier"),
    ("signed", "", "US$ m", "Value of the contracts signed in the quarter"),
    ("released", "", "US$ m", "Commitments ended without payment"),
    ("returned", "", "US$ m", "Procurement money returned to the treasury"),
    ("granted", "supplier", "TIV m", "Handed over as grants"),
    ("export_approval", "category", "share", "Chance that the export regime lets a sale pass"),
    ("deal_count", "", "count", "Procurement openings in the quarter"),
    ("headroom", "", "share", "Part of the commitment cap still free"),
    ("commitment_cap", "", "US$ m", "Most that may be outstanding"),
    ("stock_loss", "", "share", "Stock worn out in a quarter"),
    ("experience_kept", "", "share", "Memory kept over a quarter"),
    ("irregular_exit_chance", "", "share", "Chance that a government falls in a quarter"),
    ("goodwill_kept", "", "share", "Goodwill kept over a quarter"),
    ("notice_kept", "", "share", "Notice of a grant kept over a quarter"),
    ("alarm", "partner", "index", "Alarm at the recipient's ties with others"),
    ("outside_gain", "partner", "index", "Share of orders gained by rivals that are no partners"),
    ("wave_kept", "", "share", "Part of a wave of demand kept over a quarter"),
    ("need_kept", "", "share", "Need for relief kept over a quarter"),
    ("disaster_chance", "", "share", "Chance of a disaster in a quarter"),
    ("crisis_end_chance", "front", "share", "Chance that a crisis ends in a quarter"),
    ("order_count", "supplier", "count", "Orders placed in categories that the register covers"),
    ("home_orders", "category", "TIV m", "Made by domestic industry"),
    ("home_value", "", "US$ m", "Value of what domestic industry made"),
    ("cancellations", "supplier", "TIV m", "Orders cancelled"),
    ("retired", "supplier category", "TIV m", "Stock worn out"),
    ("grant_notes", "", "0/1", "Notes on a grant were exchanged in the quarter"),
    ("grant_handover", "", "0/1", "A grant was handed over in the quarter"),
    ("grant_deliveries", "", "US$ m", "Grants handed over in the quarter"),
) + _group(
    "flow",
    "always",
    ("procurement_budget", "", "US$ m", "Procurement budget of the quarter"),
    ("spending", "", "US$ m", "Payments for arms in the quarter"),
    ("orders", "supplier", "TIV m", "Orders placed in the quarter"),
    ("deliveries", "supplier", "TIV m", "Deliveries in the quarter"),
    ("aid", "channel", "US$ m", "Aid received in the quarter"),
    ("hhi", "", "index", "Supplier concentration (HHI), five-year rolling"),
    ("effective_suppliers", "", "count", "Effective number of suppliers, 1/HHI"),
    ("dependence", "", "share", "Largest supplier's share, five-year rolling"),
    ("capability", "domain", "TIV m", "Capability"),
    ("tilt", "", "index", "Tilt between camps, −1 to 1"),
    ("ambiguity", "", "index", "Ambiguity, 1 − |tilt|"),
    ("opposite_measures", "", "index", "Opposite measures, 0 to 1"),
    ("autonomy", "", "index", "Autonomy, 0 to 1"),
    ("payoff", "actor", "index", "Payoff"),
)

_DEAL = _group(
    "deal",
    "never",
    ("deal_trial", "deal", "label", "Trial of the deal, as an index into the block"),
    ("deal_slot", "deal", "label", "Slot of the deal within its trial and quarter"),
    ("deal_category", "deal", "label", "Category of the deal, as an index"),
    ("drive_terms", "partner", "logit", "Parts of the drive to court, by name"),
    ("posture_terms", "partner", "logit", "Terms of the utility of a posture, by name"),
    ("attention_terms", "partner partner", "logit", "Terms of the utility of attention, by name"),
    ("bond_terms", "partner partner", "logit", "Terms of the utility of a partner's alignment, by name"),
    ("alignment_terms", "partner", "logit", "Terms of the marginal utility of alignment, by name"),
    ("negotiation_terms", "partner", "ratio", "What hastens talks, in log rate, by name"),
    ("supplier_terms", "supplier", "logit", "Terms of the utility that all categories share, by name"),
    ("deal_terms", "supplier deal", "logit", "The other terms of the utility, by name"),
    ("deal_worth", "supplier deal", "logit", "What it is worth to be fully known"),
    ("deal_utility", "supplier deal", "logit", "Utility of each supplier"),
    ("deal_weight", "supplier deal", "ratio", "Weight of each supplier"),
    ("deal_news", "supplier deal", "logit", "What the earlier purchases of the quarter add"),
    ("deal_pull", "supplier deal", "logit", "What the size of the order adds"),
    (
        "deal_options",
        "option deal",
        "ratio",
        "Weight of each option: suppliers, domestic production, deferral",
    ),
    ("deal_supplier", "deal", "label", "Chosen supplier, as an index; see axes.DEFERRAL, axes.DOMESTIC"),
    ("contract_trial", "contract", "label", "Trial of the contract"),
    ("contract_supplier", "contract", "label", "Supplier, as an index"),
    ("contract_category", "contract", "label", "Category, as an index"),
    ("contract_tiv", "contract", "TIV m", "Size of the order"),
    ("contract_kit", "contract", "TIV m", "Volume outside the register, at its price"),
    ("contract_value", "contract", "US$ m", "Value of the contract"),
    ("contract_delay", "contract", "quarters", "Quarters to the first delivery, or to the lapse"),
    ("contract_instalments", "contract", "quarters", "Quarters over which the delivery is spread"),
    ("contract_lapses", "contract", "0/1", "The order will lapse before anything is delivered"),
)

_SHOCK = _group(
    "shock",
    "never",
    ("regime_shock", "front", "uniform", "Onset and end of a border crisis"),
    ("intensity_shock", "front", "uniform", "Clustered swings of border violence"),
    ("incident_shock", "front", "uniform", "Number of incidents"),
    ("election_shock", "", "uniform", "Turnover at an election"),
    ("exit_shock", "", "uniform", "Irregular fall of a government"),
    ("government_shock", "", "uniform", "Leaning of a new government that partners share"),
    ("leaning_shock", "partner", "uniform", "Leaning of a new government"),
    ("jump_shock", "partner", "uniform", "What a new government does to relations"),
    ("pause_shock", "", "uniform", "Pause of talks under a new government"),
    ("break_shock", "partner", "uniform", "Cancellation of orders by a new government"),
    ("posture_shock", "partner", "uniform", "Choice of a posture"),
    ("export_regime_shock", "", "uniform", "Change of the export regime"),
    ("negotiation_shock", "partner", "uniform", "Advance of talks"),
    ("lapse_of_agreement_shock", "partner", "uniform", "Lapse of an agreement"),
    ("alignment_shock", "partner", "uniform", "Choice of a step of alignment"),
    ("attention_shock", "actor partner", "uniform", "Choice of how hard to court another partner"),
    ("partner_alignment_shock", "actor partner", "uniform", "Choice of a step of a partner's alignment"),
    ("relation_shock", "pair", "uniform", "Drift of relations"),
    ("growth_shock", "", "uniform", "Growth of the military budget"),
    ("cut_shock", "", "uniform", "Whether the budget is cut in mid-year"),
    ("cut_size_shock", "", "uniform", "Size of the mid-year cut"),
    ("disaster_shock", "", "uniform", "Disasters"),
    ("wave_shock", "", "uniform", "Swing of the rate of openings"),
    ("demand_shock", "", "uniform", "Number of openings"),
    ("category_shock", "slot", "uniform", "Category of an opening"),
    ("choice_shock", "slot", "uniform", "Choice of the supplier"),
    ("size_shock", "slot", "uniform", "Size of an order"),
    ("delay_shock", "slot", "uniform", "Delay to the first delivery"),
    ("length_shock", "slot", "uniform", "Time from the first delivery of an order to the last"),
    ("open_shock", "open", "uniform", "Delay of an order open at the start"),
    ("open_length_shock", "open", "uniform", "Time over which an order open at the start is delivered"),
    ("lapse_shock", "slot", "uniform", "Whether an order lapses"),
    ("selection_shock", "", "uniform", "Selection for official security assistance"),
    ("grant_size_shock", "", "uniform", "Size of a grant"),
    ("note_shock", "", "uniform", "Time from selection to the exchange of notes"),
    ("handover_shock", "", "uniform", "Time from notes to handover"),
)

#: name -> Variable, in the order of the groups above.
GLOSSARY: dict[str, Variable] = {
    v.name: v
    for v in (*_CASE, *_REGISTER, *_CLOCK, *_PRESCRIBED, *_PULSE, *_STATE, *_LEDGER, *_FLOW, *_DEAL, *_SHOCK)
}


#: Names of the states that the case documents and events may set.
PRESCRIBED_STATES = tuple(v.name for v in _PRESCRIBED)


def within_sentence(words: str) -> str:
    """Return words that begin with a variable's label as they stand within a sentence; names keep capitals.

    >>> [within_sentence(each) for each in ("A disaster struck", "UN ideal-point distance to the recipient")]
    ['a disaster struck', 'UN ideal-point distance to the recipient']
    """
    is_label = any(words.startswith(each.label) for each in GLOSSARY.values())
    return words[:1].lower() + words[1:] if is_label and not words[1:2].isupper() else words


def with_role(*roles: Role) -> tuple[Variable, ...]:
    """Return the variables that have one of `roles`, in glossary order."""
    return tuple(v for v in GLOSSARY.values() if v.role in roles)
