"""The shape of a case.toml: its tables, their keys and the bounds of each value."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.files.records import Number, Record, Texts, Year
from sim.vocabulary.arguments import FIRST_YEAR, LAST_YEAR

_Quarter = Annotated[int, Field(ge=1, le=4)]


class Grounded(Record):
    """A table that says where its content comes from: evidence, a source, or an assumption."""

    evidence: Texts = ()
    source: str | None = None
    assumption: str | None = None
    note: str | None = None


class FiscalYear(Grounded):
    """The quarter of the calendar year in which fiscal years begin."""

    recipient: _Quarter
    donor: _Quarter


class RegisterFiles(Grounded):
    """The deal register and the years it covers."""

    deals: str
    deliveries: str
    categories: str
    first_year: Year
    last_year: Year
    not_platforms: Texts = ()


class WorldOrders(Grounded):
    """The table of the world's orders; `floor` orders go to a supplier that has none on record."""

    file: str
    floor: Annotated[Number, Field(gt=0)]


class IdealPoints(Grounded):
    """The table of ideal points and the years to take the mean of."""

    file: str
    years: Annotated[int, Field(ge=1, le=LAST_YEAR - FIRST_YEAR)]


class Capital(Record):
    """A capital; degrees north and east."""

    name: str
    latitude: Annotated[Number, Field(ge=-90, le=90)]
    longitude: Annotated[Number, Field(ge=-180, le=180)]


class Categories(Grounded):
    """A list of categories."""

    categories: Texts


class Distance(Grounded):
    """A distance for a supplier without a capital."""

    km: Annotated[Number, Field(gt=0)]


class VotesLike(Grounded):
    """Suppliers whose mean stands in for one without votes."""

    states: Texts


class State(Record):
    """The recipient or a supplier."""

    label: str
    register_names: Texts = ()
    votes_as: str | None = None
    votes_like: VotesLike | None = None
    capital: Capital | None = None
    distance: Distance | None = None
    camp: str | None = None
    is_export_controlled: bool = False
    catalogue: Categories | None = None


class Camp(Grounded):
    """A camp of suppliers and its side of the tilt."""

    label: str
    sign: Literal[-1, 0, 1]


class Category(Grounded):
    """A category, and where its suppliers' presence in the world market is read."""

    label: str
    in_register: bool = True
    world_orders: Texts


class Domain(Categories):
    """A capability domain."""

    label: str


class Front(Grounded):
    """A border front; `neighbour` is the partner on its other side, if it is one."""

    label: str
    neighbour: str | None = None


class Channel(Grounded):
    """A channel of aid; one may carry the security grants."""

    label: str
    carries_grants: bool = False


class Regime(Grounded):
    """An export regime."""

    label: str
    since: Year
    permits: Texts
    reviews: Texts


class Grants(Grounded):
    """Who gives official security assistance, and what it consists of."""

    donor: str
    basket: dict[str, Annotated[Number, Field(ge=0, le=1)]]


class Index(Grounded):
    """A value from -1 to 1."""

    value: Annotated[Number, Field(ge=-1, le=1)]


class Share(Grounded):
    """A value from 0 to 1."""

    value: Annotated[Number, Field(ge=0, le=1)]


class Rung(Grounded):
    """A rung of the ladder of agreements."""

    value: Annotated[int, Field(ge=0, le=5)]


class Level(Grounded):
    """A level of posture."""

    value: Annotated[int, Field(ge=-1, le=3)]


class RegimeIndex(Grounded):
    """The position of a regime in the list of regimes."""

    value: Annotated[int, Field(ge=0)]


class Held(Record):
    """Documented values at the start, which events may change."""

    relation: dict[str, dict[str, Index]]
    alignment: dict[str, Share]
    agreement_rung: dict[str, Rung]
    posture: dict[str, Level]
    export_regime: RegimeIndex


class CaseFile(Record):
    """A case.toml. The order of its tables is the order of the axes."""

    title: str
    notes: str = ""
    as_of: Year
    recipient: str
    partners: Texts
    residual_supplier: str | None = None
    sources: Texts = ()
    fiscal_year: FiscalYear
    deal_register: RegisterFiles
    world_orders: WorldOrders
    ideal_points: IdealPoints | None = None
    states: dict[str, State]
    camps: dict[str, Camp]
    categories: dict[str, Category]
    domains: dict[str, Domain]
    fronts: dict[str, Front]
    channels: dict[str, Channel]
    regimes: dict[str, Regime]
    grants: Grants | None = None
    held: Held

    @property
    def suppliers(self) -> tuple[str, ...]:
        """All states but the recipient."""
        return tuple(name for name in self.states if name != self.recipient)
