"""One witness over HTTP: send a checkpoint, read the cosignature, believe nothing that is not verified.

Whatever it sends is bounded in size and time; it is never followed to another address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.log.note import NOTE_LIMIT, NoteError, note_in
from pdp.log.witness import Status, Submission, cosignatures, place_of, size_in

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from pdp.log.note import Note, SignatureLine, VerifierKey, Verify

    Prove = Callable[[int], list[bytes]]

TRIES: Final = 2  # the second from the size that the witness states
_READ: Final = frozenset({Status.COSIGNED, Status.STALE})
_HEADERS: Final = {"accept-encoding": "identity", "content-type": "text/plain; charset=utf-8"}


class NoLineError(Exception):
    """The witness answered, and there is no cosignature in it that can be used."""


class DoubtError(NoLineError):
    """As above, and it may have seen another story of our log than we tell."""


class Cosigner(NamedTuple):
    """A witness: what it is called here, the keys whose lines count, and the address before /add-checkpoint."""

    name: str
    keys: tuple[VerifierKey, ...]
    url: str


class Exchange:
    """What is said between one witness and us. Belongs to one event loop."""

    def __init__(self, cosigner: Cosigner, http: httpx.AsyncClient, verify: Verify, old: int = 0) -> None:
        """Prepare to ask; `old`: what it is believed to have co-signed last, which it will correct."""
        self.cosigner = cosigner
        self._http, self._verify, self._old = http, verify, old

    async def cosign(self, note: Note, prove: Prove) -> tuple[SignatureLine, ...]:
        """Return the witness's lines under `note`, each of them verified.

        Raises:
            NoLineError: it refuses, or what it says cannot be used.
            httpx.HTTPError: it cannot be reached.
        """
        size = note.checkpoint.size
        for _ in range(TRIES):
            old = min(self._old, size)
            proof = prove(old) if 0 < old < size else []
            body = str(Submission(old, tuple(proof), note)).encode()
            status, answer = await self._fetch("POST", "add-checkpoint", body)
            if status == Status.COSIGNED:
                lines = self._lines(answer, note)
                self._old = size
                return lines
            if status != Status.STALE:
                break
            self._old = self._stated(answer, size)
        raise self._refusal(status)

    async def newest(self, origin: str) -> Note | None:
        """Return what the witness shows as co-signed last for `origin`, unverified; None: nothing.

        Raises:
            NoLineError: what it shows is no note.
            httpx.HTTPError: it cannot be reached.
        """
        status, answer = await self._fetch("GET", f"{place_of(origin)}/checkpoint")
        if status == Status.UNKNOWN_LOG:
            return None
        if status != Status.COSIGNED:
            raise self._refusal(status)
        try:
            return note_in(answer)
        except NoteError as fault:
            message = f"shows something else than a checkpoint ({fault})"
            raise NoLineError(message) from fault

    def _lines(self, answer: bytes, note: Note) -> tuple[SignatureLine, ...]:
        try:
            lines = cosignatures(answer, note, self.cosigner.keys, self._verify)
        except NoteError as fault:
            message = f"answers with something else than its cosignature ({fault})"
            raise NoLineError(message) from fault
        if not lines:
            message = "co-signs with none of the keys that are known here; compare them"
            raise NoLineError(message)
        return lines

    def _stated(self, answer: bytes, size: int) -> int:
        """Return the size to prove from."""
        try:
            stated = size_in(answer)
        except NoteError as fault:
            message = f"answers 409 without a size ({fault})"
            raise NoLineError(message) from fault
        if stated > size:
            message = f"says it has co-signed {stated} entries of this log, which has {size}"
            raise DoubtError(message)
        return stated

    def _refusal(self, status: int) -> NoLineError:
        """Return what a status means that brings no line."""
        match status:
            case Status.INCONSISTENT:
                return DoubtError("says that this log does not extend what it has co-signed")
            case Status.UNKNOWN_LOG:
                return NoLineError("does not co-sign for this log; ask its operator to add the log's origin and keys")
            case Status.NOT_SIGNED:
                return NoLineError("does not know the keys of this log; give its operator those of pdp log key show")
            case _:
                return NoLineError(f"answers with status {status}")

    async def _fetch(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Return status and body of an answer, the body where it is read at all."""
        url = f"{self.cosigner.url.rstrip('/')}/{path}"
        async with self._http.stream(method, url, content=body, headers=_HEADERS) as answer:
            pieces, size = [], 0
            if answer.status_code in _READ:
                async for piece in answer.aiter_raw():
                    size += len(piece)
                    if size > NOTE_LIMIT:
                        message = f"answers with more than {NOTE_LIMIT} bytes"
                        raise NoLineError(message)
                    pieces.append(piece)
            return answer.status_code, b"".join(pieces)
