"""Findings over HTTP: evidence from ledger and log, for those whom it concerns, with what cannot be seen."""

from __future__ import annotations

import asyncio
import copy
import json
from datetime import date, datetime, timedelta

from adapters.gateways.finding_pages import DAYS, beginning, told
from pdp.errors import UnavailableError
from pdp.ledger.body import statement
from pdp.ledger.scope import moment
from pdp.log.entry import record_of
from pdp.supervision.finding import NOT_COMPUTED, Finding
from pdp.supervision.report import NOTICE, Leads, Report
from tests.adapters.gateways.town import (
    APPLICANT,
    APPLICATION,
    PROVIDER,
    QUESTION,
    REGULATOR,
    Town,
    bearing,
    token,
    town,
)

RECIPIENT = token("B", "provider_officer")
NOW = moment("2026-06-01T15:00:00+08:00")


async def told_of(here: Town, query: str = "", who: str = REGULATOR):
    """Return the answer to one who asks for findings."""
    return await here.client.get(f"/v1/findings{query}", headers=bearing(who))


async def misused(here: Town) -> list[str]:
    """Let B ask for R beyond what it was granted; return the ids of the decisions, when they are signed."""
    await here.act("application.received", APPLICANT, APPLICATION)
    await here.act("application.agreed", PROVIDER, {"id": "A1"})
    ids = []
    for scenario in ("sc-1", "sc-2", "sc-2"):
        question = copy.deepcopy(QUESTION)
        question["context"]["scenario"] = scenario
        answer = await here.client.post("/access/v1/evaluation", json=question, headers=bearing(APPLICANT))
        ids.append((answer.json()["context"]["outcome"], answer.json()["context"]["id"]))
    await asyncio.to_thread(here.made.keeping.stop)
    return [id_ for outcome, id_ in ids if outcome == "DENY"]


def unapproved(here: Town) -> None:
    """Let A link an entry that nobody approved."""
    at = here.made.clock.now() - timedelta(days=1)
    members = {"id": "R2", "provider": "A", "title": "R2", "fields": ["name"]}
    said = [statement("dataset.catalogued", members, at, "A"), statement("dataset.linked", {"id": "R2"}, at, "A")]
    here.made.ledger.record(said)


