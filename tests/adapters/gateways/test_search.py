"""Promises of the search doors, over the real rules and the starting world: exact sets, whole pages, a record each."""

import asyncio
import hashlib
import json
from datetime import timedelta
from io import StringIO
from itertools import compress
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.callers import LOCAL, Caller, Callers
from adapters.gateways.authzen import parse
from adapters.gateways.http import Doors, HttpApp
from adapters.gateways.search_model import FoundShown
from adapters.logs import make_log
from pdp.ledger.admit import statement
from pdp.searches import LIFE, Searches
from tests.pdp.test_service import NOW, Bench

ROOT = Path(__file__).parents[3]
CERTIFICATION = json.loads((ROOT / "tests" / "data" / "authzen" / "certification.json").read_text(encoding="utf-8"))
SHARING = json.loads((ROOT / "examples" / "ask_permit_unconditional.json").read_bytes())
PARTLY = json.loads((ROOT / "examples" / "ask_partial_fields.json").read_bytes())
OPEN = json.loads((ROOT / "examples" / "ask_permit_open.json").read_bytes())
KEY = "k" * 43
SEARCHER = Caller(
    id="searcher", key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),), search=True,
    may_assert=("public_body", "unit", "natural_person"),
)  # fmt: skip
OTHER = SEARCHER.model_copy(update={"id": "other", "key_sha256": (hashlib.sha256(b"other").hexdigest(),)})


class Searched:
    """A service on the starting world with its search doors, called in process."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.bench.world.follow()
        self.log, _ = make_log(StringIO(), "json")
        self.runner = asyncio.Runner()
        self.open()

    def open(self, *callers: Caller, budget_ns: int = 10**12, page_key: bytes | None = None) -> None:
        """Open the doors anew: to `callers`, or to whoever is on this machine."""
        bench = self.bench
        self.searches = Searches(bench.service, bench.ledger, bench.usage, bench.clock, budget_ns)
        registered = Callers(callers or (LOCAL,))
        doors = Doors(bench.service, registered, self.log, deadline=30.0, searches=self.searches, page_key=page_key)
        transport = httpx.ASGITransport(HttpApp(doors), client=("10.0.0.7", 4711))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://pdp")

    def nodes(self, count: int, key: bytes = b"p" * 32, budget_ns: int = 10**12) -> list[httpx.AsyncClient]:
        """Return clients of as many processes that have one ledger and one key for pages."""
        found = []
        for _ in range(count):
            self.open(page_key=key, budget_ns=budget_ns)
            found.append(self.client)
        return found

    def post(self, path: str, body: object, key: str | None = None, **headers: str) -> httpx.Response:
        """Send one body."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        sent = {"content-type": "application/json", **headers} | ({"authorization": f"Bearer {key}"} if key else {})
        return self.runner.run(self.client.post(f"/access/v1/{path}", content=content, headers=sent))

    def search(self, what: str, body: dict[str, object], limit: int | None = None) -> list[str]:
        """Return the ids of all pages, one after the other."""
        return [name for page in self.pages(what, body, limit) for name in names(page)]

    def pages(self, what: str, body: dict[str, object], limit: int | None = None) -> list[dict[str, object]]:
        """Return all pages of a search."""
        asked = {} if limit is None else {"limit": limit}
        pages = []
        while True:
            response = self.post(f"search/{what}", {**body, "page": asked} if asked else body)
            assert response.status_code == 200, response.text
            pages.append(response.json())
            token = pages[-1]["page"]["next_token"]
            if not token:
                return pages
            asked = {**asked, "token": token}

    def permitted(self, *bodies: dict[str, object]) -> list[bool]:
        """Return what single evaluations say."""
        questions = [parse(json.dumps(body).encode(), LOCAL) for body in bodies]

        async def asked() -> list[bool]:
            return [(await self.bench.service.answer(question)).decision.outcome.permits for question in questions]

        return self.runner.run(asked())

    def ids(self, start: str) -> list[str]:
        """Return the ids of all there are, the slow way."""
        refs = {ref for said in self.bench.ledger.statements() for ref in said.about if ref.startswith(start)}
        return sorted(ref.removeprefix(start) for ref in refs)

    def recorded(self, kind: str) -> list[dict[str, object]]:
        """Return the records of one kind."""
        return [record for record in map(json.loads, self.bench.log.entries) if record["kind"] == kind]


