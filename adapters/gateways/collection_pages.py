"""`POST /v1/collection-checks`: may a form ask people for these items, or could the body obtain them by sharing?

Source: art_10__para_1. A check records nothing; it tells the designer of a form what the catalogue says now.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.exceptions import HTTPException

from adapters.gateways.act_models import Id  # noqa: TC001 -- the model's annotations are read at run time
from adapters.gateways.asking import actor_of, available, check
from adapters.gateways.body import GoneError, read_body
from adapters.gateways.headers import RejectedError
from adapters.gateways.strict_json import check_content_type, read_object
from pdp.errors import RequestError
from pdp.law import cite
from pdp.supervision.collection import named
from pdp.supervision.form import Form

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from enum import Enum

    from adapters.gateways.acting import Acting
    from adapters.gateways.matters import Matters
    from pdp.ledger.world import World
    from pdp.supervision.form import PagedIndex, Seen

CHECK: Final = "collection.check"
"""The act, in policies/tables/posts.csv, of having a form checked."""
VERDICTS: Final = {
    "conforming": "可以要求提供:目前不能通过共享方式获取",
    "non_conforming": "不得要求提供:能够通过共享方式获取",
    "excepted": "按例外要求提供:能够通过共享方式获取,已说明理由",
    "unknown": "尚不能判断:能否共享没有确定",
}
_MANY: Final = "尚不能判断:含这一信息项的条目很多,没有逐一核对"
MOST: Final = 500  # items of one check
_NO_STORE: Final = {"cache-control": "no-store"}
_TAGS: Final[list[str | Enum]] = ["Supervision"]
_EXAMPLE: Final = {
    "body": "B",
    "items": ["户籍地址", "婚姻状况", "本人签名"],
    "exceptions": {"婚姻状况": "登记信息与本人陈述不一致,须核对原件"},
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A verdict for each item, in order, with how the body can obtain it. Nothing is recorded."},
    400: {"description": "The check cannot be read: `place: fault`."},
    401: {"description": "Nobody was authenticated."},
    403: {"description": "None of the posts may have a form checked, or not for this body."},
    503: {"description": "The ledger is down; ask again after `Retry-After`."},
}
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class CollectionCheck(BaseModel):
    """The items that a form of a body asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    body: Id = Field(description="哪个机构的表单 · Whose form")
    items: Annotated[list[Name], Field(min_length=1, max_length=MOST)] = Field(
        description="信息项的名称;按全角半角归一后相同的名称核对,不作相似比较 · Compared by equal names alone"
    )
    exceptions: Annotated[dict[Name, Reason], Field(max_length=MOST)] = Field(
        default={}, description="信息项 → 例外的理由(原则上)· Item to the reason of an exception"
    )


def add_collection_checks(app: FastAPI, matters: Matters, index: PagedIndex, acting: Acting) -> None:
    """Add the check. `matters` is looked at by one check at a time."""
    schema = CollectionCheck.model_json_schema()
    content = {"application/json": {"schema": schema, "example": _EXAMPLE}}

    # The body is read here, not by the framework: who asks comes first, and a name that stands twice is a fault.
    @app.post(
        "/v1/collection-checks",
        tags=_TAGS,
        summary="重复收集核验 · May a form ask for these items?",
        operation_id="collection_check",
        responses=_ANSWERS,
        openapi_extra={"requestBody": {"required": True, "content": content}},
    )
    async def collection_check(request: Request) -> Response:
        actor = actor_of(acting, request.headers.get("authorization"))
        check(acting, actor, CHECK)
        try:
            asked = await _asked(request)
        except GoneError:
            return Response(status_code=400)
        if not actor.acts_for(asked.body):
            raise HTTPException(403, f'body: "{actor.caller.id}" may not act on behalf of "{asked.body}"')
        found = await asyncio.to_thread(available, lambda: matters.seen(_look(asked, index)))
        return JSONResponse(found, 200, _NO_STORE)


async def _asked(request: Request) -> CollectionCheck:
    """Return what was sent, if it is a check; raise the HTTPException that is the answer otherwise."""
    media = request.headers.get("content-type")
    try:
        check_content_type(media.encode("latin-1") if media else None)
        body = await read_body(request.receive)
        return _parsed(body)
    except RejectedError as refused:
        raise HTTPException(refused.status, refused.text) from None
    except RequestError as bad:
        raise HTTPException(400, str(bad)) from None


def _parsed(body: bytes) -> CollectionCheck:
    read_object(body)
    try:
        asked = CollectionCheck.model_validate_json(body, strict=True)
    except ValidationError as invalid:
        fault = invalid.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"][:2])) if fault["loc"][:1] != ("exceptions",) else "exceptions"
        raise RequestError(place or "body", f"{fault['msg'][:1].lower()}{fault['msg'][1:]}") from None
    if not {*map(named, asked.exceptions)} <= {*map(named, asked.items)}:
        place, fault_ = "exceptions", "names an item that is not among items"
        raise RequestError(place, fault_)
    return asked


def _look(asked: CollectionCheck, index: PagedIndex) -> Callable[[World, datetime], dict[str, object]]:
    def look(world: World, now: datetime) -> dict[str, object]:
        form = Form(asked.body, index, world, now, asked.exceptions)
        return {
            "body": asked.body,
            "as_of": now.isoformat(),
            "items": [_told(form.check(item), world, now) for item in asked.items],
            "notice": "依据目录现在的记载核对,不作任何记录;是否收集由收集的机构依法决定",
        }

    return look


def _told(seen: Seen, world: World, now: datetime) -> dict[str, object]:
    checked = seen.checked
    entries = {way.dataset: world.dataset(way.dataset, now) for way in checked.obtainable}
    return {
        "item": checked.item,
        "verdict": checked.verdict,
        "zh": _MANY if seen.more and checked.verdict == "unknown" else VERDICTS[checked.verdict],
        "obtainable": [
            {
                "dataset": way.dataset,
                "title": entries[way.dataset].title,
                "provider": entries[way.dataset].provider,
                "field": way.field,
                "route": way.route,
            }
            for way in checked.obtainable
        ],
        "more": seen.more,
        "articles": [{"id": article, "cite": cite(article)} for article in checked.articles],
        "statements": list(checked.statements),
        "reason": checked.reason,
    }
