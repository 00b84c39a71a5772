"""`GET /v1/findings`: what the ledger and the log show of the cases of art_41 and art_42, for whoever may read it.

Evidence for those who decide; nothing here is a sanction, and nothing here makes one.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol

from fastapi import FastAPI, Header, Query
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from adapters.gateways.asking import actor_of, available, check, reads_all
from pdp.law import cite
from pdp.supervision.report import NOTICE, check_article, not_computed, page
from pdp.workdays import SHANGHAI, civil

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from enum import Enum

    from adapters.gateways.acting import Acting
    from pdp.supervision.finding import Finding
    from pdp.supervision.report import Report

READ: Final = "finding.read"
"""The act, in policies/tables/posts.csv, of reading findings."""
DAYS: Final = 90  # back from today, of decisions that are looked at where nothing else is asked for
LONGEST: Final = 500  # findings a page
_SHOWN: Final = 100  # decisions of one finding
_AGAIN: Final = "10"  # seconds
_NO_STORE: Final = {"cache-control": "no-store"}
_TAGS: Final[list[str | Enum]] = ["Supervision"]
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "What was found, as of `as_of`, and what cannot be seen. None of it is a sanction."},
    400: {"description": "`article` or `after` cannot be read."},
    401: {"description": "Nobody was authenticated."},
    403: {"description": "None of the posts may read findings."},
    503: {"description": "The findings are being put together, or a store is down; ask again after `Retry-After`."},
}


class Reports(Protocol):
    """Gives reports to any thread."""

    def report(self, since: datetime) -> Report | None:
        """Return a report on the decisions since `since`; None: it is being made, ask again in a while.

        Raises:
            UnavailableError: the ledger or a log cannot be read.
        """
        ...


def add_findings(app: FastAPI, reports: Reports, acting: Acting, now: Callable[[], datetime]) -> None:
    """Add the page of findings."""

    # A plain function: the framework runs it on a thread, for reading ledger and log takes a while.
    @app.get(
        "/v1/findings",
        tags=_TAGS,
        summary="第四十一条、第四十二条情形的线索和证据 · Findings",
        operation_id="findings",
        responses=_ANSWERS,
    )
    def findings(  # noqa: PLR0913, PLR0917 -- the members of the query
        article: Annotated[str, Query(description="条、款或者项,例如 art_41__para_1__item_5;默认全部")] = "",
        subject: Annotated[str, Query(description="关于谁;默认您可以查看的全部")] = "",
        since: Annotated[date | None, Query(description=f"自哪一日起的决定;默认最近 {DAYS} 日")] = None,
        after: Annotated[str, Query(description="上一页给出的 next")] = "",
        size: Annotated[int, Query(ge=1, le=LONGEST)] = 50,
        authorization: Annotated[str | None, Header()] = None,
    ) -> JSONResponse:
        actor = actor_of(acting, authorization)
        check(acting, actor, READ)
        available(lambda: check_article(article))
        bodies = None if reads_all(acting, actor) else actor.bodies
        report = available(lambda: reports.report(beginning(since, now())))
        if report is None:
            raise HTTPException(503, "the findings are being put together; ask again", {"retry-after": _AGAIN})
        chosen = report.chosen(article, subject, bodies)
        items, following = available(lambda: page(chosen, after, size))
        return JSONResponse({**told(report, article, items, bodies), "next": following or None}, 200, _NO_STORE)


def beginning(since: date | None, now: datetime) -> datetime:
    """Return the instant from which on decisions are looked at: the 00:00 of `since`, or of `DAYS` days ago."""
    return datetime.combine(since or civil(now) - timedelta(days=DAYS), time(), SHANGHAI)


def told(
    report: Report, article: str, findings: Sequence[Finding], bodies: Sequence[str] | None = None
) -> dict[str, object]:
    """Return findings as plain JSON, with what of `article` cannot be seen, and how far decisions were looked at."""
    return {
        "as_of": report.at.isoformat(),
        "of": None if bodies is None else list(bodies),
        "items": [_item(found) for found in findings],
        "not_computed": [
            {"article": item, "cite": cite(item), "zh": why} for item, why in not_computed(article).items()
        ],
        "decisions": {
            "since": report.since.isoformat(),
            "left_out": report.left_out,
            "unreadable": report.unreadable,
        },
        "notice": NOTICE,
    }


def _item(found: Finding) -> dict[str, object]:
    return {
        "article": found.article,
        "cite": cite(found.article),
        "subject": found.subject,
        "dataset": found.dataset,
        "zh": found.zh,
        "since": found.since.isoformat() if found.since else None,
        "statements": list(found.statements),
        "decisions": list(found.decisions[:_SHOWN]),
        "decisions_in_all": len(found.decisions),
    }