@pytest.fixture(scope="module")
def whole():
    searched = Searched()
    yield searched
    searched.runner.run(searched.client.aclose())
    searched.runner.close()


def anew(searched: Searched) -> Searched:
    """Return the service with its doors opened anew, an empty log, and its clock at the beginning."""
    searched.bench.clock.instant = NOW
    searched.bench.log.full = False
    searched.bench.log.entries.clear()
    searched.open()
    return searched


@pytest.fixture
def searched(whole):
    """The service of the module, as new."""
    return anew(whole)


def names(page: dict[str, object]) -> list[str]:
    return [result.get("id") or result["name"] for result in page["results"]]


def about(body: dict[str, object], **changes: object) -> dict[str, object]:
    return json.loads(json.dumps({**body, **changes}))


def resource_search(body: dict[str, object]) -> dict[str, object]:
    return about(body, resource={"type": "dataset"})


@pytest.mark.parametrize(
    "case",
    [case for case in CERTIFICATION["cases"] if case["endpoint"].startswith("search/")],
    ids=lambda case: f"{case['endpoint']} {case['id']} {case['title']}",
)
def test_certification_requests_have_the_form_that_the_scenario_asks_for(searched, case):
    response = searched.post(case["endpoint"], case["request"])

    assert response.status_code == case["expect"]["status"]
    if response.status_code != 200:
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        return
    said = response.json()
    assert said.keys() == {"page", "results"}
    assert (type(said["page"]["next_token"]), type(said["page"]["total"])) == (str, int)
    assert said["results"] == case["expect"].get("exact", [])  # nobody of the fixture is known to this law


@pytest.mark.parametrize("case", CERTIFICATION["every_endpoint"], ids=lambda case: case["title"])
@pytest.mark.parametrize("what", ["subject", "resource", "action"])
def test_certification_requests_to_every_endpoint_are_answered_as_the_scenario_says(searched, what, case):
    body = {**CERTIFICATION["baseline"][f"search/{what}"]["request"], **case.get("add", {})}
    kind = case.get("content_type", "application/json")
    headers = {"content-type": kind or ""} | ({"x-request-id": case["request_id"]} if case.get("request_id") else {})

    responses = [
        searched.post(f"search/{what}", case["raw"].encode() if "raw" in case else body, **headers)
        for _ in range(case.get("repeat", 1))
    ]

    assert {response.status_code for response in responses} == {case["expect"].get("status", 200)}
    assert {response.headers.get("x-request-id") for response in responses} == {case.get("request_id")}
    assert len({response.text for response in responses}) == 1


_BODIES = st.sampled_from([SHARING, PARTLY, OPEN])
_ACTIONS = st.sampled_from(["read", "query_catalogue", "onward_supply", "obtain", "delete"])
_LIMITS = st.sampled_from([7, 50, 500, None])
_FIELDS = st.sampled_from([None, ["名称"], ["名称", "邮编"], ["no_such_field"]])


@settings(max_examples=12, deadline=None)
@given(body=_BODIES, action=_ACTIONS, subject=st.integers(0, 10_000), page=st.tuples(_LIMITS, _FIELDS))
def test_the_resources_found_are_exactly_those_a_single_evaluation_permits(whole, body, action, subject, page):
    limit, fields = page
    searched = anew(whole)
    subjects, datasets = searched.ids("subject/"), searched.ids("dataset/")
    asked = about(body, action={"name": action})
    if subject % 3:
        asked["subject"]["id"] = subjects[subject % len(subjects)]

    of_all = {"type": "dataset"} if fields is None else {"type": "dataset", "properties": {"fields": fields}}

    found = searched.search("resource", about(asked, resource=of_all), limit)

    permitted = searched.permitted(*[about(asked, resource={**of_all, "id": id_}) for id_ in datasets])
    assert found == list(compress(datasets, permitted))


@settings(max_examples=20, deadline=None)
@given(body=_BODIES, kind=st.sampled_from(["public_body", "unit"]), dataset=st.integers(0, 10_000), limit=_LIMITS)
def test_the_subjects_found_are_exactly_those_a_single_evaluation_permits(whole, body, kind, dataset, limit):
    searched = anew(whole)
    datasets = searched.ids("dataset/")
    asked = about(body, subject={"type": kind})
    if dataset % 3:
        asked["resource"] = {"type": "dataset", "id": datasets[dataset % len(datasets)]}
    known = {"public_body": "body", "unit": "unit"}[kind]
    everybody = [id_ for id_ in searched.ids("subject/") if searched.bench.world.subject(id_, NOW).kind == known]

    found = searched.search("subject", asked, limit)

    permitted = searched.permitted(*[about(asked, subject={"type": kind, "id": id_}) for id_ in everybody])
    assert found == list(compress(everybody, permitted))


