"""A search for subjects looks at few where few can be permitted, and finds what looking at everybody finds."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from datetime import timedelta
from itertools import compress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdp.ledger.admit import statement
from pdp.narrowing import holders_and_applicants, strangers_excluded
from pdp.search import SUBJECT, Search, Sought
from pdp.searches import AT_ONCE, Searches
from tests.pdp.test_service import NOW, PARTLY, PERMITTED, Bench

CHANNELS = ("bigdata_platform", "directory_chain", "city_open_platform", "approved_carrier", "direct", None)
ACTIONS = ("read", "query_catalogue", "onward_supply", "self_access")


@pytest.fixture(scope="module")
def bench() -> Bench:
    """A town in which a successor came in the place of the provider of a conditional data set, and of an applicant."""
    bench = Bench()
    provider, applicant = bench.world.dataset(PARTLY.dataset, NOW).provider, str(PARTLY.subject)
    start = NOW - timedelta(days=2)
    later = [
        {"id": name, "name": name, "level": "district", "basis": "administrative_organ"}
        for name in ("heir-1", "heir-2")
    ]
    bench.ledger.record([
        *(statement("body.registered", body, start, "registrar") for body in later),
        statement("unit.registered", {"id": "unit-1", "name": "企业"}, start, "registrar"),
        statement("body.succeeded", {"id": provider, "successor": "heir-1"}, start, "registrar"),
        statement("body.succeeded", {"id": applicant, "successor": "heir-2"}, start, "registrar"),
    ])  # fmt: skip
    bench.world.follow()
    return bench


def everybody(bench: Bench, kind: str) -> list[str]:
    refs = bench.ledger.refs("subject/", "", bench.ledger.head(), 10**6)
    known = {"public_body": "body", "unit": "unit"}[kind]
    return [id_ for ref in refs if bench.world.subject(id_ := ref[8:], NOW).kind == known]


@st.composite
def searches(draw) -> tuple[int, Sought]:
    """Return which data set a question is about, and the question."""
    kind = draw(st.sampled_from(["public_body", "unit"]))
    question = replace(
        PARTLY, subject=None, subject_kind=kind, fields=None, channel=draw(st.sampled_from(CHANNELS)),
        action=draw(st.sampled_from(ACTIONS)), application=PARTLY.application if draw(st.booleans()) else None,
    )  # fmt: skip
    return draw(st.integers(0, 10**6)), Sought(SUBJECT, kind, question)


@settings(max_examples=60, deadline=None)
@given(searches())
def test_what_is_found_is_what_looking_at_everybody_finds(bench, search):
    number, sought = search
    datasets = [ref[8:] for ref in bench.ledger.refs("dataset/", "", bench.ledger.head(), 10**6)]
    dataset = datasets[number % len(datasets)] if number % 2 else PARTLY.dataset
    sought, kind = replace(sought, question=replace(sought.question, dataset=dataset)), sought.kind

    async def found() -> tuple[list[str], list[bool]]:
        searches = Searches(bench.service, bench.ledger, bench.usage, bench.clock, 10**12)
        page = await searches.page(searches.begin("s", sought), "", 10**6, b"{}")
        answers = [await bench.service.answer(sought.about(id_)) for id_ in everybody(bench, kind)]
        return [one.id for one in page.found], [answer.decision.outcome.permits for answer in answers]

    ids, permitted = asyncio.run(found())

    assert ids == list(compress(everybody(bench, kind), permitted))


def test_of_conditional_data_few_are_looked_at_and_of_unconditional_data_all(bench, monkeypatch):
    looked: list[str] = []
    step = Search._step  # noqa: SLF001 -- what it looks at is what is counted

    async def counted(search: Search) -> None:
        judge = search._judge  # noqa: SLF001
        search._judge = lambda request: (looked.append(request.subject), judge(request))[1]  # noqa: SLF001
        try:
            await step(search)
        finally:
            search._judge = judge  # noqa: SLF001

    monkeypatch.setattr(Search, "_step", counted)

    def seen(dataset: str) -> list[str]:
        looked.clear()
        question = replace(PARTLY, subject=None, dataset=dataset, fields=None)
        searches = Searches(bench.service, bench.ledger, bench.usage, bench.clock, 10**12)
        sought = Sought(SUBJECT, "public_body", question)
        asyncio.run(searches.page(searches.begin("s", sought), "", 500, b"{}"))
        return list(looked)

    few, all_of_them = seen(PARTLY.dataset), seen(PERMITTED.dataset)

    assert PARTLY.subject in few
    assert "heir-1" in few  # took the provider's place
    assert len(few) < len(all_of_them) // 2
    assert all_of_them == everybody(bench, "public_body")


def test_whoever_held_or_applied_is_looked_at(bench):
    provider = bench.world.dataset(PARTLY.dataset, NOW).provider
    before = [said.body["id"] for said in bench.ledger.about(f"subject/{provider}") if said.kind == "body.succeeded"]

    found = holders_and_applicants(PARTLY.dataset, bench.ledger, bench.world, NOW)

    assert {provider, PARTLY.subject, *before} <= set(found)
    assert found == sorted(found)


def test_a_row_that_could_grant_a_stranger_something_leaves_everybody_to_be_looked_at(bench):
    def narrowed(**changes: object) -> bool:
        question = replace(PARTLY, subject=None, fields=None, **changes)
        return strangers_excluded(question, bench.law.derive(question, NOW), bench.rulebook)

    assert narrowed()
    assert not narrowed(channel="directory_chain")  # the catalogue is for all
    assert not narrowed(dataset=PERMITTED.dataset)
    assert not narrowed(combined_with=(PERMITTED.dataset,))
    assert narrowed(dataset="nobody-knows-it")


def test_searches_of_one_moment_share_a_world_and_let_it_go_when_they_are_through(bench):
    async def worlds() -> list[int]:
        many = Searches(bench.service, bench.ledger, bench.usage, bench.clock, 10**12)
        sought = Sought(SUBJECT, "public_body", replace(PERMITTED, subject=None, fields=None))
        first, second = many.begin("a", sought), many.begin("b", sought)
        seen = [len(many._worlds)]  # noqa: SLF001 -- what is kept is what is looked at
        for search in (first, second):
            await many.page(search, "", 500, b"{}")
            gc.collect()
            seen.append(len(many._worlds))  # noqa: SLF001
        again = await many.page(first, "", 500, b"{}")
        assert again.total == len(again.found) > 0
        return seen

    assert asyncio.run(worlds()) == [1, 1, 0]


def test_the_search_used_least_lately_is_forgotten_first(bench):
    many = Searches(bench.service, bench.ledger, bench.usage, bench.clock)
    sought = Sought(SUBJECT, "public_body", replace(PERMITTED, subject=None, fields=None))

    async def begun() -> None:
        for number in range(AT_ONCE):
            many.begin(str(number), sought)
        assert many.under("0", "") is not None
        many.begin("one more", sought)

    asyncio.run(begun())

    assert many.under("0", "") is not None
    assert many.under("1", "") is None
