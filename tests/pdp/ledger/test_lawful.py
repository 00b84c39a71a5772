"""What stands in the way of an act, and under which article: fields, terms and classes it cannot be done over."""

from __future__ import annotations

import pytest

from pdp.ledger.kinds import KINDS
from pdp.ledger.lawful_sources import source
from tests.pdp.ledger.conftest import POLICIES

BEYOND = {"fields": ["a", "z"]}
OBJECTION = {"id": "Y1", "dataset": "R"}
BANNED = {"id": "R", "law": "yes"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_act_rests_on_a_paragraph_that_the_law_has(kind):
    law = (POLICIES / "law/xicheng-2023-4.yaml").read_text(encoding="utf-8")

    assert f"id: {source(kind)}\n" in law


def test_nobody_applies_for_fields_that_the_entry_does_not_list(told):
    said = {"id": "A1", "applicant": "B", "dataset": "R", "scenario": "sc-1"}
    refusal = told.refused("application.received", "2026-02-12", scope=BEYOND, **said)

    assert 'that the entry "R" does not list: z' in refusal
    assert "art_21__para_1" in refusal
    told.apply(scope=None)
    assert "does not list: z" in told.refused("application.completed", "2026-02-13", id="A1", scope=BEYOND)


def test_an_entry_that_lists_no_fields_is_applied_for_by_any_name(told):
    told.say("dataset.catalogued", "2023-02-01", id="Q", provider="A", title="Q")
    told.say("dataset.approved", "2023-02-01", id="Q", sharing="conditional", opening="conditional")

    assert told.apply(dataset="Q", scope=BEYOND).state("2026-02-12") == "pending"


def test_no_partial_answer_grants_a_field_that_the_entry_has_lost(told):
    told.apply()
    told.say("dataset.catalogued", "2026-02-13", id="R", provider="A", title="R", fields=["a", "c"])

    part = {"id": "A1", "scope": {"fields": ["b"]}}
    assert "does not list: b" in told.refused("application.agreed_in_part", "2026-02-14", **part)


def test_no_opening_is_asked_or_approved_beyond_the_fields_of_the_entry(told):
    told.say("carrier.registered", "2026-01-01", id="zone-1", name="区", form="data_zone")
    said = {"applicant": "X", "dataset": "R"}
    assert "art_31__para_2" in told.refused("opening.applied", "2026-02-12", id="O2", scope=BEYOND, **said)

    told.ask_opening()
    said = {"id": "O1", "carrier": "zone-1", "scope": BEYOND}
    assert "art_26__para_3" in told.refused("opening.approved", "2026-02-13", **said)


def test_data_that_may_not_be_opened_is_not_approved_for_opening(told):
    told.say("carrier.registered", "2026-01-01", id="zone-1", name="区", form="data_zone")
    told.ask_opening()
    told.say("dataset.class_tightened", "2026-02-13", id="R", opening="not_openable")

    refusal = told.refused("opening.approved", "2026-02-14", id="O1", carrier="zone-1")
    assert "none of which is in an open class" in refusal
    told.say("opening.rejected", "2026-02-14", id="O1")


def test_no_order_sets_a_term_that_is_over(told):
    sanction = {"id": "S1", "subject": "X", "datasets": ["R"], "item": "item_1"}
    order = {"id": "Z1", "body": "B", "item": "item_1"}
    assert "is over; set a day to come (art_42__para_1)" in told.refused(
        "sanction.suspended", "2026-02-12", by="A", due="2026-02-11", **sanction
    )
    assert "is over; set a day to come (art_41__para_1)" in told.refused(
        "rectification.ordered", "2026-02-12", due="2026-02-11", **order
    )

    told.say("sanction.suspended", "2026-02-12", by="A", due="2026-02-12", **sanction)
    told.say("rectification.ordered", "2026-02-12", due="2026-02-12", **order)


def test_an_extension_ends_after_the_term_that_it_extends(told):
    told.say("objection.raised", "2026-02-12", objector="B", side="shared", **OBJECTION)
    told.say("objection.filed", "2026-02-12", **OBJECTION)

    refusal = told.refused("objection.extended", "2026-02-13", until="2026-02-26", **OBJECTION)
    assert "the term runs to 2026-02-26; name a later day (art_25__para_2)" in refusal
    told.say("objection.extended", "2026-02-13", until="2026-02-27", **OBJECTION)
    assert "runs to 2026-02-27" in told.refused("objection.extended", "2026-02-14", until="2026-02-27", **OBJECTION)
    assert "adds no day" in told.refused("objection.extended", "2026-04-01", until="2026-03-01", **OBJECTION)


@pytest.mark.parametrize(
    ("sharing", "state"), [("unconditional", "not_needed"), ("not_shareable", "void_while_pending")]
)
def test_silence_deems_nothing_where_an_incomplete_application_with_a_clock_lost_its_class(scribe, sharing, state):
    told = scribe(incomplete_application="clock_unless_noticed_within_5_wd").bodies().dataset().apply(scope=None)
    told.say("dataset.approved", "2026-02-13", id="R", sharing=sharing)

    assert told.state("2026-02-14") == told.state("2026-04-01") == state


def test_who_may_adjust_alone_opens_no_data_that_is_banned_either(scribe):
    told = scribe(class_change="body_alone").bodies().dataset(opening="not_openable")
    told.say("dataset.ban_assessed", "2026-02-12", **BANNED)

    assert "art_27__para_1 forbids" in told.refused(
        "dataset.class_proposed", "2026-02-13", id="R", opening="unconditional"
    )
