"""Tiles and entry bundles, by path and by byte: how the tree and its entries are published. Source: C2SP tlog-tiles.

A tile is up to 256 neighbouring hashes of every eighth level of the tree; a bundle is up to 256 entries. Both are
full and never change again, or partial and a prefix of what will stand in their place.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.errors import UnavailableError
from pdp.log.suite import HASH
from pdp.log.tree import complete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pdp.log.suite import HashSuite
    from pdp.log.tree import Nodes

WIDTH: Final = 256  # hashes or entries of a full one
HEIGHT: Final = 8  # levels of the tree that a tile spans
ENTRIES: Final = -1  # the level that stands for entry bundles
LEAVES: Final = 0  # the level of leaf hashes
TOP: Final = 63  # highest level that has a path

_LENGTH = struct.Struct(">H")
_PATH = re.compile(
    r"tile/(entries|0|[1-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


class MissingTileError(UnavailableError):
    """A tile is not there, or not as it was written; it can be made anew from the entries."""


class Tile(NamedTuple):
    """Which tile or bundle: `level` 0 to 63, or `ENTRIES`; `number` from the left; `width` hashes or entries."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return where it is published, below the log's prefix."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{level}/{_spelled(self.number)}{partial}"

    @property
    def full(self) -> Tile:
        """Return the full one in whose place this one stands."""
        return self._replace(width=WIDTH)


def tile_at(path: str) -> Tile | None:
    """Return the tile or bundle published at `path`, or None where the path is not one, spelled as it must be."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    level = ENTRIES if found[1] == "entries" else int(found[1])
    number = int((found[2] + found[3]).replace("x", "").replace("/", ""))
    tile = Tile(level, number, int(found[4]) if found[4] else WIDTH)
    return tile if tile.path == path else None  # a number has one spelling: no x000 in front


def width_at(level: int, number: int, size: int) -> int:
    """Return how many hashes or entries tile `number` of `level` has in a tree of `size`; 0: it does not exist."""
    within = size >> (HEIGHT * max(level, 0))
    return max(0, min(WIDTH, within - number * WIDTH))


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """Yield the tiles of a tree of `size` entries, lowest level first, that differ from those of a tree of `since`."""
    level = 0
    while size >> (HEIGHT * level):
        within, before = size >> (HEIGHT * level), since >> (HEIGHT * level)
        for number in range(before // WIDTH, -(-within // WIDTH)):
            width = width_at(level, number, size)
            if width != width_at(level, number, since):
                yield Tile(level, number, width)
        level += 1


def bundles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """Yield the entry bundles of a log of `size` entries that differ from those of a log of `since`."""
    for number in range(since // WIDTH, -(-size // WIDTH)):
        yield Tile(ENTRIES, number, width_at(ENTRIES, number, size))


def grown(size: int, leaves: Sequence[bytes], read: Callable[[Tile], bytes], suite: HashSuite) -> dict[Tile, bytes]:
    """Return the tiles that change when `leaves` follow a tree of `size`, lowest level first, with their bytes.

    Args:
        size: entries so far.
        leaves: hashes of the entries that come after them.
        read: gives the bytes of a tile of the tree so far.
        suite: how to hash.
    """
    changed: dict[Tile, bytes] = {}
    level, coming = 0, list(leaves)
    while coming:
        within = size >> (HEIGHT * level)
        number, offset = divmod(within, WIDTH)
        standing = read(Tile(level, number, offset)) if offset else b""
        hashes = [*hashes_in(standing), *coming]
        coming = []
        for start in range(0, len(hashes), WIDTH):
            row = hashes[start : start + WIDTH]
            changed[Tile(level, number + start // WIDTH, len(row))] = b"".join(row)
            if len(row) == WIDTH:
                coming.append(complete(row, suite))
        level += 1
    return changed


def nodes(size: int, read: Callable[[Tile], bytes], suite: HashSuite) -> Nodes:
    """Return the function that gives hashes of complete subtrees of a tree of `size`, out of its tiles.

    The tiles are believed: only who has authenticated them may believe what follows.
    """

    def node(level: int, index: int) -> bytes:
        tile_level, within = divmod(level, HEIGHT)
        number, offset = divmod(index << within, WIDTH)
        row = read(Tile(tile_level, number, width_at(tile_level, number, size)))
        return complete(hashes_in(row[offset * HASH : (offset + (1 << within)) * HASH]), suite)

    return node


def hashes_in(tile: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [tile[place : place + HASH] for place in range(0, len(tile), HASH)]


def bundled(entries: Iterable[bytes]) -> bytes:
    """Return the bytes of a bundle of `entries`, each at most 65,535 bytes."""
    return b"".join([_LENGTH.pack(len(entry)) + entry for entry in entries])


def unbundled(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        ValueError: the bytes are not those of whole entries.
    """
    entries, place = [], 0
    while place < len(bundle):
        start = place + _LENGTH.size
        if start > len(bundle):
            break
        (length,) = _LENGTH.unpack_from(bundle, place)
        entries.append(bundle[start : start + length])
        place = start + length
    if place != len(bundle):
        message = f"an entry bundle ends within entry {len(entries)}"
        raise ValueError(message)
    return entries


def _spelled(number: int) -> str:
    """Return a number in groups of three digits, all but the last behind an x."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:  # noqa: PLR2004  # as the path writes numbers
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    return "/".join(reversed(groups))
