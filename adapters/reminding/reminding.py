"""Once a civil day: store what is to be told, then tell it, in a thread that nothing else waits for.

Neither questions nor the end of the process wait for the receiver. Whatever goes wrong here is told to the operator and
tried again; it never stops the service.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from adapters.reminding.documents import documents
from adapters.reminding.posting import Posting
from pdp.errors import UnavailableError
from pdp.workdays import SHANGHAI, civil

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from adapters.reminder_settings import ReminderSettings
    from adapters.reminding.deliveries import Deliveries, Reminder
    from adapters.reminding.documents import Ledger

AT_ONCE: Final = 8  # tries at the same time: one that hangs does not hold up the others
FIRST_WAIT, LONGEST_WAIT = 30.0, 3_600.0  # seconds between tries, doubled each time
LOOK: Final = 60.0  # seconds; clocks are set, and machines sleep
PATIENCE: Final = 5.0  # seconds for the thread to end


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What reminding rests on; called in its own thread."""

    ledger: Callable[[], AbstractContextManager[Ledger]]  # opens one for this thread alone
    now: Callable[[], datetime]
    chance: Callable[[], float]  # from 0 to 1
    alarm: Callable[[str, str], None]  # what is wrong, and the fault in words


class Reminding:
    """Makes and sends the reminders of every day, from `start` until `stop`."""

    def __init__(self, settings: ReminderSettings, key: bytes, store: Deliveries, around: Surroundings) -> None:
        """Prepare to remind; `store` is used by the thread alone once it was started."""
        self._settings, self._store, self._around = settings, store, around
        self._posting = Posting(settings, key)
        self._thread = threading.Thread(target=self._run, name="reminders", daemon=True)
        self._stopped = threading.Event()
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._wrong = ""  # what the operator was told last, so that it is told once

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._started.wait()

    def stop(self) -> bool:
        """Break off whatever is under way, which is tried again at the next start; return whether the thread ended."""
        self._stopped.set()
        if self._thread.is_alive():
            self._call(lambda: self._task.cancel() if self._task else None)
            self._thread.join(PATIENCE)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Look now: the clock may have been set."""
        self._call(self._woken.set)

    async def look(self, posting: Posting) -> float:
        """Do what is due; return the seconds until there is more to do. A fault is told once, and met again."""
        try:
            self._make()
            await self._send(posting)
            self._wrong, seconds = "", self._seconds()
        except UnavailableError as fault:
            self._tell("reminders wait", str(fault))
            return LOOK
        except Exception as defect:  # noqa: BLE001 -- what is wrong with reminders never ends them silently
            self._tell("reminders wait", f"{type(defect).__name__}: {defect}")
            return LOOK
        return seconds

    def _call(self, act: Callable[[], object]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(act)

    def _run(self) -> None:
        try:
            with suppress(asyncio.CancelledError):
                asyncio.run(self._main())
        except Exception as defect:  # noqa: BLE001 -- the service goes on without reminders, and says so
            self._tell("reminders have ended", f"{type(defect).__name__}: {defect}; restart the service")
        finally:
            self._started.set()

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._started.set()
        async with self._posting as posting:
            while not self._stopped.is_set():
                self._woken.clear()
                seconds = await self.look(posting)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), seconds)

    def _make(self) -> None:
        """Store the reminders of today, once its hour has come."""
        now = self._around.now().astimezone(SHANGHAI)
        day = civil(now)
        if now.time() < self._settings.hour or self._store.made(day):
            return
        since = self._store.before(day) or day - timedelta(days=1)
        with self._around.ledger() as ledger:
            told = documents(ledger, now, since, self._stopped.is_set)
        self._store.make(day, now, told)

    async def _send(self, posting: Posting) -> None:
        """Try a few of those that are due; a new day is looked for before the next few."""
        due = self._store.due(self._around.now(), AT_ONCE)
        done = await asyncio.gather(*(self._try(posting, reminder) for reminder in due), return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _try(self, posting: Posting, reminder: Reminder) -> None:
        store, most = self._store, self._settings.retry.max_attempts
        fault: str | None = "the process ended during the last try"
        if reminder.attempts < most:
            now = self._around.now().timestamp()
            store.begin(reminder, now + self._wait(reminder.attempts))
            fault = await posting.post(reminder, int(now))
        if fault is None:
            store.settle(reminder, "delivered", self._around.now())
            return
        store.fault(reminder, fault)
        if reminder.attempts + 1 >= most:
            store.settle(reminder, "failed", self._around.now())
            self._around.alarm("a reminder is given up", f"{reminder.name}: {fault}; see pdp reminders sent")

    def _wait(self, attempts: int) -> float:
        """Return the seconds to the next try after `attempts` earlier ones and this, half of them by chance."""
        return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempts, 16)) * (0.5 + self._around.chance() / 2)

    def _seconds(self) -> float:
        """Return how long nothing need be done; the hour of the day is looked for anyway, as the clock may be set."""
        next_at = self._store.next_at()
        return LOOK if next_at is None else min(LOOK, max(0.0, next_at - self._around.now().timestamp()))

    def _tell(self, wrong: str, fault: str) -> None:
        if not self._stopped.is_set() and fault != self._wrong:
            self._wrong = fault
            self._around.alarm(wrong, fault)
