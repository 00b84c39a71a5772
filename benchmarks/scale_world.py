"""A city's world in any size: real catalogue entries and bodies, share applications from a seed, never held as a list.

The 82,862 entries and 4,183 providers of the published catalogues are taken as they are. A larger world repeats
entries under further ids and adds the listed public bodies, then numbered ones. What no catalogue says is assumed, and
every statement names it. The same number is always the same application, so that questions can be drawn without a list.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.catalogues.csv_rows import csv_rows
from adapters.catalogues.importer import rows
from adapters.files.mappings import load_mapping
from pdp.catalogue.mapping import Unmapped
from pdp.catalogue.persons import person_fields
from pdp.catalogue.reading import read
from pdp.catalogue.statements import first_seen
from pdp.ledger.admit import statement
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdp.catalogue.entry import Entry
    from pdp.ledger.statement import Statement

ROOT: Final = Path(__file__).parent.parent
CATALOGUES: Final = ROOT / "examples" / "catalogues"
FILES: Final = (
    ("city_open_catalogues.csv.gz", "city_portals"),
    ("beijing_open_catalogue.csv", "beijing"),
    ("hainan_open_catalogue.csv", "hainan"),
)
REGULATOR: Final = "scale:regulator"
REGISTERED: Final = datetime(2020, 1, 1, tzinfo=SHANGHAI)
APPROVED: Final = datetime(2025, 6, 30, tzinfo=SHANGHAI)  # no entry is later, every application is
FIELDS: Final = ("名称", "编号", "地址", "更新日期")  # assumed where a catalogue names none
CONDITIONAL: Final = 2  # of five entries; applications are for these
MINUTES: Final = 500 * 24 * 60  # over which applications arrive
ENDS: Final = {"agreed": 58, "agreed_in_part": 8, "refused": 14, "silent": 15, "withdrawn": 3, "incomplete": 2}


class Size(NamedTuple):
    """How much there is in a world."""

    bodies: int
    datasets: int
    applications: int


def sized(applications: int) -> Size:
    """Return a world of the usual proportions: a body for 200 applications, an entry for ten."""
    return Size(max(10, applications // 200), max(100, applications // 10), applications)


class Listed(NamedTuple):
    """A published entry, the body that provides it, and its earliest date."""

    entry: Entry
    provider: str
    seen: datetime


class Application(NamedTuple):
    """One application and how it ended."""

    name: str
    applicant: int
    dataset: int
    at: datetime
    end: str
    fields: list[str]
    days: int  # until its answer


class ScaleWorld:
    """The world of one size."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self._entries, self._names = _published(size)
        self._ids = list(self._names)
        self._place = {name: place for place, name in enumerate(self._ids)}

    def statements(self) -> Iterator[Statement]:
        """Yield all statements in the order to record them: bodies, entries, then application after application."""
        yield statement("body.registered", _regulator(), REGISTERED, "registrar")
        for place in range(self.size.bodies):
            yield from self._body(place)
        for place in range(self.size.datasets):
            yield from self._dataset(place)
        for number in range(self.size.applications):
            yield from self._case(self.application(number))

    def question(self, number: int) -> dict[str, object]:
        """Return what the applicant of application `number` asks for under it."""
        made = self.application(number)
        applicant = self._ids[made.applicant]
        return {
            "subject": {
                "type": "public_body", "id": applicant, "properties": {"system": {"id": f"sys:{made.applicant}"}},
            },
            "action": {"name": "read"},
            "resource": {"type": "dataset", "id": self._id(made.dataset), "properties": {"fields": made.fields[:2]}},
            "context": {
                "application": made.name, "scenario": f"sc:{made.applicant % 40}", "purpose": "duty",
                "channel": "bigdata_platform", "mode": "api", "supported_custom_obligations": ["mask_fields"],
            },
        }  # fmt: skip

    def application(self, number: int) -> Application:
        """Return application `number`; a few data sets are applied for much more often than most."""
        draw = random.Random(number)  # noqa: S311  # drawn to be repeated
        conditional = self.size.datasets // 5 * CONDITIONAL
        rank = int(conditional * draw.random() ** 2)
        dataset = rank // CONDITIONAL * 5 + rank % CONDITIONAL
        applicant = draw.randrange(self.size.bodies)
        if applicant == self._provider(dataset):
            applicant = (applicant + 1) % self.size.bodies
        (end,) = draw.choices(list(ENDS), list(ENDS.values()))
        at = APPROVED + timedelta(days=1, minutes=draw.randrange(MINUTES))
        fields = list(islice(self._fields(dataset), draw.randint(2, 6)))
        return Application(f"app:{number}", applicant, dataset, at, end, fields, draw.randint(1, 3))

    def _listed(self, place: int) -> Listed:
        return self._entries[place % len(self._entries)]

    def _id(self, place: int) -> str:
        edition = place // len(self._entries)
        return self._listed(place).entry.id + (f".{edition}" if edition else "")

    def _fields(self, place: int) -> Iterator[str]:
        return iter(self._listed(place).entry.distinct_fields or FIELDS)

    def _provider(self, place: int) -> int:
        """Return the real provider of an entry; in a smaller world, which has not all of them, another in its place."""
        return self._place.get(self._listed(place).provider, place % self.size.bodies)

    def _body(self, place: int) -> Iterator[Statement]:
        name, scenario = self._ids[place], f"sc:{place % 40}"
        members = {
            "id": name, "name": self._names[name], "level": "district", "basis": "administrative_organ",
            "assumed": ["id", "level", "basis"],
        }  # fmt: skip
        yield statement("body.registered", members, REGISTERED, "registrar")
        duty = {
            "id": f"duty:{place}", "body": name, "name": "示例职责", "basis": "示例依据", "purpose": "duty",
            "scenarios": [scenario], "assumed": ["id", "name", "basis", "purpose", "scenarios"],
        }  # fmt: skip
        yield statement("duty.registered", duty, REGISTERED, "registrar")
        system = {"id": f"sys:{place}", "body": name, "post": "数据管理岗", "duties": [f"duty:{place}"]}
        assumed = ["id", "post", "duties"]
        yield statement("system.registered", {**system, "assumed": assumed}, REGISTERED, "registrar")

    def _dataset(self, place: int) -> Iterator[Statement]:
        listed, name, provider = self._listed(place), self._id(place), self._ids[self._provider(place)]
        at = min(max(listed.seen, REGISTERED), APPROVED)
        clear = not person_fields(listed.entry.fields)
        said: list[tuple[str, dict[str, object]]] = [
            ("catalogued", self._catalogued(place, provider)),
            ("mapped", {level: f"{level[:2]}-{place}" for level in _LEVELS} | {"assumed": list(_LEVELS)}),
            *([("ban_assessed", {**_NO_BAN, "assumed": list(_NO_BAN)})] if clear else []),
            ("personal_assessed", {"personal": "none" if clear else "personal", "assumed": ["personal"]}),
            ("graded", {"grade": "general", "assumed": ["grade"]}),
            ("regime_marked", {"regime": "none", "assumed": ["regime"]}),
            ("linked", {"assumed": ["linked"]}),
            ("refreshed", {}),
        ]
        for kind, members in said:
            yield statement(f"dataset.{kind}", {"id": name, **members}, at, provider)
        yield statement("dataset.approved", {"id": name, **_classes(place)}, APPROVED, REGULATOR)

    def _catalogued(self, place: int, provider: str) -> dict[str, object]:
        entry = self._listed(place).entry
        said: dict[str, object] = {"provider": provider, "title": entry.title, "fields": list(self._fields(place))}
        optional = {"theme": entry.theme, "formats": entry.formats, "source": entry.source or entry.portal}
        assumed = ["provider", *([] if entry.distinct_fields else ["fields"])]
        return said | {name: value for name, value in optional.items() if value} | {"assumed": assumed}

    def _case(self, made: Application) -> Iterator[Statement]:
        applicant, scope = self._ids[made.applicant], {"fields": made.fields}
        provider = self._ids[self._provider(made.dataset)]
        said = {
            "id": made.name, "applicant": applicant, "dataset": self._id(made.dataset),
            "scenario": f"sc:{made.applicant % 40}", "purpose": "duty", "duty": f"duty:{made.applicant}",
            **({} if made.end == "incomplete" else {"scope": scope}),
        }  # fmt: skip
        yield statement("application.received", {**said, "assumed": list(said)}, made.at, applicant)
        answers: dict[str, tuple[str, str, dict[str, object]]] = {
            "agreed": ("agreed", provider, {"assumed": ["agreed"]}),
            "agreed_in_part": ("agreed_in_part", provider, {"scope": {"fields": made.fields[:1]}}),
            "refused": ("refused", provider, {"explanation": "示例理由", "statutory_cause": "示例依据"}),
            "withdrawn": ("withdrawn", applicant, {}),
            "incomplete": ("incomplete_noticed", provider, {"note": "没有写明使用范围"}),
        }
        if made.end in answers:
            kind, speaker, members = answers[made.end]
            answered = made.at + timedelta(days=made.days)
            yield statement(f"application.{kind}", {"id": made.name, **members}, answered, speaker)


