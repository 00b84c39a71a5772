"""The doors at which is asked who may do something, with what, and what may be done: a page at a time."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from adapters.gateways.authzen_door import AuthzenDoor, Said
from adapters.gateways.deadline import Deadline
from adapters.gateways.headers import RejectedError
from adapters.gateways.obligations import custom_obligations
from adapters.gateways.page_token import PageTokens, Turned, strange
from adapters.gateways.search import DEFAULT, search_in
from adapters.gateways.strict_json import read_object
from adapters.gateways.whole_question import reader
from pdp.search import ACTION, RESOURCE, SUBJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from structlog.typing import FilteringBoundLogger

    from adapters.callers import Callers
    from adapters.gateways.authzen_door import Sent, Writers
    from adapters.gateways.call import CallReader
    from adapters.gateways.decision_service import DecisionService
    from adapters.gateways.search import Asked
    from pdp.model import Decision, Inquiry
    from pdp.search import Found
    from pdp.searches import Page, Searches, Under

PATHS: Final[Mapping[str, str]] = {what: f"/access/v1/search/{what}" for what in (SUBJECT, RESOURCE, ACTION)}


class Turn(NamedTuple):
    """Which page of which search is wanted."""

    under: Under
    limit: int
    last: str
    bound: Turned


class SearchDoor(AuthzenDoor):
    """`POST /access/v1/search/…` for a subject, a resource or an action."""

    def __init__(  # noqa: PLR0913, PLR0917 -- as every door, and what it searches with
        self,
        service: DecisionService,
        callers: Callers,
        log: FilteringBoundLogger,
        deadline: float,
        writers: Writers,
        what: str,
        searches: Searches,
        calls: CallReader | None = None,
        page_key: bytes | None = None,
    ) -> None:
        """Open the door to searches for `what`; a page that takes longer than `deadline` seconds is not given."""
        super().__init__(service, callers, log, deadline, writers)
        self._deadline = deadline
        self._searches = searches
        self._what = what
        self._calls = calls
        self._tokens = PageTokens(page_key)

    async def _answered(self, sent: Sent) -> Said:
        began = time.monotonic_ns()
        caller = sent.caller
        if not caller.search:
            raise RejectedError(403, f'caller: "{caller.id}" may not search; set search in its registration')
        read = reader(self._service.policy, self._calls)
        asked = search_in(self._what, read_object(sent.body), sent.body, caller, sent.request_id, read)
        self._keeper.check_kind(asked.sought.question, caller)
        with Deadline(self._deadline):
            turn = self._next(asked, caller.id) if asked.token is not None else self._first(asked, caller.id)
            page = await self._searches.page(turn.under, turn.last, turn.limit, sent.body)
        self._log.info(
            "search", sought=self._what, count=len(page.found), total=page.total, gateway=caller.id,
            ms=(time.monotonic_ns() - began) // 1000 / 1000,
        )  # fmt: skip
        return Said(self._written(page, turn, asked), None)

    def _first(self, asked: Asked, caller: str) -> Turn:
        """Begin a search."""
        name, limit = secrets.token_hex(16), DEFAULT if asked.limit is None else asked.limit
        under = self._searches.begin(name, asked.sought, _beside(asked))
        at, revision = under.moment.at.isoformat(), under.moment.law.recorder.set
        bound = Turned(caller, self._what, asked.digest, limit, at, revision, under.ledger, name, "")
        return Turn(under, limit, "", bound)

    def _next(self, asked: Asked, caller: str) -> Turn:
        """Go on with the search that the token leads to; raise RequestError where it leads to none of this caller's."""
        bound = self._tokens.read(asked.token or "")
        same = (bound.caller, bound.what, bound.digest) == (caller, self._what, asked.digest)
        if not same or asked.limit not in {None, bound.limit}:
            raise strange()
        under = self._searches.under(bound.name, bound.last)
        under = under or self._searches.resume(bound.name, asked.sought, bound.since, _beside(asked))
        if under is None:
            raise strange()
        return Turn(under, bound.limit, bound.last, bound)

    def _written(self, page: Page, turn: Turn, asked: Asked) -> bytes:
        last = page.found[-1].id if page.found else turn.last
        stands = turn.bound._replace(last=last, before=turn.bound.before + len(page.found), total=page.total)
        said: dict[str, object] = {
            "next_token": self._tokens.token(stands) if page.more else "",
            "count": len(page.found),
        }
        if page.total is not None:
            said["total"] = page.total
        results = b",".join([self._result(one, asked) for one in page.found])
        return b'{"page":%b,"results":[%b]}' % (orjson.dumps(said), results)

    def _result(self, one: Found, asked: Asked) -> bytes:
        named = {"name": one.id} if self._what == ACTION else {"type": asked.sought.kind, "id": one.id}
        if not asked.explain:
            return orjson.dumps(named)
        return orjson.dumps(named)[:-1] + b',"obligations":' + one.beside + b"}"


def _beside(asked: Asked) -> Callable[[Decision, Inquiry], bytes] | None:
    """Return what makes the obligations that go with a result, if they are asked for."""
    return custom_obligations if asked.explain else None
