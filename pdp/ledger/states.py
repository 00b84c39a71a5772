"""What folds return: where each entity stands at one instant, and which statements say so.

Every state carries `said`, which maps the name of an attribute to the seqs of the statements it rests on, and `until`,
the next instant at which the state can change by the clock alone (None: never). An entity nobody has spoken of is the
state's default value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from pdp.ledger.mask import Mask

Said = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Scope:
    """使用范围 of an application or approval. None in a member means: not limited in that respect."""

    fields: frozenset[str] | None = None
    rows: Mapping[str, object] | None = None  # row filter AST
    quota: int | None = None  # released decisions
    ends: datetime | None = None  # first instant at which the term is over
    masks: Mapping[str, Mask] = field(default_factory=dict)  # field -> what remains of its values


@dataclass(frozen=True, slots=True)
class Subject:
    """A public body, a unit or a natural person, as registered. `kind` is None for an unknown subject."""

    id: str
    kind: str | None = None  # body | unit | person
    name: str = ""
    level: str = ""  # district | city | other_district | national | other (bodies)
    basis: str = ""  # administrative_organ | authorised_organisation | state_organ | none (bodies)
    basis_text: str = ""
    functions: frozenset[str] = frozenset()
    offices: frozenset[str] = frozenset()  # regulator, cyberspace, city_platform, bigdata_platform
    observer: Mapping[str, str] | None = None
    affiliates: frozenset[str] = frozenset()
    successor: str = ""
    duties: Mapping[str, RegisteredDuty] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()  # names of members the source does not state
    said: Said = field(default_factory=dict)  # subject, duty:<id>
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """A running program, by the name in its certificate, and the registered system that it is; empty: none."""

    name: str
    system: str = ""
    body: str = ""
    said: Said = field(default_factory=dict)  # workload, system
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RegisteredDuty:
    """A duty (履职) or service of a body, with the scenarios it covers; `basis` empty: no legal basis on record."""

    id: str
    name: str
    basis: str
    purpose: str  # duty | service
    scenarios: frozenset[str]
    seq: int


@dataclass(frozen=True, slots=True)
class Actor:
    """An acting person or system of a body, and the duties it is mapped to. `body` empty: not registered."""

    id: str
    body: str = ""
    system: bool = False
    duties: frozenset[str] = frozenset()
    said: Said = field(default_factory=dict)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attributes:
    """Sharing and opening attribute of one field, or of a whole entry; empty: unset."""

    sharing: str = ""
    opening: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A catalogue entry. `provider` empty: in no catalogue."""

    id: str
    provider: str = ""
    joint_providers: frozenset[str] = frozenset()  # further providers; `provider` is not among them
    title: str = ""
    fields: tuple[str, ...] = ()
    derived_from: str = ""
    catalogue_state: str = "uncatalogued"  # a value of the fact catalogue_state, never `unknown`
    mapped: bool = False  # resolves through all four levels
    table: str = ""
    attributes: Attributes = Attributes()  # in force now (reading class_change)
    field_attributes: Mapping[str, Attributes] = field(default_factory=dict)  # only where a field has its own
    sharing_conditions: Mapping[str, object] | None = None
    opening_conditions: Mapping[str, object] | None = None
    not_shareable_basis: str = ""
    ban_law: str = "unknown"
    ban_security: str = "unknown"
    ban_identity: str = "unknown"
    treatment: str = "none"  # none | treated | treated_and_relisted
    publication: str = "marked"  # marked | aggregated | published | withdrawn
    grade: str = "ungraded"
    regime: str = "unknown"  # none | state_secret | work_secret | statistics | archives | other | unknown
    personal: str = "unknown"
    base_set: str = "unknown"  # population | legal_entity | geospatial | macro_economy | none | unknown
    aggregated: bool = False
    linked: bool = False
    procured: str = "no"  # a value of the fact procured
    freshness: str = "unknown"  # current | overdue | unknown
    objection: str = "none"  # a value of the fact objection
    assumed: frozenset[str] = frozenset()
    said: Said = field(default_factory=dict)  # keys: the attribute names above
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """One share application (art_21) or opening application (art_31), as it stands.

    `state` is a value of the fact `authority` (absent is the empty string). For an opening application it is `none`
    before it exists, `pending`, `agreed`, `agreed_in_part`, `refused`, `expired` or `void`.
    """

    id: str
    state: str = ""
    side: str = "sharing"  # sharing | opening
    applicant: str = ""
    dataset: str = ""
    scenarios: frozenset[str] = frozenset()  # one for sharing; those an approval names for opening
    purpose: str = ""  # duty | service: on what the application rests
    duty: str = ""
    scope: Scope = Scope()  # as applied for, narrowed by a partial agreement
    received: date | None = None  # civil day from which the terms run
    due: date | None = None  # last day of the answer term; None: no clock, or beyond the calendar
    fulfilment: str = "not_applicable"  # a value of the fact fulfilment
    coordination: str = "none"  # none | open | concluded
    carrier: str = ""  # opening: the carrier the approval names
    safeguards: str = "no_condition"  # opening: no_condition | met | unmet | lacking | unknown
    assumed: frozenset[str] = frozenset()
    said: Said = field(default_factory=dict)  # authority, scope, scenario, fulfilment, coordination, safeguards
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What supervision has put on record about one subject (art_41, art_42)."""

    suspended: frozenset[str] = frozenset()  # datasets
    terminated: frozenset[str] = frozenset()  # datasets
    rectification: str = "none"  # none | ordered | overdue
    said: Said = field(default_factory=dict)  # suspended, terminated, rectification
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """Emergency measures in force now (art_37__para_2, art_39__para_1__item_5)."""

    district_datasets: frozenset[str] = frozenset()
    district_providers: frozenset[str] = frozenset()
    district_all: bool = False
    provider_datasets: frozenset[str] = frozenset()  # declared by the provider, own data only
    provider_all: frozenset[str] = frozenset()  # providers that stopped all their own data
    said: Said = field(default_factory=dict)  # district, provider
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entrustment:
    """Whether an agent's processing for a principal is on record (art_40__para_1)."""

    recorded: bool = False
    said: Said = field(default_factory=dict)  # entrustment
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Combination:
    """The assessment of a join of datasets (art_27__para_1__item_3); `identity` unknown: never assessed."""

    identity: str = "unknown"  # no | yes | unknown
    regime: str = "none"
    said: Said = field(default_factory=dict)  # combination
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueryUser:
    """A user of a query engine, and for whom it asks. `body` empty: registered by nobody."""

    body: str = ""
    scenario: str = ""
    purpose: str = ""
    system: str = ""
    channel: str = ""
    mode: str = ""
    said: Said = field(default_factory=dict)  # query_user
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MappedTable:
    """A table of a query engine, and the entry whose data it holds. `dataset` empty: mapped by nobody."""

    dataset: str = ""
    columns: Mapping[str, str] | None = None  # column -> field; None: a column is called as its field
    said: Said = field(default_factory=dict)  # table
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """A registered carrier of conditional opening (art_26__para_3)."""

    id: str
    registered: bool = False
    said: Said = field(default_factory=dict)  # carrier
    until: datetime | None = None
