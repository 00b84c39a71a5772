"""Checkpoints and the signed notes that carry them: text, keys and what each kind of signature signs.

Nothing is signed or verified here; suites under `adapters/signers` do. Sources: C2SP signed-note, tlog-checkpoint,
tlog-cosignature.
"""

from __future__ import annotations

import base64
import re
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.log.note_keys import KEY_ID, TIMED, KeyKind, NoteError, VerifierKey, decoded, is_name, verifier_key
from pdp.log.suite import HASH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Verify = Callable[["VerifierKey", bytes, bytes], bool]  # (key, message, bare signature) -> is it valid?

__all__ = [
    "LINES",
    "NOTE_LIMIT",
    "TIMED",
    "Checkpoint",
    "KeyKind",
    "Note",
    "NoteError",
    "SignatureLine",
    "VerifierKey",
    "checkpoint_in",
    "note_in",
    "signature_line",
    "signatures",
    "signed_message",
    "verifier_key",
]

LINES: Final = 64  # signature lines that are read
NOTE_LIMIT: Final = 256 * 1024  # bytes
TIME_LIMIT: Final = 1 << 63

_DASH: Final = "— "
_TIME = struct.Struct(">Q")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Checkpoint(NamedTuple):
    """What a log commits to: its origin, the number of its entries and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """Return the note's text: three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def checkpoint_in(body: str) -> Checkpoint:
    """Return the checkpoint in a note's text.

    Raises:
        NoteError: it is not the three lines of one, without extensions.
    """
    lines = body.split("\n")
    if len(lines) != 4 or lines[3]:  # noqa: PLR2004  # three lines, each with its end
        message = "a checkpoint has three lines"
        raise NoteError(message)
    origin, size, encoded = lines[:3]
    root = decoded(encoded)
    if not is_name(origin) or not _SIZE.fullmatch(size) or len(root) != HASH:
        message = "a checkpoint names an origin, a size in decimal and a root of 32 bytes in base64"
        raise NoteError(message)
    return Checkpoint(origin, int(size), root)


class SignatureLine(NamedTuple):
    """One line under a note: who says to have signed, with which key, and the signature's bytes, a time before them."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        """Return the line with its end."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


class Note(NamedTuple):
    """A text and the lines under it; nothing is said about whether they are valid."""

    body: str
    lines: tuple[SignatureLine, ...]

    def __str__(self) -> str:
        """Return the note as it is published."""
        return f"{self.body}\n{''.join(map(str, self.lines))}"

    @property
    def checkpoint(self) -> Checkpoint:
        """Return the checkpoint in the body; raise NoteError if it holds none."""
        return checkpoint_in(self.body)


def note_in(data: bytes) -> Note:
    """Return the note that `data` spells.

    Raises:
        NoteError: it is none: no empty line, no signature, a stray control character, a missing last newline.
    """
    if len(data) > NOTE_LIMIT:
        message = f"a note has at most {NOTE_LIMIT} bytes"
        raise NoteError(message)
    try:
        text = data.decode()
    except UnicodeDecodeError as broken:
        message = "a note is UTF-8"
        raise NoteError(message) from broken
    body, gap, signed = text.rpartition("\n\n")
    if not gap or not signed.endswith("\n") or any(ord(sign) < ord(" ") and sign != "\n" for sign in text):
        message = "a note is a text, an empty line and signature lines, each with its end"
        raise NoteError(message)
    lines = signed.removesuffix("\n").split("\n")
    if len(lines) > LINES:
        message = f"a note has at most {LINES} signatures"
        raise NoteError(message)
    return Note(body + "\n", tuple(map(_line, lines)))


def signed_message(key: VerifierKey, checkpoint: Checkpoint, time: int) -> bytes:
    """Return the bytes that a signature with `key` on `checkpoint` signs; `time`: Unix seconds, if its kind has one."""
    if key.kind is KeyKind.COSIGNATURE:
        return f"cosignature/v1\ntime {time}\n{checkpoint.body}".encode()
    if key.kind is KeyKind.ML_DSA_44:
        name, origin = key.name.encode(), checkpoint.origin.encode()
        return b"".join((
            b"subtree/v1\n\x00", bytes([len(name)]), name, _TIME.pack(time), bytes([len(origin)]), origin,
            _TIME.pack(0), _TIME.pack(checkpoint.size), checkpoint.root,
        ))  # fmt: skip
    return checkpoint.body.encode()


def signature_line(key: VerifierKey, bare: bytes, time: int) -> SignatureLine:
    """Return the line for a bare signature made with `key` at `time`."""
    return SignatureLine(key.name, key.id, (_TIME.pack(time) if key.kind in TIMED else b"") + bare)


def signatures(note: Note, keys: Iterable[VerifierKey], verify: Verify) -> Mapping[VerifierKey, int]:
    """Return which of `keys` have validly signed the checkpoint in `note`, each with its time (0: it states none).

    Raises:
        NoteError: a line of a known key is wrong, or stands there twice; or the note holds no checkpoint.
    """
    known = {(key.name, key.id): key for key in keys}
    checkpoint, valid = note.checkpoint, dict[VerifierKey, int]()
    for line in note.lines:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        time, bare = _timed(key, line.signature)
        if key in valid or not verify(key, signed_message(key, checkpoint, time), bare):
            message = f"{key.name}: the signature with key {key.id.hex()} is not valid, or stands there twice"
            raise NoteError(message)
        valid[key] = time
    return valid


def _timed(key: VerifierKey, signature: bytes) -> tuple[int, bytes]:
    """Return the time that a signature states, and the rest of it."""
    if key.kind not in TIMED:
        return 0, signature
    if len(signature) < _TIME.size:
        message = f"{key.name}: a signature without its time"
        raise NoteError(message)
    (time,) = _TIME.unpack_from(signature)
    if not 0 < time < TIME_LIMIT:
        message = f"{key.name}: a signature of no possible time"
        raise NoteError(message)
    return time, signature[_TIME.size :]


def _line(line: str) -> SignatureLine:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signed = decoded(encoded)
    if not line.startswith(_DASH) or not is_name(name) or len(signed) <= KEY_ID:
        message = "a signature line is a dash, a name and base64, parted by single blanks"
        raise NoteError(message)
    return SignatureLine(name, signed[:KEY_ID], signed[KEY_ID:])