def test_refused_requests_are_leads_on_whoever_asked_with_the_decisions_that_show_it(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            refused = await misused(here)
            answer = await told_of(here, "?article=art_41__para_1__item_7")
            (item,) = answer.json()["items"]
            assert (item["subject"], item["dataset"], item["cite"]) == ("B", "R", "第四十一条第一款第(七)项")
            assert item["decisions"] == refused
            assert item["decisions_in_all"] == len(refused) == 2
            assert answer.headers["cache-control"] == "no-store"

    asyncio.run(scene())


def test_each_body_sees_what_concerns_it_and_the_regulator_sees_all(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            unapproved(here)
            await misused(here)
            seen = {}
            for name, who in (("G", REGULATOR), ("A", PROVIDER), ("B", RECIPIENT)):
                answer = (await told_of(here, who=who)).json()
                seen[name] = {(item["subject"], item["article"].rpartition("_")[2]) for item in answer["items"]}
                assert answer["of"] == (None if name == "G" else [name])
            assert seen == {"G": {("A", "2"), ("B", "7")}, "A": {("A", "2")}, "B": {("B", "7")}}
            assert (await told_of(here, "?subject=B", PROVIDER)).json()["items"] == []

    asyncio.run(scene())


def test_an_observer_reads_the_findings_on_its_own_body_only(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            unapproved(here)
            of_a = await told_of(here, who=token("A", "observer"))
            of_b = await told_of(here, who=token("B", "observer"))
            assert (len(of_a.json()["items"]), of_b.json()["items"]) == (1, [])

    asyncio.run(scene())


NOT_FOR = {
    "an applicant": (APPLICANT, 403),
    "a system administrator": (token("G", "system_administrator"), 403),
    "an audit administrator, who reads decisions": (token("G", "audit_administrator"), 403),
    "nobody known": (REGULATOR[:-4] + "AAAA", 401),
    "a body that the caller may not act for": (token("C", "provider_officer"), 403),
}


def test_findings_are_for_nobody_without_a_post_that_reads_them(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            for case, (who, status) in NOT_FOR.items():
                answer = await told_of(here, who=who)
                assert (answer.status_code, "items" in answer.text) == (status, False), case

    asyncio.run(scene())


def test_every_answer_says_what_cannot_be_seen_and_that_nothing_is_a_sanction(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            all_ = (await told_of(here)).json()
            assert {one["article"]: one["zh"] for one in all_["not_computed"]} == NOT_COMPUTED
            assert all_["notice"] == NOTICE
            assert "不是处置" in all_["notice"]
            some = (await told_of(here, "?article=art_42")).json()
            assert {one["article"] for one in some["not_computed"]} == {
                one for one in NOT_COMPUTED if one.startswith("art_42")
            }

    asyncio.run(scene())


def test_pages_lead_to_one_another(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            unapproved(here)
            await misused(here)
            whole = (await told_of(here)).json()
            first = (await told_of(here, "?size=1")).json()
            second = (await told_of(here, f"?size=1&after={first['next']}")).json()
            assert [*first["items"], *second["items"]] == whole["items"]
            assert (whole["next"], second["next"]) == (None, None)

    asyncio.run(scene())


BAD = {
    "?article=art_21": (400, "article"),
    "?after=118": (400, "cursor"),
    "?size=0": (422, "size"),
    "?since=soon": (422, "since"),
}


def test_what_cannot_be_read_is_refused_with_its_place(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            for query, (status, words) in BAD.items():
                answer = await told_of(here, query)
                assert (answer.status_code, words in answer.text) == (status, True), answer.text

    asyncio.run(scene())


def test_findings_make_no_statement_and_ask_for_no_decision(tmp_path):
    async def scene() -> None:
        async with town(tmp_path) as here:
            unapproved(here)
            head = here.made.ledger.head()
            assert (await told_of(here)).json()["items"]
            assert here.made.ledger.head() == head
            kinds = {json.loads(record_of(entry))["kind"] for _, entry in here.made.journal.records()}
            assert not kinds & {"decision", "rejection", "error"}

    asyncio.run(scene())


def test_decisions_are_answered_while_a_report_is_made(tmp_path, monkeypatch):
    async def scene() -> None:
        async with town(tmp_path) as here:
            supervision = here.made.procedures().supervision
            making, going_on = asyncio.Event(), asyncio.Event()
            loop = asyncio.get_running_loop()
            began = supervision.reports._leads.since  # noqa: SLF001 -- held up where a long log would

            def slowly(instant: datetime) -> Leads:
                loop.call_soon_threadsafe(making.set)
                asyncio.run_coroutine_threadsafe(going_on.wait(), loop).result(30)
                return began(instant)

            monkeypatch.setattr(supervision.reports._leads, "since", slowly)  # noqa: SLF001 -- as above
            asked = asyncio.create_task(told_of(here))
            await making.wait()
            assert await here.ask() == ("DENY", ["no_application"])
            going_on.set()
            assert (await asked).status_code == 200

    asyncio.run(scene())


def test_a_store_that_is_down_is_no_empty_list(tmp_path, monkeypatch):
    async def scene() -> None:
        async with town(tmp_path) as here:
            reports = here.made.procedures().supervision.reports

            def down(_: datetime) -> Leads:
                message = "the disk is gone"
                raise UnavailableError(message)

            monkeypatch.setattr(reports._leads, "since", down)  # noqa: SLF001 -- a disk that fails
            answer = await told_of(here)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert "items" not in answer.text
            monkeypatch.undo()
            assert (await told_of(here)).status_code == 200

    asyncio.run(scene())


def test_decisions_are_looked_at_from_a_whole_day_on():
    assert beginning(date(2026, 3, 1), NOW) == moment("2026-03-01")
    assert beginning(None, NOW) == moment("2026-06-01") - timedelta(days=DAYS)
    assert beginning(None, moment("2026-05-31T17:00:00+00:00")) == beginning(None, NOW)


def test_of_very_many_decisions_the_first_are_named_and_all_are_counted():
    found = Finding("art_41__para_1__item_7", "B", "…", (), tuple(f"d{number}" for number in range(250)))
    report = Report(NOW, NOW, (found,), {}, 3, 1)
    (item,) = told(report, "", [found])["items"]

    assert (len(item["decisions"]), item["decisions_in_all"]) == (100, 250)
    assert told(report, "", [])["decisions"] == {"since": NOW.isoformat(), "left_out": 3, "unreadable": 1}
    json.dumps(told(report, "", [found]))
