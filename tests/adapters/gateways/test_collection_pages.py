"""The collection check over HTTP: for the designers of a body's forms, strictly read, recorded nowhere."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import jsonschema

from adapters.gateways.collection_pages import MOST
from pdp.ledger.body import statement
from pdp.supervision import form
from tests.adapters.gateways.town import APPLICANT, LEVELS, PROVIDER, REGULATOR, Town, bearing, token, town

FORM = {"body": "B", "items": ["name", "shoe size"]}


async def checked(here: Town, asked: object, who: str = APPLICANT, **headers: str):
    """Return the answer to one who has a form checked."""
    named = {**bearing(who), "content-type": "application/json", **headers}
    body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    return await here.client.post("/v1/collection-checks", content=body, headers=named)


def test_each_item_is_told_apart_with_how_it_can_be_had_and_the_articles(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            answer = await checked(here, FORM)
            name, size = answer.json()["items"]
            assert (name["item"], name["verdict"]) == ("name", "non_conforming")
            assert name["obtainable"] == [
                {"dataset": "R", "title": "R", "provider": "A", "field": "name", "route": "conditional"}
            ]
            assert [article["cite"] for article in name["articles"]] == [
                "第十条第一款", "第二十一条第一款", "第四十一条第一款第(一)项"
            ]  # fmt: skip
            assert name["statements"]
            assert (size["verdict"], size["obtainable"]) == ("conforming", [])
            assert answer.headers["cache-control"] == "no-store"

    asyncio.run(scene())


def test_an_exception_counts_with_its_reason(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            answer = await checked(here, {**FORM, "exceptions": {" name": "须核对原件"}})
            name, _ = answer.json()["items"]
            assert (name["verdict"], name["reason"]) == ("excepted", "须核对原件")

    asyncio.run(scene())


def test_what_is_catalogued_next_is_known_to_the_next_check(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            assert (await checked(here, FORM)).json()["items"][1]["verdict"] == "conforming"
            at = here.made.clock.now() - timedelta(days=1)
            members = {"id": "R2", "provider": "A", "title": "R2", "fields": ["shoe size"]}
            here.made.ledger.record(
                [
                    statement("dataset.catalogued", members, at, "A"),
                    statement("dataset.regime_marked", {"id": "R2", "regime": "none"}, at, "A"),
                    statement("dataset.mapped", {**LEVELS, "id": "R2"}, at, "A"),
                ]
            )
            assert (await checked(here, FORM)).json()["items"][1]["verdict"] == "unknown"
            here.made.ledger.record([statement("dataset.approved", {"id": "R2", "sharing": "unconditional"}, at, "G")])
            said = (await checked(here, FORM)).json()["items"][1]
            assert (said["verdict"], said["obtainable"][0]["route"]) == ("non_conforming", "unconditional")

    asyncio.run(scene())


def test_of_many_entries_that_have_an_item_the_first_that_can_be_had_are_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(form, "FIRST", 2)

    async def scene() -> None:
        async with town(tmp_path) as here:
            at = here.made.clock.now() - timedelta(days=1)
            names = ["Q1", "Q2", "Q3", "S1"]  # all before R, and none of them settled
            here.made.ledger.record(
                [
                    statement("dataset.catalogued", {"id": n, "provider": "A", "title": n, "fields": ["name"]}, at, "A")
                    for n in names
                ]
            )
            (name,) = (await checked(here, {"body": "B", "items": ["name"]})).json()["items"]
            assert (name["verdict"], name["more"]) == ("non_conforming", True)
            assert [way["dataset"] for way in name["obtainable"]] == ["R"]

    asyncio.run(scene())


NOT_FOR = {
    "the regulator's officer": (REGULATOR, FORM, 403),
    "another body's officer": (PROVIDER, FORM, 403),
    "an observer": (token("B", "observer"), FORM, 403),
    "nobody known": (APPLICANT[:-4] + "AAAA", FORM, 401),
}


def test_a_form_is_checked_for_nobody_but_those_who_design_it(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            for case, (who, asked, status) in NOT_FOR.items():
                answer = await checked(here, asked, who)
                assert (answer.status_code, "verdict" in answer.text) == (status, False), case

    asyncio.run(scene())


def test_a_body_that_provides_data_has_its_own_forms_checked(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            answer = await checked(here, {"body": "A", "items": ["name"]}, PROVIDER)
            (name,) = answer.json()["items"]
            assert name["verdict"] == "conforming"  # only A itself holds it, and that is no sharing

    asyncio.run(scene())


BAD = {
    "no item": ({"body": "B", "items": []}, "items"),
    "too many items": ({"body": "B", "items": ["x"] * (MOST + 1)}, "items"),
    "an item that is no text": ({"body": "B", "items": [7]}, "items.0"),
    "no body": ({"items": ["x"]}, "body"),
    "a body that is no id": ({"body": "B B", "items": ["x"]}, "body"),
    "an unknown member": ({**FORM, "itmes": []}, "itmes"),
    "an exception without a reason": ({**FORM, "exceptions": {"name": ""}}, "exceptions"),
    "an exception to what is not asked": ({**FORM, "exceptions": {"hat size": "why"}}, "exceptions"),
    "a member that stands twice": (b'{"body": "B", "items": ["x"], "items": ["y"]}', "twice"),
    "no JSON": (b"name", ""),
}


def test_what_is_no_check_is_refused_with_its_place(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            for case, (asked, place) in BAD.items():
                answer = await checked(here, asked)
                assert (answer.status_code, "verdict" in answer.text) == (400, False), case
                assert place in answer.json()["error"], (case, answer.text)

    asyncio.run(scene())


def test_another_media_type_is_refused(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            assert (await checked(here, FORM, **{"content-type": "text/plain"})).status_code == 400

    asyncio.run(scene())


def test_a_check_records_nothing(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            head = here.made.ledger.head()
            await checked(here, FORM)
            assert here.made.ledger.head() == head
            assert here.rejections() == []

    asyncio.run(scene())


def test_the_openapi_page_documents_the_check_with_an_example_that_is_one(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            page = (await here.client.get("/openapi.json")).json()
            content = page["paths"]["/v1/collection-checks"]["post"]["requestBody"]["content"]["application/json"]
            jsonschema.validate(content["example"], content["schema"])
            assert (await checked(here, content["example"])).status_code == 200
            assert "/v1/findings" in page["paths"]

    asyncio.run(scene())
