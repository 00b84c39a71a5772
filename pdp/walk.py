"""What one question meets on its way: the revision that decides, the instant, what is known, the decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pdp.errors import UnavailableError
from pdp.model import Answer

if TYPE_CHECKING:
    from datetime import datetime

    from pdp.facts.asked import AskedDeriver
    from pdp.facts.derive import Deriver
    from pdp.ledger.age import LedgerAge
    from pdp.ledger.world import World
    from pdp.log.record import Recorder
    from pdp.model import AccessRequest, Decision, Inquiry, Receipt, Rested
    from pdp.rulebook.policy_set import PolicySet
    from pdp.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class InForce:
    """One revision, whole: what it says, derives, judges and records. Swapped in one step, so no answer mixes two."""

    policy: PolicySet
    rulebook: Rulebook
    world: World
    derive: Deriver | AskedDeriver
    recorder: Recorder


class Moment(NamedTuple):
    """An instant at which questions can be answered: the revision that decides, and how old what it knows is."""

    law: InForce
    at: datetime
    known: LedgerAge


class Derived(NamedTuple):
    """What is known of a question at one instant, and the revision that is to decide on it."""

    law: InForce
    at: datetime
    began: int  # monotonic nanoseconds
    ended: int
    request: AccessRequest  # as it is decided, with what the approval that it names stands for
    rested: Rested | None
    inquiry: Inquiry


class Walked(NamedTuple):
    """A decision on its way to the log."""

    id: str
    at: datetime
    inquiry: Inquiry
    decision: Decision
    record: bytes
    rested: Rested | None

    def answer(self, receipt: Receipt) -> Answer:
        """Return the answer that may be released, now that its record is durable."""
        return Answer(self.id, self.at, self.decision, self.inquiry, receipt, self.rested)


class RevisedError(UnavailableError):
    """Another revision came into force while questions asked together were decided; none is answered."""

    code = "revision_changed"
    who_must_act = "caller"

    def __init__(self) -> None:
        super().__init__("another revision came into force while these questions were decided; ask again")
