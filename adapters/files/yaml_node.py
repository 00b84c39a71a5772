"""One value of a YAML file that knows its line; each reader returns what is meant, or raises and says what to write."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeAlias

from pdp.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LISTED = 12  # as many choices as a line of an error message holds
KINDS = {
    "map": "a mapping",
    "seq": "a list",
    "str": "a text",
    "bool": "a truth value",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
}

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a remedy that names the choice nearest to `word`, or a few of the choices."""
    known = list(choices)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    listed = ", ".join(known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
    return f"use one of: {listed}" if known else "nothing may stand here"


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file, at the line of its key or of itself. Each reader returns what is meant or raises."""

    path: str
    line: int
    kind: str  # map, seq, str, bool, int, float, null, timestamp
    content: str | tuple[Node, ...] | tuple[tuple[Node, Node], ...]

    @property
    def is_null(self) -> bool:
        """Return whether the file says `null` here, or nothing."""
        return self.kind == "null"

    def mapping(self, required: Iterable[str] = (), optional: Iterable[str] = ()) -> dict[str, Node]:
        """Return the values of a mapping with exactly these keys, in the order of the file."""
        entries, required = self.entries(), tuple(required)
        known = (*required, *optional)
        for key, node in entries.items():
            if key not in known:
                raise fault(node, f'"{key}" is no key here', nearest(key, known))
        for key in required:
            if key not in entries:
                raise fault(self, f'"{key}" is missing', f'add "{key}:"')
        return entries

    def entries(self) -> dict[str, Node]:
        """Return the values of a mapping whose keys are free, in the order of the file."""
        return {key.text(): value for key, value in self._pairs()}

    def sequence(self) -> tuple[Node, ...]:
        """Return the items of a list."""
        if self.kind != "seq":
            raise _other(self, "a list", 'start each item on its own line with "- ", or write [a, b]')
        return tuple(item for item in self.content if isinstance(item, Node))

    def texts(self) -> tuple[str, ...]:
        """Return the items of a list of texts, none of them twice."""
        seen: dict[str, int] = {}
        for item in self.sequence():
            if item.text() in seen:
                remedy = f"delete one; the other is on line {seen[item.text()]}"
                raise fault(item, f'"{item.content}" is listed twice', remedy)
            seen[item.text()] = item.line
        return tuple(seen)

    def words(self, choices: Iterable[str], kind: str = "word") -> tuple[str, ...]:
        """Return the items of a list of words, each one of `choices` and none twice."""
        known = tuple(choices)
        for item in self.sequence():
            item.word(known, kind)
        return self.texts()

    def text(self) -> str:
        """Return a text that is not blank."""
        if self.kind in ("bool", "int", "float", "timestamp"):
            what = f"{self.content} is read as {KINDS[self.kind]}, where a text is meant"
            raise fault(self, what, f'put it in quotes: "{self.content}"')
        if self.kind != "str":
            raise _other(self, "a text", "write a text")
        if not str(self.content).strip():
            raise fault(self, "the text is empty", "write it, or delete the key")
        return str(self.content)

    def word(self, choices: Iterable[str], kind: str = "word") -> str:
        """Return a text that is one of `choices`; `kind` says what such a word is."""
        known = tuple(choices)
        if self.text() not in known:
            raise fault(self, f'"{self.content}" is no {kind}', nearest(self.text(), known))
        return self.text()

    def flag(self) -> bool:
        """Return a truth value, written `true` or `false`."""
        if self.kind != "bool" or self.content not in ("true", "false"):
            raise _other(self, "true or false", "write true or false, without quotes")
        return self.content == "true"

    def integer(self, least: int | None = None, most: int | None = None) -> int:
        """Return a whole number between `least` and `most`, both included."""
        if self.kind != "int" or not _INTEGER.fullmatch(str(self.content)):
            raise _other(self, "a whole number", "write digits only, without quotes")
        number = int(str(self.content))
        if (least is not None and number < least) or (most is not None and number > most):
            bounds = f"{'' if least is None else least}..{'' if most is None else most}"
            raise fault(self, f"{number} is out of range", f"write a number in {bounds}")
        return number

    def day(self) -> date:
        """Return a civil day, written "2026-02-14" in quotes."""
        text = self.text()
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass  # a day that does not exist gets the message below
        raise fault(self, f'"{text}" is no day', 'write it as "2026-02-14", in quotes')

    def instant(self) -> datetime:
        """Return an instant with its offset, written "2026-02-27T09:00:00+08:00" in quotes."""
        text = self.text()
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            raise fault(self, f'"{text}" is no instant', 'write it as "2026-02-27T09:00:00+08:00", in quotes')
        return instant

    def value(self) -> Plain:
        """Return whatever stands here as plain values; words that YAML guesses at are refused all the same."""
        if self.kind == "map":
            return {key: node.value() for key, node in self.entries().items()}
        if self.kind == "seq":
            return [item.value() for item in self.sequence()]
        if self.kind == "float" and _FLOAT.fullmatch(str(self.content)):
            return float(str(self.content))
        if self.kind == "bool":
            return self.flag()
        if self.kind == "int":
            return self.integer()
        return None if self.is_null else str(self.content) if self.content == "" else self.text()

    def _pairs(self) -> Iterator[tuple[Node, Node]]:
        if self.kind != "map":
            raise _other(self, "a mapping", 'write "key: value" lines')
        seen: dict[object, int] = {}
        for pair in self.content:
            if isinstance(pair, tuple):
                key, value = pair
                if key.content in seen:
                    remedy = f"delete one; the other is on line {seen[key.content]}"
                    raise fault(key, f'"{key.content}" stands here twice', remedy)
                seen[key.content] = key.line
                yield key, value


def fault(node: Node, what: str, remedy: str) -> PolicyError:
    """Return the error to raise about `node`: what is wrong with it, and what to do."""
    return PolicyError(node.path, node.line, what, remedy)


def _other(node: Node, wanted: str, remedy: str) -> PolicyError:
    found = f'"{node.content}"' if isinstance(node.content, str) and node.content else KINDS[node.kind]
    return PolicyError(node.path, node.line, f"{found} stands where {wanted} is meant", remedy)
