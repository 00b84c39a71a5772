"""The nouns of a decision: the question asked, the facts found, what the rules say of them, and the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


UNPROVEN = "unproven"  # how the subject was established: it was not, where it had to be
UNREGISTERED = "unregistered"  # the route of a call that no route of its gateway's map is about


class Effect(StrEnum):
    """What a rule does when it holds. The order of the members is the order in which findings are listed."""

    FORBID = "forbid"
    REFER = "refer"
    DOUBT = "doubt"
    PERMIT = "permit"  # a row of the permissions table: this combination may be granted
    ADMIT = "admit"  # a row of the purposes table: this purpose may be served; no ground of its own
    OBLIGE = "oblige"
    ADVISE = "advise"


class Outcome(StrEnum):
    """How a question ends; only the first two release data."""

    PERMIT = "PERMIT"  # 予以提供
    PARTIAL = "PARTIAL"  # 部分提供
    DENY = "DENY"  # 不予提供
    REFER = "REFER"  # 转适用其他规定或渠道
    INDETERMINATE = "INDETERMINATE"  # 无法判定

    @property
    def permits(self) -> bool:
        """Return whether data is released."""
        return self is Outcome.PERMIT or self is Outcome.PARTIAL


SETTLES: Mapping[Effect, Outcome] = {  # what limits, in order of precedence
    Effect.FORBID: Outcome.DENY,
    Effect.REFER: Outcome.REFER,
    Effect.DOUBT: Outcome.INDETERMINATE,
}


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One question, as it was asked. Everything here is a claim; what the ledger knows stands against it.

    Ids are `[A-Za-z0-9._:-]{1,128}` when they can be ours; any other string is simply unknown. `None` means that
    the question did not say.
    """

    subject: str | None  # id of the public body, unit or natural person; None: anonymous
    action: str  # read | query_catalogue | onward_supply | self_access | information_request; others are unknown
    dataset: str
    subject_kind: str | None = None  # public_body | unit | natural_person, as claimed
    staff: str | None = None  # the acting person of a public body (art_40__para_1)
    system: str | None = None  # the registered system with a responsible post that acts
    agent: str | None = None  # a processor that calls for the subject, its principal
    table: str | None = None  # a physical table named instead of the whole entry
    fields: tuple[str, ...] | None = None  # None: all of them
    rows: Mapping[str, object] | None = None  # row predicate (see `protocols`: canonical row filter AST)
    combined_with: tuple[str, ...] = ()  # other datasets this one is joined with in one answer
    scenario: str | None = None
    purpose: str | None = None  # duty | service | any other word
    application: str | None = None  # the application the caller says it rests on
    approval: str | None = None  # reference to an approval; before deriving, the application behind it takes its place
    channel: str | None = None
    carrier: str | None = None  # id of the registered carrier, where the channel is one
    mode: str | None = None  # api | bulk | online_view
    location: str | None = None  # where the data would go, ISO 3166 code; None: in the country
    assurance: int | None = None  # strength of authentication, 0 (none) to 4 (end user's own token); None: not known
    established: str | None = None  # token | gateway_claims | workload | header | unproven; None: the caller's word
    disputed: bool = False  # a weaker way of establishing the subject names another one
    route: str | None = None  # the route of the gateway's map, or `unregistered`; None: the question names the dataset
    enforces: tuple[str, ...] | None = None  # of mask_fields, filter_rows; None: not declared
    client: str | None = None  # address of whoever called the gateway, as it says: for the record, and no ground ever
    cache: int | None = None  # seconds for which the route lets a permit be used again; None: it does not
    door: str = "in_process"
    gateway: str = "local"
    request_id: str | None = None
    ignored: tuple[str, ...] = ()  # names of members that the door's protocol says to ignore
    sent: Mapping[str, object] | None = field(default=None, repr=False)  # all members, where a pack derives its facts


