"""A route as a file or a statement states it: plain members, checked one by one.

A file has them side by side; a statement keeps `fields`, `scenario` and `purpose` in a member of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pdp.errors import PDPError
from pdp.routing.path import PathError
from pdp.routing.route import (
    HEADER,
    HOST,
    ID,
    MAX_CACHE,
    MEMBER,
    METHOD,
    FromHeader,
    FromPath,
    FromQuery,
    Parameter,
    Route,
    Said,
    template,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from pdp.routing.route import Source, Template

REQUIRED: Final = ("method", "path", "dataset", "action")
OPTIONAL: Final = (
    *("host", "mode", "channel", "carrier", "fields", "scenario", "purpose", "rows_at", "envelope", "cache"),
)  # fmt: skip
_PLACE: Final = re.compile(r"\{(.*)\}", re.DOTALL)
_POINTER: Final = re.compile(r"(/([^~/]|~[01])*)*")
_ID_REMEDY: Final = "an id has 1 to 128 of A-Z a-z 0-9 . _ : -"


class RouteError(PDPError):
    """A member of a route cannot be used: which, what is wrong, what to do."""

    def __init__(self, member: str, fault: str, remedy: str) -> None:
        super().__init__(f"{member}: {fault}; {remedy}")
        self.member = member
        self.fault = fault
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Words:
    """The words that a route may say; of a set that is empty, any id is one."""

    actions: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()


ANY: Final = Words()


PUBLIC_DATA: Final = Words(
    actions=frozenset({"read", "obtain", "query_catalogue", "onward_supply", "self_access", "information_request"}),
    channels=frozenset(
        {
            *("directory_chain", "bigdata_platform", "city_open_platform", "other_carrier", "own_system", "direct"),
            *("carrier", "approved_carrier"),
        }
    ),
    modes=frozenset({"api", "bulk", "online_view"}),
)


def route_of(members: Mapping[str, object], words: Words = ANY) -> Route:
    """Return the route that `members` state; `words` limits actions, channels and modes.

    Raises:
        RouteError: a member is missing, unknown or cannot be used.
    """
    for name in members:
        if name not in (*REQUIRED, *OPTIONAL):
            raise RouteError(name, "is no member of a route", f"use some of: {', '.join((*REQUIRED, *OPTIONAL))}")
    for name in REQUIRED:
        if name not in members:
            raise RouteError(name, "is missing", "add it")
    return _Reading(members, words).route()


class _Reading:
    """Reads the members of one route."""

    def __init__(self, members: Mapping[str, object], words: Words) -> None:
        self._members = members
        self._words = words
        self._path = self._template()
        self._names = tuple(part.name for part in self._path if isinstance(part, Parameter))

    def route(self) -> Route:
        """Return the route."""
        words = self._words
        return Route(
            method=self._matching("method", METHOD, "write the method in capitals, such as GET; HEAD is asked as GET"),
            host=self._host(),
            path=self._path,
            dataset=self._id("dataset"),
            action=self._word("action", words.actions),
            mode=self._word("mode", words.modes) if "mode" in self._members else None,
            channel=self._word("channel", words.channels) if "channel" in self._members else None,
            carrier=self._id("carrier") if "carrier" in self._members else None,
            fields=self._fields(),
            scenario=self._source("scenario"),
            purpose=self._source("purpose"),
            rows_at=self._pointer(),
            envelope=self._texts("envelope") if "envelope" in self._members else (),
            cache=self._cache(),
        )

    def _text(self, name: str) -> str:
        value = self._members[name]
        if not isinstance(value, str):
            raise RouteError(name, "is no text", "write a text, in quotes where YAML would read something else")
        return value

    def _texts(self, name: str) -> tuple[str, ...]:
        value = self._members[name]
        texts = [text for text in value if isinstance(text, str) and text] if isinstance(value, Sequence) else []
        if isinstance(value, str) or not texts or len(texts) != len(value) or len(set(texts)) != len(texts):  # type: ignore[arg-type]  # a sequence, or `texts` is empty
            raise RouteError(name, "is no list of texts, each once", "name at least one, or leave it out")
        return tuple(texts)

    def _matching(self, name: str, pattern: re.Pattern[str], remedy: str) -> str:
        text = self._text(name)
        if not pattern.fullmatch(text):
            raise RouteError(name, f'"{text}" cannot stand here', remedy)
        return text

    def _template(self) -> Template:
        try:
            return template(self._text("path"))
        except PathError as odd:
            remedy = "write the path as a request line has it, percent-encoded, with {name} for a whole segment"
            raise RouteError(odd.place, odd.fault, remedy) from odd

    def _host(self) -> str | None:
        if "host" not in self._members:
            return None
        return self._matching("host", HOST, "write the host in small letters, without port")

    def _word(self, name: str, known: Collection[str]) -> str:
        word = self._matching(name, ID, _ID_REMEDY)
        if known and word not in known:
            raise RouteError(name, f'"{word}" is no {name}', f"use one of: {', '.join(sorted(known))}")
        return word

    def _id(self, name: str) -> Said | FromPath:
        """Return where an id stands: said here, or in the path."""
        text = self._text(name)
        place = _PLACE.fullmatch(text)
        if place is None:
            return Said(self._matching(name, ID, _ID_REMEDY))
        if place[1] not in self._names:
            known = ", ".join(self._names) or "none"
            raise RouteError(name, f'"{place[1]}" is no parameter of the path', f"its parameters are: {known}")
        return FromPath(place[1])

    def _source(self, name: str) -> Source | None:
        """Return where a word stands: said here, in the path, the query or a header."""
        value = self._members.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            return self._id(name)
        kind, where = self._pointed(name, value, ("query", "header"))
        if kind == "query":
            return FromQuery(where)
        header = where.lower()
        if not HEADER.fullmatch(header):
            raise RouteError(name, f'"{where}" is no header that gateways hand on', "name one that begins with X-Data-")
        return FromHeader(header)

    def _fields(self) -> FromQuery | tuple[str, ...] | None:
        """Return where the names of the fields stand: said here, or in the query."""
        value = self._members.get("fields")
        if value is None:
            return None
        if not isinstance(value, Mapping):
            return self._texts("fields")
        return FromQuery(self._pointed("fields", value, ("query",))[1])

    def _pointed(self, name: str, value: Mapping[object, object], kinds: Collection[str]) -> tuple[str, str]:
        """Return the one way of `kinds` in which `value` says where to read, and what to read there."""
        said = [(str(kind), where) for kind, where in value.items()]
        remedy = f"write one of: {', '.join(f'{kind}: name' for kind in kinds)}"
        if len(said) != 1 or said[0][0] not in kinds:
            raise RouteError(name, "does not say in one way where to read", remedy)
        kind, where = said[0]
        if not isinstance(where, str) or not MEMBER.fullmatch(where):
            raise RouteError(name, "does not name what to read with A-Z a-z 0-9 . _ : - alone", remedy)
        return kind, where

    def _cache(self) -> int | None:
        """Return for how many seconds a permit may be used again: of what is only read, never of a copy of it all."""
        seconds = self._members.get("cache")
        if seconds is None:
            return None
        member, remedy = "cache", "leave it out: each call is asked"
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 1 <= seconds <= MAX_CACHE:
            raise RouteError(member, f"is no number of seconds from 1 to {MAX_CACHE}", remedy)
        if self._members["method"] != "GET" or self._members.get("mode") == "bulk":
            raise RouteError(member, "stands at a route that does more than read", remedy)
        return seconds

    def _pointer(self) -> str | None:
        if "rows_at" not in self._members:
            return None
        return self._matching("rows_at", _POINTER, "write a JSON Pointer, such as /data/items")
