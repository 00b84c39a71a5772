"""What a failing disk or a forger without keys does to the resources of a published log, one fault at a time."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from pdp.log.suite import HASH
from pdp.log.tiles import Tile, bundled, tile_at, unbundled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Files = Mapping[str, bytes]  # by path below the log's prefix

CHECKPOINT = "checkpoint"


def flipped(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield the log with each single bit of each resource flipped."""
    for path, data in files.items():
        for bit in range(len(data) * 8):
            turned = bytearray(data)
            turned[bit // 8] ^= 1 << bit % 8
            yield f"{path}: bit {bit} flipped", {**files, path: bytes(turned)}


def cut(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield the log with each resource cut at every length."""
    for path, data in files.items():
        for length in range(len(data)):
            yield f"{path}: cut at {length}", {**files, path: data[:length]}


def lost(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield the log without each of its resources, and with each entry and hash missing in its place."""
    for path in files:
        yield f"{path}: deleted", without(files, path)
    for path, parts in parts_of(files):
        for place in range(len(parts)):
            remaining = parts[:place] + parts[place + 1 :]
            yield f"{path}: without part {place}", {**files, path: _joined(path, remaining)}


def disordered(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield the log with parts of a resource in another order or in each other's place."""
    for path, parts in parts_of(files):
        for one, two in combinations(range(len(parts)), 2):
            swapped = list(parts)
            swapped[one], swapped[two] = parts[two], parts[one]
            yield f"{path}: parts {one} and {two} swapped", {**files, path: _joined(path, swapped)}
            repeated = list(parts)
            repeated[two] = parts[one]
            yield f"{path}: part {one} also at {two}", {**files, path: _joined(path, repeated)}
    yield from exchanged(files)
    yield from _reordered_alike(files)


def _reordered_alike(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield the log with entries swapped in the bundle and, alike, in the lowest tile: only the root is against it."""
    bundle = next(path for path in files if path.startswith("tile/entries/"))
    leaves = bundle.replace("entries", "0")
    (_, entries), (_, hashes) = parts_of({bundle: files[bundle], leaves: files[leaves]})
    for one, two in combinations(range(len(entries)), 2):
        changed = {}
        for path, parts in ((bundle, list(entries)), (leaves, list(hashes))):
            parts[one], parts[two] = parts[two], parts[one]
            changed[path] = _joined(path, parts)
        yield f"entries {one} and {two} and their hashes swapped", {**files, **changed}


def swollen(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield the log with bytes, entries or hashes too many."""
    for path, data in files.items():
        yield f"{path}: a byte more", {**files, path: data + b"\n"}
        yield f"{path}: twice", {**files, path: data * 2}
        yield f"{path}: a byte before", {**files, path: b"\n" + data}
    for path, parts in parts_of(files):
        yield f"{path}: a part more", {**files, path: _joined(path, [*parts, bytes(HASH)])}


def without(files: Files, path: str) -> Files:
    return {kept: data for kept, data in files.items() if kept != path}


def parts_of(files: Files) -> Iterator[tuple[str, list[bytes]]]:
    """Yield each bundle with its entries and each tile with its hashes."""
    for path, data in files.items():
        if path.startswith("tile/entries/"):
            yield path, unbundled(data)
        elif path.startswith("tile/"):
            yield path, [data[place : place + HASH] for place in range(0, len(data), HASH)]


def _joined(path: str, parts: Sequence[bytes]) -> bytes:
    return bundled(parts) if path.startswith("tile/entries/") else b"".join(parts)


def _tiles(files: Files) -> dict[int, list[Tile]]:
    """Return the tiles and bundles of each level, from the left."""
    found = sorted(tile for path in files if (tile := tile_at(path)))
    return {level: [tile for tile in found if tile.level == level] for level in {tile.level for tile in found}}


def ends(files: Files) -> Iterator[str]:
    """Yield the checkpoint, and the first and the last tile or bundle of each level."""
    yield CHECKPOINT
    for row in _tiles(files).values():
        yield from dict.fromkeys([row[0].path, row[-1].path])


def exchanged(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield the log with tiles or bundles in each other's place: of one level and width, and of different levels."""
    rows = list(_tiles(files).values())
    for one, two in combinations([row[0].path for row in rows], 2):
        yield f"{one} and {two} exchanged", {**files, one: files[two], two: files[one]}
    for row in rows:
        one, *others = row
        for two in [tile for tile in others if tile.width == one.width][:1]:
            changed = {one.path: files[two.path], two.path: files[one.path]}
            yield f"{one.path} and {two.path} exchanged", {**files, **changed}
