"""What the doors of gateways do alike: a call becomes a question, is answered, and ends in one of six ways.

A door says how it reads a call and which status each ending has; nothing but an allow ends in `ALLOWED`.
"""

from __future__ import annotations

import time
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.callers import Detail
from adapters.gateways.authzen import NotEntitledError
from adapters.gateways.decision_headers import NO_STORE, UNDECIDED, caching, decision_headers
from adapters.gateways.doorkeeper import Doorkeeper, rejection
from adapters.gateways.headers import RejectedError
from adapters.gateways.obligations import to_carry_out
from adapters.gateways.refusal import UNAVAILABLE, RefusalWriter, rejected_body, takes_tokens
from adapters.gateways.told_headers import CREDENTIAL
from adapters.logs import log_decision
from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters.callers import Caller
    from adapters.gateways.call import Call, CallReader, Family
    from adapters.gateways.decision_headers import Headers
    from adapters.gateways.http import Doors
    from adapters.gateways.told_headers import ToldHeaders
    from pdp.model import Answer

MARGIN: Final = 0.02  # seconds that an answer needs back to a gateway
_RECORDED: Final = frozenset({400, 401, 403, 429, 431})
_JSON: Final = ("content-type", "application/json")
_CHALLENGE: Final = ("www-authenticate", "Bearer")


class Ending(Enum):
    """How a call at a gateway's door ends."""

    ALLOWED = auto()
    REFUSED = auto()
    UNAUTHENTICATED = auto()  # refused, and the end user's own token would have been needed
    REJECTED = auto()  # it was no question, or the gateway may not ask it
    OVER_LIMIT = auto()
    FAILED = auto()  # no decision was made


class GatewayAnswer(NamedTuple):
    """What a gateway is told; the status is for its door to choose."""

    ending: Ending
    headers: Headers
    body: bytes = b""
    id: str | None = None
    outcome: str | None = None
    measures: tuple[str, ...] = ()


class Arrived(NamedTuple):
    """What came to a door: whose credential, from where, and the bytes of which the record keeps a digest."""

    headers: ToldHeaders
    credentials: Sequence[str]
    peer: str
    raw: bytes
    seconds: float | None = None  # that the gateway waits
    names: frozenset[str] | None = None  # of the gateway's certificate, which was verified; None: it showed none


FAILED: Final = GatewayAnswer(Ending.FAILED, (*UNDECIDED, _JSON, NO_STORE, ("retry-after", "1")), UNAVAILABLE)


class GatewayDesk:
    """Answers the calls that come to one door. Belongs to one event loop."""

    def __init__(self, doors: Doors, calls: CallReader, door: str) -> None:
        """Answer at `door` what `calls` can read."""
        self._keeper = Doorkeeper(doors.service, doors.callers, doors.log, doors.deadline, door)
        self._calls = calls
        self._door = door
        self._tokens = doors.tokens
        self._writer = RefusalWriter(doors.service.rulebook)

    async def close(self) -> None:
        """Record the rejections that were only counted so far."""
        await self._keeper.close()

    def family(self, caller: Caller) -> Family:
        """Return in which headers `caller` tells of a call."""
        return self._calls.family(caller)

    async def answer(self, arrived: Arrived, read: Callable[[Caller], Call]) -> GatewayAnswer:
        """Return the answer to the call that `read` makes of what has arrived; never raises, never allows in doubt."""
        caller = None
        try:
            caller = self._admitted(arrived)
            arrived.headers.check()
            return await self._decided(arrived, read(caller), caller)
        except (RejectedError, RequestError, NotEntitledError) as refused:
            return await self._turned_away(rejection(refused), caller, arrived)
        except Exception as fault:  # noqa: BLE001 -- whatever it is, nothing is allowed, and the operator hears of it
            self._keeper.alarm(fault)
            return FAILED

    def _admitted(self, arrived: Arrived) -> Caller:
        if len(arrived.credentials) > 1:
            raise RejectedError(400, f"{CREDENTIAL}: is sent twice")
        return self._keeper.gateway(next((sent.encode("utf-8") for sent in arrived.credentials), None), arrived.names)

    async def _decided(self, arrived: Arrived, call: Call, caller: Caller) -> GatewayAnswer:
        began = time.monotonic_ns()
        asked = self._calls.read(call, caller, self._door)
        writer = self._in_force()
        seconds = None if arrived.seconds is None else arrived.seconds - MARGIN
        answer = await self._keeper.ask(asked.request, arrived.raw, seconds)
        permits = answer.decision.outcome.permits
        measures = to_carry_out(answer, asked.request).measures
        token = self._tokens.token(answer, asked) if permits and self._tokens is not None else None
        said = _told(answer, measures, writer, caller.detail, token)
        if said.ending is Ending.ALLOWED:
            said = said._replace(headers=(*said.headers, *caching(answer.decision, asked.varies)))
        if writer.rests_on_assurance(answer) and takes_tokens(asked.request, self._calls.route_map(caller)):
            said = said._replace(ending=Ending.UNAUTHENTICATED, headers=(*said.headers, _CHALLENGE))
        log_decision(self._keeper.log, answer, caller.id, began)
        return said

    async def _turned_away(self, why: RejectedError, caller: Caller | None, arrived: Arrived) -> GatewayAnswer:
        """Record the rejection; where that fails in a way that nobody foresaw, nothing is said of the call."""
        if why.status not in _RECORDED:
            why = RejectedError(400, why.text)
        try:
            await self._keeper.rejected(why, caller, arrived.peer, arrived.raw)
        except Exception as fault:  # noqa: BLE001 -- as above
            self._keeper.alarm(fault)
            return FAILED
        return rejected(why)

    def _in_force(self) -> RefusalWriter:
        """Return the writer of the revision that is about to decide."""
        rulebook = self._keeper.service.rulebook
        if rulebook is not self._writer.rulebook:
            self._writer = RefusalWriter(rulebook)
        return self._writer


def rejected(why: RejectedError) -> GatewayAnswer:
    """Return what a gateway is told of a call that never became a question."""
    ending = Ending.OVER_LIMIT if why.status == 429 else Ending.REJECTED  # noqa: PLR2004 -- HTTP's own number
    later = tuple((name.decode(), value.decode()) for name, value in why.headers if name == b"retry-after")
    return GatewayAnswer(ending, (*UNDECIDED, _JSON, NO_STORE, *later), rejected_body(why.status, why.text))


def _told(
    answer: Answer, measures: tuple[str, ...], writer: RefusalWriter, detail: Detail, token: str | None
) -> GatewayAnswer:
    """Return what a gateway is told of a recorded decision."""
    decision = answer.decision
    told = detail is not Detail.NONE
    known = answer.id, decision.outcome.value
    if decision.outcome.permits:
        headers = decision_headers(answer, measures, token, "" if told else None)
        return GatewayAnswer(Ending.ALLOWED, headers, b"", *known, measures)
    reason = writer.reason(answer)
    headers = decision_headers(answer, measures, token, reason["zh"] if told else None)
    body = writer.body(answer, reason, detail)
    return GatewayAnswer(Ending.REFUSED, (*headers, _JSON, NO_STORE), body, *known)
