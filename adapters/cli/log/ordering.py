"""What commands that change the keeping of a log share: do it where no service runs, else have the service do it."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from adapters.publishing.closing import place, writing
from adapters.settings import load_settings
from adapters.stores.journal_folder import lock
from adapters.stores.orders import Orders
from adapters.stores.outbox import Outbox
from adapters.stores.person_keys import SqlitePersonKeys
from adapters.stores.retention import RetentionError
from adapters.stores.slots import current_slot
from pdp.errors import UnavailableError
from pdp.log.canonical import encode
from pdp.log.instants import utc
from pdp.log.record import Writer
from pdp.log.uuid7 import uuid7

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from adapters.settings import Settings
    from adapters.stores.agreement import Confirmation, MayDo
    from pdp.rulebook.rulebook import Rulebook

PATIENCE: Final = 60.0  # seconds that a running service has to carry an order out
_LOOK: Final = 0.1


def settings_of(data: Path | None, config: Path | None) -> Settings:
    """Return the settings of the service whose log is meant."""
    return load_settings({"data": data}, os.environ, config)


def event_maker(settings: Settings, slot: int) -> Callable[[str, Mapping[str, object]], bytes]:
    """Return what makes the record of an event in log `slot`, as the service's own recorder spells it."""
    writer = asdict(Writer(settings.node, slot, secrets.token_hex(8), version("public-data-pdp")))

    def event(kind: str, members: Mapping[str, object]) -> bytes:
        now = datetime.now(UTC)
        made = uuid7(int(now.timestamp() * 1000), secrets.token_bytes(10))
        common = {"at": utc(now), "id": made, "kind": kind, "mono_ns": time.monotonic_ns(), "writer": writer}
        return encode({**members, **common})

    return event


def persons_of(settings: Settings) -> SqlitePersonKeys:
    """Return the store of people's keys; raise UnavailableError if there is none."""
    path = settings.data / "keys" / "persons.sqlite"
    if not path.exists():
        message = f"{path}: no keys of people are kept here; name the data folder of a service with --data"
        raise UnavailableError(message)
    return SqlitePersonKeys(path)


def may_do(settings: Settings) -> MayDo:
    """Return what tells whether a post may do an act, by the policies of these settings; they are read when asked."""

    @cache
    def rulebook() -> Rulebook:
        from adapters.assemble import compiled  # noqa: PLC0415  # loads engines

        return compiled(settings.policies)[1]

    return lambda post, act: rulebook().may_do(post, act)


def confirmed(settings: Settings, agreed: Sequence[Confirmation]) -> list[dict[str, str]]:
    """Return who agreed as an order says it: role, and digest of the person."""
    persons = persons_of(settings)
    try:
        return [{"role": one.role, "person": persons.digest("other", one.name)} for one in agreed]
    finally:
        persons.close()


def have_done(settings: Settings, kind: str, work: Mapping[str, Any], console: Console) -> None:
    """Return when what is ordered is recorded in the log and done.

    Raises:
        RetentionError: it may not be done.
        UnavailableError: it is not done yet; the order stands, and is carried out by the service or its next start.
    """
    outbox = Outbox(settings.data)
    order = outbox.put(kind, work)
    if not _served(settings):
        carry_out(settings)
    with console.status("等待运行中的服务执行…"):
        end = time.monotonic() + PATIENCE
        while (answer := outbox.answer(order)) is None and time.monotonic() < end:
            time.sleep(_LOOK)
    if answer is None:
        message = f"{settings.data}: the service has not carried this out yet; the order stands, and is not lost"
        raise UnavailableError(message)
    if answer:
        raise RetentionError(answer)


def carry_out(settings: Settings) -> int:
    """Carry out what is ordered and due on the data folder of a service that does not run; return how much it was.

    Raises:
        UnavailableError: a process writes the log, or something cannot be done; what is not done stands.
    """
    slot = current_slot(settings.data, settings.node)
    event, persons = event_maker(settings, slot), persons_of(settings)
    try:
        with writing(settings, slot, event) as writer:
            outbox, kept = Outbox(settings.data), retention_of(settings)
            orders = Orders(settings.data, settings.node, outbox, persons, kept, may_do=may_do(settings))
            return orders.carry_out(lambda kind, members: writer.write([event(kind, members)]))
    finally:
        persons.close()


def retention_of(settings: Settings) -> timedelta:
    """Return how long entries are kept."""
    return timedelta(days=settings.log.retention_days)


def _served(settings: Settings) -> bool:
    """Return whether a process writes the current log."""
    folder, _ = place(settings, current_slot(settings.data, settings.node))
    if not folder.is_dir():
        return False
    try:
        os.close(lock(folder))
    except UnavailableError:
        return True
    return False
