"""One log that is published over HTTP, by an installation or as plain files: the same reading as from a data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import httpx

from adapters.publishing.twins import suite_of
from pdp.errors import RequestError, UnavailableError
from pdp.log.note import NOTE_LIMIT, NoteError, note_in
from pdp.log.receipt import receipt_for, receipt_in
from pdp.log.suite import HASH
from pdp.log.tiles import ENTRIES, WIDTH, MissingTileError
from pdp.log.tree import ProofError

if TYPE_CHECKING:
    from types import TracebackType

    from pdp.log.receipt import ProofOfInclusion
    from pdp.log.tiles import Tile

_PLACE: Final = "--url"
_TIMEOUT: Final = 30.0  # seconds
_BUNDLE: Final = WIDTH * (2 + 65_535)  # bytes, at most


class RemoteLog:
    """Reads the log published at one address; what is read is believed by whoever verifies it, not here."""

    def __init__(self, url: str, name: str = "", key: str = "") -> None:
        """Prepare to read.

        Args:
            url: of an installation, such as `http://127.0.0.1:8180`; or, with a path, where `checkpoint` lies.
            name: which log of an installation, `<node>-<k>[/sm3]`; empty: the one being written.
            key: of a caller that may read every decision, for entry bundles.

        Raises:
            RequestError: the address is none.
        """
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL as fault:
            raise RequestError(_PLACE, str(fault).lower()) from fault
        if address.scheme not in {"http", "https"} or not address.host:
            raise RequestError(_PLACE, "must be an address such as http://127.0.0.1:8180")
        below = f"/logs/{name}" if name else "/log"
        self._service = url.rstrip("/")
        self._prefix = self._service + ("" if address.path.strip("/") else below)
        proof = {"authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(timeout=_TIMEOUT, headers=proof)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def published(self) -> bytes | None:
        """Return the newest note, None if there is none yet."""
        return self._fetched(f"{self._prefix}/checkpoint", NOTE_LIMIT)

    def witnessed(self) -> bytes | None:
        """Return the newest note with a quorum, None if there is none."""
        return self._fetched(f"{self._prefix}/witnessed-checkpoint", NOTE_LIMIT)

    def tile(self, tile: Tile) -> bytes:
        """Return a hash tile or an entry bundle.

        Raises:
            MissingTileError: there is none of this number and width.
            UnavailableError: it cannot be read.
        """
        data = self._fetched(f"{self._prefix}/{tile.path}", _BUNDLE)
        if data is None or (tile.level != ENTRIES and len(data) != tile.width * HASH):
            message = f"{self._prefix}/{tile.path}: not there, or of another length"
            raise MissingTileError(message)
        return data

    def receipt(self, index: int) -> ProofOfInclusion | None:
        """Return the receipt under the newest witnessed checkpoint, else the newest; None: neither covers the entry.

        Raises:
            UnavailableError: the tiles do not lead to the checkpoint's root, or cannot be read.
        """
        for data in (self.witnessed(), self.published()):
            if data is None:
                continue
            try:
                note = note_in(data)
                origin, size, _ = note.checkpoint
                if index < size:
                    return receipt_for(index, note, self.tile, suite_of(origin))
            except (NoteError, ProofError) as fault:
                message = f"{self._prefix}: {fault}; verify the log with pdp log verify"
                raise UnavailableError(message) from fault
        return None

    def receipt_of(self, decision_id: str, wait: float) -> ProofOfInclusion | None:
        """Return the receipt that the installation gives for a decision, None if it knows none for this caller."""
        url = f"{self._service}/v1/decisions/{decision_id}/receipt?wait={wait:g}"
        data = self._fetched(url, NOTE_LIMIT * 2)
        try:
            return receipt_in(data) if data is not None else None
        except NoteError as fault:
            message = f"{url}: {fault}; is this the address of an installation?"
            raise UnavailableError(message) from fault

    def _fetched(self, url: str, limit: int) -> bytes | None:
        """Return what lies at `url`, at most `limit` bytes of it, or None for 404."""
        try:
            with self._client.stream("GET", url) as response:
                if response.status_code == httpx.codes.NOT_FOUND:
                    return None
                if response.status_code != httpx.codes.OK:
                    raise UnavailableError(_refused(url, response))
                return _read(url, response, limit)
        except httpx.HTTPError as fault:
            message = f"{url}: cannot be fetched ({fault}); check the address, and that the service runs"
            raise UnavailableError(message) from fault


def _refused(url: str, response: httpx.Response) -> str:
    if response.status_code in {401, 403}:
        return f"{url}: answered {response.status_code}; give the key of a caller that may read this with --key-file"
    return f"{url}: answered {response.status_code}; ask again"


def _read(url: str, response: httpx.Response, limit: int) -> bytes:
    data = bytearray()
    for piece in response.iter_bytes():
        data += piece
        if len(data) > limit:
            message = f"{url}: sends more than {limit} bytes; this is no resource of a log"
            raise UnavailableError(message)
    return bytes(data)
