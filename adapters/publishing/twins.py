"""The twin of a log: the same entries in a second tree, hashed with SM3, under the log's origin and `/sm3`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.signers.sm3 import Sm3
from pdp.log.suite import Sha256

if TYPE_CHECKING:
    from pdp.log.suite import HashSuite

TWIN: Final = "sm3"


def suite_of(name: str) -> HashSuite:
    """Return how the tree of the log with this origin, or this `<node>-<k>[/sm3]`, is hashed."""
    return Sm3() if name == TWIN or name.endswith(f"/{TWIN}") else Sha256()
