"""The folder of a journal: one process at a time, on a file system whose sync and locks are known to hold."""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from pdp.errors import UnavailableError

KNOWN: Final = frozenset({"ext4", "xfs", "btrfs", "zfs"})
CROWDED: Final = 0.8  # used share of a volume that is worth a word at start
_MOUNTS = Path("/proc/self/mountinfo")
_NAMES = (("host", Path("/etc/machine-id")), ("boot", Path("/proc/sys/kernel/random/boot_id")))


def lock(folder: Path) -> int:
    """Return the descriptor of the lock on `folder`, which is created if need be; closing it gives the lock up.

    Raises:
        UnavailableError: another process holds it, or the folder cannot be written.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            stack.callback(os.close, fd)
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.pwrite(fd, _owner().encode(), 0)
        except BlockingIOError as held:
            owner = os.pread(fd, 512, 0).decode("utf-8", "replace").strip()
            message = f"{folder}: another process writes this journal ({owner}); stop it, or choose another data folder"
            raise UnavailableError(message) from held
        except OSError as fault:
            message = (
                f"{folder}: the journal's folder cannot be used ({fault.strerror}); check its path and permissions"
            )
            raise UnavailableError(message) from fault
        stack.pop_all()
    return fd


def check_file_system(folder: Path, *, allow_any: bool) -> str:
    """Return a warning about the file system that `folder` is on, empty if it is one of `KNOWN`.

    Network file systems lie about locks and syncs, memory keeps nothing, and an overlay is as good as what lies below.

    Raises:
        UnavailableError: it is another one, and `allow_any` is false.
    """
    kind = file_system(folder.resolve(), _MOUNTS.read_text() if _MOUNTS.exists() else "")
    if kind in KNOWN:
        return ""
    fault = f"{folder}: lies on {kind}, where nobody has shown that a synced record survives a power cut"
    if allow_any:
        return f"{fault}; fit for trying out, not for service"
    message = f"{fault}; use {', '.join(sorted(KNOWN))}, or set allow_any_filesystem to try things out"
    raise UnavailableError(message)


def file_system(path: Path, mounts: str) -> str:
    """Return the type of the file system that `path` is on, by the text of `mountinfo`; else `unknown`."""
    best, kind = -1, "unknown"
    for line in mounts.splitlines():
        fields, _, rest = line.partition(" - ")
        point = Path(fields.split(" ")[4].encode().decode("unicode_escape"))
        if path.is_relative_to(point) and len(point.parts) >= best:  # a later mount covers an earlier one
            best, kind = len(point.parts), rest.split(" ")[0]
    return kind


class Volume:
    """How full the volume of `folder` is; it is looked at once a second at most."""

    def __init__(self, folder: Path, full: float) -> None:
        self._folder = folder
        self._full = full
        self._used = used_share(folder)
        self._look_again = 0.0

    @property
    def notice(self) -> str:
        """Return a word on a volume that is filling up, empty if there is room."""
        return f"{self._folder}: the volume is {self._used:.0%} full" if self._used >= CROWDED else ""

    def check(self, now: float) -> None:
        """Accept that something is written at `now`, monotonic seconds.

        Raises:
            UnavailableError: the volume is as good as full.
        """
        if now >= self._look_again:
            self._used, self._look_again = used_share(self._folder), now + 1
        if self._used >= self._full:
            message = f"{self._folder}: the volume is {self._used:.0%} full; make room, then ask again"
            raise UnavailableError(message)


def used_share(folder: Path) -> float:
    """Return how much of the volume of `folder` is used, 0 to 1, as seen by a process without privileges."""
    volume = os.statvfs(folder)
    return 1 - volume.f_bavail / volume.f_blocks if volume.f_blocks else 1.0


def _owner() -> str:
    """Return who holds the lock, for people who find it."""
    said = [f"{name} {path.read_text().strip()}" for name, path in _NAMES if path.exists()]
    return ", ".join([*said, f"process {os.getpid()}"]) + "\n"
