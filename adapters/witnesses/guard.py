"""Asks the witnesses, at start and hourly, whether they have seen more of our log than we have, before we sign on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pdp.log.rollback import RollbackDetectedError, check_sightings

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.witnesses.client import WitnessClient
    from pdp.log.note import Verify
    from pdp.log.rollback import OurLog

AGAIN: Final = 3600.0  # seconds until the witnesses are asked again
SOON: Final = 5.0  # the same, while none has answered, or one says that it has seen something else


class RollbackGuard:
    """Says whether a log may sign. Belongs to the thread that publishes."""

    def __init__(
        self, witnesses: WitnessClient, log: OurLog, verify: Verify, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Guard `log` by what `witnesses` show; `clock`: monotonic seconds."""
        self._witnesses, self._log, self._verify, self._clock = witnesses, log, verify, clock
        self._asked: float | None = None
        self._answered = not witnesses.names
        self._doubt = False
        self._detected: RollbackDetectedError | None = None

    def allows(self) -> bool:
        """Return whether a checkpoint may be signed now; to be asked before each. Takes a second at most, and rarely.

        False while no witness has answered since the start: decisions are made and recorded, and signed later.

        Raises:
            RollbackDetectedError: the log was set back or copied; from then on, every time.
            UnavailableError: what a witness has seen cannot be compared with the log, which cannot be read.
        """
        if self._detected is not None:
            raise self._detected
        self._doubt |= self._witnesses.doubted()
        if self._witnesses.names and self._is_due():
            self._ask()
        return self._answered

    def _is_due(self) -> bool:
        wait = SOON if self._doubt or not self._answered else AGAIN
        return self._asked is None or self._clock() - self._asked >= wait

    def _ask(self) -> None:
        self._asked = self._clock()
        try:
            answered = check_sightings(self._witnesses.newest(self._log.origin), self._log, self._verify)
        except RollbackDetectedError as detected:
            self._detected = detected
            raise
        if answered:
            self._answered, self._doubt = True, False
