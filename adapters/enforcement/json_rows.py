"""Rows of a JSON answer, one at a time: what is around them is left out, but for members that are named.

Nothing is held but the row at hand. What is no JSON, ends early, has its rows somewhere else, or holds a row that is
too large raises; what was given back before is then a part, and whoever sends it on must break off.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import ijson
from ijson.common import JSONError

from adapters.enforcement.refused import RefusedError, Why

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    RowGate = Callable[[object], object | None]

LARGEST_ROW: Final = 1024 * 1024  # bytes
DEEPEST: Final = 64
SLICE: Final = 64 * 1024  # bytes that are read at a time
_OPENS: Final = {"start_map": "{", "start_array": "["}
_CLOSES: Final = {"end_map": "}", "end_array": "]"}
_SCALARS: Final = frozenset({"string", "number", "boolean", "null"})


class JsonRows:
    """One answer. Feed it all bytes, then finish."""

    def __init__(self, rows_at: str, gate: RowGate, envelope: Collection[str] = (), *, numbers: bool = True) -> None:
        """Read an answer.

        Args:
            rows_at: JSON Pointer to the list of rows; empty: the answer is the list.
            gate: returns what is released of a row, None for nothing.
            envelope: names of members around the rows that pass, if they are no lists or objects.
            numbers: whether such members may be numbers; a count would tell what was hidden.
        """
        self._way = [part.replace("~1", "/").replace("~0", "~") for part in rows_at.split("/")[1:]]
        self._gate, self._envelope, self._numbers = gate, frozenset(envelope), numbers
        self._events = ijson.sendable_list()
        self._parser = ijson.basic_parse_coro(self._events)
        self._quiet = 0  # bytes since the last event
        self._level = 0  # containers open on the way to the rows
        self._skipped = 0  # containers open beside it
        self._key = ""
        self._met: set[int] = set()  # levels at which the way was found
        self._row: _Row | None = None
        self._filled = [False]  # for each container that was given back: does it have members?
        self._said: list[str] = []

    def feed(self, data: bytes) -> bytes:
        """Return what can be given back after `data`; raise RefusedError where nothing more can."""
        try:
            for start in range(0, len(data), SLICE):
                self._parser.send(data[start : start + SLICE])
                self._take(min(SLICE, len(data) - start))
        except JSONError:
            raise RefusedError(Why.FORM, "the answer is no JSON") from None
        return self._given() if len(self._way) in self._met else b""  # before the rows it may still be no such answer

    def finish(self) -> bytes:
        """Return the rest; raise RefusedError where the answer ended early."""
        try:
            self._parser.close()
        except JSONError:
            raise RefusedError(Why.FORM, "the answer ended early") from None
        self._take(0)
        return self._given()

    def _given(self) -> bytes:
        said, self._said = "".join(self._said), []
        return said.encode("utf-8", "surrogatepass")

    def _take(self, size: int) -> None:
        self._quiet = 0 if self._events else self._quiet + size
        if self._quiet > LARGEST_ROW:
            raise RefusedError(Why.FORM, "the answer has a value that is too large")
        events, self._events[:] = list(self._events), []
        for kind, value in events:
            self._event(kind, value)

    def _event(self, kind: str, value: Any) -> None:  # noqa: ANN401 -- any scalar of JSON
        if self._row is not None:
            if self._row.event(kind, value):
                self._release(self._row.value)
                self._row = None
        elif self._skipped:
            self._skipped += (kind in _OPENS) - (kind in _CLOSES)
        elif kind == "map_key":
            self._key = value
        elif kind in _CLOSES:
            self._level -= 1
            self._filled.pop()
            self._said.append(_CLOSES[kind])
        elif self._level == len(self._way) + 1:
            self._begin_row(kind, value)
        else:
            self._around(kind, value)

    def _begin_row(self, kind: str, value: object) -> None:
        self._row = _Row()
        if self._row.event(kind, value):
            self._release(self._row.value)
            self._row = None

    def _around(self, kind: str, value: object) -> None:
        """Meet a value that is no row: it is on the way, may pass, or is left out."""
        on_way = self._level == 0 or self._key == self._way[self._level - 1]
        if on_way:
            self._go_on(kind)
        elif kind in _OPENS:
            self._skipped = 1
        elif self._key in self._envelope and (self._numbers or kind != "number"):
            self._member()
            self._said.append(spelled(value))

    def _go_on(self, kind: str) -> None:
        wanted = "start_array" if self._level == len(self._way) else "start_map"
        if self._level in self._met:
            raise RefusedError(Why.FORM, "the answer has its rows twice")
        self._met.add(self._level)
        if kind not in {wanted, "null"} or (kind == "null" and self._level == 0):
            raise RefusedError(Why.FORM, "the answer has no list of rows where the route map says")
        if self._level:
            self._member()
        if kind == "null":
            self._said.append("null")
            return
        self._level += 1
        self._filled.append(False)
        self._said.append(_OPENS[kind])

    def _release(self, row: object) -> None:
        released = self._gate(row)
        if released is not None:
            self._comma()
            self._said.append(spelled(released))

    def _member(self) -> None:
        self._comma()
        self._said.append(json.dumps(self._key, ensure_ascii=False) + ":")

    def _comma(self) -> None:
        if self._filled[-1]:
            self._said.append(",")
        self._filled[-1] = True


class _Row:
    """A row while it is read."""

    def __init__(self) -> None:
        self.value: object = None
        self._open: list[tuple[Any, str]] = []  # containers, each with the key it has in the one around it
        self._key = ""
        self._size = 0

    def event(self, kind: str, value: Any) -> bool:  # noqa: ANN401 -- any scalar of JSON
        """Take an event; return whether the row is complete."""
        self._size += 8 + (len(value) if isinstance(value, str) else 0)
        if self._size > LARGEST_ROW or len(self._open) > DEEPEST:
            raise RefusedError(Why.FORM, "the answer has a row that is too large")
        if kind == "map_key":
            self._key = value
        elif kind in _OPENS:
            self._open.append(({} if kind == "start_map" else [], self._key))
        elif kind in _CLOSES:
            closed, self._key = self._open.pop()
            self._put(closed)
        else:
            self._put(value)
        return not self._open and kind != "map_key"

    def _put(self, value: object) -> None:
        if not self._open:
            self.value = value
            return
        around = self._open[-1][0]
        if isinstance(around, list):
            around.append(value)
        else:
            around[self._key] = value


class JsonLines:
    """An answer of one row a line. Feed it all bytes, then finish."""

    def __init__(self, gate: RowGate) -> None:
        """Read an answer; `gate` returns what is released of a row, None for nothing."""
        self._gate = gate
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return what can be given back after `data`; raise RefusedError where nothing more can."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LARGEST_ROW:
            raise RefusedError(Why.FORM, "the answer has a row that is too large")
        return b"".join(map(self._line, lines))

    def finish(self) -> bytes:
        """Return the rest; raise RefusedError where the answer ended early."""
        rest, self._rest = self._rest, b""
        return self._line(rest)

    def _line(self, line: bytes) -> bytes:
        if not line.strip():
            return b""
        if len(line) > LARGEST_ROW:
            raise RefusedError(Why.FORM, "the answer has a row that is too large")
        try:
            row = json.loads(line, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise RefusedError(Why.FORM, "the answer has a line that is no JSON") from None
        released = self._gate(row)
        return b"" if released is None else spelled(released).encode("utf-8", "surrogatepass") + b"\n"


def spelled(value: object) -> str:
    """Return the JSON of `value`; a fraction keeps all its digits."""
    if isinstance(value, dict):
        members = [f"{json.dumps(name, ensure_ascii=False)}:{spelled(below)}" for name, below in value.items()]
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(spelled, value))}]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _no_number(_: str) -> float:
    message = "no number of JSON"
    raise ValueError(message)
