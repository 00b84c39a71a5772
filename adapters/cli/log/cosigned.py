"""What `pdp log witness` tells of: the last cosignatures on our logs, checked, and ours on the logs of others."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from adapters.publishing.keeping import KEYS
from adapters.publishing.trusted import cosigners
from adapters.publishing.witnessing import FOLDER, STATE
from adapters.signers.ring_file import ring_in
from adapters.signers.verify import verify
from adapters.stores.log_reader import logs_in
from adapters.witnesses.state import WitnessState
from pdp.errors import UnavailableError
from pdp.log.note import NoteError, note_in, signatures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from adapters.settings import Settings
    from adapters.stores.log_reader import LogReader
    from adapters.witnesses.exchange import Cosigner
    from adapters.witnesses.state import Evidence
    from pdp.log.note import Checkpoint, Note, VerifierKey


class Standing(StrEnum):
    """How it stands with one witness of one log."""

    CURRENT = "current"  # it co-signed the newest checkpoint, or one that is recent enough
    LATE = "late"  # the last one it co-signed is too old
    NEVER = "never"
    WRONG = "wrong"  # what is kept is no valid cosignature
    UNKNOWN = "unknown"  # it is not in the settings; there is no key to check with


class OfOurs(NamedTuple):
    """What a witness co-signed last of one of our logs."""

    log: str
    newest: bool  # whether this is the writer's log that grows
    witness: str
    standing: Standing
    size: int = 0
    behind: int = 0  # entries that are signed and not co-signed
    at: int = 0  # Unix seconds, as the witness states them


class OfOthers(NamedTuple):
    """What we co-signed last of another log."""

    checkpoint: Checkpoint
    at: int  # Unix seconds


def cosigned_of_ours(settings: Settings, now: int) -> list[OfOurs]:
    """Return what every witness co-signed last of every log in the data folder.

    Raises:
        UnavailableError: a log's checkpoint or keys cannot be read.
    """
    try:
        readers = logs_in(settings.data)
    except UnavailableError:
        return []  # a data folder may serve a witness alone
    newest = {reader.name.rpartition("-")[0]: reader.name for reader in readers}
    known = cosigners(settings.log)
    return [
        each
        for reader in readers
        for each in _of_log(reader, settings, known, now, newest=reader.name in newest.values())
    ]


def cosigned_here(data: Path) -> tuple[list[OfOthers], list[Evidence]]:
    """Return what we co-signed last of every log, and what may be second stories; nothing where we are no witness.

    Raises:
        UnavailableError: it cannot be read.
    """
    path = data / FOLDER / STATE
    if not path.exists():
        return [], []
    ring = ring_in(data / KEYS / FOLDER)
    keys = [key.key for key in ring.keys] if ring else []
    state = WitnessState(path, create=False)
    try:
        return [OfOthers(note.checkpoint, _time(note, keys)) for note in state.last_of_each()], state.evidence()
    finally:
        state.close()


def _of_log(
    reader: LogReader, settings: Settings, known: Sequence[Cosigner], now: int, *, newest: bool
) -> Iterator[OfOurs]:
    kept = reader.folder / "state" / "witness"
    names = {path.name for path in kept.iterdir() if not path.name.startswith(".")} if kept.is_dir() else set()
    ring = ring_in(settings.data / KEYS / reader.name)
    ours = [key.key for key in ring.keys] if ring else []
    size = reader.checkpoint.size
    for cosigner in known:
        said = OfOurs(reader.name, newest, cosigner.name, Standing.NEVER, behind=size)
        if cosigner.name in names:
            said = _checked(said, kept / cosigner.name, ours, cosigner.keys, size)
        late = said.standing is Standing.CURRENT and said.behind and now - said.at > settings.log.late_seconds
        yield said._replace(standing=Standing.LATE) if late else said
    for name in sorted(names - {cosigner.name for cosigner in known}):
        yield OfOurs(reader.name, newest, name, Standing.UNKNOWN)


def _checked(said: OfOurs, path: Path, ours: Sequence[VerifierKey], theirs: Sequence[VerifierKey], size: int) -> OfOurs:
    """Return what the note in `path` says, if log and witness both signed it."""
    try:
        note = note_in(path.read_bytes())
        signed = signatures(note, [*ours, *theirs], verify)
    except (OSError, NoteError):
        return said._replace(standing=Standing.WRONG)
    times = [time for key, time in signed.items() if key in theirs]
    if not times or len(times) == len(signed):
        return said._replace(standing=Standing.WRONG)
    checkpoint = note.checkpoint
    behind = max(0, size - checkpoint.size)
    return said._replace(standing=Standing.CURRENT, size=checkpoint.size, behind=behind, at=max(times))


def _time(note: Note, keys: Sequence[VerifierKey]) -> int:
    """Return when one of `keys` signed; 0 where none did."""
    try:
        return max(signatures(note, keys, verify).values(), default=0)
    except NoteError:
        return 0
