"""What the decision log of the running service says: read as `pdp log` reads it, while it grows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from adapters.cli.log.columns import columns_of
from adapters.exports.database import Database
from tests.gateways.raw import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gateways.scene import Scene

_DECISIONS = """
SELECT request_id, outcome, request_digest FROM entries
WHERE kind = 'decision' AND starts_with(request_id, $beginning) ORDER BY entry_index
"""


class Recorded(NamedTuple):
    """One decision on record."""

    request_id: str
    outcome: str
    digest: str  # of all that the call was


def decisions(scene: Scene, beginning: str, whole: Callable[[list[Recorded]], bool]) -> list[Recorded]:
    """Return the decisions on calls whose ids begin so, once they are `whole`: signed a second later, or never."""
    until = time.monotonic() + PATIENCE
    while True:
        with columns_of(scene.service.data) as columns, Database(columns) as database:
            found = [Recorded(*row) for row in database.rows(_DECISIONS, {"beginning": beginning}).rows]
        if whole(found) or time.monotonic() > until:
            return found
        time.sleep(0.2)  # between two looks
