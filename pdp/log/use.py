"""One use of an application: what a quota counts, however often the same call is made.

A gateway, or whoever calls it, makes a call again that was not answered, under the same request id. Where a call is
told of, the id may be the client's own word: so it stands for one use only together with all that the call was, for
seconds, and where no body says what is read. What is no call has its id from who asks: a query engine, a program.
Source: art_21__para_1, art_24__para_1.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pdp.model import AccessRequest

WITHIN: Final = 10.0  # seconds in which a call made again is the same use
_READ: Final = "GET "  # how a route is named that has nothing to read in a body


class Use(NamedTuple):
    """One use; `question` is what a repetition has in common with it, None where nothing repeats it."""

    question: str | None = None
    at: float | None = None  # seconds since 1970 of a call; None: a repetition is one whenever it comes

    def repeats(self, earlier: float | None) -> bool:
        """Return whether this is the use with the same question that was made at `earlier`."""
        return self.at is None or (earlier is not None and 0 <= self.at - earlier < WITHIN)


def use_of(request: AccessRequest, at: datetime, digest: Callable[[], str]) -> Use:
    """Return the use that `request` is if it is released; `digest`: gives the keyed digest of its bytes."""
    return _use(request.request_id, request.route, digest, at.timestamp)


def use_recorded(record: Mapping[str, Any]) -> Use:
    """Return the use that a record of a released decision tells of."""
    asked = record["request"]

    def at() -> float:
        return datetime.fromisoformat(record["at"]).timestamp()

    return _use(asked.get("request_id"), asked.get("route"), lambda: asked.get("digest", ""), at)


def _use(request_id: str | None, route: str | None, digest: Callable[[], str], at: Callable[[], float]) -> Use:
    """Return the use of a question with `request_id`, which is visible ASCII, about a call on `route`."""
    if request_id is None or (route is not None and not route.startswith(_READ)):
        return Use()
    return Use(request_id) if route is None else Use(f"{request_id} {digest()}", at())
