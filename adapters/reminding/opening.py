"""Reminding as the settings have it, opened and closed with the service."""

from __future__ import annotations

from contextlib import contextmanager
from secrets import SystemRandom
from typing import TYPE_CHECKING

from adapters.device.secret_file import secret
from adapters.reminding.deliveries import FILE, Deliveries
from adapters.reminding.reminding import Reminding, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from adapters.reminding.documents import Ledger
    from adapters.settings import Settings


@contextmanager
def reminding(
    settings: Settings,
    ledger: Callable[[], AbstractContextManager[Ledger]],
    now: Callable[[], datetime],
    alarm: Callable[[str, str], None],
) -> Iterator[Reminding | None]:
    """Yield what reminds, not started yet; None where the settings name no receiver.

    Args:
        settings: of the service.
        ledger: opens a ledger with a world that the service does not use.
        now: the instant.
        alarm: told what is wrong; the service goes on.

    Raises:
        UnavailableError: the key or the file of reminders cannot be used.
    """
    if settings.reminders is None:
        yield None
        return
    key = secret(settings.reminders.key_file)
    store = Deliveries(settings.data / FILE)
    made = Reminding(settings.reminders, key, store, Surroundings(ledger, now, SystemRandom().random, alarm))
    try:
        yield made
    finally:
        if made.stop():  # else its thread, which holds nothing up, still has the file
            store.close()