@dataclass(frozen=True, slots=True)
class Facts:
    """One total vector of facts: a value for every declared fact, in the vocabulary's order, and what each rests on."""

    vector: tuple[str, ...]
    evidence: Mapping[str, tuple[str, ...]]  # fact -> `s:<ledger seq>`, `f:<policy file>`, `c:<calendar file>`
    index: Mapping[str, int] = field(repr=False, compare=False)  # fact -> position; the vocabulary's own mapping

    def __getitem__(self, name: str) -> str:
        """Return the value of fact `name`; raise KeyError for a name that is no fact."""
        return self.vector[self.index[name]]


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields asked for whose attributes are equal, and the facts of the question about them."""

    asked: tuple[str, ...]  # empty: the entry lists no fields, or the question is about the entry as a whole
    covered: tuple[str, ...]  # those of `asked` that lie inside the authority
    facts: Facts
    dataset: str = ""  # a joined dataset that these fields belong to; empty: the one asked for


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask: the 数据观察员 of a provider. Source: art_8__para_1."""

    body: str
    name: str = ""  # name of the body, never of a person
    post: str = "数据观察员"
    phone: str = ""
    email: str = ""


class Unheard(StrEnum):
    """Why nothing is known of an overlay."""

    DEADLINE = "deadline"  # it did not answer in time
    UNREACHABLE = "unreachable"  # nothing answers where it should be
    RESTING = "resting"  # it failed so often that it is asked only now and then
    STATUS = "status"  # its server answers with an error
    TOO_LARGE = "too_large"
    NO_JSON = "no_json"
    UNDEFINED = "undefined"  # its server knows no such path, or nothing holds there
    NO_LIST = "no_list"
    TOO_MANY_FINDINGS = "too_many_findings"
    NO_FINDING = "no_finding"  # a member of the list is not of the form {"effect": …, "rule": …}
    UNKNOWN_EFFECT = "unknown_effect"  # a permit is one: an overlay restricts
    UNKNOWN_RULE = "unknown_rule"  # what is no name, or one that is ours to use
    UNKNOWN_DUTY = "unknown_duty"
    UNKNOWN_FIELD = "unknown_field"  # a finding names one that is not asked for
    FACTS_CHANGED = "facts_changed"  # what it answered was about facts that no longer stand


@dataclass(frozen=True, slots=True)
class Limits:
    """An overlay as the settings declare it: whose limits it adds, on what they rest, and which data it is asked of."""

    id: str
    body: str  # id of the public body that keeps it
    articles: tuple[str, ...] = ()  # of the law, on which its findings rest
    basis: str = ""  # any other basis, in words
    titles: Mapping[str, str] = field(default_factory=dict, hash=False)  # its rule -> the rule in Chinese
    providers: frozenset[str] = frozenset()  # whose data sets it is asked of; empty: of everybody's
    datasets: frozenset[str] = frozenset()  # which data sets it is asked of; empty: of all


@dataclass(frozen=True, slots=True)
class FieldLimit:
    """What an overlay finds of some of the fields asked for, and of no other."""

    fields: tuple[str, ...]  # sorted and single
    findings: tuple[Finding, ...]  # as those of `Overlaid`


@dataclass(frozen=True, slots=True)
class Overlaid:
    """What one overlay said of a question, or why it is in doubt what it says.

    Of its findings, what obliges names one of our duties; any other rule is `<overlay>:<its own name>`.
    """

    limits: Limits
    findings: tuple[Finding, ...] = ()  # that forbid, refer, leave in doubt or oblige; sorted and single
    reason: str = ""  # one of `Unheard`; empty: it answered
    took_us: int = 0  # microseconds that it took, or that were waited for it
    limited: tuple[FieldLimit, ...] = ()  # what it finds of single fields; sorted, each list of fields once


