"""The table of checks of a witness, line by line, as requests sent one after the other to one that knows one log."""

from __future__ import annotations

from typing import NamedTuple

from pdp.log.note import Checkpoint, Note
from pdp.log.witness import Submission
from tests.adapters.witnesses.story import FORKED, HONEST, LOG_KEY, ORIGIN, STRANGER, Story
from tests.logs.published import Key

BAD = bytes(32)
UNKNOWN = Story(origin="nobody.example/log", keys=(Key("nobody.example/log", bytes([7]) * 32),))


_ROOTLESS = Checkpoint(ORIGIN, 0, BAD)
NOTHING = Note(_ROOTLESS.body, (LOG_KEY.line(_ROOTLESS),))


class Row(NamedTuple):
    """One request, and what it must be answered with."""

    name: str
    body: bytes
    status: int
    size: int | None = None  # that a 409 states
    go: int | None = None  # what the witness of transparency-dev answers where it departs from the specification


def mangled(body: bytes) -> bytes:
    """Return `body` with one sign of its last signature changed."""
    place = body.rindex(b" ") + 12  # behind the key id
    return body[:place] + (b"A" if body[place : place + 1] != b"A" else b"B") + body[place + 1 :]


ROWS = (
    Row("no body", b"", 400),
    Row("another first line", HONEST.sent(0, 1).replace(b"old", b"new"), 400),
    Row("a proof that is no base64", b"old 0\n*\n\n" + str(HONEST.note(1)).encode(), 400),
    Row("an unknown log", UNKNOWN.sent(0, 1), 404),
    Row("signed by a stranger", HONEST.sent(0, 5, STRANGER), 403, go=500),
    Row("a wrong line of the log's key", mangled(HONEST.sent(0, 5)), 403, go=500),
    Row("the first that a witness sees", HONEST.sent(0, 5), 200),
    Row("equal, told again", HONEST.sent(5, 5), 200),
    Row("growing", HONEST.sent(5, 8), 200),
    Row("stale", HONEST.sent(5, 9), 409, 8),
    Row("as if it were the first", HONEST.sent(0, 9), 409, 8),
    Row("smaller, from what was co-signed", HONEST.sent(8, 6), 400),
    Row("smaller, from itself", HONEST.sent(6, 6), 409, 8),
    Row("an old size that was never co-signed", HONEST.sent(9, 12), 409, 8),
    Row("equal, with another root", FORKED.sent(8, 8), 422),
    Row("growing, with another past", FORKED.sent(8, 12), 422),
    Row("growing, without a proof", HONEST.sent(8, 12, proof=[]), 422),
    Row("growing, with a hash too many", HONEST.sent(8, 12, proof=[*HONEST.proof(8, 12), BAD]), 422),
    Row("equal, with a proof", HONEST.sent(8, 8, proof=[BAD]), 422),
    Row("also signed by a stranger", HONEST.sent(8, 12, STRANGER, LOG_KEY), 200),
    Row("growing after all that", HONEST.sent(12, 300), 200),
)
EMPTY_ROWS = (
    Row("no entries, and a root over some", str(Submission(0, (), NOTHING)).encode(), 422),
    Row("no entries", HONEST.sent(0, 0), 200),
    Row("from nothing, with a proof", HONEST.sent(0, 4, proof=[BAD]), 422),
    Row("the first entries", HONEST.sent(0, 4), 200),
)
FIRST_ROWS = (  # of a log never seen; the witness of transparency-dev co-signs whatever comes first
    Row("from an old size", HONEST.sent(2, 5), 409, 0, go=200),
    Row("with a proof from nothing", HONEST.sent(0, 5, proof=[BAD]), 422, go=409),
)
