"""Acts over HTTP: recorded once, by whoever may, and the next decision knows; anything else is refused and recorded."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.assemble import Installation, build_service
from adapters.callers import Callers
from adapters.gateways.act_documents import example
from adapters.gateways.act_models import MODELS, members_of
from adapters.gateways.http import Doors, HttpApp
from adapters.logs import make_log
from adapters.settings import Settings
from adapters.tokens import Tokens
from pdp.ledger.body import statement
from pdp.ledger.kinds import KINDS
from pdp.ledger.scope import moment
from pdp.log.entry import record_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

KEY = Ed25519PrivateKey.generate()
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
POSTS = ("provider_officer", "applicant_officer", "regulator_officer", "observer", "system_administrator",
         "security_administrator", "audit_administrator", "legal_reviewer")  # fmt: skip
SETTINGS = {
    "starting_world": False,
    "callers": [
        {
            "id": "portal",
            "doors": ["authzen", "decisions", "acts"],
            "posts": POSTS,
            "bodies": ["A", "B", "G"],
            "enforces": ["mask_fields", "filter_rows"],
        }
    ],
    "tokens": [
        {
            "issuer": "https://id.example",
            "audience": "pdp",
            "algorithm": "EdDSA",
            "keys": [{"kid": "k1", "public_key_pem": PEM}],
            "caller": "portal",
        }
    ],
}
AT = moment("2026-01-01")
BODY = {"level": "district", "basis": "administrative_organ"}
LEVELS = {"id": "R", "resource_entry": "r", "data_entry": "d", "system_entry": "s", "table": "t"}
APPLICATION = {"id": "A1", "applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["name"]}}
QUESTION = {
    "subject": {"type": "public_body", "id": "B", "properties": {"system": {"id": "B-sys"}}},
    "action": {"name": "read"},
    "resource": {"type": "dataset", "id": "R", "properties": {"fields": ["name"]}},
    "context": {"scenario": "sc-1", "purpose": "duty", "channel": "bigdata_platform", "mode": "api"},
}


def token(body: str, *posts: str, **claims: object) -> str:
    """Return a token of somebody who acts for `body` in `posts`."""
    now = int(time.time())
    told = {"iss": "https://id.example", "aud": "pdp", "sub": f"clerk-of-{body}", "iat": now, "exp": now + 300}
    return jwt.encode(told | {"body": body, "posts": list(posts)} | claims, KEY, "EdDSA", {"kid": "k1", "typ": "JWT"})


PROVIDER = token("A", "provider_officer")
APPLICANT = token("B", "applicant_officer")
REGULATOR = token("G", "regulator_officer")


@dataclass
class Town:
    """A service with two bodies, a regulator and A's dataset R, and somebody who talks to it."""

    made: Installation
    client: httpx.AsyncClient

    async def act(self, kind: str, who: str, members: dict[str, Any], key: str = "", **headers: str) -> httpx.Response:
        """Ask for an act."""
        named = {"authorization": f"Bearer {who}", "idempotency-key": key or f"{kind}-{time.monotonic_ns()}", **headers}
        return await self.client.post(f"/v1/acts/{kind}", json=members, headers=named)

    async def ask(self) -> tuple[str, list[str]]:
        """Return outcome and grounds of B's question for R."""
        answer = await self.client.post("/access/v1/evaluation", json=QUESTION, headers=bearing(APPLICANT))
        told = answer.json()["context"]
        return told["outcome"], sorted(ground["rule"] for ground in told["grounds"])

    def rejections(self) -> list[dict[str, Any]]:
        """Return the attempts that the decision log holds."""
        records = [json.loads(record_of(entry)) for _, entry in self.made.journal.records()]
        return [record for record in records if record["kind"] == "rejection"]


def bearing(who: str) -> dict[str, str]:
    """Return the header of somebody who shows this token."""
    return {"authorization": f"Bearer {who}"}


@contextmanager
def installed(data: Path) -> Iterator[Installation]:
    """Return an installation with the world of these tests."""
    with build_service(Settings.model_validate({**SETTINGS, "data": data})) as made:
        at = made.clock.now() - timedelta(days=2)
        made.ledger.record(
            [
                statement("body.registered", {"id": "A", "name": "A", **BODY}, at, "registrar"),
                statement("body.registered", {"id": "B", "name": "B", **BODY}, at, "registrar"),
                statement(
                    "body.registered", {"id": "G", "name": "G", "offices": ["regulator"], **BODY}, at, "registrar"
                ),
                statement(
                    "duty.registered",
                    {"id": "d-1", "body": "B", "name": "核定", "basis": "《…条例》", "purpose": "duty",
                     "scenarios": ["sc-1"]},
                    at,
                    "registrar",
                ),
                statement(
                    "system.registered",
                    {"id": "B-sys", "body": "B", "post": "核定", "duties": ["d-1"]}, at, "registrar",
                ),
                statement(
                    "dataset.catalogued",
                    {"id": "R", "provider": "A", "title": "R", "fields": ["name", "age"]}, at, "A",
                ),
                statement("dataset.mapped", LEVELS, at, "A"),
                statement("dataset.approved", {"id": "R", "sharing": "conditional"}, at, "G"),
                statement("dataset.graded", {"id": "R", "grade": "general"}, at, "A"),
                statement("dataset.regime_marked", {"id": "R", "regime": "none"}, at, "A"),
                statement("dataset.personal_assessed", {"id": "R", "personal": "none"}, at, "A"),
                statement("dataset.linked", {"id": "R"}, at, "A"),
            ]
        )  # fmt: skip
        yield made


@asynccontextmanager
async def town(data: Path) -> AsyncIterator[Town]:
    """Return a running service and its client."""
    with installed(data) as made:
        await made.begin()
        callers = Callers(made.settings.registered, Tokens(made.settings.tokens))
        app = HttpApp(
            Doors(made.service, callers, make_log(StringIO(), "json")[0], deadline=10, procedures=made.procedures())
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pdp") as client:
            yield Town(made, client)
        await app.close()
        await made.end()


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
            assert (attempt["door"], attempt["count"]) == ("acts", 1)

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
