"""What was read of the ledger's file a moment ago: one decision asks several times what is said of the same entity."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdp.ledger.statement import Statement


class Recent:
    """The statements about a few refs as of one version of the file; a new version drops them all."""

    def __init__(self, capacity: int = 2_000) -> None:
        self._capacity = capacity
        self._version = -1
        self._about: dict[str, tuple[Statement, ...]] = {}

    def about(self, ref: str, version: int) -> tuple[Statement, ...] | None:
        """Return what is said about `ref` in this version of the file, if it was read from it."""
        if version != self._version:
            self._about.clear()
            self._version = version
        return self._about.get(ref)

    def keep(self, ref: str, said: tuple[Statement, ...]) -> None:
        """Keep what was just read."""
        if len(self._about) >= self._capacity:
            self._about.clear()
        self._about[ref] = said

    def clear(self) -> None:
        """Drop everything: this connection has written."""
        self._about.clear()
