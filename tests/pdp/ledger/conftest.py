"""A scribe who tells a ledger in memory what happens, under the calendar, readings and roles that are shipped."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.files.calendar import load_calendar
from adapters.files.law import load_law
from adapters.files.readings import load_readings
from pdp.errors import TransitionError
from pdp.ledger import application, opening
from pdp.ledger.admit import Admission, default_speaker, statement
from pdp.ledger.folds import Folds
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.scope import moment
from pdp.ledger.world import World
from pdp.readings import Readings
from pdp.routing.route_map import RouteMap

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdp.ledger.states import Application
    from pdp.ports import Clock

POLICIES = Path(__file__).parents[3] / "policies"


@cache
def law(**chosen: str) -> Admission:
    """Return the shipped law with other options of some readings."""
    readings = load_readings(POLICIES / "readings", POLICIES).entries
    for name, option in chosen.items():
        assert option in readings[name].options
    rows = (POLICIES / "tables/administration.csv").read_text(encoding="utf-8").splitlines()
    granted = {tuple(cell.strip() for cell in row.split(",")[1:3]) for row in rows if row.startswith("p ")}
    return Admission(
        calendar=load_calendar(POLICIES / "calendar", POLICIES),
        readings=Readings(
            {name: replace(reading, chosen=chosen.get(name, reading.chosen)) for name, reading in readings.items()}
        ),
        in_force_from=load_law(POLICIES / "law/xicheng-2023-4.yaml", POLICIES).in_force_from,
        may=lambda role, kind: (role, kind) in granted,
        routes={"edge": RouteMap("edge")},
    )


class Scribe:
    """Tells one ledger what happens; days are 00:00 in Asia/Shanghai."""

    def __init__(self, admission: Admission, clock: Clock | None = None) -> None:
        self.law = admission
        self.ledger = MemoryLedger(admission, clock)
        self.world = self.new_world()

    def new_world(self) -> World:
        """Return a world that has kept nothing yet."""
        return World(self.ledger, self.law.calendar, self.law.readings, self.law.in_force_from, folds=Folds())

    def say(self, kind: str, at: str, by: str | None = None, **members: object) -> int:
        """Record one statement, by its lawful actor unless said otherwise; return its seq."""
        speaker = by or default_speaker(kind, members, self.new_world(), moment(at))
        recorded = self.ledger.record([statement(kind, members, moment(at), speaker)])
        self.world.forget(recorded[0].about)
        return recorded[0].seq

    def refused(self, kind: str, at: str, by: str | None = None, **members: object) -> str:
        """Return why one statement is refused; nothing may be recorded."""
        before = self.ledger.head()
        with pytest.raises(TransitionError) as refusal:
            self.say(kind, at, by, **members)
        assert self.ledger.head() == before
        return str(refusal.value)

    def application(self, at: str, name: str = "A1") -> Application:
        """Return a share application at an instant."""
        return application.fold(self.world.view(moment(at)), name)

    def opening(self, at: str, name: str = "O1") -> Application:
        """Return an opening application at an instant."""
        return opening.fold(self.world.view(moment(at)), name)

    def state(self, at: str, name: str = "A1") -> str:
        """Return the state of a share application at an instant."""
        return self.application(at, name).state

    def bodies(self) -> Scribe:
        """Register three bodies, the offices, a unit and a person."""
        for name in "ABC":
            self.say(
                "body.registered", "2023-01-01", id=name, name=name, level="district", basis="administrative_organ"
            )
        offices = {
            "regulator": ["regulator", "bigdata_platform"],
            "cyberspace": ["cyberspace"],
            "city": ["city_platform"],
        }
        for name, held in offices.items():
            self.say(
                "body.registered", "2023-01-01",
                id=name, name=name, level="district", basis="administrative_organ", offices=held,
            )  # fmt: skip
        self.say("unit.registered", "2023-01-01", id="X", name="X")
        self.say("person.registered", "2023-01-01", id="P")
        self.say("duty.registered", "2023-01-01", id="duty-B", body="B", name="职责", basis="法", scenarios=["sc-1"])
        return self

    def dataset(
        self, name: str = "R", sharing: str = "conditional", opening: str = "conditional", **more: object
    ) -> Scribe:
        """Catalogue, map and approve an entry of A."""
        day = "2023-02-01"
        self.say("dataset.catalogued", day, id=name, provider="A", title=name, fields=["a", "b", "c"], **more)
        levels = {"resource_entry": "r", "data_entry": "d", "system_entry": "s", "table": f"t_{name}"}
        self.say("dataset.mapped", day, id=name, **levels)
        self.say("dataset.approved", day, id=name, sharing=sharing, opening=opening)
        return self

    def apply(self, at: str = "2026-02-12", **members: object) -> Scribe:
        """Let B apply for R, completely unless said otherwise; a member None is left out."""
        said = {"id": "A1", "applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["a", "b"]}}
        said |= members
        self.say("application.received", at, **{name: value for name, value in said.items() if value is not None})
        return self

    def ask_opening(self, at: str = "2026-02-12", **members: object) -> Scribe:
        """Let X apply for the opening of R."""
        said = {"id": "O1", "applicant": "X", "dataset": "R", "scenario": "sc-x", "scope": {"fields": ["a", "b"]}}
        self.say("opening.applied", at, **(said | members))
        return self


@pytest.fixture
def scribe() -> Callable[..., Scribe]:
    """Return a maker of scribes, each with its own ledger; keywords choose readings."""
    return lambda clock=None, **chosen: Scribe(law(**chosen), clock)


@pytest.fixture
def told(scribe: Callable[..., Scribe]) -> Scribe:
    """Return a scribe who has registered everybody and the conditional entry R of A."""
    return scribe().bodies().dataset()
