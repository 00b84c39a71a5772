"""Statements as they are written: every kind, every member, every type."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pdp.errors import TransitionError
from pdp.ledger.admit import statement
from pdp.ledger.kinds import KINDS
from pdp.ledger.scope import moment
from pdp.ledger.speakers import BY_DEFAULT, ROLES

AT = moment("2026-02-12")
ORDER = {"id": "S", "subject": "X", "datasets": ["R"], "item": "item_1", "due": "2026-03-01"}
RECEIVED = {"id": "A1", "applicant": "B", "dataset": "R"}


def refused(kind: str, members: dict[str, object]) -> str:
    """Return why a statement cannot be written."""
    with pytest.raises(TransitionError) as refusal:
        statement(kind, members, AT, "A")
    return str(refusal.value)


def test_refs_are_filled_from_the_body_one_for_each_element_of_a_list():
    received = statement("application.received", RECEIVED, AT, "B")
    assert received.about == ("application/A1", "applications/R/B")

    assessed = statement("combination.assessed", {"datasets": ["R", "S"], "identity": "no"}, AT, "A")
    assert assessed.about == ("combination/R", "combination/S")

    body = {"id": "A", "name": "A", "level": "district", "basis": "none"}
    assert statement("body.registered", body, AT, "registrar").about == ("subject/A",)
    offices = statement("body.registered", body | {"offices": ["regulator"]}, AT, "registrar")
    assert offices.about == ("subject/A", "office/regulator")


def test_every_instant_is_spelled_in_one_zone():
    said = statement("dataset.linked", {"id": "R"}, datetime(2026, 2, 11, 16, tzinfo=UTC), "A")

    assert said.at.isoformat() == "2026-02-12T00:00:00+08:00"


def test_an_unknown_kind_or_member_is_refused_with_the_nearest_word():
    assert 'did you mean "application.received"?' in refused("application.recieved", RECEIVED)
    assert 'did you mean "scope"?' in refused("application.received", RECEIVED | {"skope": {}})


@pytest.mark.parametrize("kind", KINDS)
def test_no_required_member_may_be_missing(kind):
    required = [name for name, wanted in KINDS[kind].members.items() if not wanted.endswith("?")]

    assert f'lacks the member "{required[0]}"' in refused(kind, {})


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"id": "A 1"}, "an id has 1 to 128"),
        ({"id": ""}, "an id has"),
        ({"id": "x" * 129}, "an id has"),
        ({"id": 1}, "an id has"),
        ({"scenario_text": " "}, "write a text"),
        ({"scenario_text": "a\nb"}, "write a text"),
        ({"scenario_text": "x" * 10_001}, "write a text"),
        ({"purpose": "dutty"}, 'did you mean "duty"?'),
        ({"assumed": "id"}, "write a list of texts"),
        ({"assumed": ["a", "a"]}, "each once"),
        ({"scope": []}, "write a mapping"),
        ({"scope": {"field": ["a"]}}, '"field" is no member of a scope'),
        ({"scope": {"fields": []}}, "a list of field names"),
        ({"scope": {"fields": "a"}}, "a list of field names"),
        ({"scope": {"quota": 0}}, "a whole number from 1"),
        ({"scope": {"quota": True}}, "a whole number from 1"),
        ({"scope": {"until": "2026-13-01"}}, "a day or an instant"),
        ({"scope": {"until": "2026-12-01T00:00:00"}}, "a day or an instant"),
        ({"scope": {"rows": {}}}, "a row filter"),
        ({"scope": {"rows": {"x": 1.5}}}, "whole numbers"),
        ({"scope": {1: "a"}}, "something else than texts"),
    ],
)
def test_a_member_of_the_wrong_type_is_refused_with_what_to_write(members, says):
    assert says in refused("application.received", RECEIVED | members)


@pytest.mark.parametrize(
    ("kind", "members", "says"),
    [
        ("dataset.ban_assessed", {"id": "R", "law": False}, '"yes" and "no" in quotes'),
        ("sanction.suspended", ORDER | {"due": "1.3.2026"}, "write a day"),
        ("sanction.suspended", ORDER | {"datasets": "R"}, "a list of ids"),
        ("safeguards.attested", {"id": "O", "met": "yes"}, "true or false"),
        ("measure.declared", {"id": "M", "scope": {"all": True}, "until": "soon"}, "a day, or an instant"),
        (
            "dataset.approved",
            {"id": "R", "fields": {"a": "conditional"}},
            "not followed by its sharing or opening class",
        ),
        ("dataset.approved", {"id": "R", "fields": {"a": {"sharing": "not_openable"}}}, "is no sharing class"),
    ],
)
def test_other_types_are_refused_too(kind, members, says):
    assert says in refused(kind, members)


def test_an_instant_without_offset_and_a_speaker_without_id_are_refused():
    with pytest.raises(TransitionError, match="without offset"):
        statement("dataset.linked", {"id": "R"}, datetime(2026, 2, 12), "A")  # noqa: DTZ001  # that is the point
    with pytest.raises(TransitionError, match="which is no id"):
        statement("dataset.linked", {"id": "R"}, AT, "甲机构")


def test_every_kind_has_roles_that_may_record_it_and_a_default_speaker(scribe):
    may = scribe().law.may

    for kind in KINDS:
        role = BY_DEFAULT.get(kind) or BY_DEFAULT.get(kind.partition(".")[0], "registrar")
        assert any(may(allowed, kind) for allowed in ROLES), kind
        assert may(role, kind) or kind == "measure.declared", (kind, role)
