"""Prove on the spot that an entry is in its log: which checkpoint covers it, who signed that, that the tree has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.signers.ring_file import ring_in
from adapters.signers.verify import verify
from adapters.stores.tile_files import TileFiles
from pdp.errors import UnavailableError
from pdp.log.note import NoteError, note_in, signatures, verifier_key
from pdp.log.receipt import ProofOfInclusion, receipt_for
from pdp.log.suite import Sha256
from pdp.log.tiles import MissingTileError, grown
from pdp.log.tree import ProofError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from adapters.cli.log.finding import Entry
    from adapters.settings import LogSettings
    from adapters.stores.log_reader import LogReader
    from pdp.log.note import Note, VerifierKey
    from pdp.log.tiles import Tile

    Entries = Iterable[tuple[int, bytes]]
    Watched = Callable[[Entries, int], Entries]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Vouched:
    """One key that is known here, and what it says of a checkpoint."""

    name: str
    kind: str
    witness: bool  # another's key, not the log's own
    valid: bool | None  # None: it cannot be checked here
    time: int  # Unix seconds; 0: the signature states none


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is in the tree of a checkpoint, and who vouches for the checkpoint."""

    note: Note
    receipt: ProofOfInclusion | None  # None: the tree does not have this entry there
    rebuilt: bool  # out of the entries: tiles were missing or wrong
    vouched: tuple[Vouched, ...]
    unknown: tuple[str, ...]  # names of further signatures, whose keys are not known here

    @property
    def holds(self) -> bool:
        """Return whether the entry is proved to be in the log, and the log's own signature is valid."""
        own = [one.valid for one in self.vouched if not one.witness and one.valid is not None]
        return self.receipt is not None and bool(own) and all(own)

    def plain(self) -> Json:
        """Return it as plain JSON values."""
        checkpoint = self.note.checkpoint
        return {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "included": self.receipt is not None,
            "hashes": [hashed.hex() for hashed in self.receipt.hashes] if self.receipt else [],
            "from": "journal" if self.rebuilt else "tiles",
            "signatures": [
                {"name": one.name, "kind": one.kind, "witness": one.witness, "valid": one.valid, "time": one.time}
                for one in self.vouched
            ],
            "unknown_signatures": list(self.unknown),
            "holds": self.holds,
        }


def prove(entry: Entry, data: Path, settings: LogSettings, watched: Watched) -> Proof:
    """Return the proof under the newest checkpoint with a quorum, or else the newest one.

    Args:
        entry: which one.
        data: the data folder.
        settings: who the witnesses are.
        watched: shows progress over the entries when the tree must be made anew.

    Raises:
        UnavailableError: the log cannot be read.
    """
    note = _covering(entry)
    receipt, rebuilt = _receipt(entry, note, watched)
    return Proof(note, receipt, rebuilt, *_vouched(note, _keys(entry.reader, data, settings)))


def _covering(entry: Entry) -> Note:
    """Return the note to rest on, which covers the entry."""
    newest, witnessed = entry.reader.note, TileFiles.of(entry.reader.folder).witnessed()
    try:
        agreed = note_in(witnessed) if witnessed else None
        covers = agreed is not None and agreed.checkpoint.size > entry.place
    except NoteError:
        covers = False
    return agreed if covers and agreed is not None else newest


def _receipt(entry: Entry, note: Note, watched: Watched) -> tuple[ProofOfInclusion | None, bool]:
    """Return the proof, and whether the tree had to be made anew; no proof where the entry is not in the tree."""
    suite, reader = Sha256(), entry.reader
    try:
        receipt = receipt_for(entry.place, note, TileFiles.of(reader.folder).read, suite)
    except (MissingTileError, ProofError):
        tiles = _tiles(reader, note.checkpoint.size, watched)
        try:
            receipt = receipt_for(entry.place, note, tiles.__getitem__, suite)
        except ProofError:
            return None, True
        return (receipt if receipt.proves(entry.data, suite) else None), True
    return (receipt if receipt.proves(entry.data, suite) else None), False


def _tiles(reader: LogReader, size: int, watched: Watched) -> dict[Tile, bytes]:
    """Return the tiles over the entries as they lie in the journal."""
    suite = Sha256()
    leaves = [suite.leaf(data) for _, data in watched(reader.records(0, size), size)]
    return grown(0, leaves, lambda _: b"", suite)


def _keys(reader: LogReader, data: Path, settings: LogSettings) -> dict[VerifierKey, bool]:
    """Return the keys that are known here, each with whether it is a witness's."""
    ring = ring_in(data / "keys" / reader.name)
    keys = {key.key: False for key in ring.keys} if ring is not None else {}
    return keys | {verifier_key(witness.vkey): True for witness in settings.witnesses}


def _vouched(note: Note, keys: dict[VerifierKey, bool]) -> tuple[tuple[Vouched, ...], tuple[str, ...]]:
    lines = {(line.name, line.key_id) for line in note.lines}
    signed = [key for key in keys if (key.name, key.id) in lines]
    known = {(key.name, key.id) for key in signed}
    vouched = tuple(_checked(note, key, witness=keys[key]) for key in signed)
    return vouched, tuple(sorted({name for name, id_ in lines if (name, id_) not in known}))


def _checked(note: Note, key: VerifierKey, *, witness: bool) -> Vouched:
    valid: bool | None = True
    time = 0
    try:
        time = signatures(note, [key], verify)[key]
    except NoteError:
        valid = False
    except UnavailableError:
        valid = None
    return Vouched(key.name, key.kind.name.lower(), witness, valid, time)
