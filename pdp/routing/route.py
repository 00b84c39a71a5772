"""One route: which calls of a data API it is about, and where in a call the members of the question stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pdp.routing.path import PathError, canonical_path, spelled

ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
METHOD: Final = re.compile(r"[A-Z]{1,20}")
HOST: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9](?:[a-z0-9-]{0,62}))*")
MEMBER: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")  # of a query
HEADER: Final = re.compile(r"x-data-[a-z0-9-]{1,57}")  # those that doors hand on
MAX_SEGMENTS: Final = 64  # of a template
MAX_CACHE: Final = 10  # seconds
_PARAMETER: Final = re.compile(r"\{([a-z][a-z0-9_]{0,31})\}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A place of a template that any one segment fills, if it is not empty."""

    name: str


Template = tuple[str | Parameter, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A value that the route itself says."""

    value: str


@dataclass(frozen=True, slots=True)
class FromPath:
    """A value that stands in the path, where the template has this parameter."""

    parameter: str


@dataclass(frozen=True, slots=True)
class FromQuery:
    """A value that a member of the query says; such a member may come once."""

    member: str


@dataclass(frozen=True, slots=True)
class FromHeader:
    """A value that a header says, named in lower case."""

    name: str


Source = Said | FromPath | FromQuery | FromHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route of a gateway. What a source does not find in a call is absent from the question."""

    method: str  # as a request line has it; HEAD is asked as GET
    host: str | None  # lower case, no port; None: for calls of which the gateway tells no host
    path: Template
    dataset: Said | FromPath
    action: str
    mode: str | None = None
    channel: str | None = None
    carrier: Said | FromPath | None = None
    fields: FromQuery | tuple[str, ...] | None = None  # commas part the names in a query; None: all fields
    scenario: Source | None = None
    purpose: Source | None = None
    rows_at: str | None = None  # JSON Pointer to the rows of the data API's answer; None: the answer is the list
    envelope: tuple[str, ...] = ()  # members around the rows that may pass where rows are filtered
    cache: int | None = None  # seconds for which a permit of unconditional opening may be used again; None: not at all
    name: str = field(init=False, repr=False, compare=False)  # how records and errors call the route

    def __post_init__(self) -> None:
        """Name the route once: every record says the name."""
        object.__setattr__(self, "name", f"{self.method} {self.host or ''}{shown(self.path)}")


def template(text: str) -> Template:
    """Return the template that `text` spells: a path in canonical form, of whose segments some are `{name}`.

    Raises:
        PathError: it is none, or names a parameter twice.
    """
    places = [_PARAMETER.fullmatch(part) for part in text.split("/")]
    blank = "/".join("x" if place else part for part, place in zip(text.split("/"), places, strict=True))
    if "{" in blank or "}" in blank:
        fault = "has a brace outside a parameter, which is a whole segment such as {dataset}"
        raise PathError(fault)
    try:
        literal = canonical_path(blank.encode())
    except UnicodeEncodeError as stray:
        fault = "cannot be written as UTF-8"
        raise PathError(fault) from stray
    if len(literal) > MAX_SEGMENTS:
        fault = f"has more than {MAX_SEGMENTS} segments"
        raise PathError(fault)
    names = [place[1] for place in places if place]
    if len(names) != len(set(names)):
        fault = "names a parameter twice"
        raise PathError(fault)
    return tuple(Parameter(place[1]) if place else part for part, place in zip(literal, places[1:], strict=True))


def shown(path: Template) -> str:
    """Return the text of which `path` is the template."""
    parts = [f"{{{part.name}}}" if isinstance(part, Parameter) else spelled((part,))[1:].decode() for part in path]
    return "/" + "/".join(parts)
