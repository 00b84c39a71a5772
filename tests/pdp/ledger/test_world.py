"""The world keeps what it has folded: no longer than it holds, no more than it may, and nothing that rests on news."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pdp.errors import PolicyError
from pdp.ledger.admit import statement
from pdp.ledger.scope import moment
from pdp.ledger.terms import READ_HERE, Law
from pdp.ledger.world import World
from pdp.readings import Readings

NOW = moment("2026-02-20")


def tell(told, kind: str, by: str, **members: object) -> tuple[str, ...]:
    """Record a statement behind the world's back; return the refs it is about."""
    return told.ledger.record([statement(kind, members, NOW, by)])[0].about


def test_a_state_is_kept_between_the_instants_it_holds_for(told):
    told.apply()
    world = told.new_world()
    found = world.applications("R", "B", NOW)

    assert world.applications("R", "B", moment("2026-02-12")) is found
    assert world.applications("R", "B", moment("2026-02-26T23:59:59+08:00")) is found
    assert world.applications("R", "B", moment("2026-02-27"))[0].state == "deemed"
    assert world.applications("R", "B", NOW)[0].state == "pending", "earlier instants are answered as they were"


def test_news_is_seen_once_the_refs_it_is_about_are_forgotten(told):
    told.apply()
    world = told.new_world()
    assert world.applications("R", "B", NOW)[0].state == "pending"
    news = tell(told, "application.agreed", "A", id="A1")
    assert world.applications("R", "B", NOW)[0].state == "pending"

    world.forget(news)
    assert world.applications("R", "B", NOW)[0].state == "agreed"


def test_a_world_that_follows_learns_what_was_recorded_since_and_what_it_kept_before(told):
    told.apply()
    world = told.new_world()
    assert world.applications("R", "B", NOW)[0].state == "pending"
    tell(told, "application.acknowledged", "A", id="A1")
    tell(told, "application.agreed", "A", id="A1")
    world.follow()
    assert world.applications("R", "B", NOW)[0].state == "agreed"

    tell(told, "dataset.class_tightened", "A", id="R", sharing="not_shareable")
    assert world.applications("R", "B", NOW)[0].state == "agreed"
    world.follow()
    assert world.applications("R", "B", NOW)[0].state == "void"
    assert world.seq() == told.ledger.head()


def test_applications_rest_on_the_classes_of_their_dataset_too(told):
    told.apply()
    world = told.new_world()
    assert world.applications("R", "B", NOW)[0].state == "pending"
    world.forget(tell(told, "dataset.class_tightened", "A", id="R", sharing="not_shareable"))

    assert world.applications("R", "B", NOW)[0].state == "void_while_pending"


def test_a_first_application_is_seen_where_there_was_none(told):
    world = told.new_world()
    assert world.applications("R", "B", NOW) == ()
    scope = {"fields": ["a"]}
    news = tell(told, "application.received", "B", id="A1", applicant="B", dataset="R", scenario="sc-1", scope=scope)
    world.forget(news)

    assert world.applications("R", "B", NOW)[0].state == "pending"


def test_datasets_measures_and_offices_rest_on_succession(told):
    told.say("measure.declared", "2026-02-01", by="A", id="M1", scope={"providers": ["A"]})
    world = told.new_world()
    assert (world.dataset("R", NOW).provider, world.measures(NOW).provider_all) == ("A", {"A"})
    world.forget(tell(told, "body.succeeded", "registrar", id="A", successor="C"))

    assert (world.dataset("R", NOW).provider, world.measures(NOW).provider_all) == ("C", {"C"})


def test_applications_come_oldest_first_by_dataset_and_applicant(told):
    told.apply("2026-02-13", id="later").apply("2026-02-14", id="latest", applicant="C")
    told.apply("2026-02-12", id="first")

    assert [found.id for found in told.new_world().applications("R", "B", NOW)] == ["first", "later"]
    assert [found.id for found in told.new_world().applications("R", "C", NOW)] == ["latest"]


def test_openings_and_applications_are_told_apart(told):
    told.apply().ask_opening()
    world = told.new_world()

    assert [found.side for found in world.applications("R", "B", NOW)] == ["sharing"]
    assert [found.side for found in world.openings("R", "X", NOW)] == ["opening"]
    assert world.openings("R", "B", NOW) == world.applications("R", "X", NOW) == ()


def test_an_application_is_found_by_its_name_as_among_all_of_its_applicant(told):
    told.apply().ask_opening()
    world = told.new_world()
    (applied,), (asked,) = world.applications("R", "B", NOW), world.openings("R", "X", NOW)

    assert (world.application(applied.id, NOW), world.opening(asked.id, NOW)) == (applied, asked)
    assert (world.application(asked.id, NOW).state, world.opening(applied.id, NOW).state) == ("", "none")
    world.forget(tell(told, "application.agreed", "A", id=applied.id))
    assert world.application(applied.id, NOW).state == "agreed"


@pytest.mark.parametrize("capacity", [20, 200])
def test_memory_is_bounded_whatever_is_asked(told, capacity):
    law = told.law
    world = World(told.ledger, law.calendar, law.readings, law.in_force_from, capacity)
    for number in range(capacity * 5):
        world.dataset(f"unheard-{number}", NOW)
        world.subject(f"unheard-{number}", NOW)
        world.applications(f"unheard-{number}", "B", NOW)
        world.application(f"unheard-{number}", NOW)

    kept = (world._datasets, world._subjects, world._applications, world._applied)  # noqa: SLF001  # the bound
    assert sum(map(len, kept)) <= capacity
    assert world.dataset("R", NOW).provider == "A"


def test_what_is_asked_for_often_outlives_what_is_not(told):
    law = told.law
    world = World(told.ledger, law.calendar, law.readings, law.in_force_from, 40)
    kept = world.dataset("R", NOW)
    for number in range(200):
        world.dataset(f"unheard-{number}", NOW)
        assert world.dataset("R", NOW) is kept


def test_every_reading_that_folds_know_is_in_the_register_with_those_options(told):
    for name, options in READ_HERE.items():
        registered = list(told.law.readings.entries[name].options)
        assert registered[0] == options[0]
        assert set(options) <= set(registered)


@pytest.mark.parametrize(("name", "option"), [("coordination_effect", "binding"), ("incident_without_measure", "yes")])
def test_an_option_that_no_fold_carries_out_is_refused_at_once(told, name, option):
    entries = told.law.readings.entries
    readings = Readings({**entries, name: replace(entries[name], chosen=option)})

    with pytest.raises(PolicyError, match=f'no fold carries out the option "{option}"'):
        Law(told.law.calendar, readings, told.law.in_force_from)
