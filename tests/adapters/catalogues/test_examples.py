from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path

import pytest

from adapters.assemble import build_service
from adapters.callers import LOCAL
from adapters.catalogues.starting_world import starting_world
from adapters.files.calendar import load_calendar
from adapters.files.law import load_law
from adapters.files.readings import load_readings
from adapters.files.vocabulary import load_vocabulary
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from pdp.facts.derive import Deriver
from pdp.facts.situation import Setting
from pdp.ledger.admit import Admission
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.world import World
from pdp.workdays import SHANGHAI

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "policies"
EXAMPLES = ROOT / "examples"
IN_FORCE = date(2023, 5, 25)

# The facts on which each example's outcome turns; whatever else is unknown would turn it too.
MEANT = {
    "permit_unconditional": {
        "relation": "sharing", "sharing_class": "unconditional", "purpose": "within", "purpose_kind": "duty",
        "staff_duty": "mapped", "channel": "bigdata_platform", "catalogue_state": "approved", "grade": "general",
        "special_regime": "none", "assurance": "sufficient",
    },
    "permit_deemed": {
        "sharing_class": "conditional", "authority": "deemed", "field_coverage": "all", "personal_data": "none",
    },
    "permit_open": {
        "relation": "opening", "opening_class": "unconditional", "publication": "published",
        "channel": "city_open_platform", "opening_ban_identity": "no", "personal_data": "none",
    },
    "partial_fields": {"authority": "agreed", "field_coverage": "some", "enforcement": "able", "purpose": "within"},
    "deny_no_application": {"sharing_class": "conditional", "authority": "none", "catalogue_state": "approved"},
    "refer_open_platform": {"relation": "opening", "opening_class": "unconditional", "channel": "bigdata_platform"},
    "indeterminate_unknown_dataset": {"catalogue_state": "uncatalogued", "sharing_class": "unset"},
}  # fmt: skip


class Unused:
    """Counts nothing: no example has a quota."""

    def used(self, _application: str) -> int:
        """Return that nothing was used."""
        return 0

    def reserve(self, _application: str, _question: str | None = None, _at: float | None = None) -> None:
        """Take note of nothing."""


@pytest.fixture(scope="module")
def derive():
    calendar, readings = load_calendar(POLICIES / "calendar", POLICIES), load_readings(POLICIES / "readings", POLICIES)
    ledger = MemoryLedger(Admission(calendar, readings, IN_FORCE, lambda _role, _kind: True))
    ledger.record(starting_world(ROOT))
    world = World(ledger, calendar, readings, IN_FORCE)
    law = load_law(POLICIES / "law" / "xicheng-2023-4.yaml", POLICIES)
    return Deriver(
        Setting(world, law, readings, Unused(), {"sharing": 1, "own_use": 1}),
        load_vocabulary(POLICIES / "facts.yaml", POLICIES),
    )


def test_every_example_body_says_what_it_is_for():
    assert {path.stem.removeprefix("ask_") for path in EXAMPLES.glob("ask_*.json")} == set(MEANT)


@pytest.mark.parametrize("name", MEANT)
@pytest.mark.parametrize("day", ["2026-03-24", "2026-11-25", "2027-06-01"])
def test_an_example_finds_the_facts_it_is_meant_to_show_whenever_it_is_asked(derive, name, day):
    request = parse((EXAMPLES / f"ask_{name}.json").read_bytes(), LOCAL)

    inquiry = derive(request, datetime.fromisoformat(day).replace(tzinfo=SHANGHAI))

    (group,) = inquiry.groups
    assert {fact: group.facts[fact] for fact in MEANT[name]} == MEANT[name]
    assert request.ignored == ()


def test_the_whole_service_answers_the_examples_with_every_outcome(tmp_path):
    async def ask(service) -> dict[str, tuple[str, set[str]]]:
        bodies = {name: (EXAMPLES / f"ask_{name}.json").read_bytes() for name in MEANT}
        answers = {name: await service.answer(parse(body, LOCAL)) for name, body in bodies.items()}
        return {
            name: (str(given.decision.outcome), {ground.rule for ground in given.decision.grounds})
            for name, given in answers.items()
        }

    with build_service(Settings(data=tmp_path / "data")) as installation:
        answered = asyncio.run(ask(installation.service))

    assert answered == {
        "permit_unconditional": ("PERMIT", {"share_unconditional"}),
        "permit_deemed": ("PERMIT", {"share_deemed"}),
        "permit_open": ("PERMIT", {"open_unconditional"}),
        "partial_fields": ("PARTIAL", {"share_agreed"}),
        "deny_no_application": ("DENY", {"no_application"}),
        "refer_open_platform": ("REFER", {"unconditional_opening_off_platform"}),
        "indeterminate_unknown_dataset": (
            "INDETERMINATE",
            {"catalogue_entry_missing", "data_ungraded", "sharing_class_unset", "special_regime_unknown"},
        ),
    }
