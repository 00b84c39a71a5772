"""`GET /v1/lists/<name>` and `GET /v1/matters/<ref>`: what waits for whom, and where one matter stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date  # noqa: TC003 -- the framework reads annotations
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import FastAPI, Header, Query
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from adapters.gateways.asking import READ_ALL, actor_of, available, reads_all
from pdp.ledger.matter import plain
from pdp.workdays import civil
from pdp.worklists import applications, entries, reminders, supervision
from pdp.worklists.page import LONGEST, Paging

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from enum import Enum

    from adapters.gateways.acting import Acting, Actor
    from adapters.gateways.matters import Matters
    from pdp.ledger.world import World
    from pdp.worklists.page import Page, Source

_NO_STORE: Final = {"cache-control": "no-store"}
_TAGS: Final[list[str | Enum]] = ["Lists"]


@dataclass(frozen=True, slots=True)
class Asking:
    """What a list may be asked for beside its page."""

    of: str
    day: date
    months: int
    used: Callable[[str], int | None]


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: its Chinese name, and how it is made."""

    zh: str
    look: Callable[[Source, World, datetime, Paging, Asking], Page]


OWN: Final = {
    "open-applications": Listing(
        "我的待答复申请", lambda s, w, n, p, a: applications.open_applications(s, w, n, p, of=a.of)
    ),
    "answers-due": Listing("应答复的申请", lambda s, w, n, p, a: applications.answers_due(s, w, n, p, of=a.of)),
    "answers-overdue": Listing(
        "逾期未答复的申请", lambda s, w, n, p, a: applications.answers_overdue(s, w, n, p, of=a.of)
    ),
    "objections-due": Listing("应处理的异议", lambda s, w, n, p, a: supervision.objections_due(s, w, n, p, of=a.of)),
}
"""Name in the address -> a list that is one body's own."""
EVERYBODYS: Final = {
    "defective-refusals": Listing(
        "未说明法定事因的拒绝", lambda s, w, n, p, _: applications.refusals_defective(s, w, n, p)
    ),
    "sanctions": Listing("执行中的处置", lambda s, w, n, p, _: supervision.sanctions_in_force(s, w, n, p)),
    "unclassified-entries": Listing(
        "没有属性或者依据的目录条目", lambda s, w, n, p, _: entries.entries_unclassified(s, w, n, p)
    ),
    "overdue-reviews": Listing(
        "应复核的共享开放属性",
        lambda s, w, n, p, a: entries.attributes_overdue_for_review(s, w, n, p, months=a.months),
    ),
    "unused-grants": Listing(
        "从未使用的授权", lambda s, w, n, p, a: applications.grants_unused(s, w, n, p, used=a.used)
    ),
    "due": Listing("当日到期的事项", lambda s, w, n, p, a: reminders.due_on(s, w, n, p, a.day)),
}
"""Name in the address -> a list over all bodies."""


def add_lists(app: FastAPI, matters: Matters, acting: Acting, used: Callable[[str], int | None]) -> None:
    """Add the lists, and the page of one matter. `used` says how often an application was used; None: not known."""
    # Plain functions: the framework runs them on threads, and both read a disk.
    for name, listing in (OWN | EVERYBODYS).items():
        _add_list(app, name, listing, matters, acting, used)

    @app.get("/v1/matters/{ref:path}", tags=["Matters"], summary="一个事项的现状与全部记载 · One matter")
    def matter(ref: str, authorization: Annotated[str | None, Header()] = None) -> JSONResponse:
        actor = actor_of(acting, authorization)
        found = available(lambda: matters.matter(ref))
        if found is None or not (reads_all(acting, actor) or any(actor.acts_for(body) for body in found.parties)):
            raise HTTPException(404, "nothing is known of such a matter, or you are no party to it")
        shown = {"entity": found.ref, "state": found.state, "history": found.history}
        return JSONResponse(shown, headers={**_NO_STORE, "etag": f'"{found.last}"'})


def _add_list(  # noqa: PLR0913, PLR0917 -- what one list needs
    app: FastAPI, name: str, listing: Listing, matters: Matters, acting: Acting, used: Callable[[str], int | None]
) -> None:
    @app.get(f"/v1/lists/{name}", tags=_TAGS, summary=f"{listing.zh} · {name}", operation_id=f"list_{name}")
    def page(  # noqa: PLR0913, PLR0917 -- the members of the query
        of: Annotated[str | None, Query(description="哪个机构的清单;默认您所代表的机构")] = None,
        after: Annotated[str, Query(description="上一页给出的 next")] = "",
        size: Annotated[int, Query(ge=1, le=LONGEST)] = 50,
        day: Annotated[date | None, Query(description="哪一日到期;默认今日")] = None,
        months: Annotated[int, Query(ge=1, le=1200, description="多少个月未复核")] = 12,
        authorization: Annotated[str | None, Header()] = None,
    ) -> JSONResponse:
        actor = actor_of(acting, authorization)
        whose = _whose(acting, actor, of, own=name in OWN)

        def look(world: World, now: datetime) -> Page:
            asking = Asking(whose, day or civil(now), months, used)
            return listing.look(matters.ledger, world, now, Paging(after, size), asking)

        found = available(lambda: matters.seen(look))
        return JSONResponse({"items": [plain(asdict(one)) for one in found.items], "next": found.next}, 200, _NO_STORE)


def _whose(acting: Acting, actor: Actor, of: str | None, *, own: bool) -> str:
    """Return whose list is asked for; empty: everybody's."""
    if not own:
        if not reads_all(acting, actor):
            raise HTTPException(403, f"this list is everybody's; a post with {READ_ALL} may read it")
        return ""
    if of is None and len(actor.bodies) == 1:
        return actor.bodies[0]
    if of is None:
        raise HTTPException(400, "of: say whose list is meant")
    if not actor.acts_for(of) and not reads_all(acting, actor):
        raise HTTPException(403, f'of: "{actor.caller.id}" may not read the list of "{of}"')
    return of
