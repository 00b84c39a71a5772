"""Acts over HTTP: recorded once, by whoever may, and the next decision knows; anything else is refused and recorded."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adapters.gateways.act_documents import example
from adapters.gateways.act_models import MODELS, members_of
from pdp.ledger.body import statement
from pdp.ledger.kinds import KINDS
from pdp.ledger.scope import moment
from tests.adapters.gateways.town import APPLICANT, APPLICATION, PROVIDER, REGULATOR, bearing, token, town

ROOT = Path(__file__).parents[3]
AT = moment("2026-01-01")
SCHEMA = json.loads((ROOT / "pdp/log/record.schema.json").read_text(encoding="utf-8"))


def test_each_act_changes_the_next_decision_at_once(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            assert await here.ask() == ("DENY", ["no_application"])
            applied = await here.act("application.received", APPLICANT, APPLICATION)
            assert applied.status_code == 201, applied.text
            assert applied.json()["state"][0]["state"] == "pending"
            assert await here.ask() == ("DENY", ["application_pending"])
            agreed = await here.act("application.agreed", PROVIDER, {"id": "A1"})
            assert agreed.status_code == 201, agreed.text
            assert await here.ask() == ("PERMIT", ["share_agreed"])

    asyncio.run(scene())


def test_a_statement_says_who_did_it_on_whose_behalf(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            told = (await here.act("application.received", APPLICANT, APPLICATION)).json()["recorded"]
            assert told["by"] == "B"
            assert told["agent"].startswith("portal/p1.")
            assert "clerk-of-B" not in json.dumps(told)

    asyncio.run(scene())


NOT_THEIRS = {
    "the regulator does not answer for a provider": (REGULATOR, "application.agreed", {"id": "A1"}),
    "nor under the provider's post": (token("G", "provider_officer"), "application.agreed", {"id": "A1"}),
    "an observer approves nothing": (token("G", "observer"), "dataset.approved", {"id": "R"}),
    "an observer answers nothing": (token("A", "observer"), "application.refused", {"id": "A1"}),
    "a system administrator answers nothing": (
        token("A", "system_administrator"), "application.agreed", {"id": "A1"}
    ),
    "an applicant does not answer itself": (APPLICANT, "application.agreed", {"id": "A1"}),
    "nobody acts for another body": (PROVIDER, "application.withdrawn", {"id": "A1", "by": "B"}),
    "a post that the caller may not lend is none": (token("A", "registrar"), "person.registered", {"id": "P"}),
    "a body that the caller may not act for": (token("C", "provider_officer"), "application.agreed", {"id": "A1"}),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_THEIRS)
def test_what_is_not_theirs_to_do_is_refused_and_recorded(case, tmp_path):
    who, kind, members = NOT_THEIRS[case]

    async def scene() -> None:
        async with town(tmp_path) as here:
            await here.act("application.received", APPLICANT, APPLICATION)
            head = here.made.ledger.head()
            refused = await here.act(kind, who, members)
            assert refused.status_code == 403, refused.text
            assert here.made.ledger.head() == head
            (attempt,) = here.rejections()
            jsonschema.validate(attempt, SCHEMA)
            assert (attempt["door"], attempt["gateway"], attempt["act"]["kind"]) == ("acts", "portal", kind)
            assert "clerk" not in json.dumps(attempt)

    asyncio.run(scene())


EXPIRED = token("B", "applicant_officer", iat=int(time.time()) - 4000, exp=int(time.time()) - 3000)
BAD: dict[str, tuple[int, str, dict[str, Any], dict[str, str]]] = {
    "an unknown member": (400, "is no member", {**APPLICATION, "scop": {}}, {}),
    "a missing member": (400, "dataset", {"id": "A1", "applicant": "B"}, {}),
    "a member of another type": (400, "id", {**APPLICATION, "id": 7}, {}),
    "an instant of the past": (400, "lies in the past", {**APPLICATION, "at": "2025-01-01T00:00:00+08:00"}, {}),
    "an instant of the future": (400, "lies in the future", {**APPLICATION, "at": "2099-01-01T00:00:00+08:00"}, {}),
    "fields that the dataset lacks": (409, "salary", {**APPLICATION, "scope": {"fields": ["salary"]}}, {}),
    "a scope with an unknown member": (400, "scope", {**APPLICATION, "scope": {"columns": ["name"]}}, {}),
    "an unregistered dataset": (409, "no catalogue", {**APPLICATION, "dataset": "R9"}, {}),
    "a forged token": (401, "authorization", APPLICATION, bearing(APPLICANT[:-4] + "AAAA")),
    "an expired token": (401, "authorization", APPLICATION, bearing(EXPIRED)),
    "no key": (400, "idempotency-key", APPLICATION, {"idempotency-key": ""}),
    "an ETag that is none": (400, "if-match", APPLICATION, {"if-match": "118"}),
    "a media type that is none of ours": (400, "content-type", APPLICATION, {"content-type": "text/plain"}),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_with_its_reason_and_recorded_as_an_attempt(case, tmp_path):
    status, words, members, headers = BAD[case]

    async def scene() -> None:
        async with town(tmp_path) as here:
            head = here.made.ledger.head()
            named = {"authorization": f"Bearer {APPLICANT}", "idempotency-key": "k1", **headers}
            refused = await here.client.post("/v1/acts/application.received", json=members, headers=named)
            assert (refused.status_code, words in refused.json()["error"]) == (status, True), refused.text
            assert here.made.ledger.head() == head
            assert [attempt["door"] for attempt in here.rejections()] == ["acts"]

    asyncio.run(scene())


def test_an_act_that_the_law_does_not_know_is_recorded_as_an_attempt(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            refused = await here.act("application.approved", PROVIDER, {"id": "A1"})
            assert refused.status_code == 400
            assert "application.agreed" in refused.text or "did you mean" in refused.text
            assert len(here.rejections()) == 1

    asyncio.run(scene())


def test_asked_again_under_its_key_an_act_is_done_once(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            first = await here.act("application.received", APPLICANT, APPLICATION, "k1")
            again = await here.act("application.received", APPLICANT, APPLICATION, "k1")
            assert (first.status_code, again.status_code) == (201, 200)
            assert again.json()["recorded"] == first.json()["recorded"]
            head = here.made.ledger.head()
            other = await here.act("application.received", APPLICANT, {**APPLICATION, "id": "A2"}, "k1")
            assert (other.status_code, other.json()["code"]) == (422, "reused_key")
            assert here.made.ledger.head() == head

    asyncio.run(scene())


def test_whoever_decides_on_an_older_state_hears_what_happened_in_between(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            await here.act("application.received", APPLICANT, APPLICATION)
            seen = await here.client.get("/v1/matters/application/A1", headers=bearing(PROVIDER))
            await here.act("application.withdrawn", APPLICANT, {"id": "A1"})
            late = await here.act("application.agreed", PROVIDER, {"id": "A1"}, **{"if-match": seen.headers["etag"]})
            assert (late.status_code, late.json()["code"]) == (409, "moved_on")
            assert [one["kind"] for one in late.json()["since"]] == ["application.withdrawn"]

    asyncio.run(scene())


def test_an_illegal_step_names_its_article(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            await here.act("application.received", APPLICANT, APPLICATION)
            await here.act("application.withdrawn", APPLICANT, {"id": "A1"})
            refused = await here.act("application.agreed", PROVIDER, {"id": "A1"})
            assert (refused.status_code, refused.json()["code"]) == (409, "not_lawful")
            assert refused.json()["articles"]

    asyncio.run(scene())


def test_a_provider_sees_what_it_must_answer_and_until_when(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            await here.act("application.received", APPLICANT, APPLICATION)
            due = await here.client.get("/v1/lists/answers-due", headers=bearing(PROVIDER))
            (item,) = due.json()["items"]
            assert (item["entity"], item["days_left"]) == ("application/A1", 5)
            mine = await here.client.get("/v1/lists/open-applications", headers=bearing(APPLICANT))
            assert [one["entity"] for one in mine.json()["items"]] == ["application/A1"]
            others = await here.client.get("/v1/lists/answers-due?of=A", headers=bearing(APPLICANT))
            assert others.status_code == 403

    asyncio.run(scene())


def test_a_matter_is_shown_to_its_parties_and_to_nobody_else(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            await here.act("application.received", APPLICANT, APPLICATION)
            shown = await here.client.get("/v1/matters/application/A1", headers=bearing(APPLICANT))
            assert [said["kind"] for said in shown.json()["history"]] == ["application.received"]
            stranger = token("G", "legal_reviewer")
            hidden = await here.client.get("/v1/matters/application/A1", headers=bearing(stranger))
            assert hidden.status_code == 404

    asyncio.run(scene())


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_each_act_is_one(kind):
    asked = MODELS[kind].model_validate_json(json.dumps(example(kind)), strict=True)

    assert statement(kind, members_of(asked), AT, "A").kind == kind


def test_the_openapi_page_documents_each_act_with_its_members_and_an_example(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            page = (await here.client.get("/openapi.json")).json()
            for kind in KINDS:
                operation = page["paths"][f"/v1/acts/{kind}"]["post"]
                content = operation["requestBody"]["content"]["application/json"]
                schema = {**content["schema"], "components": page["components"]}
                jsonschema.validate(content["example"], schema)
                named = page["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
                assert set(KINDS[kind].members) <= set(named["properties"])
                assert {one["name"] for one in operation["parameters"]} == {"Idempotency-Key", "If-Match"}

    asyncio.run(scene())
