"""The METADATA comment of a rule, read statically: what engines answer about it at run time is not trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdp.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENTRY = re.compile(r"#( |   )([a-z]+):(?: (.*\S))?")
_ID = re.compile(r"[a-z_][a-z0-9_]*")
_TOP = {"title", "description", "custom"}
_CUSTOM = {"articles", "remedy", "reading", "exceptions"}
_SHAPE = "write title, description and, under custom, articles, remedy, reading and exceptions, each on one line"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What stands above a rule's package."""

    title: str
    description: str
    articles: tuple[str, ...]
    remedy: str
    readings: tuple[str, ...]
    exceptions: Mapping[str, str]
    line: int  # of its first line


def metadata(path: str, source: str) -> Metadata:
    """Return the METADATA block that stands directly above the package of `source`.

    Raises:
        PolicyError: it is missing, stands elsewhere, or has another shape than the fixed one.
    """
    lines = source.split("\n")
    places = [number for number, line in enumerate(lines, 1) if re.fullmatch(r"\s*#\s*METADATA\s*", line)]
    if len(places) != 1 or lines[places[0] - 1] != "# METADATA":
        line = places[1] if len(places) > 1 else 1
        raise PolicyError(path, line, "no single METADATA comment at column 1", "put one directly above the package")
    start = places[0]
    entries = _entries(path, lines, start)
    words = {key: (line, value) for key, (line, value) in entries.items()}
    missing = sorted({"title", "description", "articles"} - words.keys())
    if missing:
        raise PolicyError(path, start, f"METADATA lacks {', '.join(missing)}", _SHAPE)
    return Metadata(
        title=_text(path, *words["title"]),
        description=_text(path, *words["description"]),
        articles=_many(path, *words["articles"]),
        remedy="".join(_many(path, *words["remedy"])) if "remedy" in words else "",
        readings=_many(path, *words["reading"]) if "reading" in words else (),
        exceptions=_pairs(path, *words["exceptions"]) if "exceptions" in words else {},
        line=start,
    )


def _entries(path: str, lines: list[str], start: int) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines[start:], start + 1):
        if not line.startswith("#"):
            if line.startswith("package "):
                return found
            break
        entry = _ENTRY.fullmatch(line)
        indent, key, value = entry.groups() if entry else ("", "", None)
        if key not in (_TOP if indent == " " else _CUSTOM) or key in found or (value is None) != (key == "custom"):
            raise PolicyError(path, number, f'"{line}" is no line of METADATA', _SHAPE)
        if (indent == "   ") != ("custom" in found):
            raise PolicyError(path, number, f"{key} is in the wrong place", _SHAPE)
        found[key] = (number, value or "")
    raise PolicyError(path, start, "METADATA does not stand directly above the package", "remove what is between them")


def _text(path: str, line: int, value: str) -> str:
    """Return a plain or double-quoted scalar; whatever YAML would read otherwise is refused."""
    if value.startswith('"') and value.endswith('"') and not set(value[1:-1]) & set('"\\') and len(value) > 1:
        return value[1:-1]
    special = value[0] in "\"'[]{}>|*&!%#`@,?:-" or ": " in value or " #" in value or value.endswith(":")
    if special:
        raise PolicyError(path, line, "the sentence holds signs that YAML reads as its own", "put it in double quotes")
    return value


def _many(path: str, line: int, value: str) -> tuple[str, ...]:
    bare = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    if bare is value and "," in value:
        raise PolicyError(path, line, "several ids without brackets", "write [id, id]")
    return tuple(_ids(path, line, bare.split(",")))


def _pairs(path: str, line: int, value: str) -> dict[str, str]:
    if not (value.startswith("{") and value.endswith("}")):
        raise PolicyError(path, line, "exceptions is no mapping", "write {_helper: art_27__para_2}")
    pairs = [pair.split(":") for pair in value[1:-1].split(",")]
    if any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004 - a pair
        raise PolicyError(path, line, "exceptions is no mapping", "write {_helper: art_27__para_2}")
    articles = [next(iter(_ids(path, line, [article]))) for _, article in pairs]
    return dict(zip(_ids(path, line, [helper for helper, _ in pairs]), articles, strict=True))


def _ids(path: str, line: int, words: Iterable[str]) -> Iterable[str]:
    seen: set[str] = set()
    for word in map(str.strip, words):
        if not _ID.fullmatch(word) or word in seen:
            fault = f'"{word}" is named twice' if word in seen else f'"{word}" is no id'
            raise PolicyError(path, line, fault, "write ids of small letters, digits and underscores, each once")
        seen.add(word)
        yield word
