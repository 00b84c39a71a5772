"""Promises of the registers of gateways: routes are added, withdrawn and override none, a certificate is a system."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pdp.ledger.scope import moment
from pdp.routing.route import FromHeader, FromQuery, Said, template
from pdp.routing.route_map import RouteMap
from pdp.routing.stated import PUBLIC_DATA, route_of
from tests.pdp.ledger.conftest import Scribe, law

FILE = route_of({"method": "GET", "path": "/file/{dataset}", "dataset": "{dataset}", "action": "read"})
ROUTE = {"id": "r1", "gateway": "edge", "method": "GET", "path": "/a", "dataset": "R", "action": "read"}
WORKLOAD = "spiffe://xicheng.example/ns/b/sa/query"


@pytest.fixture
def told():
    """A scribe whose gateway `edge` has a file with one route."""
    maps = {"edge": RouteMap("edge", [FILE], words=PUBLIC_DATA), "other": RouteMap("other")}
    scribe = Scribe(replace(law(), routes=maps)).bodies().dataset()
    scribe.say("system.registered", "2026-01-01", id="B-sys", body="B", post="岗", duties=["duty-B"])
    return scribe


def paths(told, at="2026-03-01", gateway="edge"):
    """Return the templates of the routes that statements register."""
    return [route.path for route in told.world.routes(gateway, moment(at))]


def test_a_route_is_there_from_its_registration_until_its_withdrawal(told):
    told.say("route.registered", "2026-02-01", **ROUTE)
    told.say("route.withdrawn", "2026-02-05", id="r1")

    assert paths(told, "2026-01-31") == []
    assert paths(told, "2026-02-01") == [template("/a")]
    assert paths(told, "2026-02-04") == [template("/a")]
    assert paths(told, "2026-02-05") == []
    assert paths(told, "2026-02-01", "other") == []


def test_a_route_says_all_that_a_route_of_a_file_can_say(told):
    reads = {"fields": {"query": "fields"}, "scenario": {"header": "X-Data-Scenario"}, "purpose": "duty"}
    more = {
        "host": "data.example",
        "mode": "api",
        "channel": "bigdata_platform",
        "rows_at": "/items",
        "envelope": ["n"],
    }
    told.say("route.registered", "2026-02-01", **ROUTE, **more, reads=reads)

    (route,) = told.world.routes("edge", moment("2026-02-01"))
    assert (route.host, route.mode, route.channel, route.rows_at, route.envelope) == (*list(more.values())[:4], ("n",))
    assert (route.fields, route.scenario, route.purpose) == (
        FromQuery("fields"), FromHeader("x-data-scenario"), Said("duty"),
    )  # fmt: skip


def test_a_withdrawn_route_can_be_registered_again_and_at_another_gateway(told):
    told.say("route.registered", "2026-02-01", **ROUTE)
    told.say("route.withdrawn", "2026-02-05", id="r1")
    told.say("route.registered", "2026-02-06", **ROUTE | {"gateway": "other"})

    assert (paths(told), paths(told, gateway="other")) == ([], [template("/a")])


def test_the_routes_are_one_object_until_a_statement_changes_them(told):
    told.say("route.registered", "2026-02-01", **ROUTE)
    now = moment("2026-03-01")
    before = told.world.routes("edge", now)
    told.say("workload.mapped", "2026-03-01", workload=WORKLOAD, system="B-sys")
    assert told.world.routes("edge", now) is before

    told.say("route.registered", "2026-03-01", **ROUTE | {"id": "r2", "path": "/b"})
    assert len(told.world.routes("edge", now)) == 2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"gateway": "nowhere"}, 'names the gateway "nowhere", which has no route map'),
        ({"path": "/file/{x}"}, "would meet paths that the route GET /file/{dataset} meets as closely"),
        ({"path": "/a//b"}, 'with the member "path" cannot be used'),
        ({"path": "/%2e%2e"}, 'with the member "path" cannot be used'),
        ({"method": "get"}, 'with the member "method" cannot be used'),
        ({"action": "reed"}, '"reed" is no action'),
        ({"channel": "pigeon"}, '"pigeon" is no channel'),
        ({"dataset": "unheard"}, "which is in no catalogue"),
        ({"dataset": "{x}"}, "is no parameter of the path"),
        ({"reads": {"body": "x"}}, "is no member of a route"),
        ({"reads": {"scenario": {"header": "X-Subject-Id"}}}, "no header that gateways hand on"),
    ],
)
def test_a_route_that_cannot_be_used_or_would_override_is_refused(told, changed, words):
    refusal = told.refused("route.registered", "2026-02-01", **ROUTE | changed)
    assert words in refusal
    assert "art_3" in refusal or "art_11" in refusal


def test_a_route_that_gives_way_to_a_closer_one_of_the_file_overrides_nothing(told):
    told.say("route.registered", "2026-02-01", **ROUTE | {"path": "/{x}/{y}", "dataset": "{x}"})

    both = RouteMap("edge", [FILE]).adding(told.world.routes("edge", moment("2026-02-01")))
    assert both.find("GET", None, ("file", "R")).route is FILE
    assert both.find("GET", None, ("other", "R")).route is not FILE


def test_a_route_that_another_statement_registered_is_not_overridden_either(told):
    told.say("route.registered", "2026-02-01", **ROUTE)

    assert "registers" in told.refused("route.registered", "2026-02-02", **ROUTE | {"path": "/b"})
    assert "as closely" in told.refused("route.registered", "2026-02-02", **ROUTE | {"id": "r2"})


def test_only_what_is_registered_can_be_withdrawn(told):
    assert "is not registered" in told.refused("route.withdrawn", "2026-02-01", id="r1")


@pytest.mark.parametrize("kind", ["route.registered", "workload.mapped"])
def test_nobody_but_the_registrar_keeps_these_registers(told, kind):
    members = ROUTE if kind == "route.registered" else {"workload": WORKLOAD, "system": "B-sys"}

    for speaker in ("A", "B", "regulator"):
        assert "is for the registrar" in told.refused(kind, "2026-02-01", by=speaker, **members)


def test_a_certificate_is_a_system_from_its_mapping_until_it_is_withdrawn(told):
    told.say("workload.mapped", "2026-02-01", workload=WORKLOAD, system="B-sys")
    told.say("workload.withdrawn", "2026-02-05", workload=WORKLOAD)

    def known(at) -> tuple[str, str]:
        found = told.world.workload(WORKLOAD, moment(at))
        return found.system, found.body

    assert [known(at) for at in ("2026-01-31", "2026-02-01", "2026-02-04", "2026-02-05")] == [
        ("", ""), ("B-sys", "B"), ("B-sys", "B"), ("", ""),
    ]  # fmt: skip


def test_a_certificate_follows_the_system_to_another_body(told):
    told.say("workload.mapped", "2026-02-01", workload=WORKLOAD, system="B-sys")
    told.say("system.registered", "2026-02-03", id="B-sys", body="C", post="岗", duties=[])

    assert told.world.workload(WORKLOAD, moment("2026-02-03")).body == "C"


def test_a_certificate_is_no_person_and_no_system_that_nobody_registered(told):
    told.say("staff.mapped", "2026-01-01", id="clerk", body="B", duties=["duty-B"])

    for system in ("clerk", "unheard", "B"):
        said = told.refused("workload.mapped", "2026-02-01", workload=WORKLOAD, system=system)
        assert "is no registered system" in said
    too_long = told.refused("workload.mapped", "2026-02-01", workload="s" * 513, system="B-sys")
    assert "too great length" in too_long
    assert "is mapped to no system" in told.refused("workload.withdrawn", "2026-02-01", workload=WORKLOAD)
