"""A statement: what somebody says of the world, when it takes effect, and how statements are chained."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Self

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

GENESIS = "0" * 64

spell = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
"""The one spelling of plain JSON values in the ledger."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `seq`, `recorded_at`, `previous` and `hash` are the ledger's; before recording they are empty.

    `body` holds plain JSON values only and always names the entity it is about; `about` holds the refs under which
    folds find it, derived from kind and body by `pdp.ledger.kinds`. `agent` is who did the act on behalf of `by`, and
    `request` the name under which it was asked for, so that asking again does nothing twice; both are empty for what
    was imported from a file. `words` are its own, where they were spelled before it is recorded.
    """

    kind: str
    at: datetime  # when it takes effect, aware
    by: str  # entity id of the body, unit or person that says it
    body: Mapping[str, object]
    about: tuple[str, ...] = ()
    evidence: str = ""  # digest of the document it rests on
    seq: int = 0
    recorded_at: datetime | None = None
    previous: str = ""
    hash: str = field(default="", compare=False)
    agent: str = ""
    request: str = ""
    words: Words | None = field(default=None, init=False, repr=False, compare=False)  # so that `replace` drops them

    def in_words(self, words: Words) -> Self:
        """Take `words`, which are `words_of(self)`, and return itself: whoever read it has spelled it already."""
        object.__setattr__(self, "words", words)
        return self

    def asked_by(self, agent: str, request: str) -> Statement:
        """Return it as an act of `agent`, asked for under `request`."""
        return replace(self, agent=agent, request=request)


def numbered(statement: Statement, seq: int, recorded_at: datetime) -> Statement:
    """Return `statement` at its place in a ledger, not chained."""
    return replace(statement, seq=seq, recorded_at=recorded_at)


class Words(NamedTuple):
    """What can be spelled of a statement before it has its place in a ledger."""

    about: str
    at: str
    body: str
    rest: str  # `by`, `evidence` and `kind` as members, a comma after each


def words_of(statement: Statement) -> Words:
    """Return what can be spelled of `statement` wherever it will stand."""
    by, evidence, kind = spell(statement.by), spell(statement.evidence), spell(statement.kind)
    about = f"[{','.join(map(spell, statement.about))}]"
    rest = f'"by":{by},"evidence":{evidence},"kind":{kind},'
    return Words(about, statement.at.isoformat(), spell(statement.body), rest)


class Spelled(NamedTuple):
    """The parts of a statement as they stand in the ledger: each is spelled once, for the chain and for the store."""

    about: str
    at: str
    body: str
    recorded_at: str


def spelled(statement: Statement) -> Spelled:
    """Return the parts of `statement` as they stand in the ledger."""
    return _placed(words_of(statement), statement.recorded_at)


def _placed(words: Words, told: datetime | None) -> Spelled:
    return Spelled(words.about, words.at, words.body, told.isoformat() if told else "")


def chained(statement: Statement, seq: int, recorded_at: datetime, previous: str) -> tuple[Statement, Spelled]:
    """Return `statement` at its place in a ledger, with the hash that chains it to `previous`, and its parts."""
    said = (statement.kind, statement.at, statement.by, statement.body, statement.about, statement.evidence)
    words = statement.words or words_of(statement)
    parts = _placed(words, recorded_at)
    asked = statement.agent, statement.request
    content = _text(parts, words.rest, asked, seq, previous)
    return Statement(*said, seq, recorded_at, previous, hashlib.sha256(content).hexdigest(), *asked), parts


def digest(statement: Statement) -> str:
    """Return the hex SHA-256 that chains `statement`: over its canonical JSON with `previous`, without `hash`.

    `agent` and `request` take part where there are any; so chains that were begun without them stay what they are.
    """
    words, asked = words_of(statement), (statement.agent, statement.request)
    content = _text(_placed(words, statement.recorded_at), words.rest, asked, statement.seq, statement.previous)
    return hashlib.sha256(content).hexdigest()


def _text(parts: Spelled, rest: str, asked: tuple[str, str], seq: int, previous: str) -> bytes:
    """Return the canonical JSON that is hashed: its members in order, `parts` among them."""
    about, at, body, recorded_at = parts
    agent, request = asked
    agent = f'"agent":{spell(agent)},' if agent else ""
    request = f'"request":{spell(request)},' if request else ""
    return (
        f'{{"about":{about},{agent}"at":"{at}","body":{body},{rest}"previous":{spell(previous)},'
        f'"recorded_at":"{recorded_at}",{request}"seq":{seq}}}'
    ).encode()


def continued(last: Statement | None, statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield `statements` as far as they continue a chain that ends with `last`; None: an empty one.

    Raises:
        UnavailableError: one does not: it has another number or predecessor, or its hash is not its own.
    """
    seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
    for statement in statements:
        if (statement.seq, statement.previous) != (seq + 1, previous) or digest(statement) != statement.hash:
            message = f"statement {statement.seq} does not continue the ledger after {seq}; "
            raise UnavailableError(message + "the two ledgers went different ways: find out which is the true one")
        yield statement
        seq, previous = statement.seq, statement.hash