def test_the_actions_found_are_exactly_those_a_single_evaluation_permits(searched):
    asked = {name: member for name, member in SHARING.items() if name != "action"}

    found = searched.search("action", asked)

    assert "read" in found
    known = sorted({"read", "obtain", "query_catalogue", "onward_supply", "self_access", "information_request"})
    assert found == list(compress(known, searched.permitted(*[{**asked, "action": {"name": name}} for name in known])))


def test_results_have_a_type_and_an_id_and_nothing_else(searched):
    said = searched.post("search/resource", {**resource_search(SHARING), "page": {"limit": 500}}).json()

    assert said["results"]
    assert all(result.keys() == {"type", "id"} and result["type"] == "dataset" for result in said["results"])
    assert said["page"] == {"next_token": "", "count": len(said["results"]), "total": len(said["results"])}


def test_a_result_carries_its_obligations_where_they_are_asked_for(searched):
    asked = about(PARTLY, resource={"type": "dataset", "properties": PARTLY["resource"]["properties"]})
    asked["context"]["explain"] = True

    said = searched.post("search/resource", {**asked, "page": {"limit": 500}}).json()

    beside = {result["id"]: result["obligations"] for result in said["results"]}
    assert beside[PARTLY["resource"]["id"]][0]["properties"]["action"] == "mask_fields"


def test_an_id_sent_for_what_is_searched_is_ignored_whatever_it_is(searched):
    without = searched.search("resource", resource_search(SHARING))

    for id_ in ("R", 7, None, {"a": []}):
        assert searched.search("resource", about(SHARING, resource={"type": "dataset", "id": id_})) == without


def test_routes_are_not_listed_and_whatever_is_no_kind_of_ours_is_not(searched):
    for kind in ("route", "record", "", "dataset/"):
        assert searched.search("resource", about(SHARING, resource={"type": kind, "id": "/api"})) == []


def test_a_token_that_says_who_the_subject_is_goes_with_no_search_for_subjects(searched):
    context = {**SHARING["context"], "subject_token": "e30.e30.AA"}

    refused = searched.post("search/subject", about(SHARING, subject={"type": "public_body"}, context=context))
    unproven = searched.search("resource", resource_search(about(SHARING, context=context)))

    assert (refused.status_code, refused.text.split(":")[0]) == (400, "context.subject_token")
    assert unproven == []


def test_natural_persons_are_never_listed(searched):
    searched.bench.ledger.record([statement("person.registered", {"id": "p-1"}, NOW, "registrar")])
    asked = about(OPEN, subject={"type": "natural_person"})

    assert searched.search("subject", asked) == []
    assert searched.permitted(about(OPEN, subject={"type": "natural_person", "id": "p-1"})) == [True]


def test_searching_is_a_right_of_its_own(searched):
    searched.open(SEARCHER.model_copy(update={"search": False}))

    response = searched.post("search/resource", resource_search(SHARING), KEY)

    assert response.status_code == 403
    assert "may not search" in response.text
    assert [record["code"] for record in searched.recorded("rejection")] == ["not_entitled"]


def test_whoever_may_not_speak_for_a_kind_may_not_search_it(searched):
    searched.open(SEARCHER.model_copy(update={"may_assert": ("unit",)}))

    assert searched.post("search/subject", about(SHARING, subject={"type": "public_body"}), KEY).status_code == 403
    claimed = resource_search(about(SHARING, subject={**SHARING["subject"], "type": "unit"}))
    assert searched.post("search/resource", claimed, KEY).status_code == 403


def test_every_page_has_a_record_of_what_it_said_and_what_it_rests_on(searched):
    pages = searched.pages("resource", resource_search(SHARING), 20)

    records = searched.recorded("search")
    assert len(records) == len(pages) > 1
    assert len({(record["as_of"], record["revision"]["ledger"], record["revision"]["set"]) for record in records}) == 1
    for page, record in zip(pages, records, strict=True):
        ids = "".join(f"{id_}\n" for id_ in names(page))
        assert record["found"] == {"count": len(names(page)), "sha256": hashlib.sha256(ids.encode()).hexdigest()}
        assert record["sought"] == "resource"
        assert record["request"]["subject"]["body"] == SHARING["subject"]["id"]
        assert "dataset" not in record["request"]
    assert not searched.recorded("decision")


