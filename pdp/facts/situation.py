"""What one question meets: the states of everything it names, looked up once, for one group of fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from pdp.ledger.age import LEVEL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pdp.law import Instrument
    from pdp.ledger.age import LedgerAge
    from pdp.ledger.states import Actor, Application, Attributes, Dataset, RegisteredDuty, Standing, Subject
    from pdp.ledger.world import World
    from pdp.model import AccessRequest
    from pdp.ports import Usage
    from pdp.readings import Readings

Found = tuple[str, tuple[str, ...]]
"""A fact's value, and the evidence it rests on."""


class Changing(Protocol):
    """Any state of `pdp.ledger.states`."""

    @property
    def until(self) -> datetime | None:
        """The next instant at which it can change by the clock alone."""
        ...

    @property
    def said(self) -> Mapping[str, tuple[int, ...]]:
        """Attribute -> the statements it rests on."""
        ...


State = TypeVar("State", bound=Changing)

NOT_APPLICABLE: Found = ("not_applicable", ())

GRANTED = frozenset({"agreed", "agreed_in_part", "deemed"})


@dataclass(frozen=True, slots=True)
class Setting:
    """What does not change between questions: the law, its readings, and what this installation requires."""

    world: World
    instrument: Instrument
    readings: Readings
    usage: Usage
    required_assurance: Mapping[str, int]  # own_use, sharing, opening_<class> -> least strength, 0 to 4


@dataclass(slots=True)
class Situation:
    """One group of fields of one question, and the state of each entity that it names, at `now`.

    `relation`, `application` and `behind` are settled first, in that order: most other facts depend on them.
    """

    setting: Setting
    request: AccessRequest
    now: datetime
    subject: Subject | None  # None: anonymous
    dataset: Dataset
    provider: Subject | None  # None: the dataset is in no catalogue
    actor: Actor | None  # None: no person or system is named
    standing: Standing | None  # None: anonymous
    attributes: Attributes
    asked: tuple[str, ...]
    known: LedgerAge = LEVEL
    covered: tuple[str, ...] = ()
    relation: str = "unresolved"
    operation: str = "unknown"
    authority: str = "not_needed"
    application: Application | None = None
    behind: list[RegisteredDuty] = field(default_factory=list)  # duties of the subject behind the scenario
    changes: list[datetime] = field(default_factory=list)  # instants at which a state that was read can change

    def read(self, state: State) -> State:
        """Return `state`, remembering when it can change by the clock alone."""
        if state.until is not None:
            self.changes.append(state.until)
        return state

    @property
    def own_class(self) -> str:
        """Return the class on the axis of the relation; empty where it is unset or the relation has no axis."""
        if self.relation == "sharing":
            return self.attributes.sharing
        return self.attributes.opening if self.relation == "opening" else ""


def seqs(numbers: tuple[int, ...]) -> tuple[str, ...]:
    """Return the evidence strings of ledger statements."""
    return tuple(f"s:{number}" for number in numbers[:8])


def said(state: Changing, attribute: str) -> tuple[str, ...]:
    """Return the evidence for `attribute` of a ledger state."""
    numbers = state.said.get(attribute)
    return seqs(numbers) if numbers else ()
