"""Publishes a log: what was proved to extend the signed tree is signed, kept, shown, and shown again with cosignatures.

Each step is durable before the next one begins, so that a stop between any two is repaired by publishing again.
Source: the decision log's format, § 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import UnavailableError
from pdp.log.growth import ForkError, Growth, Writing
from pdp.log.note import Checkpoint, Note, NoteError, note_in, signature_line
from pdp.log.receipt import receipt_for
from pdp.log.tiles import MissingTileError
from pdp.log.tree import ProofError, consistency
from pdp.log.trust import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pdp.log.note import SignatureLine
    from pdp.log.ports import PublishedLog
    from pdp.log.receipt import ProofOfInclusion
    from pdp.log.trust import TrustPolicy

__all__ = ["ForkError", "Publisher", "Writing"]


class Publisher:
    """Publishes one log. Belongs to one thread; `note`, `covered`, `receipt` and `prove` may be used from any."""

    def __init__(self, writing: Writing, store: PublishedLog, policy: TrustPolicy | None = None) -> None:
        """Take up where publishing stopped; where tiles at the right edge are missing or damaged, make all anew.

        Args:
            writing: what is published.
            store: where.
            policy: whose cosignatures are a quorum; None: nobody's are needed.

        Raises:
            ForkError: the entries, or what everybody has seen, contradict what was signed last.
            UnavailableError: the store cannot be used.
        """
        self._writing, self._store, self._policy = writing, store, policy
        self._growth = Growth(writing, store)
        self._doubtful = False  # a tile was found that does not lead to the root
        self._note = self._signed_last()
        self._signed = self._note.checkpoint if self._note else Checkpoint(writing.origin, 0, writing.suite.empty)
        self._shown = self._readable(store.published())
        if self._shown is not None and self._is_newest(self._shown.checkpoint):
            self._note = self._shown  # it may have cosignatures besides
        self._witnessed = self._readable(store.witnessed())
        self._growth.settle(self._signed)

    @property
    def note(self) -> Note | None:
        """Return the newest note, with the lines it has so far."""
        return self._note

    @property
    def covered(self) -> int:
        """Return the size under which receipts can be given: of the newest witnessed note where a quorum is needed."""
        note = self._rests_on
        return note.checkpoint.size if note else 0

    @property
    def witnessed(self) -> bool:
        """Return whether the newest note has its quorum; true where none is needed."""
        note, agreed = self._note, self._witnessed
        return not self._needs_quorum or note is None or (agreed is not None and agreed.body == note.body)

    def publish(self, size: int, time: int) -> Note | None:
        """Publish the first `size` entries, all of them durable; return the new note, or None if nothing is new.

        Args:
            size: number of entries; at least as many as were signed before.
            time: Unix seconds, which some signatures state.

        Raises:
            ForkError: the tree does not extend what was signed last. Nothing was signed, and nothing ever may be.
            UnavailableError: a device or a key failed; publishing again is safe.
        """
        if size < self._signed.size:
            raise ForkError(self._signed, f"the journal has {size} entries")
        if self._doubtful:
            self._growth.rebuild(self._signed)
            self._doubtful = False
        if size > self._signed.size:
            self._sign(self._growth.extended(self._signed, size), time)
        if self._note is None or self._shown == self._note:
            return None
        self._store.publish(str(self._note).encode())
        self._shown = self._note
        return self._note

    def merge(self, note: Note, lines: Iterable[SignatureLine]) -> Note:
        """Return `note` with the verified cosignatures `lines`, shown to everybody as far as it is new.

        Raises:
            UnavailableError: it may not have been shown; merging again is safe.
        """
        more = dict.fromkeys(line for line in lines if line not in note.lines)
        merged = note._replace(lines=(*note.lines, *more))
        if more and self._is_quorum(merged):
            self._store.publish_witnessed(str(merged).encode())
            self._witnessed = merged
        if more and self._note is not None and note.body == self._note.body:
            self._store.publish(str(merged).encode())
            self._note = self._shown = merged
        return merged

    def prove(self, note: Note) -> Callable[[int], list[bytes]]:
        """Return the function that proves how the tree of `note` extends a smaller one, given its size."""
        size, suite = note.checkpoint.size, self._writing.suite
        return lambda old: consistency(old, size, self._growth.nodes(size), suite)

    def receipt(self, index: int) -> ProofOfInclusion:
        """Return the proof that entry `index` is in the log.

        Raises:
            UnavailableError: no checkpoint covers it yet; or tiles do not lead to the root, and are made anew then.
        """
        note = self._rests_on
        if note is None or not 0 <= index < note.checkpoint.size:
            message = f"{self._writing.origin}: no checkpoint covers entry {index} yet; ask again in a second"
            raise UnavailableError(message)
        try:
            return receipt_for(index, note, self._store.read, self._writing.suite)
        except (MissingTileError, ProofError) as fault:
            self._doubtful = True
            message = f"{self._writing.origin}: tiles under entry {index} are damaged and are made anew; ask again"
            raise UnavailableError(message) from fault

    @property
    def _needs_quorum(self) -> bool:
        return self._policy is not None and self._policy.quorum != NONE

    @property
    def _rests_on(self) -> Note | None:
        return self._witnessed if self._needs_quorum else self._shown

    def _is_quorum(self, note: Note) -> bool:
        """Return whether `note` has a quorum, and is no older than the one that had it before."""
        if self._policy is None or not self._needs_quorum:
            return False
        under = {(line.name, line.key_id) for line in note.lines}
        signed = {of.key for of in self._policy.witnesses.values() if (of.key.name, of.key.id) in under}
        before = self._witnessed.checkpoint.size if self._witnessed else 0
        return note.checkpoint.size >= before and self._policy.satisfied(signed)

    def _sign(self, checkpoint: Checkpoint, time: int) -> None:
        """Sign with every key; the note is durable before anyone may see it."""
        signers = self._writing.signers(time)
        lines = [signature_line(signer.key, signer.sign(checkpoint, time), time) for signer in signers]
        if not lines:
            message = f"{self._writing.origin}: no key signs for this log; see pdp log key"
            raise UnavailableError(message)
        note = Note(checkpoint.body, tuple(lines))
        self._store.store_signed(str(note).encode())
        self._signed, self._note = checkpoint, note

    def _is_newest(self, shown: Checkpoint) -> bool:
        """Return whether what everybody sees is what was signed last; it may be older, never newer."""
        signed = self._signed
        if shown.size > signed.size or (shown.size == signed.size and shown.root != signed.root):
            raise ForkError(signed, f"another checkpoint of {shown.size} entries is published")
        return shown.size == signed.size

    def _signed_last(self) -> Note | None:
        """Return the note that was signed last; this is never guessed."""
        data = self._store.signed()
        note = self._readable(data)
        if data is not None and note is None:
            message = (
                f"{self._writing.origin}: what was signed last is no note of this log; restore it, or, where it is "
                "damaged and the published checkpoint is not, put a copy of that in its place"
            )
            raise UnavailableError(message)
        return note

    def _readable(self, data: bytes | None) -> Note | None:
        """Return the note in `data`; None where there is none, or none of this log."""
        try:
            note = note_in(data or b"")
            ours = note.checkpoint.origin == self._writing.origin
        except NoteError:
            return None
        return note if ours else None
