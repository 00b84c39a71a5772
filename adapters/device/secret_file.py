"""Keys that live in files of their own: made once from the system's randomness, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

from adapters.device.system_calls import PRIVATE, sync_folder, write_all
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES: Final = 32


def secret(path: Path, *, create: bool = True) -> bytes:
    """Return the 32-byte key in `path`; with `create`, make it if there is none. It is durable when this returns.

    Raises:
        UnavailableError: it is missing, of another length, or readable by others.
    """
    try:
        if create and not path.exists():
            _make(path)
        return _read(path)
    except OSError as fault:
        message = f"{path}: the key cannot be used ({fault.strerror or fault}); restore it from where keys are kept"
        raise UnavailableError(message) from fault


def _make(path: Path) -> None:
    """Write a new key under a name of its own, then give it its name: half a key is never seen."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    fd = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        write_all(os, fd, secrets.token_bytes(KEY_BYTES), 0)
        os.fsync(fd)
    finally:
        os.close(fd)
    try:
        os.link(making, path)  # fails where another process was first: then its key is the key
    except FileExistsError:
        pass
    finally:
        making.unlink()
    sync_folder(os, path.parent)


def _read(path: Path) -> bytes:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        message = f"{path}: the key is readable by others; change it, and its mode to 600"
        raise UnavailableError(message)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        message = f"{path}: the key has {len(key)} bytes instead of {KEY_BYTES}; restore it from where keys are kept"
        raise UnavailableError(message)
    return key