def test_no_record_no_page(searched):
    searched.bench.log.full = True

    response = searched.post("search/resource", resource_search(SHARING))

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "results" not in response.text


def test_all_pages_show_the_world_of_the_first(searched):
    """Between two pages everything is stopped by an emergency measure; the pages that follow are as the first."""
    asked = resource_search(SHARING)
    before = searched.search("resource", asked)
    first = searched.post("search/resource", {**asked, "page": {"limit": 20}}).json()
    measure = {"id": "m-search", "scope": {"all": True}, "until": (NOW.replace(hour=11)).isoformat()}
    holder = searched.bench.world.holder("cyberspace", NOW)
    searched.bench.clock.instant = NOW.replace(hour=10)
    searched.bench.ledger.record([statement("measure.declared", measure, NOW.replace(hour=10), holder)])
    searched.bench.service.look_again()

    found, token = names(first), first["page"]["next_token"]
    while token:
        page = searched.post("search/resource", {**asked, "page": {"token": token}}).json()
        assert page["page"]["total"] == len(before)
        found, token = found + names(page), page["page"]["next_token"]

    assert found == before
    assert searched.search("resource", asked) == []
    searched.bench.clock.instant = NOW.replace(hour=12)


def test_a_search_that_takes_long_gives_a_shorter_page_and_goes_on(searched):
    """Each look at the clock takes a millisecond, and a page may take fifty: some pages are short, none is lost."""
    asked = resource_search(SHARING)
    whole = searched.search("resource", asked)
    clock, told = searched.bench.clock, searched.bench.clock.mono_ns
    ticks = iter(range(10**9))
    clock.mono_ns = lambda: next(ticks) * 1_000_000  # type: ignore[method-assign]
    searched.open(budget_ns=20_000_000)

    pages = searched.pages("resource", asked, 30)

    clock.mono_ns = told
    assert [name for page in pages for name in names(page)] == whole
    assert any(len(names(page)) < 30 for page in pages[:-1])
    assert "total" not in pages[0]["page"]
    assert pages[-1]["page"]["total"] == len(whole)


def test_only_the_first_page_takes_its_time_to_find_the_total(searched):
    """Every look at the clock takes a millisecond: pages that follow end as soon as they are full."""
    asked = resource_search(SHARING)
    clock, told = searched.bench.clock, searched.bench.clock.mono_ns
    ticks = iter(range(10**9))
    clock.mono_ns = lambda: next(ticks) * 1_000_000  # type: ignore[method-assign]
    searched.open(budget_ns=40_000_000)

    pages = searched.pages("resource", asked, 5)
    clock.mono_ns = told

    assert [len(names(page)) for page in pages[:-1]] == [5] * (len(pages) - 1)
    assert ["total" in page["page"] for page in pages] == sorted("total" in page["page"] for page in pages)


def test_a_limit_of_none_counts_and_no_limit_is_beyond_five_hundred(searched):
    asked = resource_search(SHARING)

    none = searched.post("search/resource", {**asked, "page": {"limit": 0}}).json()
    much = searched.post("search/resource", {**asked, "page": {"limit": 10**6}}).json()

    assert none["results"] == []
    assert none["page"] == {"next_token": "", "count": 0, "total": much["page"]["total"]}
    assert much["page"]["count"] == min(500, much["page"]["total"])


@pytest.fixture
def turned(searched):
    """A search of two pages at least: its body, and the token of its second page."""
    searched.open(SEARCHER, OTHER)
    asked = {**resource_search(SHARING), "page": {"limit": 5}}
    said = searched.post("search/resource", asked, KEY).json()
    return SimpleNamespace(asked=asked, token=said["page"]["next_token"])


