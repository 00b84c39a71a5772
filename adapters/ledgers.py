"""Which ledger stands behind the settings: a file of this node's own, or one in PostgreSQL that a fleet shares."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from adapters.device.clock import SystemClock
from adapters.settings import load_settings
from adapters.stores.following_ledger import FollowingLedger
from adapters.stores.sqlite_ledger import SqliteLedger
from pdp.ledger.admit import Admission
from pdp.ledger.age import OnThisMachine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from adapters.settings import Settings
    from adapters.stores.postgres_ledger import PostgresLedger
    from pdp.ledger.statement import Statement
    from pdp.ports import Freshness
    from pdp.rulebook.policy_set import PolicySet
    from pdp.rulebook.rulebook import Rulebook

FILE = "ledger.sqlite"  # in the data folder: the ledger, or this node's copy of it
NodeLedger = SqliteLedger | FollowingLedger


class _BegunError(Exception):
    """Somebody has begun the ledger already; this ends the call of `record` with nothing recorded."""


def admission(policies: PolicySet, rulebook: Rulebook) -> Admission:
    """Return by what acts are admitted under these policies."""
    since = policies.instrument.in_force_from
    return Admission(policies.calendar, policies.readings, since, rulebook.may, policies.routes)


def file_in(data: Path, law: Admission) -> SqliteLedger:
    """Return the ledger in the data folder, or this node's copy of a shared one.

    Raises:
        UnavailableError: it cannot be opened.
    """
    return SqliteLedger(data / FILE, law, SystemClock())


def of_node(settings: Settings, law: Admission, alarm: Callable[[str, str], None]) -> NodeLedger:
    """Return the ledger from which a node decides; a shared one is followed, and may be away.

    Raises:
        UnavailableError: the node's own file cannot be opened.
    """
    own = file_in(settings.data, law)
    if not settings.ledger:
        return own
    return FollowingLedger(own, lambda: shared_by_fleet(settings.ledger, law), SystemClock(), alarm)


def shared_by_fleet(address: str, law: Admission) -> PostgresLedger:
    """Return the ledger in the PostgreSQL database at `address`.

    Raises:
        UnavailableError: it cannot be opened.
    """
    from adapters.stores.postgres_ledger import PostgresLedger  # noqa: PLC0415  # its driver is slow to load

    return PostgresLedger(address, law, SystemClock())


def freshness(ledger: NodeLedger) -> Freshness:
    """Return what knows how old a node's ledger is."""
    return ledger if isinstance(ledger, FollowingLedger) else OnThisMachine()


def where_acts_are_recorded(data: Path, law: Admission) -> SqliteLedger | PostgresLedger:
    """Return the one ledger, for commands: that of `PDP_LEDGER` where it is set, else the file in the data folder.

    Raises:
        UnavailableError: it cannot be opened.
    """
    shared = load_settings({"data": data}, os.environ).ledger
    return shared_by_fleet(shared, law) if shared else file_in(data, law)


def found(ledger: NodeLedger, statements: Iterable[Statement]) -> None:
    """Record the first statements of a ledger, unless somebody else has, or does so meanwhile.

    Raises:
        UnavailableError: it cannot be written.
    """
    head = ledger.shared_head if isinstance(ledger, FollowingLedger) else ledger.head

    def first() -> Iterator[Statement]:
        if head():  # asked while nobody else can record
            raise _BegunError
        yield from statements

    try:
        ledger.record(first())
    except _BegunError:
        return
