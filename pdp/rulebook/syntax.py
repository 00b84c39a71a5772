"""The grammar of the subset: a package, one head and private helpers, each a conjunction of comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import PolicyError
from pdp.rulebook.rule import Condition
from pdp.rulebook.tokens import Token, outside, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

_SUBJECTS = {("input",): "input", ("data", "readings"): "readings"}
_COMPARE = 'compare it: input.<fact> == "<value>", != or in {…}'


class Parser:
    """Reads one rule file. `first` is the line of the first body."""

    def __init__(self, path: str, source: str, heads: Sequence[str]) -> None:
        self.path = path
        self.heads = heads
        self.first = 1
        self._tokens = list(tokens(path, source))
        self._at = 0

    def module(self, package: str) -> dict[str, tuple[tuple[Condition, ...], ...]]:
        """Return every name of the file with its bodies; raise PolicyError for anything outside the grammar."""
        self._package(package)
        self.first = self._skip_lines().line
        bodies: dict[str, tuple[tuple[Condition, ...], ...]] = {}
        while self._skip_lines().kind != "end":
            name = self._rule_name()
            bodies[name] = (*bodies.get(name, ()), self._body())
        return bodies

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _skip_lines(self) -> Token:
        while self._next.kind == "newline":
            self._take()
        return self._next

    def _refuse(self, token: Token, remedy: str) -> PolicyError:
        shown = {"newline": "the end of the line", "end": "the end of the file"}.get(token.kind, f'"{token.word}"')
        return PolicyError(self.path, token.line, f"{shown} is out of place", remedy)

    def _expect(self, word: str, remedy: str) -> Token:
        token = self._take()
        if token.kind == "text" or token.word != word:
            raise self._refuse(token, remedy)
        return token

    def _package(self, package: str) -> None:
        self._skip_lines()
        self._expect("package", f"begin with: package {package}")
        named = self._take()
        if named.kind != "name" or named.word != package:
            fault = f'the package is "{named.word}", the folder says {package}'
            raise PolicyError(self.path, named.line, fault, f"write: package {package}")
        self._end_line()

    def _rule_name(self) -> str:
        token = self._take()
        if token.kind != "name" or not (token.word in self.heads or token.word.startswith("_")):
            remedy = f"write one of {', '.join(self.heads)}, or a helper that begins with _"
            raise self._refuse(token, remedy)
        if "." in token.word:
            raise self._refuse(token, "give a head or helper a name without dots")
        self._expect("if", f"write: {token.word} if {{…}}")
        return token.word

    def _body(self) -> tuple[Condition, ...]:
        if self._next.word != "{" or self._next.kind != "mark":
            condition = self._condition()
            self._end_line()
            return (condition,)
        opened = self._take()
        conditions: list[Condition] = []
        while not self._closed():
            conditions.append(self._condition())
            if self._next.word != "}":
                self._end_condition()
        self._take()
        self._end_line()
        if not conditions:
            raise PolicyError(self.path, opened.line, "the body is empty", _COMPARE)
        return tuple(conditions)

    def _closed(self) -> bool:
        token = self._skip_lines()
        return token.kind == "mark" and token.word == "}"

    def _condition(self) -> Condition:
        negated = self._next.kind == "name" and self._next.word == "not"
        if negated:
            self._take()
        token = self._take()
        if token.kind != "name":
            remedy = "write the fact first, then the constant" if token.kind == "text" else _COMPARE
            raise self._refuse(token, remedy)
        *scope, name = token.word.split(".")
        if not scope and name.startswith("_"):
            return Condition("helper", name, frozenset(), negated, token.line)
        subject = _SUBJECTS.get(tuple(scope))
        if subject is None:
            raise self._foreign(token)
        return self._comparison(subject, name, token, negated=negated)

    def _foreign(self, token: Token) -> PolicyError:
        if self._next.word in {":=", "=", "("}:
            return outside(self.path, token.line, self._next.word)
        remedy = "write input.<fact>, data.readings.<id> or a private helper of this file"
        return PolicyError(self.path, token.line, f'"{token.word}" is no fact, reading or helper', remedy)

    def _comparison(self, subject: str, name: str, token: Token, *, negated: bool) -> Condition:
        operator = self._take()
        if operator.kind == "text" or operator.word not in {"==", "!=", "in"}:
            fault = f'"{token.word}" stands alone, and every value counts as true'
            raise PolicyError(self.path, token.line, fault, _COMPARE)
        values = self._set() if operator.word == "in" else frozenset({self._constant()})
        return Condition(subject, name, values, negated != (operator.word == "!="), token.line)

    def _constant(self) -> str:
        token = self._take()
        if token.kind != "text":
            raise self._refuse(token, 'compare with a constant in double quotes: "<value>"')
        return token.word

    def _set(self) -> frozenset[str]:
        self._expect("{", 'write a set of constants: {"<value>", "<value>"}')
        values: list[str] = []
        while True:
            token = self._skip_lines()
            values.append(self._constant())
            if values[-1] in values[:-1]:
                raise PolicyError(self.path, token.line, f'"{values[-1]}" is named twice', "name each value once")
            if self._skip_lines().word == "," and self._next.kind == "mark":
                self._take()
                if self._closed():  # a trailing comma, as the formatter writes it over several lines
                    break
            else:
                break
        self._expect("}", "close the set with }")
        return frozenset(values)

    def _end_condition(self) -> None:
        token = self._take()
        if token.kind != "newline" and not (token.kind == "mark" and token.word == ";"):
            raise self._refuse(token, "write one comparison a line")

    def _end_line(self) -> None:
        token = self._take()
        if token.kind not in {"newline", "end"}:
            raise self._refuse(token, "begin a new line")