@pytest.mark.parametrize(
    "change",
    [
        {"page": {"limit": 6}},
        {"action": {"name": "query_catalogue"}},
        {"context": {}},
        {"further": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_token_leads_nowhere_for_another_request(searched, turned, change):
    page = {"token": turned.token, **change.get("page", {})}

    response = searched.post("search/resource", {**turned.asked, **change, "page": page}, KEY)

    assert (response.status_code, response.text.split(":")[0]) == (400, "page.token")


def test_a_token_leads_nowhere_for_others_elsewhere_or_when_it_is_forged(searched, turned):
    asked = {**turned.asked, "page": {"token": turned.token}}
    subject = {"subject": {"type": "public_body"}, "action": {"name": "read"}, "resource": SHARING["resource"]}
    flipped = turned.token[:-1] + ("A" if turned.token[-1] != "A" else "B")

    assert searched.post("search/resource", asked, KEY).status_code == 200
    assert searched.post("search/resource", asked, "other").status_code == 400
    assert searched.post("search/subject", {**subject, "page": {"token": turned.token}}, KEY).status_code == 400
    for forged in (flipped, turned.token[:40], "", "é", "=", "A" * 5000):
        response = searched.post("search/resource", {**turned.asked, "page": {"token": forged}}, KEY)
        assert (response.status_code, response.text.split(":")[0]) == (400, "page.token")


def test_a_limit_left_out_is_that_of_the_token(searched, turned):
    page = searched.post("search/resource", {**turned.asked, "page": {"token": turned.token}}, KEY).json()

    assert page["page"]["count"] == 5


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (7, "page: must be an object"),
        (None, "page: must be an object"),
        ({"limit": -1}, "page.limit: must be 0 or more"),
        ({"limit": "5"}, "page.limit: must be a whole number"),
        ({"limit": True}, "page.limit: must be a whole number"),
        ({"limit": None}, "page.limit: must not be null; leave it out"),
        ({"token": 5}, "page.token: must be a string"),
    ],
)
def test_a_page_that_cannot_be_read_is_refused(searched, page, said):
    response = searched.post("search/resource", {**resource_search(SHARING), "page": page})

    assert (response.status_code, response.text) == (400, said)


@pytest.mark.parametrize("what", ["subject", "resource", "action"])
def test_only_post_is_taken(searched, what):
    response = searched.runner.run(searched.client.get(f"/access/v1/search/{what}", headers={"x-request-id": "r"}))

    assert (response.status_code, response.headers["allow"], response.headers["x-request-id"]) == (405, "POST", "r")


@pytest.mark.parametrize("what", ["subject", "resource", "action"])
def test_the_documented_example_is_a_search_and_its_answer_has_the_documented_shape(searched, what):
    page = searched.runner.run(searched.client.get("/openapi.json")).json()
    content = page["paths"][f"/access/v1/search/{what}"]["post"]["requestBody"]["content"]["application/json"]

    response = searched.post(f"search/{what}", content["example"])

    assert content["schema"]["$ref"].rpartition("/")[2] in page["components"]["schemas"]
    FoundShown.model_validate_json(response.content)
    explained = {**resource_search(PARTLY), "context": {**PARTLY["context"], "explain": True}}
    FoundShown.model_validate_json(searched.post("search/resource", explained).content)


SEARCHES = {
    "resource": resource_search(SHARING),
    "subject": about(SHARING, subject={"type": "public_body"}),
    "action": {name: member for name, member in SHARING.items() if name != "action"},
}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(SEARCHES)), st.integers(1, 40), st.lists(st.integers(0, 2), min_size=1, max_size=8))
def test_pages_asked_for_at_any_nodes_in_turn_are_those_of_one(whole, what, limit, turns):
    """What is recorded meanwhile changes none of them, and nothing is repeated or lost."""
    searched = anew(whole)
    expected = searched.search(what, SEARCHES[what])
    nodes = searched.nodes(3)
    found, page = [], {"limit": limit}
    for turn in range(10**3):
        searched.client = nodes[turns[turn % len(turns)]]
        said = searched.post(f"search/{what}", {**SEARCHES[what], "page": page}).json()
        found += names(said)
        assert said["page"]["total"] == len(expected)
        if not said["page"]["next_token"]:
            break
        page = {"token": said["page"]["next_token"]}

    assert found == expected


def resumed(searched, **page: object) -> tuple[list[httpx.AsyncClient], dict[str, object]]:
    """Return two nodes, and the body that asks the second for the page behind the first five results of the first."""
    nodes = searched.nodes(2)
    searched.client = nodes[0]
    asked = resource_search(SHARING)
    said = searched.post("search/resource", {**asked, "page": {"limit": 5}}).json()
    searched.client = nodes[1]
    return nodes, {**asked, "page": {"token": said["page"]["next_token"], **page}}


