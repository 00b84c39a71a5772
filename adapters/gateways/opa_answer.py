"""Answers in OPA's shape: documents, and errors as `{"code", "message"}` at every status."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import orjson

from adapters.gateways.gzip_bodies import WORTH_IT, packed
from adapters.gateways.headers import RejectedError
from adapters.gateways.opa_document import JSON
from pdp.law import cite
from pdp.overlay import titles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import Send

    from adapters.gateways.headers import Pairs
    from pdp.model import Answer
    from pdp.rulebook.rulebook import Rulebook

NO_DECISION: Final = "no decision was made and nothing is released; ask again"
_CODES: Final = {
    400: "invalid_parameter", 401: "unauthorized", 403: "unauthorized", 404: "resource_not_found",
    405: "invalid_operation", 429: "too_many_requests", 431: "invalid_parameter", 503: "internal_error",
}  # fmt: skip
_YES: Final = frozenset({"", "true"})  # in any case, as OPA reads a Boolean member of a query
_PINNED: Final = ("policy", "readings", "calendar", "rulebook")


class UndefinedError(RejectedError):
    """A document that does not exist; OPA would answer `{}`, which some clients read as "no limit"."""

    def __init__(self) -> None:
        super().__init__(404, "document missing: there is no document of this name")


def error(why: RejectedError) -> dict[str, object]:
    """Return a rejection as OPA words it; nothing of the input is repeated in it."""
    return {
        "code": "undefined_document" if isinstance(why, UndefinedError) else _CODES[why.status],
        "message": why.text,
    }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a query string asks to have beside the result; everything else in it is ignored."""

    pretty: bool = False
    metrics: bool = False
    provenance: bool = False
    notes: bool = False
    began: int = field(default_factory=time.monotonic_ns)

    def beside(self, answers: Sequence[Answer], rulebook: Rulebook) -> dict[str, object]:
        """Return the members beside `result` that were asked for."""
        members: dict[str, object] = {}
        if self.metrics:
            members["metrics"] = {"timer_server_handler_ns": time.monotonic_ns() - self.began}
        if self.provenance:
            pinned = {name: {"revision": f"sha256:{getattr(rulebook.revision, name)}"} for name in _PINNED}
            if answers:
                pinned["ledger"] = {"revision": str(max(answer.inquiry.ledger for answer in answers))}
            members["provenance"] = {"version": version("public-data-pdp"), "bundles": pinned}
        if self.notes:
            members["explanation"] = [note for answer in answers for note in _notes(answer, rulebook)]
        return members


def wanted(query: bytes) -> Wanted:
    """Return what the query string asks for."""
    members = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    pretty, metrics, provenance = (
        members.get(name, "no").lower() in _YES for name in ("pretty", "metrics", "provenance")
    )
    return Wanted(pretty, metrics, provenance, members.get("explain") == "notes")


def _notes(answer: Answer, rulebook: Rulebook) -> list[str]:
    """Return one line a ground: where it stands in the law, the rule, and what it says."""
    theirs = titles(answer.inquiry.overlaid)
    return [
        f"{'、'.join(map(cite, ground.articles))} {ground.rule}: "
        + (theirs[ground.rule][0] if ground.rule in theirs else rulebook.grounds[ground.rule].title)
        for ground in answer.decision.grounds
    ]


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, ready to be sent."""

    status: int
    members: object
    headers: Pairs = field(default_factory=list)
    kind: bytes = JSON
    cache: int = 0  # seconds for which it may be used again


def refused(why: RejectedError) -> Said:
    """Return the answer to what never became a question."""
    return Said(why.status, error(why), why.headers)


def failed() -> Said:
    """Return the answer where no decision was made."""
    return Said(503, error(RejectedError(503, NO_DECISION)), [(b"retry-after", b"1")])


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends the one answer of one request."""

    send: Send
    pretty: bool
    gzip: bool  # the client takes it
    echo: Pairs

    async def __call__(self, said: Said) -> None:
        """Send `said`."""
        spelling = orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if self.pretty else 0)
        body = orjson.dumps(said.members, option=spelling, default=dict)
        headers = [
            (b"content-type", said.kind), *_caching(said.cache), *said.headers, *self.echo,
        ]  # fmt: skip
        if self.gzip and len(body) > WORTH_IT:
            body = packed(body)
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", b"%d" % len(body)))
        await self.send({"type": "http.response.start", "status": said.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _caching(seconds: int) -> Pairs:
    """Return for how long an answer may be kept, 0: not at all."""
    if not seconds:
        return [(b"cache-control", b"no-store"), (b"vary", b"Accept-Encoding")]
    return [(b"cache-control", b"private, max-age=%d" % seconds), (b"vary", b"Accept-Encoding, Authorization")]


def ids(answers: Sequence[Answer]) -> Mapping[str, str]:
    """Return the id of the decision that a result rests on, as a member; of several, that of the first."""
    return {"decision_id": answers[0].id} if answers else {}
