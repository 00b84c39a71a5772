"""The keys that a log or a witness signs with: made once, never silently replaced, rotated while it runs.

`ring.json` says which keys there are; beside it lies one file a seed, `<generation>.<suite>`, readable by its owner
alone. After a rotation the old generation and the new one both sign for seven days, so that auditors learn the new
keys from notes that the old ones vouch for. Then the old seeds are deleted, and their public keys stay.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from adapters.signers.ring_file import RING, Ring, ring_in, write_ring
from adapters.signers.ring_folder import alone, begun, forget, grown, missing, signer_of, stamp
from adapters.signers.suites import OF_A_LOG, OF_A_WITNESS
from pdp.errors import UnavailableError
from pdp.log.note import KeyKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from adapters.signers.ring_file import KeyChange, RingKey
    from pdp.log.note import VerifierKey
    from pdp.log.ports import Signer

OVERLAP: Final = timedelta(days=7)  # for which two generations sign
MOST: Final = 4  # generations that sign at once; a line of ML-DSA-44 has more than 3 KB


class KeyRing:
    """All keys of one name. Another process may rotate them; called from one thread at a time."""

    def __init__(self, folder: Path, ring: Ring, kinds: tuple[KeyKind, ...]) -> None:
        """Use `open` or `witness_ring`."""
        self._folder, self._ring, self._kinds = folder, ring, kinds
        self._seen = stamp(folder)
        self._signers: dict[VerifierKey, Signer] = {}

    @classmethod
    def open(cls, folder: Path, name: str, now: datetime, *, sm2: bool = False, create: bool) -> Self:
        """Return the ring of the log called `name`, whose keys lie in `folder`.

        Args:
            folder: of these keys and of nothing else.
            name: the log's origin.
            now: aware.
            sm2: whether to sign with SM2 too; a key for it joins a ring that has none.
            create: whether this is a new log, for which keys are made where there are none.

        Raises:
            UnavailableError: a key is missing, readable by others, or not the one that the ring names.
        """
        return cls._open(folder, name, now, (*OF_A_LOG, *((KeyKind.NATIONAL,) if sm2 else ())), create=create)

    @classmethod
    def of_witness(cls, folder: Path, name: str, now: datetime, *, create: bool) -> Self:
        """Return the ring of the witness called `name`; everything else as in `open`."""
        return cls._open(folder, name, now, OF_A_WITNESS, create=create)

    @classmethod
    def _open(cls, folder: Path, name: str, now: datetime, kinds: tuple[KeyKind, ...], *, create: bool) -> Self:
        if create:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not folder.is_dir():
            raise missing(folder, name)
        with alone(folder):
            ring = _completed(folder, name, now, kinds, create=create)
            forget(folder, ring)
            opened = cls(folder, ring, kinds)
        opened.signers(now)
        return opened

    @property
    def keys(self) -> tuple[RingKey, ...]:
        """Return every key that ever signed, oldest first."""
        return self._ring.keys

    def signers(self, now: datetime) -> list[Signer]:
        """Return what signs at `now`, oldest generation first; looks whether the keys were rotated, and retires.

        Raises:
            UnavailableError: a key is missing, readable by others, or not the one that the ring names.
        """
        self._look_again()
        if any(key.retires and key.retires <= now and not key.retired for key in self._ring.keys):
            self._retire(now)
        signing = [key for key in self._ring.signing(now) if key.key.kind in self._kinds]
        self._signers = {key.key: self._signers.get(key.key) or signer_of(self._folder, key) for key in signing}
        return list(self._signers.values())

    def rotate(self, now: datetime, overlap: timedelta = OVERLAP) -> tuple[VerifierKey, ...]:
        """Add a generation of keys and return them; the older ones sign for `overlap` yet.

        Args:
            now: aware.
            overlap: nothing, when a key is known to others; it is withdrawn then.

        Raises:
            UnavailableError: too many generations sign already, or the new keys cannot be stored; nothing has changed.
        """
        with alone(self._folder):
            ring = ring_in(self._folder)
            if ring is None:
                raise missing(self._folder, self._ring.name)
            signing = {key.generation for key in ring.signing(now)}
            if len(signing) >= MOST and overlap:
                message = f"{self._folder}: {len(signing)} generations of keys sign already; wait until one retires"
                raise UnavailableError(message)
            ending = [_ending(key, now, overlap) if key.signs(now) else key for key in ring.keys]
            self._ring = grown(self._folder, ring._replace(keys=tuple(ending)), now, ring.generation + 1, self._kinds)
            self._seen = stamp(self._folder)
        self.signers(now)
        return tuple(key.key for key in self._ring.keys if key.generation == self._ring.generation)

    def untold(self) -> tuple[KeyChange, ...]:
        """Return the changes of which the log has no record yet, oldest first."""
        return self._ring.untold()

    def told(self, changes: Iterable[KeyChange]) -> None:
        """Remember that the log has a durable record of `changes`. A crash before this tells of them twice."""
        with alone(self._folder):
            ring = ring_in(self._folder) or self._ring
            for change in changes:
                ring = ring.telling(change)
            self._keep(ring)

    def _look_again(self) -> None:
        """Read the ring again where it was replaced."""
        seen = stamp(self._folder)
        if seen != self._seen:
            ring = ring_in(self._folder)
            if ring is None or ring.name != self._ring.name:
                raise missing(self._folder, self._ring.name)
            self._ring, self._seen = ring, seen

    def _retire(self, now: datetime) -> None:
        """Write that what is past its time signs no more, then delete its seed."""
        with alone(self._folder):
            ring = ring_in(self._folder) or self._ring
            due = [key for key in ring.keys if key.retires and key.retires <= now and not key.retired]
            self._keep(ring._replace(keys=tuple(replace(key, retired=key.retired or key in due) for key in ring.keys)))
            forget(self._folder, self._ring)

    def _keep(self, ring: Ring) -> None:
        write_ring(self._folder, ring)
        self._ring, self._seen = ring, stamp(self._folder)


def witness_ring(folder: Path, name: str, now: datetime, *, create: bool) -> KeyRing:
    """Return the ring of the witness called `name`; see `KeyRing.open`."""
    return KeyRing.of_witness(folder, name, now, create=create)


def _completed(folder: Path, name: str, now: datetime, kinds: tuple[KeyKind, ...], *, create: bool) -> Ring:
    """Return the ring in `folder`; begin it where it may be, and give it a key for SM2 where it has none.

    Raises:
        UnavailableError: it is missing, another's, or lacks what it cannot have lacked.
    """
    ring = ring_in(folder)
    begins = ring is None and create
    if ring is None:
        if not create:
            raise missing(folder, name)
        ring = begun(folder, name)
    if ring.name != name:
        message = f"{folder / RING}: holds the keys of {ring.name}, not of {name}; check origin, node and slot"
        raise UnavailableError(message)
    lacking = [kind for kind in kinds if all(key.key.kind is not kind for key in ring.signing(now))]
    if not begins and set(lacking) - {KeyKind.NATIONAL}:
        raise missing(folder, name)
    return grown(folder, ring, now, max(1, ring.generation), lacking) if lacking else ring


def _ending(key: RingKey, now: datetime, overlap: timedelta) -> RingKey:
    """Return the key with its end at `now + overlap`, or earlier where it ends earlier anyway."""
    end = now + overlap
    return replace(key, retires=min(end, key.retires or end), withdrawn=not overlap)
