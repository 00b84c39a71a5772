"""AuthZEN 1.0, a search: whoever or whatever is searched for is left open, everything else must be said.

What is sent as the id of the entity that is searched for is ignored, whatever it is.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import ValidationError

from adapters.gateways.authzen import FAULTS, TOKEN, question_in, refuse_null
from adapters.gateways.evaluation import PageAsked
from adapters.gateways.evaluation_claims import ROUTE
from pdp.errors import RequestError
from pdp.search import ACTION, SUBJECT, Sought

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.callers import Caller
    from adapters.gateways.whole_question import QuestionReader

DEFAULT: Final = 100  # results of a page
MOST: Final = 500
_VALIDATOR: Final = PageAsked.__pydantic_validator__


class Asked(NamedTuple):
    """A search, and which page of it."""

    sought: Sought
    explain: bool
    limit: int | None  # None: the default, or that of the token
    token: str | None  # None: the first page
    digest: str  # hex SHA-256 of the request without token and limit


def search_in(  # noqa: PLR0913, PLR0917 -- what a question is read out of, and how
    what: str,
    said: dict[str, Any],
    body: bytes,
    caller: Caller,
    request_id: str | None,
    read: QuestionReader = question_in,
) -> Asked:
    """Return the search for `what`, a subject, resource or action, that the object `said` is, read out of `body`.

    Raises:
        RequestError: it is none; the message says where and what, never the value that was sent.
        NotEntitledError: `caller` may not speak for this kind of subject.
    """
    page = _page(said, body)
    if what == SUBJECT and "subject_token" in _members(said.get("context")):
        raise RequestError(TOKEN, "says who the subject is, which is what is searched for; leave it out")
    question = {name: member for name, member in said.items() if name != "page"}
    question[what] = _open(what, said.get(what))
    if question[what] is None:
        del question[what]
    request = read(question, body, caller, request_id)
    if what == SUBJECT:
        request = replace(request, subject=None)
    kind = "" if what == ACTION else said[what]["type"]
    limit = None if page.limit is None else min(page.limit, MOST)
    explain = bool(said.get("context", {}).get("explain"))
    return Asked(Sought(what, kind, request), explain, limit, page.token, _digest(said))


def _open(what: str, member: object) -> object:
    """Return the member with nothing in place of what is searched for; an action need not be there at all."""
    if what == ACTION:
        return {"name": ""}
    nothing = "/" if _members(member).get("type") == ROUTE else ""  # a route's id is a path, and this one leads nowhere
    return {**member, "id": nothing} if isinstance(member, dict) else member


def _members(part: object) -> Mapping[str, object]:
    return part if isinstance(part, dict) else {}


def _page(said: Mapping[str, Any], body: bytes) -> PageAsked:
    if "page" not in said:
        return PageAsked()
    try:
        page: PageAsked = _VALIDATOR.validate_python(said["page"], extra="ignore")
    except ValidationError as invalid:
        fault = invalid.errors(include_url=False, include_input=False)[0]
        known = "is no token of this service" if fault["type"] == "string_too_long" else FAULTS.get(fault["type"])
        raise RequestError(".".join(map(str, ("page", *fault["loc"]))), known or "cannot be read") from None
    if b"null" in body:
        refuse_null(page, "page.")
    return page


def _digest(said: Mapping[str, Any]) -> str:
    page = {name: member for name, member in said.get("page", {}).items() if name not in {"token", "limit"}}
    text = json.dumps({**said, "page": page}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
