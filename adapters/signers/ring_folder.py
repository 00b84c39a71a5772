"""The folder of a key ring: its seeds, one file each, and the lock under which processes change it in turn."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from adapters.device.secret_file import secret
from adapters.device.system_calls import PRIVATE, sync_folder
from adapters.signers.ring_file import RING, Ring, RingKey, write_ring
from adapters.signers.suites import SUITES
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from pdp.log.note import KeyKind
    from pdp.log.ports import Signer

_LOCK: Final = "lock"


def begun(folder: Path, name: str) -> Ring:
    """Return a ring without keys, which may be begun where no seeds lie but those of a begin that was cut short.

    Raises:
        UnavailableError: there are seeds of later generations: the ring was there, and is lost.
    """
    if any(path.name.split(".")[0] not in {"1", ""} for path in folder.glob("*.*")):
        raise missing(folder, name)
    return Ring(name, ())


def grown(folder: Path, ring: Ring, now: datetime, generation: int, kinds: Iterable[KeyKind]) -> Ring:
    """Return the ring with a new key of each of `kinds`; its seed is on the device before the ring names it."""
    keys = []
    for kind in kinds:
        seed = secret(folder / f"{generation}.{SUITES[kind].suffix}")
        keys.append(RingKey(SUITES[kind].signer(ring.name, seed).key, generation, now))
    larger = ring._replace(keys=(*ring.keys, *keys))
    write_ring(folder, larger)
    return larger


def signer_of(folder: Path, key: RingKey) -> Signer:
    """Return what signs with `key`, once its seed has proved to be the right one.

    Raises:
        UnavailableError: the seed is missing, readable by others, or another one.
    """
    path = _seed_path(folder, key)
    signer = SUITES[key.key.kind].signer(key.key.name, secret(path, create=False))
    if signer.key != key.key:
        message = f"{path}: is not the key {key.key.id.hex()} that {RING} names; restore it from where keys are kept"
        raise UnavailableError(message)
    return signer


def forget(folder: Path, ring: Ring) -> None:
    """Delete the seeds of retired keys. The device may keep them a while yet: whoever takes it away must erase it."""
    paths = [path for key in ring.keys if key.retired and (path := _seed_path(folder, key)).exists()]
    for path in paths:
        path.unlink()
    if paths:
        sync_folder(os, folder)


def missing(folder: Path, name: str) -> UnavailableError:
    """Return the fault that keys are not where they were."""
    message = f"{folder}: keys of {name} are missing; restore the folder from where keys are kept, or begin a new log"
    return UnavailableError(message)


def stamp(folder: Path) -> tuple[int, int, int] | None:
    """Return what changes whenever the ring is replaced; None: it is not there."""
    try:
        found = (folder / RING).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes from changing the ring meanwhile.

    Raises:
        UnavailableError: the folder cannot be used.
    """
    try:
        fd = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError as fault:
        message = f"{folder}: cannot be used ({fault.strerror}); check its permissions"
        raise UnavailableError(message) from fault
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _seed_path(folder: Path, key: RingKey) -> Path:
    return folder / f"{key.generation}.{SUITES[key.key.kind].suffix}"
