"""Which of its logs a writer goes on with, and the journal of that one.

A log whose period is over is closed before the next one is begun, and one that was closed is signed to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.publishing.closing import close_log, place, sign_rest
from adapters.stores.journal import Journal, JournalSettings
from adapters.stores.log_reader import LogReader
from adapters.stores.slots import current_slot, overdue, previous_log, slots_of
from adapters.stores.tile_files import TileFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from adapters.settings import Settings
    from pdp.errors import UnavailableError

    Event = Callable[[str, Mapping[str, object]], bytes]


def slot_to_write(
    settings: Settings, now: datetime, event: Callable[[int], Event], alarm: Callable[[str, str], None]
) -> int:
    """Return the number of the log that is to be written: the newest, or the next one where that is at its end.

    Args:
        settings: whose data.
        now: aware.
        event: gives what makes the records of events in a log.
        alarm: told what is wrong with a log that is closed, and why.

    Raises:
        UnavailableError: a log cannot be read, closed or signed.
    """
    slot = current_slot(settings.data, settings.node)
    folder, _ = place(settings, slot)
    if overdue(folder, now):
        close_log(settings, slot, event(slot), alarm)
        return slot + 1
    if slot and not LogReader(place(settings, slot - 1)[0]).pruned:
        sign_rest(settings, slot - 1, alarm)  # the last stop may have come between its end and its signature
    return slot


def journal_of(settings: Settings, slot: int, event: Event, failed: Callable[[UnavailableError], None]) -> Journal:
    """Return the journal of log `slot`, which is begun if it is new; `failed` is told when it is dead.

    Raises:
        UnavailableError: it cannot be used, or is not as it was written.
    """
    folder, origin = place(settings, slot)
    return Journal(
        folder,
        origin,
        event,
        settings=JournalSettings(allow_any_filesystem=settings.any_filesystem),
        failed=failed,
        covered=TileFiles.of(folder).signed_size(),
        opened=previous_log(settings.data, settings.node, slot),
    )


def older_logs(settings: Settings, slot: int) -> list[tuple[int, LogReader]]:
    """Return the logs of this writer before log `slot`, each with its number, oldest first."""
    slots = [number for number in slots_of(settings.data, settings.node) if number < slot]
    return [(number, LogReader(place(settings, number)[0])) for number in slots]
