"""Co-signing another log's checkpoints: what is sent to a witness, its ordered checks, and what it answers.

A witness holds one fact about each log: what it co-signed last. Everything it co-signs for one log is one history.
Nothing is signed, stored or sent here. Source: C2SP tlog-witness.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.log.note import Note, NoteError, note_in, signatures
from pdp.log.suite import HASH
from pdp.log.tree import ProofError, check_consistency

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pdp.log.note import Checkpoint, SignatureLine, VerifierKey, Verify
    from pdp.log.suite import HashSuite

BODY_LIMIT: Final = 64 * 1024  # bytes of what is sent to a witness
PROOF_LINES: Final = 63
SIZE_TYPE: Final = "text/x.tlog.size"  # media type of the answer that states a size

_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})")
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


class Status(IntEnum):
    """What a witness answers, as HTTP spells it."""

    COSIGNED = 200
    UNREADABLE = 400  # the body does not parse, or its old size is beyond the checkpoint's
    NOT_SIGNED = 403  # no trusted key of the log signed, or a line of one is wrong
    UNKNOWN_LOG = 404
    STALE = 409  # the old size is not what was co-signed last; the answer states what was
    INCONSISTENT = 422  # the checkpoint is not shown to extend what was co-signed last


class Refused(NamedTuple):
    """Why a checkpoint is not co-signed."""

    status: Status
    why: str
    size: int | None = None  # what was co-signed last, where the log is to ask again from there
    evidence: bool = False  # the log's own signature stands under what may be a second story

    @property
    def body(self) -> str:
        """Return the answer's text."""
        return f"{self.why}\n" if self.size is None else f"{self.size}\n"


class Submission(NamedTuple):
    """What a log sends: the size it believes was co-signed last, the proof from there, and its new checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    def __str__(self) -> str:
        """Return the body of the request."""
        proof = "".join(f"{base64.b64encode(hashed).decode()}\n" for hashed in self.proof)
        return f"old {self.old}\n{proof}\n{self.note}"


def submission_in(data: bytes) -> Submission:
    """Return what `data`, the body of a request, asks to co-sign.

    Raises:
        NoteError: it is no such body, has more than 64 KiB, or its old size is beyond the checkpoint's.
    """
    head, gap, note = data.partition(b"\n\n")
    first, *proof = head.split(b"\n")
    old = _OLD.fullmatch(first)
    if len(data) > BODY_LIMIT or not gap or old is None or len(proof) > PROOF_LINES:
        message = "the body is a line with the old size, at most 63 hashes, an empty line and a checkpoint, in 64 KiB"
        raise NoteError(message)
    sent = Submission(int(old[1]), tuple(map(_hash, proof)), note_in(note))
    if sent.old > sent.note.checkpoint.size:
        message = "the old size is beyond the checkpoint's"
        raise NoteError(message)
    return sent


def admitted(data: bytes, logs: Mapping[str, Iterable[VerifierKey]], verify: Verify) -> Submission | Refused:
    """Return what a trusted key of a known log signed, or why it is turned away: the checks that need no state.

    Args:
        data: body of the request.
        logs: by origin, the keys any of which may sign for it.
        verify: whether a signature is valid.
    """
    try:
        sent = submission_in(data)
    except NoteError as fault:
        return Refused(Status.UNREADABLE, str(fault))
    keys = logs.get(sent.note.checkpoint.origin)
    if keys is None:
        return Refused(Status.UNKNOWN_LOG, "no log of this origin is co-signed here")
    try:
        signed = signatures(sent.note, keys, verify)
    except NoteError as fault:
        return Refused(Status.NOT_SIGNED, str(fault))
    if not signed:
        return Refused(Status.NOT_SIGNED, "no key that is trusted for this origin signed the checkpoint")
    known = {(key.name, key.id) for key in signed}
    lines = tuple(line for line in sent.note.lines if (line.name, line.key_id) in known)
    return sent._replace(note=Note(sent.note.body, lines))  # what strangers put under it is not kept


def refusal(sent: Submission, last: Checkpoint | None, suite: HashSuite) -> Refused | None:
    """Return why `sent`, which was admitted, must not be co-signed after `last`; None: it may be.

    To be asked in the transaction that stores what is co-signed.
    """
    new = sent.note.checkpoint
    size, root = (last.size, last.root) if last else (0, suite.empty)
    if sent.old != size:
        return Refused(Status.STALE, "another size was co-signed last", size)
    if new.size == 0 and new.root != suite.empty:
        return Refused(Status.INCONSISTENT, "the root over no entries is not that of the empty tree", evidence=True)
    if sent.old == 0 and sent.proof:
        return Refused(Status.INCONSISTENT, "nothing is to be proved from the empty tree")
    if new.size == size and new.root != root:
        return Refused(Status.INCONSISTENT, "the log signed two roots over as many entries", evidence=True)
    try:
        check_consistency(size, root, new.size, new.root, sent.proof, suite)
    except ProofError:
        why = "the checkpoint is not shown to extend what was co-signed last"
        return Refused(Status.INCONSISTENT, why, evidence=True)
    return None


def cosignatures(answer: bytes, note: Note, keys: Sequence[VerifierKey], verify: Verify) -> tuple[SignatureLine, ...]:
    """Return the lines in a witness's `answer` that `keys` made under `note`'s body; lines of other keys are ignored.

    Raises:
        NoteError: the answer is no signature lines, or one of `keys` stands there with a wrong signature or twice.
    """
    known = {(key.name, key.id) for key in keys}
    read = note_in(note.body.encode() + b"\n" + answer)
    lines = tuple(line for line in read.lines if (line.name, line.key_id) in known)
    if read.body != note.body:
        message = "the answer has an empty line"
        raise NoteError(message)
    signatures(Note(note.body, lines), keys, verify)
    return lines


def size_in(answer: bytes) -> int:
    """Return the size that a witness states in its answer 409; raise NoteError where it states none."""
    stated = _SIZE.fullmatch(answer)
    if stated is None:
        message = "the answer is no size in decimal"
        raise NoteError(message)
    return int(stated[1])


def place_of(origin: str) -> str:
    """Return under which name a witness shows what it co-signed last for `origin`: 64 hex digits."""
    return hashlib.sha256(origin.encode()).hexdigest()


def _hash(line: bytes) -> bytes:
    """Return the hash that a line of a proof spells in its one canonical way."""
    try:
        hashed = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        hashed = b""
    if len(hashed) != HASH or base64.b64encode(hashed) != line:
        message = "a line of the proof is a hash of 32 bytes in base64"
        raise NoteError(message)
    return hashed
