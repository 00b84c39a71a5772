"""The public side of a key ring, `ring.json`: every key that ever signed under a name, since when and until when.

It holds no secret, is replaced whole or not at all, and keeps the public keys of seeds that are long deleted, so that
notes of any age can be verified.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adapters.device.system_calls import replace_file
from pdp.errors import UnavailableError
from pdp.log.instants import utc
from pdp.log.note import NoteError, VerifierKey, verifier_key

if TYPE_CHECKING:
    from pathlib import Path

RING: Final = "ring.json"
ADDED: Final = "key.added"
RETIRED: Final = "key.retired"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class RingKey:
    """One key: which generation it came with, since when it signs, when it will sign no more, what the log knows."""

    key: VerifierKey
    generation: int  # from 1
    added: datetime
    retires: datetime | None = None  # None: no successor yet
    retired: bool = False  # its seed is deleted
    withdrawn: bool = False  # others may know its seed: what it signed proves nothing by itself
    told: tuple[str, ...] = ()  # of ADDED and RETIRED, what the log has a record of

    def signs(self, now: datetime) -> bool:
        """Return whether it signs at `now`."""
        return not self.retired and (self.retires is None or now < self.retires)


class KeyChange(NamedTuple):
    """What the log must have a record of: a key began to sign, or signs no more."""

    kind: str  # ADDED or RETIRED, the kind of the record
    key: VerifierKey
    at: datetime


class Ring(NamedTuple):
    """All keys of one name, oldest first."""

    name: str
    keys: tuple[RingKey, ...]

    @property
    def generation(self) -> int:
        """Return the newest generation; 0: there is none."""
        return max((key.generation for key in self.keys), default=0)

    def signing(self, now: datetime) -> tuple[RingKey, ...]:
        """Return the keys that sign at `now`."""
        return tuple(key for key in self.keys if key.signs(now))

    def untold(self) -> tuple[KeyChange, ...]:
        """Return the changes of which the log has no record yet, oldest first."""
        added = [KeyChange(ADDED, key.key, key.added) for key in self.keys if ADDED not in key.told]
        retired = [
            KeyChange(RETIRED, key.key, key.retires)
            for key in self.keys
            if key.retired and key.retires and RETIRED not in key.told
        ]
        return tuple(sorted(added + retired, key=lambda change: (change.at, change.kind)))

    def telling(self, change: KeyChange) -> Ring:
        """Return the ring in which the log has a record of `change`."""
        keys = tuple(replace(key, told=(*key.told, change.kind)) if key.key == change.key else key for key in self.keys)
        return self._replace(keys=keys)


def ring_in(folder: Path) -> Ring | None:
    """Return the ring whose file is in `folder`, or None where there is none.

    Raises:
        UnavailableError: the file is not as it was written.
    """
    path = folder / RING
    try:
        return _ring(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, NoteError) as fault:
        message = f"{path}: is no list of keys ({fault}); restore the folder of keys from where keys are kept"
        raise UnavailableError(message) from fault


def write_ring(folder: Path, ring: Ring) -> None:
    """Write the ring to `folder`; it is on the device when this returns.

    Raises:
        UnavailableError: it may not be.
    """
    try:
        replace_file(os, folder / RING, json.dumps(_plain(ring), ensure_ascii=False, indent=1).encode() + b"\n")
    except OSError as fault:
        message = f"{folder / RING}: cannot be written ({fault}); mend the device or its permissions, and try again"
        raise UnavailableError(message) from fault


def _ring(members: dict[str, Any]) -> Ring:
    if members["v"] != _VERSION:
        message = f"version {members['v']} is not known"
        raise ValueError(message)
    ring = Ring(members["name"], tuple(_key(key) for key in members["keys"]))
    strangers = [str(key.key) for key in ring.keys if key.key.name != ring.name]
    if strangers:
        message = f"{strangers[0]} has another name than {ring.name}"
        raise ValueError(message)
    return ring


def _key(members: dict[str, Any]) -> RingKey:
    retires = members.get("retires")
    return RingKey(
        verifier_key(members["vkey"]),
        int(members["generation"]),
        _instant(members["added"]),
        _instant(retires) if retires else None,
        bool(members.get("retired", False)),
        bool(members.get("withdrawn", False)),
        tuple(members.get("told", ())),
    )


def _plain(ring: Ring) -> dict[str, object]:
    keys = []
    for key in ring.keys:
        member: dict[str, object] = {"vkey": str(key.key), "generation": key.generation, "added": utc(key.added)}
        if key.retires:
            member |= {"retires": utc(key.retires), "retired": key.retired, "withdrawn": key.withdrawn}
        keys.append(member | {"told": list(key.told)})
    return {"v": _VERSION, "name": ring.name, "keys": keys}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
