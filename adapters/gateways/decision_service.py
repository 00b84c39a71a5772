"""What the doors need of the service behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from adapters.gateways.rejections import Rejecting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pdp.law import Instrument
    from pdp.ledger.world import World
    from pdp.model import AccessRequest, Answer, Batch, Gathering
    from pdp.rulebook.fact_rules import FactRules
    from pdp.rulebook.rulebook import Rulebook


class Policy(Protocol):
    """The policy files of the revision in force."""

    @property
    def instrument(self) -> Instrument:
        """The law they are about."""
        ...

    @property
    def deriving(self) -> FactRules | None:
        """How the pack derives its facts from a question; None: from the ledger, and what it knows of a question."""
        ...


class DecisionService(Rejecting, Protocol):
    """What a door needs of the service."""

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook in force."""
        ...

    @property
    def policy(self) -> Policy:
        """The policy files in force, the same revision."""
        ...

    async def answer(self, request: AccessRequest, raw: bytes = b"") -> Answer:
        """Decide, record, then release; raise UnavailableError where that cannot be done."""
        ...

    async def answer_all(self, questions: Iterable[AccessRequest | str], asked: Gathering, raw: bytes) -> Batch:
        """Decide several questions, record them by one commit, release all or none; a word stands for what is none.

        Raises:
            UnavailableError: that cannot be done; nothing is released.
        """
        ...

    def subject_kind(self, subject: str) -> str | None:
        """Return as what the ledger has `subject` registered, in the words of a question; None: it knows nobody so."""
        ...

    def ready(self) -> bool:
        """Return whether questions can be answered: rulebook loaded, ledger read, journal writable."""
        ...

    def fresh(self) -> bool:
        """Return whether what is known of the ledger is no older than it may be."""
        ...

    def known(self) -> tuple[World, datetime]:
        """Return the world as it is known now, and the instant; raise UnavailableError where it cannot be."""
        ...

    def look_again(self) -> None:
        """Let the next decision know of what was just recorded."""
        ...

    def decision(self, decision_id: str) -> Mapping[str, object] | None:
        """Return the decoded record of a decision; may read a disk."""
        ...
