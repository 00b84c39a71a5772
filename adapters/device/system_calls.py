"""The system calls on which durability rests, as a port: the module `os` implements it, tests make it fail."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE: Final = 0o600  # mode of every file here


class SystemCalls(Protocol):
    """What the journal asks of the kernel. Every failure is an OSError; a short write is a count that is too small."""

    def open(self, path: Path, flags: int, mode: int) -> int:
        """Open or create `path` and return its descriptor."""
        ...

    def close(self, fd: int, /) -> None:
        """Close `fd`."""
        ...

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int, /) -> int:
        """Write `data` at `offset` and return how many bytes were written."""
        ...

    def fdatasync(self, fd: int, /) -> None:
        """Return when the data of `fd` is on the device."""
        ...

    def fsync(self, fd: int, /) -> None:
        """Return when data and metadata of `fd` are on the device."""
        ...

    def rename(self, source: Path, target: Path, /) -> None:
        """Give `source` the name `target`."""
        ...

    def unlink(self, path: Path, /) -> None:
        """Take the name `path` away."""
        ...


def write_all(calls: SystemCalls, fd: int, data: bytes | memoryview, offset: int) -> None:
    """Write all of `data` at `offset`; raise OSError if the kernel wrote less, which is how a full disk may show."""
    written = calls.pwrite(fd, data, offset)
    if written != len(data):
        message = f"the kernel wrote {written} of {len(data)} bytes"
        raise OSError(message)


def sync_folder(calls: SystemCalls, folder: Path) -> None:
    """Return when the names in `folder` are on the device."""
    fd = calls.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, PRIVATE)
    try:
        calls.fsync(fd)
    finally:
        calls.close(fd)


def replace_file(calls: SystemCalls, path: Path, data: bytes) -> None:
    """Give `path` the content `data`, whole or not at all; it is on the device when this returns.

    Raises:
        OSError: it may not be; the old content stands, or the new one.
    """
    new = path.with_name(f".{path.name}.new")
    fd = calls.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
    try:
        write_all(calls, fd, data, 0)
        calls.fsync(fd)
    finally:
        calls.close(fd)
    calls.rename(new, path)
    sync_folder(calls, path.parent)
