"""Access requests: a refusal, the application that answers it, its task, and the question asked again."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from adapters.gateways.access_offer import REQUESTS
from adapters.gateways.decision_model import DecisionShown
from pdp.ledger.body import statement
from pdp.ledger.scope import moment
from tests.adapters.gateways.town import QUESTION, town

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from tests.adapters.gateways.town import Town

ADDRESS = "https://pdp.example"
URN = "urn:openid:authzen:access-request:error:"
APPLIED = moment("2026-02-12T09:00:00+08:00")  # a Thursday; the fifth working day after it is 2026-02-26
DOORS = ["authzen", "decisions", "acts", "access_requests"]


def caller(name: str, body: str, *posts: str, **more: object) -> dict[str, object]:
    """Return the registration of one who acts for one body, with its name as key."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {"id": name, "key_sha256": [digest], "doors": DOORS, "posts": posts, "bodies": [body], **more}


CALLERS = [
    caller("b", "B", "applicant_officer", enforces=["mask_fields", "filter_rows"], detail="full"),
    caller("b-observer", "B", "observer"),
    caller("c", "C", "applicant_officer"),
    caller("a", "A", "provider_officer"),
    caller("g", "G", "regulator_officer"),
    caller("outside", "B", "applicant_officer", doors=["authzen", "acts"]),
]
WANTED = {"scenario": "sc-1", "scope": {"fields": ["name"]}, "duty_basis": "d-1", "purpose_kind": "duty"}


class FixedClock:
    """A clock whose time of day a test sets; implements `pdp.ports.Clock`."""

    def __init__(self) -> None:
        self.instant = APPLIED

    def now(self) -> datetime:
        """Return the instant that was set."""
        return self.instant

    def mono_ns(self) -> int:
        """Return the machine's monotonic nanoseconds."""
        return time.monotonic_ns()


@pytest.fixture
def clock(monkeypatch):
    """The time of day of everything that a test starts."""
    fixed = FixedClock()
    for place in ("adapters.assemble", "adapters.ledgers"):
        monkeypatch.setattr(f"{place}.SystemClock", lambda: fixed)
    return fixed


class Desk:
    """Somebody who talks to a town."""

    def __init__(self, here: Town, clock: FixedClock) -> None:
        self.here, self.clock, self._acts = here, clock, 0

    def at(self, instant: str) -> None:
        """Let it be another time."""
        self.clock.instant = moment(instant)

    async def send(self, method: str, path: str, who: str, body: object = None, **headers: str) -> httpx.Response:
        """Send one request with `who`'s key."""
        content = None if body is None else json.dumps(body, ensure_ascii=False)
        typed = {} if body is None else {"content-type": "application/json"}
        sent = {"authorization": f"Bearer {who}", **typed, **headers}
        return await self.here.client.request(method, path, content=content, headers=sent)

    async def ask(self, question: dict[str, Any] = QUESTION, who: str = "b", **context: object) -> dict[str, Any]:
        """Return the answer to a question, its shape checked."""
        asked = {**question, "context": {**question.get("context", {}), **context}}
        response = await self.send("POST", "/access/v1/evaluation", who, asked)
        assert response.status_code == 200, response.text
        if who == "b":
            DecisionShown.model_validate_json(response.content)
        return response.json()

    async def apply(
        self, refused: dict[str, Any], wanted: object = None, who: str = "b", key: str = "", **changed: object
    ) -> httpx.Response:
        """Answer a refusal with an access request."""
        context = refused["context"]
        denial = {
            "evaluation_id": context["evaluation_id"],
            "expires_at": context.get("access_request", {}).get("expires_at"),
        }
        body = {**QUESTION, "denial": denial, "requested_access": WANTED if wanted is None else wanted, **changed}
        return await self.send("POST", REQUESTS, who, body, **({"idempotency-key": key} if key else {}))

    async def applied(self, wanted: object = None) -> str:
        """Return the id of a task that was just applied for."""
        response = await self.apply(await self.ask(), wanted)
        assert response.status_code == 202, response.text
        return response.json()["task"]["id"]

    async def look(self, name: str, who: str = "b") -> httpx.Response:
        """Return how a task stands."""
        return await self.send("GET", f"{REQUESTS}/{name}", who)

    async def status(self, name: str) -> str:
        """Return the status of a task."""
        return (await self.look(name)).json()["task"]["status"]

    async def act(self, kind: str, who: str, **members: object) -> None:
        """Do an act."""
        self._acts += 1
        done = await self.send("POST", f"/v1/acts/{kind}", who, members, **{"idempotency-key": f"k{self._acts}"})
        assert done.status_code == 201, done.text

    def tried(self) -> list[tuple[str, str]]:
        """Return door and code of everything that was turned away."""
        return [(record["door"], record["code"]) for record in self.here.rejections()]


