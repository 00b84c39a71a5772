"""The words of the analysable Rego subset, each with its line; whatever is outside it, with what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdp.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(
    r"(?P<newline>\n)|(?P<space>[ \t]+)|(?P<comment>\#[^\r\n]*)"
    r'|(?P<text>"[^"\\\n]*")'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<mark>==|!=|[{},;])"
    r"|(?P<outside>:=|<=|>=|[0-9]+|.)"
)
_ENGINES_WORK = "compare facts in pdp/facts, where they are judged, and let the rule read the result"
INSTEAD = {  # what stands outside the subset -> what to write instead
    "with": "give the rule its facts as they are; only tests replace input",
    ":=": 'compare where the fact is used: input.<fact> == "<value>"',
    "=": "compare with ==",
    "some": "name each value: input.<fact> in {…}",
    "every": "name each value: input.<fact> in {…}",
    "else": "write a second body under the same name",
    "contains": "write `<head> if {…}`; a rule says yes or nothing",
    "default": "leave it out; the rulebook is total by itself",
    "import": "write facts and readings in full: input.<fact>, data.readings.<id>",
    "as": "write facts and readings in full: input.<fact>, data.readings.<id>",
    "true": "write `<head> if {…}`; a rule says yes or nothing",
    "false": "write `<head> if {…}`; a rule says yes or nothing",
    "null": "compare with the value that stands for it, such as unknown",
    "(": "write a private helper without arguments; functions and built-ins are outside the subset",
    ")": "write a private helper without arguments; functions and built-ins are outside the subset",
    "[": "name the fact, input.<fact>, and compare it with a set {…}",
    "]": "name the fact, input.<fact>, and compare it with a set {…}",
    "|": "name each value: input.<fact> in {…}; comprehensions are outside the subset",
    ":": "write a set of values {…}; objects are outside the subset",
    "<": _ENGINES_WORK,
    ">": _ENGINES_WORK,
    "<=": _ENGINES_WORK,
    ">=": _ENGINES_WORK,
    "+": _ENGINES_WORK,
    "-": _ENGINES_WORK,
    "*": _ENGINES_WORK,
    "/": _ENGINES_WORK,
    "%": _ENGINES_WORK,
    "&": "name each value: input.<fact> in {…}",
    "`": 'write constants in plain double quotes: "<value>"',
    '"': "write constants on one line in double quotes, without backslash",
    ".": "name the fact in one word: input.<fact>",
    "\r": "end lines with a line feed alone",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a rule. `kind` is name, text, mark, newline or end."""

    kind: str
    word: str  # a text without its quotes
    line: int


def tokens(path: str, source: str) -> Iterator[Token]:
    """Yield the words of `source`, comments and spaces left out, and an end.

    Raises:
        PolicyError: a word is outside the subset; the line, and what to write instead.
    """
    line = 1
    for found in _WORD.finditer(source):
        kind, word = str(found.lastgroup), found.group()
        if kind == "outside" or (kind == "name" and word in INSTEAD):
            raise outside(path, line, word)
        if kind not in {"space", "comment"}:
            yield Token(kind, word.strip('"') if kind == "text" else word, line)
        line += kind == "newline"
    yield Token("end", "", line)


def outside(path: str, line: int, word: str) -> PolicyError:
    """Return the error for `word`, which no rule of the subset uses."""
    remedy = "write constants as words of the vocabulary" if word.isdecimal() else INSTEAD.get(word)
    shown = word if word.isprintable() else f"U+{ord(word[0]):04X}"
    return PolicyError(path, line, f'"{shown}" is outside the subset', remedy or "write the words of the subset alone")
