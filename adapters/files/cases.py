"""Strict reader of policy cases: every unknown key or word is an error with file, line and the nearest word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.files.case import Act, Case, Expected, Story, TableCase
from adapters.files.worlds import Setting, Worlds, asking, given, instant, shown_from, told
from adapters.files.yaml_lines import fault, load
from pdp.facts.asked import as_sent
from pdp.model import AccessRequest, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from adapters.files.case import Trial, Words
    from adapters.files.yaml_lines import Node

_ALWAYS = ("case", "articles", "at", "expect")
_SOMETIMES = ("readings", "status", "note", "answered_by")
_SHAPES = {"ask": ("given", "ask"), "record": ("given", "record"), "base": ("base", "change")}
_WHOLE = {**_SHAPES, "ask": ("ask",)}  # of a pack that derives its facts from the question alone
_SURROUNDINGS = {"ask": ("ledger_age",)}  # what a case may say beside its question
_AGES = ("current", "stale")
_STATUS = ("agreed", "open")
_EXPECT = ("cites", "obliges", "advises", "remedies", "granted", "withheld", "masked", "valid_until")


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside the case files of one folder: their worlds, and their bases."""

    worlds: Worlds
    bases: Mapping[str, dict[str, str]]
    root: Path


class CaseReader:
    """Reads case files about one set of policies, whose words they use.

    Args:
        root: the policies folder; errors show paths relative to its parent.
        words: what may stand in a case.
    """

    def __init__(self, root: Path, words: Words) -> None:
        self._root = root.resolve()
        self._words = words
        self._folders: dict[Path, _Beside] = {}

    def read(self, path: Path) -> tuple[Case, ...]:
        """Return the cases of one file, in its order.

        A team's own file may stand outside the policies; its worlds and bases are those beside it, then the
        policies' own.

        Raises:
            PolicyError: the file cannot be used; path, line, fault and remedy.
        """
        beside = self._beside(path.resolve().parent)
        seen: dict[str, int] = {}
        cases = []
        for node in load(path, beside.root).sequence():
            case = self._case(node, beside)
            if case.name in seen:
                remedy = f"give each case its own sentence; the other is on line {seen[case.name]}"
                raise fault(node, f'"{case.name}" stands here twice', remedy)
            seen[case.name] = node.line
            cases.append(case)
        return tuple(cases)

    def _beside(self, folder: Path) -> _Beside:
        if folder not in self._folders:
            own, shared = folder, self._root / "cases"
            worlds = Worlds(tuple(dict.fromkeys((own / "worlds", shared / "worlds"))), self._root)
            bases = {name: base for place in (shared, own) for name, base in self._bases(place).items()}
            self._folders[folder] = _Beside(worlds, bases, shown_from(folder, self._root))
        return self._folders[folder]

    def _bases(self, folder: Path) -> dict[str, dict[str, str]]:
        """Return the bases of `folder`: each states every fact, a missing one is an error, never a default."""
        path = folder / "bases.yaml"
        if not path.exists():
            return {}
        whole = load(path, shown_from(folder, self._root)).entries()
        for node in whole.values():
            node.mapping(self._words.facts)
        return {name: self._facts(node) for name, node in whole.items()}

    def _case(self, node: Node, beside: _Beside) -> Case:
        shape = next((name for name in _SHAPES if name in node.entries()), None)
        if shape is None:
            raise fault(node, "the case puts no question", 'add "ask:", "record:" or "base:"')
        shapes, around = (_WHOLE, {}) if self._words.whole_questions else (_SHAPES, _SURROUNDINGS)
        entries = node.mapping((*_ALWAYS, *shapes[shape]), (*_SOMETIMES, *around.get(shape, ())))
        at = instant(entries["at"])
        setting = given(entries["given"], beside.worlds, None) if "given" in entries else Setting()
        trial: Trial
        if shape == "ask":
            trial = self._story(entries, setting)
        elif shape == "base":
            trial = self._table_case(entries, beside)
        else:
            trial = self._act(entries, at)
        return Case(
            name=entries["case"].text(),
            path=node.path,
            line=node.line,
            articles=self._articles(entries["articles"]),
            at=at,
            trial=trial,
            given=setting.given,
            used=setting.used,
            readings=self._known(entries, "readings", self._words.readings, "reading"),
            status=entries["status"].word(_STATUS, "status") if "status" in entries else "agreed",
            note=_text(entries, "note"),
            answered_by=_text(entries, "answered_by"),
        )

    def _story(self, entries: Mapping[str, Node], setting: Setting) -> Story:
        if self._words.whole_questions:
            return Story(_whole(entries["ask"]), self._expected(entries["expect"]))
        asked = asking(setting, entries["ask"]).ask
        for name in ("action", "dataset"):
            if name not in asked:
                raise fault(entries["ask"], f'the question names no "{name}"', f'add "{name}:"')
        request = AccessRequest(**{"subject": None, **asked})  # type: ignore[arg-type]  # each was read by its type
        stale = "ledger_age" in entries and entries["ledger_age"].word(_AGES, "age of the ledger") == "stale"
        return Story(request, self._expected(entries["expect"]), stale)

    def _table_case(self, entries: Mapping[str, Node], beside: _Beside) -> TableCase:
        base = entries["base"].word(beside.bases, "base")
        return TableCase(base, beside.bases[base] | self._facts(entries["change"]), self._expected(entries["expect"]))

    def _articles(self, node: Node) -> tuple[str, ...]:
        units = node.words(self._words.units, "unit of the law")
        if not units:
            raise fault(node, "the case is about no article", "name at least one, for example [art_21__para_4]")
        return units

    def _act(self, entries: Mapping[str, Node], at: datetime) -> Act:
        acts = entries["record"].entries()
        if len(acts) != 1:
            raise fault(entries["record"], "a case records one statement", "write a case for each")
        kind, said = next(iter(acts.items()))
        expect = entries["expect"].mapping(("refused",), ("says",))
        refused = expect["refused"].flag()
        if refused != ("says" in expect):
            remedy = "write what the reason says" if refused else 'take "says" away'
            raise fault(entries["expect"], '"says" goes with a refusal, and only with one', remedy)
        return Act(told(kind, said, at, checked=not refused), refused, _text(expect, "says"))

    def _facts(self, node: Node) -> dict[str, str]:
        stated = node.mapping((), self._words.facts)
        return {name: said.word(sorted(self._words.facts[name]), f'value of "{name}"') for name, said in stated.items()}

    def _expected(self, node: Node) -> Expected:
        words = self._words
        entries = node.mapping(("outcome", "grounds"), _EXPECT)
        known = {
            name: frozenset(self._known(entries, name, choices, kind))
            for name, choices, kind in (
                ("grounds", words.grounds, "ground"),
                ("cites", words.units, "unit of the law"),
                ("obliges", words.obligations, "obligation"),
                ("remedies", words.remedies, "remedy"),
            )
        }
        return Expected(
            Outcome(entries["outcome"].word(Outcome, "outcome")),
            advises=frozenset(entries["advises"].words(words.advisories, "advisory")) if "advises" in entries else None,
            granted=frozenset(entries["granted"].texts()) if "granted" in entries else None,
            withheld=frozenset(entries["withheld"].texts()) if "withheld" in entries else None,
            masked=frozenset(entries["masked"].texts()) if "masked" in entries else None,
            valid_until=instant(entries["valid_until"]) if "valid_until" in entries else None,
            **known,
        )

    @staticmethod
    def _known(entries: Mapping[str, Node], name: str, choices: Iterable[str], kind: str) -> tuple[str, ...]:
        return entries[name].words(sorted(choices), kind) if name in entries else ()


def case_files(folder: Path) -> Iterator[Path]:
    """Yield the case files under `folder`, in the order of their articles."""
    yield from sorted(folder.glob("**/art_*.yaml"))


def _whole(node: Node) -> AccessRequest:
    """Return a question as AuthZEN asks it, with whatever members stand in it."""
    parts = node.mapping(("subject", "action", "resource"), ("context",))
    for part, members in (("subject", ("type", "id")), ("action", ("name",)), ("resource", ("type", "id"))):
        entries = parts[part].entries()
        for name in members:
            if name not in entries:
                raise fault(parts[part], f'"{name}" is missing', f'add "{name}:"')
            entries[name].text()
    sent = node.value()
    return as_sent(sent if isinstance(sent, dict) else {})


def _text(entries: Mapping[str, Node], name: str) -> str:
    return entries[name].text() if name in entries else ""
