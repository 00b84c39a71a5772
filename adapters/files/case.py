"""What one policy case says: the world it starts from, what is asked or recorded, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pdp.model import AccessRequest, Outcome


@dataclass(frozen=True, slots=True)
class Told:
    """A statement as a case tells it; `by` None: the lawful speaker. `place` is file:line, for messages."""

    kind: str
    members: Mapping[str, object]
    at: datetime
    by: str | None
    evidence: str
    place: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of a question. `outcome` and `grounds` are exact, None elsewhere says nothing."""

    outcome: Outcome
    grounds: frozenset[str]
    cites: frozenset[str] = frozenset()  # at least these
    obliges: frozenset[str] = frozenset()  # at least these
    remedies: frozenset[str] = frozenset()  # at least these
    advises: frozenset[str] | None = None  # exactly these
    granted: frozenset[str] | None = None  # exactly these fields
    withheld: frozenset[str] | None = None  # exactly these fields
    masked: frozenset[str] | None = None  # exactly these fields
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A question in a world that statements tell."""

    request: AccessRequest
    expected: Expected
    stale: bool = False  # the copy of the ledger is older than it may be


@dataclass(frozen=True, slots=True)
class TableCase:
    """A vector of facts, put to the rules alone: for facts that no statement can bring about."""

    base: str
    vector: Mapping[str, str]
    expected: Expected


@dataclass(frozen=True, slots=True)
class Act:
    """A statement put to the ledger: refused, with `says` in the reason, or recorded."""

    told: Told
    refused: bool
    says: str


@dataclass(frozen=True, slots=True)
class Case:
    """One of the law's examples; its name is a sentence and the name of its test."""

    name: str
    path: str  # as errors show it
    line: int
    articles: tuple[str, ...]
    at: datetime  # when the question is asked, or the statement recorded
    trial: Trial
    given: tuple[Told, ...] = ()
    used: Mapping[str, int | None] = field(default_factory=dict)  # application -> decisions released; None: not known
    readings: tuple[str, ...] = ()  # readings whose chosen option it shows
    status: str = "agreed"  # agreed | open
    note: str = ""
    answered_by: str = ""

    @property
    def article(self) -> int:
        """Return the number of the article whose file this is: that of its first unit."""
        return int(self.articles[0].split("_")[1])

    @property
    def mentions(self) -> frozenset[str]:
        """Return every unit of the law that the case names, as its subject or as what must be cited."""
        cited = frozenset() if isinstance(self.trial, Act) else self.trial.expected.cites
        return cited.union(self.articles)


Trial: TypeAlias = Story | TableCase | Act


@dataclass(frozen=True, slots=True)
class Words:
    """What the words of a case may be, from the policies the case is about."""

    units: frozenset[str]
    grounds: frozenset[str]  # permitting rows and limiting rules
    obligations: frozenset[str]
    advisories: frozenset[str]
    remedies: frozenset[str]
    readings: frozenset[str]
    facts: Mapping[str, frozenset[str]]  # fact -> values
    whole_questions: bool = False  # a case asks as AuthZEN does, with every member that the pack reads
