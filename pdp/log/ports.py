"""What publishing the log needs of the outside world: who signs, where it is published, who co-signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pdp.log.note import Checkpoint, Note, SignatureLine, VerifierKey
    from pdp.log.tiles import Tile


class Signer(Protocol):
    """Holds one private key and vouches for checkpoints with it. May be slow: a card on a bus."""

    @property
    def key(self) -> VerifierKey:
        """Return the public key and the name it signs for."""
        ...

    def sign(self, checkpoint: Checkpoint, time: int) -> bytes:
        """Return the bare signature on `checkpoint` at `time`, Unix seconds, which some kinds of keys sign too.

        Raises:
            UnavailableError: the key cannot be used; nothing was signed.
        """
        ...


class PublishedLog(Protocol):
    """Where a log is published: hash tiles and checkpoints. Whatever was written is durable when a call returns.

    Belongs to one thread, but for the reading. Not trusted: tiles are believed once they lead to a signed root.
    """

    def read(self, tile: Tile) -> bytes:
        """Return the bytes of a hash tile, cut from a wider one where that has taken its place. From any thread.

        Raises:
            MissingTileError: it is not there, or too short; it can be made anew from the entries.
            UnavailableError: it cannot be read.
        """
        ...

    def write(self, tiles: Mapping[Tile, bytes]) -> None:
        """Write hash tiles, lowest level first; then drop the narrower ones in whose place they stand.

        Raises:
            UnavailableError: they may not be durable; writing them again is safe.
        """
        ...

    def signed(self) -> bytes | None:
        """Return the note that was signed last, None if none ever was; raise UnavailableError if it cannot be read."""
        ...

    def store_signed(self, note: bytes) -> None:
        """Keep `note` as the one that was signed last; until this returns, the signature must not leave the process.

        Raises:
            UnavailableError: it may not be durable.
        """
        ...

    def published(self) -> bytes | None:
        """Return the newest note that everybody sees, or None. From any thread."""
        ...

    def publish(self, note: bytes) -> None:
        """Show `note` to everybody in place of the one before; raise UnavailableError if that may not have happened."""
        ...

    def witnessed(self) -> bytes | None:
        """Return the newest note with a quorum of cosignatures, or None. From any thread."""
        ...

    def publish_witnessed(self, note: bytes) -> None:
        """Show `note` as the newest one with a quorum; raise UnavailableError if that may not have happened."""
        ...


class Witnesses(Protocol):
    """The bodies that co-sign this log's checkpoints. Whoever does not answer costs its line, and a second at most."""

    def ask(self, note: Note, prove: Callable[[int], list[bytes]]) -> Sequence[SignatureLine]:
        """Return the cosignature lines that witnesses give for `note`; every one of them is verified.

        Args:
            note: a checkpoint, signed by the log.
            prove: gives the consistency proof from a smaller tree to the checkpoint's.
        """
        ...
