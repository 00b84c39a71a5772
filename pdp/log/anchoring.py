"""The anchoring clock: how long what others vouch for has not kept up with the log, and what follows from that.

Late: an alarm. Overdue: no answers, for from then on the log is only its owner's word. Seconds are monotonic and come
from outside; a minute in which nothing had to be vouched for does not count.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

LATE: Final = "anchor.late"
RESTORED: Final = "anchor.restored"


class AnchorOverdueError(UnavailableError):
    """Nobody else has vouched for the log for too long; answers would rest on its owner's word alone."""

    code = "anchor_overdue"


class AnchorEvent(NamedTuple):
    """An event to be recorded in the log and told to the operator."""

    kind: str  # LATE or RESTORED
    age: int  # seconds for which the log was not covered

    @property
    def members(self) -> Mapping[str, object]:
        """Return the event's own members of its record."""
        return {"age_s": self.age}


class Anchoring:
    """Watches one log. `note` belongs to one thread; `refusal` may be asked from any, and costs a comparison."""

    def __init__(self, late: float, overdue: float, now: float, age: float = 0.0) -> None:
        """Start the clock.

        Args:
            late: seconds without cover after which it is late.
            overdue: seconds without cover after which answers are refused.
            now: monotonic seconds.
            age: for how many seconds the log has not been covered already, so that no restart buys time.
        """
        self._late, self._overdue = late, overdue
        self._since = now - age
        self._covered = math.inf  # what was covered before the start says nothing about now
        self._is_late = False

    def note(self, now: float, covered: int, size: int) -> AnchorEvent | None:
        """Take what is known at `now`, which must be told every second or so; return the event that follows, if any.

        Args:
            now: monotonic seconds.
            covered: entries under the newest checkpoint with a quorum; where none is needed, under the newest signed.
            size: entries of the log.
        """
        age = now - self._since
        anew, self._covered = covered >= size or covered > self._covered, covered
        if anew:
            self._since = now
            was_late, self._is_late = self._is_late, False
            return AnchorEvent(RESTORED, int(age)) if was_late else None
        if age > self._late and not self._is_late:
            self._is_late = True
            return AnchorEvent(LATE, int(age))
        return None

    def age(self, now: float) -> float:
        """Return for how many seconds the log has not been covered; for metrics."""
        return now - self._since

    def refusal(self, now: float) -> AnchorOverdueError | None:
        """Return why nothing may be answered at `now`, or None."""
        age = now - self._since
        if age <= self._overdue:
            return None
        return AnchorOverdueError(
            f"log: nobody has vouched for its newest entries for {int(age)} s, and {int(self._overdue)} s are the most "
            "that is allowed; mend the way to the witnesses, see pdp log witness show"
        )
