"""Statements in files: YAML that people write, and JSON lines that programs write. Errors name file and line.

    - application.received: {id: A1, applicant: B, dataset: R, scenario: sc-1, scope: {quota: 9}, at: "2026-02-12"}

    {"kind": "application.agreed", "at": "2026-02-20", "by": "A", "body": {"id": "A1"}}

A day is its 00:00 in Asia/Shanghai. In YAML `by` may be left out: then the lawful actor speaks, if it can be inferred.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from adapters.files import yaml_lines
from pdp.errors import PolicyError, TransitionError
from pdp.ledger.admit import default_speaker, statement
from pdp.ledger.kinds import KINDS
from pdp.ledger.scope import moment
from pdp.ledger.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from pdp.ledger.admit import Admission
    from pdp.ledger.statement import Statement
    from pdp.ports import StatementSource

_LINE = {"kind": str, "at": str, "by": str, "body": dict, "evidence": str}
_NO_TEXT = {"bool", "count", "ids", "texts", "map"}
_DAY_OR_INSTANT = 'write a day such as "2026-02-12", or an instant with its offset, in quotes'


class Told(NamedTuple):
    """A statement as a file tells it. `by` empty: the lawful speaker; `place` is file:line.

    `checked` is it as `stated` returns it, and in words, where that was done when it was read.
    """

    kind: str
    members: Mapping[str, object]
    at: datetime
    by: str
    evidence: str
    path: str
    line: int
    checked: Statement | None = None

    @property
    def place(self) -> str:
        """Return where it stands, for messages."""
        return f"{self.path}:{self.line}"


def read(path: Path, root: Path | None = None) -> Iterator[Told]:
    """Yield the statements of a file, `.yaml`, `.yml` or `.jsonl`, in its order.

    Args:
        path: the file.
        root: errors show the path relative to the parent of this folder; None: as it was given.

    Raises:
        PolicyError: the file, or one of its lines, cannot be read.
    """
    shown = yaml_lines.shown(path, root) if root else path.as_posix()
    if path.suffix == ".jsonl":
        yield from _lines(path, shown)
    elif path.suffix in {".yaml", ".yml"}:
        yield from map(told, yaml_lines.parse_bytes(yaml_lines.read(path, root or path.parent), shown).sequence())
    else:
        raise PolicyError(shown, 1, "is neither YAML nor JSON lines", "name it .yaml or .jsonl")


def told(node: yaml_lines.Node) -> Told:
    """Return the statement that one item of a YAML list tells: its kind, followed by its members."""
    entries = node.entries()
    if len(entries) != 1:
        raise yaml_lines.fault(node, "names more or less than one kind", 'write "- kind: {members}"')
    kind, said = next(iter(entries.items()))
    if kind not in KINDS:
        raise yaml_lines.fault(said, f'"{kind}" is no kind of statement', yaml_lines.nearest(kind, KINDS))
    members = said.mapping((), (*KINDS[kind].members, "at", "by", "evidence"))
    if "at" not in members:
        raise yaml_lines.fault(said, '"at" is missing', _DAY_OR_INSTANT)
    types = KINDS[kind].members
    own = {name: _value(value, types[name]) for name, value in members.items() if name in types}
    return Told(
        kind=kind,
        members=own,
        at=_at(members["at"].text(), members["at"].path, members["at"].line),
        by=members["by"].text() if "by" in members else "",
        evidence=members["evidence"].text() if "evidence" in members else "",
        path=said.path,
        line=said.line,
    )


def _value(node: yaml_lines.Node, wanted: str) -> yaml_lines.Plain:
    """Return a member as its kind wants it: a word such as "no" must stand in quotes where a text is meant."""
    return node.value() if wanted.removesuffix("?") in _NO_TEXT else node.text()


def spoken(lines: Iterable[Told], ledger: StatementSource, law: Admission) -> Iterator[Statement]:
    """Yield `lines` as statements ready to be recorded; who speaks is inferred from `ledger`.

    Inside `ledger.record` that knows every line before; each is admitted before the next one is taken.

    Raises:
        PolicyError: one is malformed, or its speaker cannot be inferred; with its place.
    """
    world = World(ledger, law.calendar, law.readings, law.in_force_from, capacity=2, routes=law.routes)
    for line in lines:
        yield line.checked or stated(line, line.by or _speaker(line, world))


def stated(line: Told, by: str) -> Statement:
    """Return the statement of `line`, said by `by`; raise PolicyError where it is malformed."""
    try:
        return statement(line.kind, line.members, line.at, by, line.evidence)
    except TransitionError as error:
        raise _at_line(line, error) from error


def _speaker(line: Told, world: World) -> str:
    try:
        return default_speaker(line.kind, line.members, world, line.at)
    except TransitionError as error:
        raise _at_line(line, error) from error


def _at_line(line: Told, error: TransitionError) -> PolicyError:
    return PolicyError(line.path, line.line, f"{error.act} {error.fault}", error.remedy)


def _lines(path: Path, shown: str) -> Iterator[Told]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _line(line, shown, number)
    except OSError as error:
        raise PolicyError(shown, 1, "cannot be read", "add the file, or mend its permissions") from error


def _line(line: bytes, shown: str, number: int) -> Told:
    try:
        said = _LINES.decode(line.decode(json.detect_encoding(line), "surrogatepass"))  # as `json.loads` takes bytes
    except ValueError as error:  # also what is no UTF-8
        raise PolicyError(shown, number, f"is no JSON object: {error}", "write one statement a line") from error
    if not isinstance(said, dict):
        raise PolicyError(shown, number, "is no JSON object", "write one statement a line")
    for name in said:
        if name not in _LINE:
            raise PolicyError(shown, number, f'"{name}" is no member here', yaml_lines.nearest(name, _LINE))
    for name, wanted in _LINE.items():
        if not isinstance(said.get(name, "" if name == "evidence" else None), wanted):
            raise PolicyError(shown, number, f'"{name}" is missing or of the wrong type', f"use {', '.join(_LINE)}")
    kind, at, by = said["kind"], _at(said["at"], shown, number), said["by"]
    return Told(kind, said["body"], at, by, said.get("evidence", ""), shown, number)


def _single(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        message = "a member stands there twice"
        raise ValueError(message)
    return members


def _no_float(text: str) -> object:
    message = f"{text} has no single spelling; write whole numbers or texts"
    raise ValueError(message)


_LINES = json.JSONDecoder(object_pairs_hook=_single, parse_float=_no_float, parse_constant=_no_float)


def _at(text: str, path: str, line: int) -> datetime:
    try:
        return moment(text)
    except ValueError as error:
        raise PolicyError(path, line, f'"{text}" is no day and no instant', _DAY_OR_INSTANT) from error
