"""A published log in memory, for tests: keeps what it is given, counts its steps, and fails from a chosen one on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pdp.errors import UnavailableError
from pdp.log.suite import HASH
from pdp.log.tiles import WIDTH, MissingTileError, Tile

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class MemoryStore:
    """Implements `pdp.log.ports.PublishedLog`. Every tile and every note is one step; `fails_at` counts from 0."""

    tiles: dict[Tile, bytes] = field(default_factory=dict)
    notes: dict[str, bytes] = field(default_factory=dict)
    history: list[tuple[str, bytes]] = field(default_factory=list)  # every note, in order, and where it was kept
    steps: int = 0
    fails_at: int | None = None

    def read(self, tile: Tile) -> bytes:
        """Return a tile, cut from a wider one if need be."""
        for width in range(tile.width, WIDTH + 1):
            data = self.tiles.get(tile._replace(width=width))
            if data is not None and len(data) >= tile.width * HASH:
                return data[: tile.width * HASH]
        message = f"{tile.path} is not there"
        raise MissingTileError(message)

    def write(self, tiles: Mapping[Tile, bytes]) -> None:
        """Keep tiles one by one, then drop the narrower ones."""
        for tile in sorted(tiles):
            self._step()
            self.tiles[tile] = tiles[tile]
        for tile in tiles:
            self._step()
            for other in [other for other in self.tiles if other[:2] == tile[:2] and other.width < tile.width]:
                del self.tiles[other]

    def signed(self) -> bytes | None:
        """Return what was signed last."""
        return self.notes.get("signed")

    def published(self) -> bytes | None:
        """Return what everybody sees."""
        return self.notes.get("published")

    def witnessed(self) -> bytes | None:
        """Return what has a quorum."""
        return self.notes.get("witnessed")

    def store_signed(self, note: bytes) -> None:
        """Keep what was signed last."""
        self._keep("signed", note)

    def publish(self, note: bytes) -> None:
        """Show a note."""
        self._keep("published", note)

    def publish_witnessed(self, note: bytes) -> None:
        """Show a note with its quorum."""
        self._keep("witnessed", note)

    def _keep(self, place: str, note: bytes) -> None:
        self._step()
        self.notes[place] = note
        self.history.append((place, note))
        self._step()  # it may have happened and still be reported as failed

    def _step(self) -> None:
        self.steps += 1
        if self.fails_at is not None and self.steps > self.fails_at:
            message = "the device fails as it was told to"
            raise UnavailableError(message)