_LEVELS = ("resource_entry", "data_entry", "system_entry", "table")
_NO_BAN: dict[str, object] = {"law": "no", "security": "no", "identity": "no"}


def _regulator() -> dict[str, object]:
    offices = ["regulator", "bigdata_platform"]
    said = {"id": REGULATOR, "name": "示例主管部门", "level": "district", "basis": "administrative_organ"}
    return {**said, "offices": offices, "assumed": [*said, "offices"]}


def _classes(place: int) -> dict[str, object]:
    if place % 5 < CONDITIONAL:
        classes: dict[str, object] = {"sharing": "conditional", "sharing_conditions": {"text": "用于依法履职事项"}}
    else:
        classes = {"sharing": "unconditional"}
    return {**classes, "assumed": ["approved", *classes]}


def _published(size: Size) -> tuple[list[Listed], dict[str, str]]:
    """Return as many real entries as are needed, and the names of as many bodies by id, the entries' own first."""
    entries: list[Listed] = []
    names: dict[str, str] = {}
    for file, mapping in FILES:
        ways = load_mapping(ROOT / "policies" / "mappings" / f"{mapping}.yaml", ROOT / "policies")
        for entry in read(rows(CATALOGUES / file), ways, lambda _: False).entries:
            provider = ways.provider(entry)
            names.setdefault(provider.id, provider.name)
            entries.append(Listed(entry, provider.id, first_seen(entry, ways)))
    for row in csv_rows(CATALOGUES / "beijing_public_bodies_uscc.csv"):
        if not isinstance(row, Unmapped):
            names.setdefault(f"uscc:{row.cells['uscc']}", row.cells["name"])
    names |= {f"scale:{number}": f"示例机构{number}" for number in range(len(names), size.bodies)}
    return entries[: size.datasets], dict(islice(names.items(), size.bodies))