def test_a_page_at_another_node_shows_the_world_of_the_first_and_says_so_on_record(searched):
    whole = searched.search("resource", resource_search(SHARING))
    measure = {"id": "m-nodes", "scope": {"all": True}, "until": NOW.replace(hour=15).isoformat()}
    _, asked = resumed(searched)
    searched.bench.clock.instant = NOW.replace(minute=4)
    holder = searched.bench.world.holder("cyberspace", NOW)
    searched.bench.ledger.record([statement("measure.declared", measure, searched.bench.clock.instant, holder)])
    searched.bench.service.look_again()

    assert names(searched.post("search/resource", asked).json()) == whole[5:10]
    first, second = searched.recorded("search")[-2:]
    assert (second["as_of"], second["revision"]["ledger"]) == (first["as_of"], first["revision"]["ledger"])
    assert searched.search("resource", resource_search(SHARING)) == []
    searched.bench.clock.instant = NOW.replace(hour=16)


def test_an_earlier_page_is_whole_at_a_node_that_went_on_from_a_later_one(searched):
    whole = searched.search("resource", resource_search(SHARING))
    nodes, second = resumed(searched)
    third = {**second, "page": {"token": searched.post("search/resource", second).json()["page"]["next_token"]}}
    searched.client = nodes[0]
    fourth = {**third, "page": {"token": searched.post("search/resource", third).json()["page"]["next_token"]}}
    searched.client = searched.nodes(1)[0]

    for asked, first in ((fourth, 15), (second, 5), (third, 10)):
        assert names(searched.post("search/resource", asked).json()) == whole[first : first + 5]


def test_a_search_that_is_no_longer_kept_goes_on_from_its_token(searched):
    searched.open(page_key=b"p" * 32)
    asked = resource_search(SHARING)
    said = searched.post("search/resource", {**asked, "page": {"limit": 5}}).json()
    searched.searches._under.clear()  # noqa: SLF001 -- as others do in time

    again = searched.post("search/resource", {**asked, "page": {"token": said["page"]["next_token"]}}).json()

    assert (again["page"]["count"], again["page"]["total"]) == (5, said["page"]["total"])
    assert not set(names(again)) & set(names(said))


def test_the_total_is_found_where_the_first_page_did_not_find_it(searched):
    """Every look at the clock takes a millisecond; two nodes take turns, and the last page knows how many there are."""
    whole = searched.search("resource", resource_search(SHARING))
    clock, told = searched.bench.clock, searched.bench.clock.mono_ns
    ticks = iter(range(10**9))
    clock.mono_ns = lambda: next(ticks) * 1_000_000  # type: ignore[method-assign]
    nodes = searched.nodes(2, budget_ns=20_000_000)
    found, page = [], {"limit": 30}
    for turn in range(10**3):
        searched.client = nodes[turn % 2]
        said = searched.post("search/resource", {**resource_search(SHARING), "page": page}).json()
        found += names(said)
        if not said["page"]["next_token"]:
            break
        assert said["page"].get("total", len(whole)) == len(whole)
        page = {"token": said["page"]["next_token"]}
    clock.mono_ns = told

    assert (found, said["page"]["total"]) == (whole, len(whole))


def test_no_search_is_taken_over_under_another_revision_nor_after_an_hour_nor_with_another_key(searched):
    _, asked = resumed(searched)
    assert searched.post("search/resource", asked).status_code == 200
    law, recorder = searched.bench.law, searched.bench.law.recorder
    stranger = searched.nodes(1, key=b"q" * 32)[0]
    fresh = searched.nodes(1)[0]

    searched.client = stranger
    assert searched.post("search/resource", asked).status_code == 400
    searched.client = fresh
    before, recorder.set = recorder.set, "0" * 64
    assert searched.post("search/resource", asked).status_code == 400
    recorder.set = before
    searched.bench.clock.instant = NOW + LIFE + timedelta(seconds=1)
    assert searched.post("search/resource", asked).status_code == 400
    searched.bench.clock.instant = NOW + timedelta(minutes=1)
    assert searched.post("search/resource", asked).status_code == 200
    assert searched.bench.law is law


def test_a_node_whose_copy_is_behind_says_so_and_shows_nothing(searched):
    _, asked = resumed(searched)
    world = searched.bench.law.world
    told, type(world).seq = type(world).seq, lambda _: 1
    try:
        behind = searched.post("search/resource", asked)
    finally:
        type(world).seq = told

    assert (behind.status_code, behind.headers["retry-after"]) == (503, "1")
    assert searched.post("search/resource", asked).status_code == 200
