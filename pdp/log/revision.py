"""What a record rests on: the digests of one revision, and one name for them together."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Protocol

from pdp.log.canonical import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEMBERS: Final = ("law", "policy", "rego", "readings", "calendar", "rulebook")


class Revision(Protocol):
    """What verdicts rest on, each a hex SHA-256. `pdp.rulebook` has the data class."""

    @property
    def law(self) -> str:
        """Digest of the register of articles."""
        ...

    @property
    def policy(self) -> str:
        """Digest of facts, tables, models and duties."""
        ...

    @property
    def rego(self) -> str:
        """Digest of the rules' sources."""
        ...

    @property
    def readings(self) -> str:
        """Digest of the readings."""
        ...

    @property
    def calendar(self) -> str:
        """Digest of the working-day calendar."""
        ...

    @property
    def rulebook(self) -> str:
        """Digest of the compiled tables."""
        ...


def digests(revision: Revision) -> dict[str, str]:
    """Return the digests of `revision` by name."""
    return {name: getattr(revision, name) for name in _MEMBERS}


def revision_set(revision: Mapping[str, object]) -> str:
    """Return the hex SHA-256 over the canonical JSON of all digests of a revision: one name for them together."""
    return hashlib.sha256(encode(revision)).hexdigest()
