"""Strict reader of worlds: statements that cases share, and what a question says unless the case says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from adapters.files.case import Told
from adapters.files.yaml_lines import fault, load, nearest
from pdp.errors import TransitionError
from pdp.ledger.admit import statement
from pdp.ledger.kinds import KINDS
from pdp.ledger.scope import moment
from pdp.model import AccessRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from adapters.files.yaml_lines import Node

MEMBERS = tuple(member.name for member in fields(AccessRequest) if member.name not in {"door", "gateway", "request_id"})
_LISTS = frozenset({"fields", "combined_with", "enforces", "ignored"})
_OURS = ("at", "by", "evidence")  # what a told statement may say besides the members of its kind
_NOBODY = "registrar"  # stands in for a speaker who is found only when the world is there


@dataclass(frozen=True, slots=True)
class Setting:
    """What a case starts from: statements oldest first, counted releases, and the usual words of its question."""

    given: tuple[Told, ...] = ()
    used: Mapping[str, int | None] = field(default_factory=dict)
    ask: Mapping[str, object] = field(default_factory=dict)


class Worlds:
    """The worlds in `folders`, searched in that order, each read once. `root` is the policies folder."""

    def __init__(self, folders: tuple[Path, ...], root: Path) -> None:
        self._folders = folders
        self._root = root
        self._read: dict[str, Setting] = {}
        self._open: list[str] = []  # worlds being read, to find a circle

    def at(self, node: Node) -> Setting:
        """Return the world that `node` names."""
        name = node.text()
        if name in self._open:
            raise fault(node, f'world "{name}" rests on itself', "take one of its worlds away")
        if name not in self._read:
            self._open.append(name)
            self._read[name] = self._load(node, name)
            self._open.pop()
        return self._read[name]

    def _load(self, node: Node, name: str) -> Setting:
        known = {path.stem: path for folder in reversed(self._folders) for path in sorted(folder.glob("*.yaml"))}
        if name not in known:
            raise fault(node, f'"{name}" is no world', nearest(name, known))
        top = load(known[name], shown_from(known[name].parent, self._root)).mapping(("title", "at", "given"), ("ask",))
        top["title"].text()
        setting = given(top["given"], self, instant(top["at"]))
        return asking(setting, top["ask"]) if "ask" in top else setting


def shown_from(folder: Path, root: Path) -> Path:
    """Return the root from whose parent errors show the files of `folder`: the policies', or a team's own folder."""
    return root if folder.resolve().is_relative_to(root.resolve().parent) else folder


def given(node: Node, worlds: Worlds, at: datetime | None) -> Setting:
    """Return what the list `node` tells; `at` is when a statement takes effect that does not say so itself."""
    setting = Setting()
    for item in node.sequence():
        kind, said = _only_entry(item)
        if kind == "world":
            setting = _after(setting, worlds.at(said))
        elif kind == "used":
            setting = _after(setting, Setting(used=_used(said)))
        else:
            setting = _after(setting, Setting((told(kind, said, at),)))
    return setting


def asking(setting: Setting, node: Node) -> Setting:
    """Return `setting` with what `node` says of the question; what stands under `unsaid` is said no longer."""
    entries = node.mapping((), (*MEMBERS, "unsaid"))
    unsaid = entries.pop("unsaid").words(MEMBERS, "member of a question") if "unsaid" in entries else ()
    kept = {name: value for name, value in setting.ask.items() if name not in unsaid}
    return Setting(setting.given, setting.used, kept | {name: _member(name, said) for name, said in entries.items()})


def told(kind: str, node: Node, at: datetime | None, *, checked: bool = True) -> Told:
    """Return the statement that `node` tells; unless it is to be refused, its members are those of its kind."""
    if kind not in KINDS:
        raise fault(node, f'"{kind}" is no kind of statement', nearest(kind, (*KINDS, "world", "used")))
    entries = node.mapping((), (*KINDS[kind].members, *_OURS))
    when = instant(entries["at"]) if "at" in entries else at
    if when is None:
        raise fault(node, f'"{kind}" does not say when', 'add at: "2026-02-12"')
    members = {name: said.value() for name, said in entries.items() if name not in _OURS}
    by, evidence = (entries[name].text() if name in entries else "" for name in ("by", "evidence"))
    if checked:
        try:
            statement(kind, members, when, by or _NOBODY, evidence)
        except TransitionError as error:
            raise fault(node, f"{error.act} {error.fault}", error.remedy) from error
    return Told(kind, members, when, by or None, evidence, f"{node.path}:{node.line}")


def instant(node: Node) -> datetime:
    """Return the instant that `node` names; a day is its 00:00 in Asia/Shanghai."""
    try:
        return moment(node.text())
    except ValueError as error:
        remedy = 'write "2026-02-12" or "2026-02-12T09:00:00+08:00", in quotes'
        raise fault(node, f'"{node.content}" is no day and no instant with its offset', remedy) from error


def _only_entry(item: Node) -> tuple[str, Node]:
    entries = item.entries()
    if len(entries) != 1:
        raise fault(item, "one item tells one statement", 'start each on its own line with "- "')
    return next(iter(entries.items()))


def _after(setting: Setting, more: Setting) -> Setting:
    return Setting(setting.given + more.given, {**setting.used, **more.used}, {**setting.ask, **more.ask})


def _used(node: Node) -> dict[str, int | None]:
    entries = node.mapping(("application", "released"))
    released = entries["released"]
    unknown = released.kind == "str" and released.word(("unknown",)) == "unknown"
    return {entries["application"].text(): None if unknown else released.integer(least=0)}


def _member(name: str, node: Node) -> object:
    if name in _LISTS:
        return node.texts()
    if name == "assurance":
        return node.integer(least=0, most=4)
    if name == "disputed":
        return node.flag()
    return node.value() if name == "rows" else node.text()
