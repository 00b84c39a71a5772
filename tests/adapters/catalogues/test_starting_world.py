from __future__ import annotations

import csv
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from adapters.catalogues.starting_world import starting_world, xicheng_entries
from adapters.files.calendar import load_calendar
from adapters.files.readings import load_readings
from pdp.catalogue.persons import person_fields
from pdp.ledger.admit import Admission
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.world import World
from pdp.workdays import SHANGHAI

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "policies"
CATALOGUES = ROOT / "examples" / "catalogues"
IN_FORCE = date(2023, 5, 25)
KINDERGARTENS, CAR_PARKS = "bj:6530cd97832c4128", "bj:7ea3eeb7baf54c6b"

# What a source states, kind by kind: every other member, and every other act, must be marked as assumed.
STATED = {
    "body.registered": {"name", "uscc", "source"},
    "dataset.catalogued": {"id", "title", "fields", "theme", "formats", "source"},
    "dataset.refreshed": {"id"},
    "opening.published": {"dataset"},
}
ACTS = {
    "dataset.approved": "approved",
    "dataset.linked": "linked",
    "opening.aggregated": "aggregated",
    "application.agreed": "agreed",
}
OFFICES_OF_THE_TEXT = {"xicheng-kexin", "xicheng-wangxinban"}  # art_5__para_1, art_37__para_2 name their offices


def may():
    lines = (POLICIES / "tables" / "administration.csv").read_text(encoding="utf-8").splitlines()
    allowed = {tuple(map(str.strip, line.split(",")))[1:3] for line in lines if line.startswith("p ")}
    return lambda role, kind: (role, kind) in allowed


@pytest.fixture(scope="module")
def said():
    return starting_world(ROOT)


@pytest.fixture(scope="module")
def world(said):
    calendar, readings = load_calendar(POLICIES / "calendar", POLICIES), load_readings(POLICIES / "readings", POLICIES)
    ledger = MemoryLedger(Admission(calendar, readings, IN_FORCE, may()))
    ledger.record(said)
    return World(ledger, calendar, readings, IN_FORCE)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_every_statement_is_admitted_by_the_ledger_in_the_roles_of_the_law(said, world):
    assert world.seq() == len(said)


def test_all_data_sets_and_bodies_of_the_source_are_there_and_no_other(said):
    with (CATALOGUES / "beijing_public_bodies_uscc.csv").open(encoding="utf-8") as file:
        codes = {row["uscc"]: row["name"] for row in csv.DictReader(file) if row["region"] == "西城区"}
    bodies = {body.body["uscc"]: body.body["name"] for body in said if "uscc" in body.body}

    assert Counter(statement.kind for statement in said)["dataset.catalogued"] == 161
    assert (bodies, len(bodies)) == (codes, 25)


def test_fields_are_those_of_the_source_in_its_order_each_once(said):
    with (CATALOGUES / "xicheng_items.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (CATALOGUES / "xicheng_open_catalogue.csv").open(encoding="utf-8") as file:
        addresses = {row["文章访问路径"]: row["序号"] for row in csv.DictReader(file)}
    items: dict[str, dict[str, None]] = {}
    for row in rows:
        items.setdefault(row["序号"], {})[row["信息项"]] = None

    listed = {addresses[s.body["source"]]: s.body["fields"] for s in said if s.kind == "dataset.catalogued"}
    assert len(rows) == 1408
    assert listed == {number: list(fields) for number, fields in items.items()}


def test_whatever_no_source_states_is_marked_as_assumed(said):
    for statement in said:
        marked = set(statement.body.get("assumed", ()))
        stated = STATED.get(statement.kind, set()) | {"assumed"}
        if statement.kind not in STATED:
            stated |= {"id", "dataset"} if statement.kind.split(".")[0] in {"dataset", "opening"} else set()
        if statement.kind == "application.agreed":
            stated |= {"id"}
        if statement.body.get("id") in OFFICES_OF_THE_TEXT:
            stated |= {"offices"}
        assert set(statement.body) - stated <= marked, statement
        assert ACTS.get(statement.kind, "") in marked | {""}, statement


def test_no_statement_depends_on_today(said):
    assert all(at("2025-12-01") <= statement.at <= at("2026-12-25") for statement in said)
    assert said == starting_world(ROOT)


def test_data_sets_take_effect_on_the_update_date_of_their_source(said):
    updated = {entry.id: entry.updated for entry in xicheng_entries(ROOT)}

    published = {s.body["dataset"]: s.at for s in said if s.kind == "opening.published"}
    assert published == updated


def test_where_fields_may_point_to_persons_nothing_is_assumed_about_opening(said, world):
    pointing = [s.body["id"] for s in said if s.kind == "dataset.catalogued" and person_fields(tuple(s.body["fields"]))]

    assert len(pointing) == 10
    for name in pointing:
        state = world.dataset(name, at("2026-03-24"))
        assert (state.attributes.opening, state.ban_identity, state.personal) == ("", "unknown", "unknown")


@pytest.mark.parametrize(
    ("dataset", "applicant", "when", "state"),
    [
        (KINDERGARTENS, "xicheng-weijianwei", "2026-03-04", "pending"),
        (KINDERGARTENS, "xicheng-weijianwei", "2026-03-05", "agreed"),
        (CAR_PARKS, "xicheng-zhanlanlu", "2026-03-20T23:59:59", "pending"),
        (CAR_PARKS, "xicheng-zhanlanlu", "2026-03-21", "deemed"),
        ("bj:79ea703fe3c24500", "xicheng-fagaiwei", "2026-12-31", "incomplete"),
        ("bj:90fa5e15daba4a95", "xicheng-fagaiwei", "2026-12-31", "pending"),
    ],
)
def test_the_applications_stand_as_their_comments_say(world, dataset, applicant, when, state):
    assert [case.state for case in world.applications(dataset, applicant, at(when))] == [state]


def test_every_provider_is_a_registered_body_of_the_district(said, world):
    providers = {statement.body["provider"] for statement in said if statement.kind == "dataset.catalogued"}
    states = [world.subject(name, at("2026-03-24")) for name in providers]

    assert {(state.kind, state.level) for state in states} == {("body", "district")}
    assert {state.basis for state in states} == {"administrative_organ", "authorised_organisation"}
