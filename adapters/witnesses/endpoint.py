"""The witness: co-signs checkpoints of other installations' logs, each log one history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.log.note import Note, signature_line
from pdp.log.witness import SIZE_TYPE, Refused, Status, admitted, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.witnesses.state import Transaction, WitnessState
    from pdp.log.note import VerifierKey, Verify
    from pdp.log.ports import Signer
    from pdp.log.suite import HashSuite
    from pdp.log.witness import Submission

TEXT: Final = "text/plain; charset=utf-8"


class Reply(NamedTuple):
    """What a request is answered with: an HTTP status, the text, and its media type."""

    status: int
    body: bytes
    media_type: str = TEXT


class Trust(NamedTuple):
    """Which logs are co-signed, by origin, with the keys that may sign for each, and how signatures are checked."""

    logs: Mapping[str, Sequence[VerifierKey]]
    verify: Verify
    suite: HashSuite


class WitnessEndpoint:
    """Co-signs for the logs of `trust`. Safe from several threads."""

    def __init__(
        self,
        state: WitnessState,
        trust: Trust,
        signers: Callable[[int], Sequence[Signer]],
        *,
        now: Callable[[], int],
        alarm: Callable[[str], None],
    ) -> None:
        """Open the witness.

        Args:
            state: what it remembers.
            trust: whom to co-sign for.
            signers: gives this witness's keys at a time, Unix seconds; each of them adds a line.
            now: Unix seconds.
            alarm: is told of a log that may have two stories.
        """
        self._state, self._trust, self._signers, self._now, self._alarm = state, trust, signers, now, alarm

    @property
    def origins(self) -> frozenset[str]:
        """Return the logs that are co-signed here."""
        return frozenset(self._trust.logs)

    def add(self, body: bytes) -> Reply:
        """Answer `POST add-checkpoint`; a cosignature in the answer is for a checkpoint that is on the device.

        Raises:
            UnavailableError: the state or a key cannot be used; nothing was co-signed.
        """
        sent = admitted(body, self._trust.logs, self._trust.verify)
        if isinstance(sent, Refused):
            return _refused(sent)
        origin, size, _ = sent.note.checkpoint
        now, lines, news = self._now(), "", False
        with self._state.transaction() as stored:
            last = stored.last(origin)
            refused = refusal(sent, last.checkpoint if last else None, self._trust.suite)
            if refused is None:
                lines = self._cosigned(stored, sent, now)
            elif refused.evidence:
                news = stored.keep(origin, sent, refused.why, now)
        if news and refused is not None:
            self._alarm(f"{origin}: {refused.why} ({size}); both are kept: see pdp log witness show, ask its owner")
        return Reply(Status.COSIGNED, lines.encode()) if refused is None else _refused(refused)

    def checkpoint(self, place: str) -> bytes | None:
        """Return the note co-signed last for the log whose origin hashes to `place`, or None.

        Raises:
            UnavailableError: the state cannot be read.
        """
        return self._state.cosigned(place)

    def _cosigned(self, stored: Transaction, sent: Submission, now: int) -> str:
        """Store the checkpoint as the last one co-signed; return the lines, which may leave after the commit only."""
        checkpoint = sent.note.checkpoint
        lines = [signature_line(signer.key, signer.sign(checkpoint, now), now) for signer in self._signers(now)]
        stored.store(checkpoint.origin, Note(sent.note.body, (*sent.note.lines, *lines)))
        return "".join(map(str, lines))


def _refused(refused: Refused) -> Reply:
    return Reply(refused.status, refused.body.encode(), TEXT if refused.size is None else SIZE_TYPE)