@dataclass(frozen=True, slots=True)
class Inquiry:
    """All that is known about one question at one instant: the groups of fields, and what the answer's duties need."""

    groups: tuple[FieldGroup, ...]
    ledger: int  # seq of the last statement known
    joined: bool = False  # the groups are one answer: what one withholds is withheld from all
    contact: Contact | None = None
    parameters: Mapping[str, object] = field(
        default_factory=dict
    )  # for duties: purpose, scenario, term, quota, rows, …
    until: datetime | None = None  # next instant at which a fact can change by the clock alone
    age: timedelta = timedelta()  # how long ago what is known was level with the ledger
    overlaid: tuple[Overlaid, ...] = ()  # what the overlays say of the question, or of some of its fields
    able: frozenset[str] | None = None  # what the caller can carry out; None: the facts say all that is known of it


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One rule that holds, with the articles it rests on; the first is the ground itself."""

    rule: str
    effect: Effect
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rulebook says of one vector of facts; it depends on nothing else. Findings are sorted and single."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    grants: tuple[Finding, ...] = field(init=False, repr=False, compare=False)  # the permitting rows
    limits: tuple[Finding, ...] = field(init=False, repr=False, compare=False)  # what forbids, refers or doubts
    owed: tuple[str, ...] = field(init=False, repr=False, compare=False)  # ids of duties
    advised: tuple[str, ...] = field(init=False, repr=False, compare=False)  # ids of advisories

    def __post_init__(self) -> None:
        """Sort the findings by what they do: a verdict is remembered, and read far more often than made."""
        of = {effect: tuple([found for found in self.findings if found.effect is effect]) for effect in Effect}
        object.__setattr__(self, "grants", of[Effect.PERMIT])
        object.__setattr__(self, "limits", of[Effect.FORBID] + of[Effect.REFER] + of[Effect.DOUBT])
        object.__setattr__(self, "owed", tuple([found.rule for found in of[Effect.OBLIGE]]))
        object.__setattr__(self, "advised", tuple([found.rule for found in of[Effect.ADVISE]]))


@dataclass(frozen=True, slots=True)
class Duty:
    """An obligation as it binds in this decision. `bearer` is `gateway` (must execute it) or `recipient`."""

    id: str
    bearer: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Remedy:
    """A way on after a refusal: what to do, and whom to ask."""

    id: str
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """Fields (or rows) that a PARTIAL answer keeps back, and the grounds for it."""

    fields: tuple[str, ...]
    grounds: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one question: the groups' verdicts, merged."""

    outcome: Outcome
    verdicts: tuple[Verdict, ...]  # one a group, in the order of `Inquiry.groups`
    findings: tuple[Finding, ...]  # of all groups, sorted by effect and rule, single
    granted: tuple[str, ...]  # fields released; empty with `permits`: the whole entry, which lists none
    withheld: tuple[Withheld, ...] = ()
    duties: tuple[Duty, ...] = ()
    advisories: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    valid_until: datetime | None = None
    cache: int = 0  # whole seconds for which a gateway may use the decision again without asking; 0: not at all

    @property
    def grounds(self) -> tuple[Finding, ...]:
        """Return what decided: the permitting rows of a permit, every limiting rule of anything else."""
        deciding = (Effect.PERMIT,) if self.outcome.permits else (Effect.FORBID, Effect.REFER, Effect.DOUBT)
        return tuple(finding for finding in self.findings if finding.effect in deciding)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The promise that a record is durable: which log, which index, which leaf (hex SHA-256)."""

    log: str
    index: int
    leaf: str


@dataclass(frozen=True, slots=True)
class Rested:
    """What the approval turned out to be that a question names. It grants nothing: the decision rests on the ledger."""

    reference: str
    state: str = ""  # of the application behind it, a value of `authority`; empty: there is none of the subject's here
    until: datetime | None = None  # the reference holds until then; None: it does not hold


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision that has been recorded, and so may be released."""

    id: str  # UUIDv7
    at: datetime
    decision: Decision
    inquiry: Inquiry
    receipt: Receipt
    rested: Rested | None = None  # None: the question names no approval


@dataclass(frozen=True, slots=True)
class Gathering:
    """Who asked several questions at once, where, and when no more of them are to be answered."""

    door: str
    gateway: str
    request_id: str | None = None
    last: bool | None = None  # the answer behind which nothing more is decided: a permit, or what is none; None: all


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions asked together and answered together: all are recorded, and so all may be released."""

    id: str  # UUIDv7, of the record that ties them together
    items: tuple[Answer | str, ...]  # in the order asked; a word such as `bad_request` for what was no question
