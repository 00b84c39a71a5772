"""The rollback guard: whether others have seen more of our log than we have, or something else.

They have where a backup was restored, a machine was cloned, or a second copy runs. The way on is a new log; the old one
is evidence. Source: the decision log's format, § 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pdp.errors import UnavailableError
from pdp.log.note import NoteError, signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from pdp.log.note import Checkpoint, Note, VerifierKey, Verify
    from pdp.log.suite import HashSuite


class RollbackDetectedError(UnavailableError):
    """A witness has a checkpoint that this log signed and does not lead to: it must not go on."""

    def __init__(self, witness: str, seen: Checkpoint, size: int) -> None:
        differs = "another root over them" if seen.size <= size else "no more than these"
        super().__init__(
            f"{seen.origin}: {witness} has co-signed {seen.size} entries of this log, and here are {size}, with "
            f"{differs}: the folder was restored from a backup, copied, or runs twice; keep it untouched, "
            "stop every other copy, and go on with a new log (the next number after the node's name)"
        )
        self.witness, self.seen, self.size = witness, seen, size


class Sighting(NamedTuple):
    """What a witness that could be reached shows for a log; None: it has never co-signed it."""

    witness: str
    note: Note | None


class OurLog(NamedTuple):
    """The log as it lies here."""

    origin: str
    keys: Callable[[], Collection[VerifierKey]]  # gives every key that ever signed for it
    size: Callable[[], int]  # durable entries
    root_at: Callable[[int], bytes]  # root over the first so many of them


def check_sightings(sightings: Iterable[Sighting], log: OurLog, verify: Verify) -> list[str]:
    """Return the witnesses whose answer can be relied on: they have seen nothing, or what `log` leads to.

    A note without a valid signature of the log proves nothing and is no answer.

    Raises:
        RollbackDetectedError: one has seen more, or something else.
    """
    answered = []
    for witness, note in sightings:
        seen = _signed_by(log, note, verify) if note else None
        if seen is not None:
            size = log.size()  # asked after the witness: what it has seen was durable here before
            if seen.size > size or log.root_at(seen.size) != seen.root:
                raise RollbackDetectedError(witness, seen, size)
        if note is None or seen is not None:
            answered.append(witness)
    return answered


def _signed_by(log: OurLog, note: Note, verify: Verify) -> Checkpoint | None:
    """Return the checkpoint that `log` signed in `note`; None where it did not."""
    try:
        if note.checkpoint.origin == log.origin and signatures(note, log.keys(), verify):
            return note.checkpoint
    except NoteError:
        return None
    return None


def root_over(entries: Iterable[bytes], suite: HashSuite) -> bytes:
    """Return the root of the tree over `entries`; no more than the hashes of complete subtrees is kept of them."""
    peaks = list[tuple[int, bytes]]()  # level and hash, largest first
    for entry in entries:
        level, hashed = 0, suite.leaf(entry)
        while peaks and peaks[-1][0] == level:
            level, hashed = level + 1, suite.node(peaks.pop()[1], hashed)
        peaks.append((level, hashed))
    if not peaks:
        return suite.empty
    _, joined = peaks.pop()
    while peaks:
        joined = suite.node(peaks.pop()[1], joined)
    return joined