@asynccontextmanager
async def desk(data: Path, clock: FixedClock) -> AsyncIterator[Desk]:
    """Return somebody who talks to a town where it is the day of the application."""
    async with town(data, callers=CALLERS, tokens=[], public_url=ADDRESS) as here:
        registered = {"id": "C", "name": "C", "level": "district", "basis": "administrative_organ"}
        here.made.ledger.record(
            [statement("body.registered", registered, clock.now() - timedelta(days=2), "registrar")]
        )
        yield Desk(here, clock)


def test_from_refusal_through_silence_to_a_permit(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            refused = await here.ask()
            offer = refused["context"]["access_request"]
            assert offer == {
                "template": "share_application",
                "endpoint": f"{ADDRESS}{REQUESTS}",
                "request_schema_url": f"{ADDRESS}{REQUESTS}/schema",
                "expires_at": "2026-02-12T10:00:00+08:00",
            }
            (how,) = [way["how"] for way in refused["context"]["remedies"] if way["id"] == "apply_to_provider"]
            assert REQUESTS in how["zh"]
            assert REQUESTS in how["en"]

            taken = await here.apply(refused)
            assert taken.status_code == 202, taken.text
            task = taken.json()["task"]
            assert taken.headers["location"] == task["status_endpoint"] == f"{ADDRESS}{REQUESTS}/{task['id']}"
            assert task["status"] == "pending"
            assert task["progress"] == {"step_name": "provider_answer", "awaiting": ["A"]}
            assert task["links"] == {"cancel": f"{task['status_endpoint']}/cancel"}
            assert "expires_at" not in task
            assert (await here.ask())["context"]["reason"] == "application_pending"

            here.at("2026-02-26T23:59:59+08:00")
            waiting = await here.look(task["id"])
            assert waiting.json()["task"]["status"] == "pending"
            assert waiting.headers["retry-after"] == "1"

            here.at("2026-02-27T00:00:00+08:00")
            deemed = await here.look(task["id"])
            approval = deemed.json()["result"]["approval"]
            assert deemed.json()["result"]["mode"] == "reevaluate"
            assert "retry-after" not in deemed.headers
            assert approval == {
                "id": approval["id"],
                "approved_at": "2026-02-27T00:00:00+08:00",
                "approved_until": "2026-03-29T00:00:00+08:00",
                "basis": "deemed_consent",
                "articles": ["art_21__para_4"],
            }
            permit = (await here.ask(approval=approval))["context"]
            assert permit["outcome"] == "PERMIT"
            assert permit["approval"] == {"id": approval["id"], "approved_until": approval["approved_until"]}
            record = here.here.made.service.decision(permit["id"])
            assert record["request"]["application"] == record["application"] == task["id"]

    asyncio.run(scene())


def test_submitting_is_the_act_of_applying_and_an_emergency_changes_nothing(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            name = await here.applied({**WANTED, "emergency": True})
            (said,) = here.here.made.ledger.about(f"application/{name}")
            assert (said.kind, said.by, said.agent) == ("application.received", "B", "b")
            assert said.body == {
                "id": name, "applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["name"]},
                "duty": "d-1", "purpose": "duty",
            }  # fmt: skip
            assert said.evidence.startswith("sha256:")

    asyncio.run(scene())


def test_agreement_in_part_tells_what_was_granted(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            name = await here.applied({**WANTED, "scope": {"fields": ["name", "age"], "until": "2026-06-30"}})
            here.at("2026-02-13T10:00:00+08:00")
            masks = [{"field": "name", "method": "partial", "keep_prefix": 1, "keep_suffix": 0}]
            await here.act("application.agreed_in_part", "a", id=name, scope={"fields": ["name"], "masks": masks})
            approval = (await here.look(name)).json()["result"]["approval"]
            until = "2026-07-01T00:00:00+08:00"
            assert approval["granted_scope"] == {"fields": ["name"], "masks": masks, "until": until}
            assert approval["basis"] == "agreement_in_part"
            assert approval["approved_at"] == "2026-02-13T10:00:00+08:00"
            assert approval["approved_until"] == "2026-07-01T00:00:00+08:00"
            assert (await here.ask(approval=approval))["decision"] is True
            beyond = {**QUESTION, "resource": {"type": "dataset", "id": "R", "properties": {"fields": ["age"]}}}
            refused = (await here.ask(beyond, approval=approval))["context"]
            assert (refused["next_action"], refused["approval_reason"]) == ("request", "out_of_scope")
            assert refused["access_request"]["template"] == "share_application"

            here.at("2026-07-01T00:00:00+08:00")
            ended = await here.look(name)
            assert (ended.status_code, ended.json()["type"]) == (410, URN + "task_expired")
            refused = (await here.ask(approval=approval))["context"]
            assert (refused["next_action"], refused["approval_reason"]) == ("request", "approval_expired")

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"explanation": "正在办理", "statutory_cause": "《…法》第二十条"}, "refused"),
        ({}, "refused_without_explanation_or_statutory_cause"),
    ],
)
def test_a_refusal_denies_the_task_and_points_to_coordination(said, reason, tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            name = await here.applied()
            await here.act("application.refused", "a", id=name, **said)
            task = (await here.look(name)).json()["task"]
            assert (task["status"], task["reason"]) == ("denied", reason)
            assert {word: task[word] for word in said} == said
            assert [note["id"] for note in task["advisories"]] == ["ask_coordination"]
            assert task["advisories"][0]["articles"] == ["art_22__para_1"]
            here.at("2026-03-02T09:00:00+08:00")
            assert await here.status(name) == "denied"  # an answer, however poor, is no silence

    asyncio.run(scene())


def test_an_applicant_cancels_while_it_waits_and_never_later(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            name = await here.applied()
            ended = await here.send("POST", f"{REQUESTS}/{name}/cancel", "b", {"reason": "not_needed"})
            assert ended.status_code == 200, ended.text
            assert (ended.json()["task"]["status"], ended.json()["task"]["reason"]) == ("cancelled", "withdrawn")
            again = await here.send("POST", f"{REQUESTS}/{name}/cancel", "b")
            assert (again.status_code, again.json()["type"]) == (409, URN + "invalid_task_state")
            here.at("2026-03-02T09:00:00+08:00")
            assert await here.status(name) == "cancelled"
            assert (await here.ask())["context"]["reason"] == "application_withdrawn"

            other = await here.applied()
            here.at("2026-03-10T09:00:00+08:00")
            assert await here.status(other) == "approved"
            late = await here.send("POST", f"{REQUESTS}/{other}/cancel", "b")
            assert (late.status_code, late.json()["type"]) == (409, URN + "invalid_task_state")
            assert await here.status(other) == "approved"

    asyncio.run(scene())


@pytest.mark.parametrize(("answered", "reason"), [(False, "class_changed"), (True, "class_changed_after_approval")])
def test_a_stricter_class_voids_the_task_and_says_so(answered, reason, tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            name = await here.applied()
            if answered:
                await here.act("application.agreed", "a", id=name)
            approval = (await here.look(name)).json().get("result", {}).get("approval")
            here.at("2026-02-13T09:00:00+08:00")
            await here.act("dataset.class_tightened", "a", id="R", sharing="not_shareable")
            task = (await here.look(name)).json()["task"]
            assert (task["status"], task["reason"]) == ("cancelled", reason)
            here.at("2026-03-02T09:00:00+08:00")
            assert await here.status(name) == "cancelled"
            if approval:
                refused = (await here.ask(approval=approval))["context"]
                assert (refused["next_action"], refused["approval_reason"]) == ("none", "policy_denied")
                assert "access_request" not in refused

    asyncio.run(scene())


def test_a_request_repeated_under_its_key_is_one_task_and_another_body_is_refused(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            refused = await here.ask()
            first = await here.apply(refused, key="k-1")
            here.at("2026-02-12T11:20:00+08:00")  # the refusal is too old by now to be answered anew
            again = await here.apply(refused, key="k-1")
            assert first.json()["task"]["id"] == again.json()["task"]["id"]
            other = await here.apply(refused, {**WANTED, "scope": {"fields": ["name", "age"]}}, key="k-1")
            assert (other.status_code, other.json()["type"]) == (409, URN + "duplicate_request")
            assert (await here.apply(refused, key="k-2")).status_code == 410
            assert len(here.here.made.ledger.about("applications/R/B")) == 1
            assert ("access_requests", "duplicate_request") in here.tried()

    asyncio.run(scene())


async def one_hour_late(here: Desk) -> httpx.Response:
    """Answer a refusal when it is an hour old."""
    refused = await here.ask()
    here.at("2026-02-12T10:00:00+08:00")
    return await here.apply(refused)


async def of_a_permit(here: Desk) -> httpx.Response:
    """Answer a permit: the application that waits is agreed to."""
    (said,) = here.here.made.ledger.about("applications/R/B")
    await here.act("application.agreed", "a", id=said.body["id"])
    return await here.apply(await here.ask())


async def on_the_way(here: Desk) -> httpx.Response:
    """Answer a refusal whose remedy is to wait."""
    await here.applied()
    return await here.apply(await here.ask())


async def with_a_doubt(here: Desk) -> httpx.Response:
    """Answer a refusal that has another ground beside."""
    vague = {**QUESTION, "subject": {"type": "public_body", "id": "B"}}
    return await here.apply(await here.ask(vague), subject=vague["subject"])


def changed(**members: object):
    """Return a way to answer a refusal with other members than were asked for."""

    async def way(here: Desk) -> httpx.Response:
        return await here.apply(await here.ask(), **members)

    return way


def wanting(wanted: object):
    """Return a way to apply for something else."""

    async def way(here: Desk) -> httpx.Response:
        return await here.apply(await here.ask(), wanted)

    return way


def asking(who: str):
    """Return a way to answer a refusal as somebody else."""

    async def way(here: Desk) -> httpx.Response:
        return await here.apply(await here.ask(), who=who)

    return way


CONTEXT = QUESTION["context"]
NAMED = {name: value for name, value in WANTED.items() if name != "scenario"}
WITHOUT_SCOPE = {name: value for name, value in WANTED.items() if name != "scope"}
ID = "019c9785-1a80-7c3e-9d41-5b1f0e6a2c77"
REFUSED = {
    "an hour after the refusal": (one_hour_late, 410, "expired_denial"),
    "another ground stands in the way": (with_a_doubt, 400, "not_requestable"),
    "another scenario in the context": (
        changed(context={**CONTEXT, "scenario": "sc-2"}), 400, "invalid_denial_binding"
    ),
    "a context that leaves something out": (changed(context={}), 400, "invalid_denial_binding"),
    "another action": (changed(action={"name": "onward_supply"}), 400, "invalid_denial_binding"),
    "other fields": (changed(resource={"type": "dataset", "id": "R"}), 400, "invalid_denial_binding"),
    "a decision that nobody made": (changed(denial={"evaluation_id": ID}), 400, "invalid_denial_binding"),
    "no id of a decision": (changed(denial={"evaluation_id": "../x"}), 400, "invalid_denial_binding"),
    "a unit": (changed(subject={"type": "unit", "id": "B"}), 400, "not_requestable"),
    "fields that the dataset lacks": (
        wanting({**WANTED, "scope": {"fields": ["salary"]}}), 400, "not_requestable"
    ),
    "no denial": (changed(denial=None), 400, ""),
    "no scenario": (wanting(NAMED), 400, ""),
    "no scope": (wanting(WITHOUT_SCOPE), 400, ""),
    "an empty scope": (wanting({**WANTED, "scope": {}}), 400, ""),
    "a scope that is misspelt": (wanting({**WANTED, "scope": {"field": ["name"]}}), 400, ""),
    "a purpose that is none": (wanting({**WANTED, "purpose_kind": "fun"}), 400, ""),
    "another body": (asking("c"), 403, ""),
    "a post that does not apply": (asking("b-observer"), 403, ""),
    "a door that is closed to the caller": (asking("outside"), 403, ""),
    "nobody known": (asking("nobody"), 401, ""),
}  # fmt: skip
AFTER_AN_APPLICATION = {"while another waits": (on_the_way, 1), "a permit": (of_a_permit, 1)}


def test_what_is_no_application_is_refused_recorded_and_begins_no_term(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            for case, (way, status, kind) in REFUSED.items():
                here.clock.instant = APPLIED
                tried = len(here.tried())
                refused = await way(here)
                problem = refused.json()
                assert (refused.status_code, problem["status"]) == (status, status), (case, refused.text)
                assert problem["type"] == (URN + kind if kind else "about:blank"), case
                assert refused.headers["content-type"] == "application/problem+json"
                assert problem["title"]
                assert problem["detail"]
                if case in {"no scenario", "no scope", "an empty scope"}:
                    assert problem["articles"] == ["art_21__para_1"]
                assert [door for door, _ in here.tried()[tried:]] == ["access_requests"], case
                assert here.here.made.ledger.about("applications/R/B") == ()
            for case, (way, answers) in AFTER_AN_APPLICATION.items():
                refused = await way(here)
                assert (refused.status_code, refused.json()["type"]) == (400, URN + "not_requestable"), case
                assert len(here.here.made.ledger.about("applications/R/B")) == answers

    asyncio.run(scene())


def test_a_task_is_told_to_its_parties_and_the_regulator_and_does_not_exist_for_others(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            name = await here.applied()
            assert len(name) == 32
            for who in ("a", "b", "b-observer", "g"):
                assert (await here.look(name, who)).status_code == 200
            for who, other in (("c", name), ("b", "0" * 32), ("b", "A1"), ("b", name.upper())):
                unknown = await here.look(other, who)
                assert (unknown.status_code, unknown.json()["type"]) == (404, URN + "unknown_task")
            for who in ("a", "g", "b-observer"):  # to see a task is not to end it
                assert (await here.send("POST", f"{REQUESTS}/{name}/cancel", who)).status_code == 403
            assert (await here.send("POST", f"{REQUESTS}/{name}/cancel", "c")).status_code == 404
            assert await here.status(name) == "pending"
            await here.act("application.received", "b", id="A1", applicant="B", dataset="R", scenario="sc-1",
                           scope={"fields": ["name"]})  # fmt: skip
            assert (await here.look("A1")).status_code == 404  # what was applied for under another name is no task

    asyncio.run(scene())


def test_a_reference_that_is_forged_foreign_or_old_grants_nothing_and_takes_nothing(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            forged = (await here.ask(approval={"id": "f" * 32}))["context"]
            assert forged["outcome"] == "DENY"
            assert (forged["next_action"], forged["approval_reason"]) == ("none", "approval_unverifiable")
            name = await here.applied()
            await here.act("application.agreed", "a", id=name)
            first = (await here.look(name)).json()["result"]["approval"]
            assert (await here.ask(approval={"id": "f" * 32}))["decision"] is True  # the ledger alone decides
            foreign = {**QUESTION, "subject": {"type": "public_body", "id": "C"}}
            refused = (await here.ask(foreign, who="c", approval=first))["context"]
            assert (refused["outcome"], refused["approval_reason"]) == ("DENY", "approval_unverifiable")

            here.at("2026-04-15T09:00:00+08:00")
            second = (await here.look(name)).json()["result"]["approval"]
            assert second["id"] != first["id"]
            assert moment(second["approved_until"]) - moment(first["approved_until"]) == timedelta(days=60)
            old = (await here.ask(approval=first))["context"]
            assert old["outcome"] == "PERMIT"
            assert "approval" not in old
            assert (await here.ask(approval=second))["context"]["approval"]["id"] == second["id"]

    asyncio.run(scene())


def test_beyond_the_calendar_a_task_waits_for_ever(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            last = max(here.here.made.service.policy.calendar.works)
            here.at(last.isoformat() + "T09:00:00+08:00")
            name = await here.applied()
            assert await here.status(name) == "pending"
            here.clock.instant += timedelta(days=60)
            task = (await here.look(name)).json()["task"]
            assert (task["status"], task["progress"]["step_name"]) == ("pending", "calendar_unknown")

    asyncio.run(scene())


ELSEWHERE = {
    "another channel is wanted": {**QUESTION, "context": {**QUESTION["context"], "channel": "city_open_platform"}},
    "the data is unknown": {**QUESTION, "resource": {"type": "dataset", "id": "R9"}},
    "to supply on is another matter": {**QUESTION, "action": {"name": "onward_supply"}},
    "units apply to the city": {**QUESTION, "subject": {"type": "unit", "id": "U"}},
    "nobody in particular": {**QUESTION, "subject": {"type": "anonymous", "id": "-"}},
}


def test_only_a_refusal_that_an_application_would_mend_offers_one(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            unit = statement("unit.registered", {"id": "U", "name": "U"}, clock.now(), "registrar")
            here.here.made.ledger.record([unit])
            for question in ELSEWHERE.values():
                answer = await here.ask(question)
                assert answer["decision"] is False
                assert "access_request" not in answer["context"]
            assert "access_request" in (await here.ask())["context"]

    asyncio.run(scene())


def test_the_door_describes_itself(tmp_path, clock):
    async def scene() -> None:
        async with desk(tmp_path, clock) as here:
            told = (await here.here.client.get("/.well-known/authzen-configuration")).json()
            assert told["access_request_endpoint"] == f"{ADDRESS}{REQUESTS}"
            assert "urn:openid:authzen:capability:access-request" in told["capabilities"]
            schema = (await here.here.client.get(f"{REQUESTS}/schema")).json()
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.validate(WANTED, schema)
            for wanted in (NAMED, WITHOUT_SCOPE, {**WANTED, "scope": {"field": ["name"]}}):
                with pytest.raises(jsonschema.ValidationError):
                    jsonschema.validate(wanted, schema)

    asyncio.run(scene())
