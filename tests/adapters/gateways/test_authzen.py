"""Promises of the AuthZEN question: what a body says becomes the request, and nothing that it does not say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.callers import LOCAL, Caller
from adapters.gateways.authzen import NotEntitledError, parse
from pdp.errors import RequestError
from pdp.model import AccessRequest

GATEWAY = Caller(id="g", may_assert=("public_body",), assurance=2)


def body(**changes: object) -> bytes:
    """Return a small evaluation with some top-level members replaced; None leaves one out."""
    members = {
        "subject": {"type": "public_body", "id": "B"},
        "action": {"name": "read"},
        "resource": {"type": "dataset", "id": "R"},
        **changes,
    }
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


def test_every_member_that_is_read_reaches_the_request():
    everything = {
        "subject": {
            "type": "public_body",
            "id": "B",
            "properties": {"staff": {"id": "p-1"}, "system": {"id": "s-1"}, "agent": {"id": "u-1"}},
        },
        "action": {"name": "read"},
        "resource": {
            "type": "dataset",
            "id": "R",
            "properties": {
                "fields": ["姓名", "phone"],
                "rows": {"type": "field", "field": "dept", "operator": "eq", "value": "A"},
                "table": "t_1",
                "combined_with": ["R2"],
            },
        },
        "context": {
            "scenario": "sc-1",
            "purpose": "duty",
            "channel": "approved_carrier",
            "carrier": "c-1",
            "mode": "api",
            "application": "A1",
            "location": "CN",
            "supported_obligations": ["custom"],
            "supported_custom_obligations": ["filter_rows"],
        },
    }

    assert parse(json.dumps(everything).encode(), GATEWAY, "r-1") == AccessRequest(
        subject="B",
        action="read",
        dataset="R",
        subject_kind="public_body",
        staff="p-1",
        system="s-1",
        agent="u-1",
        table="t_1",
        fields=("姓名", "phone"),
        rows={"type": "field", "field": "dept", "operator": "eq", "value": "A"},
        combined_with=("R2",),
        scenario="sc-1",
        purpose="duty",
        application="A1",
        channel="approved_carrier",
        carrier="c-1",
        mode="api",
        location="CN",
        assurance=2,
        enforces=("filter_rows",),
        door="authzen",
        gateway="g",
        request_id="r-1",
    )


def test_what_is_not_said_is_none():
    assert parse(body(), GATEWAY) == AccessRequest(
        subject="B", action="read", dataset="R", subject_kind="public_body", assurance=2, door="authzen", gateway="g"
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"subject": None}, "subject: is required"),
        ({"action": None}, "action: is required"),
        ({"resource": None}, "resource: is required"),
        ({"subject": "alice"}, "subject: must be an object"),
        ({"subject": []}, "subject: must be an object"),
        ({"subject": {"type": "public_body"}}, "subject.id: is required"),
        ({"subject": {"id": "B"}}, "subject.type: is required"),
        ({"subject": {"type": "public_body", "id": 7}}, "subject.id: must be a string"),
        ({"subject": {"type": "public_body", "id": None}}, "subject.id: must be a string"),
        ({"subject": {"type": "public_body", "id": "B", "properties": []}}, "subject.properties: must be an object"),
        (
            {"subject": {"type": "public_body", "id": "B", "properties": {"staff": "p-1"}}},
            "subject.properties.staff: must be an object",
        ),
        (
            {"subject": {"type": "public_body", "id": "B", "properties": {"staff": {}}}},
            "subject.properties.staff.id: is required",
        ),
        (
            {"subject": {"type": "public_body", "id": "B", "properties": {"staff": None}}},
            "subject.properties.staff: must not be null; leave it out",
        ),
        ({"action": {"name": 123}}, "action.name: must be a string"),
        ({"action": {"name": True}}, "action.name: must be a string"),
        ({"action": {}}, "action.name: is required"),
        ({"action": {"name": "read", "properties": []}}, "action.properties: must be an object"),
        ({"resource": {"type": "dataset"}}, "resource.id: is required"),
        ({"resource": {"type": "dataset", "id": "R\u0000"}}, "resource.id: has a control character"),
        ({"resource": {"type": "dataset", "id": "R\u0085"}}, "resource.id: has a control character"),
        ({"resource": {"type": "dataset", "id": "x" * 513}}, "resource.id: is longer than 512 bytes"),
        ({"resource": {"type": "dataset", "id": "数" * 171}}, "resource.id: is longer than 512 bytes"),
        ({"resource": {"type": "dataset", "id": "R", "properties": {"fields": "all"}}}, "must be an array"),
        ({"resource": {"type": "dataset", "id": "R", "properties": {"fields": []}}}, "must name at least one"),
        ({"resource": {"type": "dataset", "id": "R", "properties": {"fields": [1]}}}, "fields.0: must be a string"),
        ({"resource": {"type": "dataset", "id": "R", "properties": {"fields": ["x"] * 1001}}}, "more than 1000"),
        ({"resource": {"type": "dataset", "id": "R", "properties": {"rows": []}}}, "rows: must be an object"),
        ({"context": []}, "context: must be an object"),
        ({"context": {"scenario": 1}}, "context.scenario: must be a string"),
        ({"context": {"scenario": None}}, "context.scenario: must not be null; leave it out"),
        ({"context": {"supported_obligations": "custom"}}, "context.supported_obligations: must be an array"),
    ],
)
def test_a_fault_is_named_by_its_place(changes, fault):
    with pytest.raises(RequestError) as refused:
        parse(body(**changes), LOCAL)

    assert fault in str(refused.value)


@pytest.mark.parametrize(
    "rows",
    [
        {},
        {"type": "field", "field": "a", "operator": "eq"},
        {"type": "field", "field": "a", "operator": "eq", "value": None},
        {"type": "field", "field": "a", "operator": "eq", "value": 1.5},
        {"type": "field", "field": "a", "operator": "eq", "value": [1]},
        {"type": "field", "field": "a", "operator": "in", "value": 1},
        {"type": "field", "field": "a", "operator": "in", "value": []},
        {"type": "field", "field": "a", "operator": "like", "value": "x"},
        {"type": "field", "field": "a\n", "operator": "eq", "value": "x"},
        {"type": "field", "field": "a", "operator": "eq", "value": {"field": "b"}},
        {"type": "field", "field": "a", "operator": "eq", "value": "x", "more": 1},
        {"type": "compound", "operator": "and", "value": []},
        {"type": "compound", "operator": "xor", "value": [{}]},
        {"type": "compound", "operator": "or", "value": [{}]},
        {"type": "sql", "value": "1=1"},
    ],
)
def test_a_row_filter_that_is_not_exactly_one_is_no_question(rows):
    asked = body(resource={"type": "dataset", "id": "R", "properties": {"rows": rows}})

    with pytest.raises(RequestError, match=r"^resource\.properties\.rows"):
        parse(asked, LOCAL)


def test_row_filters_may_be_joined():
    part = {"type": "field", "field": "dept", "operator": "in", "value": ["A", 1, True]}
    rows = {"type": "compound", "operator": "not", "value": [{"type": "compound", "operator": "or", "value": [part]}]}

    assert parse(body(resource={"type": "dataset", "id": "R", "properties": {"rows": rows}}), LOCAL).rows == rows


def test_unknown_members_change_nothing_and_are_named():
    plain = parse(body(), LOCAL)

    asked = parse(
        body(
            subject={"type": "public_body", "id": "B", "role": "admin", "properties": {"clearance": {"x": None}}},
            action={"name": "read", "properties": {"soft": True}},
            context={"time": "2026-02-26T09:00:00Z", "ip": "10.0.0.1"},
            options={},
        ),
        LOCAL,
    )

    assert set(asked.ignored) == {
        "subject.role",
        "subject.properties.clearance",
        "action.properties.soft",
        "context.time",
        "context.ip",
        "options",
    }
    assert {name: getattr(asked, name) for name in AccessRequest.__slots__ if name != "ignored"} == {
        name: getattr(plain, name) for name in AccessRequest.__slots__ if name != "ignored"
    }


def test_a_question_may_name_nobody():
    asked = {
        "subject": {"type": "anonymous", "id": "whoever"},
        "action": {"name": "read"},
        "resource": {"type": "dataset", "id": "R"},
    }

    question = parse(json.dumps(asked).encode(), GATEWAY, None)

    assert (question.subject, question.subject_kind) == (None, None)


def test_at_most_sixteen_ignored_names_are_kept_and_none_that_could_be_data():
    asked = parse(body(**{f"m{'x' * number}": 1 for number in range(40)}, **{"110101199003070000": 1, "é": 1}), LOCAL)

    assert len(asked.ignored) == 16
    assert "?" in parse(body(**{"110101199003070000": 1}), LOCAL).ignored


@pytest.mark.parametrize(
    ("context", "registered", "enforced"),
    [
        ({}, None, None),
        ({}, ("mask_fields",), ("mask_fields",)),
        ({"supported_obligations": []}, ("mask_fields",), ()),
        ({"supported_obligations": ["step-up"]}, ("mask_fields",), ()),
        ({"supported_obligations": ["custom"]}, None, ("mask_fields", "filter_rows")),
        (
            {"supported_obligations": ["custom"], "supported_custom_obligations": ["mask_fields"]},
            None,
            ("mask_fields",),
        ),
        ({"supported_obligations": ["custom"], "supported_custom_obligations": ["dance"]}, ("filter_rows",), ()),
        ({"supported_obligations": ["step-up"], "supported_custom_obligations": ["mask_fields"]}, None, ()),
    ],
)
def test_the_request_declares_what_is_enforced_before_the_registration(context, registered, enforced):
    caller = LOCAL.model_copy(update={"enforces": registered})

    assert parse(body(context=context), caller).enforces == enforced


def test_a_caller_speaks_only_for_the_kinds_it_is_registered_for():
    with pytest.raises(NotEntitledError, match='"g" may not ask for a natural_person'):
        parse(body(subject={"type": "natural_person", "id": "P"}), GATEWAY)


@pytest.mark.parametrize("kind", ["user", "Public_Body", "", "public_body "])
def test_an_id_under_an_unknown_type_is_never_one_of_ours(kind):
    asked = parse(body(subject={"type": kind, "id": "B"}, resource={"type": kind, "id": "R"}), GATEWAY)

    assert "/" in (asked.subject or "")
    assert "/" in asked.dataset


ids = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40)


@given(ids, ids, ids)
def test_ids_arrive_as_they_were_sent(subject, action, dataset):
    asked = parse(
        body(
            subject={"type": "unit", "id": subject},
            action={"name": action},
            resource={"type": "dataset", "id": dataset},
        ),
        LOCAL,
    )

    assert (asked.subject, asked.action, asked.dataset) == (subject, action, dataset)
