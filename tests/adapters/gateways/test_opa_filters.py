"""Promises of filters: `kind` says aloud what is released, and a form that cannot say a filter says so."""

import asyncio
import hashlib
import json
from dataclasses import replace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.callers import LOCAL, Caller
from adapters.gateways.ucast import ALL, MINIMAL, PRISMA, InexpressibleError, ucast
from tests.adapters.gateways.row_filters import filters, holds, rows

PATH = "/v1/compile/filters/include"
MANY = "application/vnd.opa.multitarget+json"
KEY = "k" * 43
APPLICATION = Caller(
    id="app", key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),), doors=("opa_data",),
    enforces=("mask_fields", "filter_rows"),
)  # fmt: skip
PROVEN = {"authorization": f"Bearer {KEY}"}
ROWS = {"type": "field", "field": "dept", "operator": "in", "value": ["A", "B"]}


def form(variant) -> str:
    """Return the media type of a variant."""
    return f"application/vnd.opa.ucast.{variant}+json"


@pytest.fixture
def put(open_door, service):
    """Return a function that asks for a filter; `rows` and `masks` are what the authority is limited to."""

    def sent(question, accept=None, limits=None, caller=APPLICATION, **body: object) -> httpx.Response:
        plain = service._facts  # noqa: SLF001 -- the small service has no ledger in which limits could stand

        def limited(request) -> object:
            inquiry = plain(request)
            return replace(inquiry, parameters={**inquiry.parameters, **(limits or {})})

        service._facts = limited  # noqa: SLF001
        headers = {**(PROVEN if caller is APPLICATION else {}), **({"accept": accept} if accept else {})}

        async def once() -> httpx.Response:
            async with open_door(caller) as client:
                return await client.post(PATH, content=json.dumps({"input": question, **body}), headers=headers)

        return asyncio.run(once())

    return sent


def test_everything_is_released_with_an_empty_query_and_every_column_listed(put, question):
    response = put(question, form(ALL), unknowns=["input.people"])

    assert response.headers["content-type"] == form(ALL)
    assert response.json()["result"] == {"kind": "all", "query": {}, "masks": {"people": {"name": {}, "phone": {}}}}
    assert response.json()["decision_id"] == response.headers["x-decision-id"]


def test_nothing_is_released_without_a_query(put, question):
    question["context"]["scenario"] = "sc-other"

    assert put(question, form(ALL)).json()["result"] == {"kind": "none"}
    assert put(question, MANY, options={"targetDialects": ["ucast+all"]}).json()["result"] == {
        "ucast": {"kind": "none"}
    }


def test_a_part_is_a_condition_over_the_table_and_null_for_what_is_withheld(put, question):
    question["context"]["scenario"] = "sc-2"

    result = put(question, form(ALL), {"rows": ROWS}, unknowns=["input.people"]).json()["result"]

    assert result == {
        "kind": "conditional",
        "query": {**ROWS, "field": "people.dept"},
        "masks": {"people": {"name": {}, "phone": {"replace": {"value": None}}}},
    }


@pytest.mark.parametrize(
    ("method", "shown"),
    [("redact", "***"), ("null", None), ("partial", None), ("hash", None), ("generalise", None), ("unheard", None)],
)
def test_what_a_constant_cannot_express_is_null(put, question, method, shown):
    question["context"]["scenario"] = "sc-2"

    result = put(question, form(ALL), {"masks": [{"field": "name", "method": method}]}).json()["result"]

    assert result["masks"]["R"]["name"] == {"replace": {"value": shown}}
    assert result["kind"] == "all"


@pytest.mark.parametrize("enforces", [None, (), ("mask_fields",), ("filter_rows",)])
def test_where_nobody_carries_a_limit_out_nothing_is_released(put, question, enforces):
    question["context"]["scenario"] = "sc-2"
    caller = LOCAL.model_copy(update={"enforces": enforces})

    assert put(question, form(ALL), {"rows": ROWS}, caller).json()["result"] == {"kind": "none"}


def test_rows_that_are_asked_for_limit_the_filter_too(put, question):
    question["resource"]["properties"]["rows"] = ROWS

    result = put(question, form(ALL)).json()["result"]

    assert (result["kind"], result["query"]) == ("conditional", {**ROWS, "field": "R.dept"})


def test_a_smaller_language_says_the_same_in_its_own_words_or_that_it_cannot(put, question):
    question["context"]["scenario"] = "sc-2"
    starts = {"type": "field", "field": "dept", "operator": "startswith", "value": "A"}
    either = {
        "type": "compound",
        "operator": "or",
        "value": [{"type": "field", "field": "R.dept", "operator": "eq", "value": one} for one in "AB"],
    }

    assert put(question, form(MINIMAL), {"rows": ROWS}).json()["result"]["query"] == either
    refused = put(question, form(MINIMAL), {"rows": starts})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_parameter")
    assert "startswith" in refused.json()["message"]


@pytest.mark.parametrize(
    "accept",
    [
        *(None, "*/*", "application/json", "application/vnd.opa.ucast.linq+json"),
        *("application/vnd.opa.sql.postgresql+json", "application/vnd.opa.sql.mysql+json"),
    ],
)
def test_another_form_is_refused_with_a_list_of_those_there_are(put, question, service, accept):
    response = put(question, accept)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")
    assert form(MINIMAL) in response.json()["message"]
    assert service.questions == []


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        (MANY, {}),
        (MANY, {"options": {}}),
        (MANY, {"options": {"targetDialects": []}}),
        (MANY, {"options": {"targetDialects": ["sql+postgresql"]}}),
        (MANY, {"options": {"targetDialects": ["ucast+all", "ucast+prisma"]}}),
        (form(ALL), {"unknowns": "input.t"}),
        (form(ALL), {"unknowns": []}),
        (form(ALL), {"unknowns": ["t"]}),
        (form(ALL), {"unknowns": ["input."]}),
        (form(ALL), {"unknowns": ["input.a", "input.b"]}),
    ],
)
def test_a_body_that_wants_what_there_is_not_is_refused(put, question, service, accept, body):
    assert put(question, accept, **body).status_code == 400
    assert service.questions == []


def test_one_of_several_accepted_forms_is_chosen(put, question):
    response = put(question, f"text/html, {form(PRISMA)};q=0.9, {form(ALL)}")

    assert response.headers["content-type"] == form(PRISMA)


def meant(node, row) -> bool | None:
    """Return what UCAST means by `node`, over a row of table `t`."""
    bare = json.loads(json.dumps(node).replace('"t.', '"'))
    return holds(bare, row)


def operators(node) -> set[str]:
    """Return every operator in `node`."""
    inner = [operators(part) for part in node["value"]] if node["type"] == "compound" else []
    return {node["operator"]}.union(*inner)


@settings(max_examples=300, deadline=None)
@given(filters, rows, st.sampled_from([ALL, MINIMAL, PRISMA]))
def test_every_form_of_a_filter_means_the_same(node, row, variant):
    try:
        written = ucast(node, "t", variant)
    except InexpressibleError:
        assert variant != ALL
        assert "startswith" in operators(node)
        return

    assert meant(written, row) == holds(node, row)
    if variant != ALL:
        assert "not" not in operators(written)
    if variant == MINIMAL:
        assert not operators(written) & {"in", "nin", "startswith"}
