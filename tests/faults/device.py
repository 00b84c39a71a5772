"""A model of a device that keeps what was synced and forgets the rest: files, folders, and the moment of the cut.

What `fsync` of a file covers is its content; what `fsync` of a folder covers is its names. POSIX promises no more, and
the model gives no more: a synced file whose folder was not synced is gone after the cut. Between two syncs each sector
of each write may have reached the device or not, by the toss of a coin; names changed in the order of their changes.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

SECTOR: Final = 512


@dataclass(eq=False)
class File:
    """A file as it is seen, as it is on the device, and what happened between the two."""

    mode: int
    data: bytearray = field(default_factory=bytearray)
    kept: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # offset and bytes; None: a new size

    def write(self, data: bytes, offset: int) -> None:
        """Write where everyone sees it, and nothing keeps it yet."""
        _put(self.data, data, offset)
        self.pending.append((offset, data))

    def truncate(self, size: int) -> None:
        """Give the file another size, which nothing keeps yet."""
        _resize(self.data, size)
        self.pending.append((size, None))

    def sync(self) -> None:
        """Keep everything."""
        for offset, data in self.pending:
            _apply(self.kept, offset, data)
        self.pending.clear()

    def forget(self, chance: random.Random | None) -> None:
        """Go back to what was kept; with `chance`, each pending sector may have been kept as well."""
        for offset, data in self.pending if chance else ():
            for start, piece in _sectors(offset, data):
                if chance and chance.random() < 0.5:  # a fair coin
                    _apply(self.kept, start, piece)
        self.pending.clear()
        self.data = bytearray(self.kept)


Change = tuple[tuple[str, "File | Folder | None"], ...]  # names that change together; None: the name goes


@dataclass(eq=False)
class Folder:
    """A folder: the names that are seen, those on the device, and the changes between the two."""

    mode: int
    names: dict[str, File | Folder] = field(default_factory=dict)
    kept: dict[str, File | Folder] = field(default_factory=dict)
    pending: list[Change] = field(default_factory=list)

    def change(self, *change: tuple[str, File | Folder | None]) -> None:
        """Change names where everyone sees it, and nothing keeps it yet."""
        _rename(self.names, change)
        self.pending.append(change)

    def sync(self) -> None:
        """Keep every name."""
        self.kept = dict(self.names)
        self.pending.clear()

    def forget(self, chance: random.Random | None) -> None:
        """Go back to the names that were kept; with `chance`, the first few changes may have been kept as well."""
        for change in self.pending[: chance.randrange(len(self.pending) + 1)] if chance else ():
            _rename(self.kept, change)
        self.pending.clear()
        self.names = dict(self.kept)
        for node in self.names.values():
            node.forget(chance)


class Device:
    """A tree of folders and files that counts what changes it, and loses its power before the n-th change.

    `lies` makes it answer every sync with success and keep nothing, as a device with a careless cache does.
    """

    def __init__(self) -> None:
        self.root = Folder(stat.S_IFDIR | 0o700)
        self.lies = False
        self.powered = True
        self.epoch = 0  # grows with each cut; what was opened before it is of no use after it
        self.changes = 0
        self._cut_before: int | None = None
        self._fault: int | None = None  # number of the error with which every change fails
        self._shorten: str | None = None  # part of the path to which the next write is taken by half
        self._chance: random.Random | None = None

    def arm(self, changes: int, chance: random.Random | None) -> None:
        """Cut the power before the change after the next `changes`; with `chance`, some of what is pending is kept."""
        self._cut_before, self._chance = self.changes + changes, chance

    def cut(self) -> None:
        """Forget what is not kept; everything fails until the power is back."""
        self.root.forget(self._chance)
        self.powered, self._cut_before = False, None
        self.epoch += 1

    def power_on(self) -> None:
        """Go on with what was kept."""
        self.powered = True

    def fail(self, fault: int | None) -> None:
        """Let every change fail with the error of this number; None mends the device."""
        self._fault = fault

    def shorten(self, part: str) -> None:
        """Let the next write to a file with `part` in its path take only half of what it is given."""
        self._shorten = part

    def taken(self, length: int, path: str) -> int:
        """Return how many bytes of a write of `length` bytes to `path` are taken."""
        if self._shorten is None or self._shorten not in path:
            return length
        self._shorten = None
        return length // 2

    def check_power(self) -> None:
        """Fail as a device without power does."""
        if not self.powered:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def about_to_change(self) -> None:
        """Count a change, unless the power goes first."""
        self.check_power()
        if self._cut_before is not None and self.changes >= self._cut_before:
            self.cut()
            self.check_power()
        if self._fault is not None:
            raise OSError(self._fault, os.strerror(self._fault))
        self.changes += 1

    def sync(self, node: File | Folder) -> None:
        """Keep `node`, or say so."""
        self.about_to_change()
        if not self.lies:
            node.sync()

    def find(self, path: str) -> File | Folder:
        """Return what has the name `path`."""
        self.check_power()
        node: File | Folder = self.root
        for name in filter(None, path.split("/")):
            if not isinstance(node, Folder):
                raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            if name not in node.names:
                raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
            node = node.names[name]
        return node

    def place(self, path: str) -> tuple[Folder, str]:
        """Return the folder of `path`, and its name there."""
        above, _, name = path.rpartition("/")
        folder = self.find(above)
        if not isinstance(folder, Folder):
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return folder, name


def _sectors(offset: int, data: bytes | None) -> Iterator[tuple[int, bytes | None]]:
    """Yield the pieces of one pending change that reach the device each for itself."""
    if data is None:
        yield offset, None
        return
    start = 0
    while start < len(data):
        end = min(len(data), start + SECTOR - (offset + start) % SECTOR)
        yield offset + start, data[start:end]
        start = end


def _apply(kept: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        _resize(kept, offset)
    else:
        _put(kept, data, offset)


def _put(target: bytearray, data: bytes, offset: int) -> None:
    if len(target) < offset:
        _resize(target, offset)
    target[offset : offset + len(data)] = data


def _resize(target: bytearray, size: int) -> None:
    del target[size:]
    target.extend(bytes(size - len(target)))


def _rename(names: dict[str, File | Folder], change: Change) -> None:
    for name, node in change:
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node
