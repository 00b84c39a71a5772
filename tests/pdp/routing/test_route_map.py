"""Promises of the route map: the closest route is found, two as close are refused, nothing is matched loosely."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.facts.channel import CARRIERS, CHANNELS, MODES
from pdp.facts.relation import OPERATIONS
from pdp.routing.path import PathError, canonical_path
from pdp.routing.route import FromHeader, FromPath, FromQuery, Parameter, Route, Said, shown, template
from pdp.routing.route_map import AmbiguousRouteError, Behind, RouteMap
from pdp.routing.stated import PUBLIC_DATA, RouteError, route_of

HOST = "data.example.gov.cn"
MEMBERS = {"method": "GET", "path": "/a/{dataset}", "dataset": "{dataset}", "action": "read"}


def to(path, dataset="R", method="GET", host=HOST) -> Route:
    """Return a route of `path`."""
    return Route(method=method, host=host, path=template(path), dataset=Said(dataset), action="read")


def found(routes: RouteMap, path, method="GET", host=HOST):
    """Return the dataset of the route that a call takes."""
    match = routes.find(method, host, canonical_path(path))
    return None if match is None else match.route.dataset.value


def test_a_parameter_takes_one_segment_whole_and_never_an_empty_one():
    routes = RouteMap("g", [to("/d/{x}/rows")])

    assert routes.find("GET", HOST, ("d", "R", "rows")).parameters == {"x": "R"}
    for path in (b"/d/rows", b"/d/R/S/rows", b"/d/R", b"/d/R/rows/", b"/D/R/rows", b"/d/R/Rows", b"/"):
        assert routes.find("GET", HOST, canonical_path(path)) is None
    assert RouteMap("g", [to("/d/{x}")]).find("GET", HOST, ("d", "")) is None


def test_a_literal_beats_a_parameter_wherever_the_routes_stand():
    pair = [to("/d/{x}", "any"), to("/d/people", "people")]
    for routes in (RouteMap("g", pair), RouteMap("g", pair[::-1])):
        assert found(routes, b"/d/people") == "people"
        assert found(routes, b"/d/persons") == "any"


def test_a_route_that_promises_more_but_ends_otherwise_gives_way():
    routes = RouteMap("g", [to("/d/people/rows", "people"), to("/d/{x}/count", "any")])

    assert found(routes, b"/d/people/count") == "any"
    assert found(routes, b"/d/people/sum") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/d/{x}", "/d/{y}"),
        ("/d/people", "/d/people"),
        ("/{x}/rows", "/d/{y}"),
        ("/{x}/b/{y}", "/a/{z}/c"),
        ("/d/{x}/{y}/e", "/d/{z}/f/{w}"),
        ("/", "/"),
    ],
)
def test_two_routes_that_meet_a_path_as_closely_are_refused(one, other):
    with pytest.raises(AmbiguousRouteError) as refused:
        RouteMap("g", [to(one), to(other)])

    assert refused.value.other.path == template(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/d/{x}", "/d/{x}/"),
        ("/d/{x}", "/d/people"),
        ("/{x}/{y}", "/{x}/rows"),
        ("/d/{x}/a", "/d/{x}/b"),
        ("/", "/{x}"),
    ],
)
def test_routes_that_can_be_told_apart_stand_side_by_side(one, other):
    assert RouteMap("g", [to(one), to(other)]).conflict(to(one)) is not None


def test_method_and_host_are_matched_whole_and_head_is_get():
    routes = RouteMap("g", [to("/a"), to("/a", "posted", "POST"), to("/a", "nowhere", host=None)])

    assert found(routes, b"/a", "HEAD") == "R"
    assert found(routes, b"/a", "POST") == "posted"
    assert found(routes, b"/a", host=None) == "nowhere"
    for method, host in (("get", HOST), ("PUT", HOST), ("OPTIONS", HOST), ("GET", "gov.cn"), ("GET", "x." + HOST)):
        assert found(routes, b"/a", method, host) is None


def test_routes_that_are_added_never_override():
    routes = RouteMap("g", [to("/d/{x}", "file")]).adding([to("/d/{y}", "added"), to("/e", "added")])

    assert (found(routes, b"/d/R"), found(routes, b"/e")) == ("file", "added")
    assert [route.name for route in routes.routes] == [f"GET {HOST}/d/{{x}}", f"GET {HOST}/e"]


@pytest.mark.parametrize(
    ("gateway", "behind", "both"),
    [
        (None, None, None),
        ((), None, ()),
        (None, ("mask_fields",), ("mask_fields",)),
        (("filter_rows",), ("mask_fields", "filter_rows"), ("filter_rows", "mask_fields")),
    ],
)
def test_what_the_gateway_or_the_data_api_enforces_is_enforced(gateway, behind, both):
    assert RouteMap("g", enforces=gateway, behind=Behind("data-api", behind)).enforces == both


segments = st.sampled_from(["a", "b", "{x}", "{y}"])


@given(st.lists(st.lists(segments, min_size=1, max_size=3, unique=True), max_size=6), st.lists(st.sampled_from("abc")))
def test_the_route_found_is_the_one_with_the_most_literals_among_all_that_meet_the_path(paths, path):
    routes: list[Route] = []
    for parts in paths:
        try:
            RouteMap("g", [*routes, to("/" + "/".join(parts))])
        except AmbiguousRouteError:
            continue
        routes.append(to("/" + "/".join(parts)))
    meeting = [
        route
        for route in routes
        if len(route.path) == len(path)
        and all(isinstance(part, Parameter) or part == text for part, text in zip(route.path, path, strict=True))
    ]
    literals = [sum(isinstance(part, str) for part in route.path) for route in meeting]

    match = RouteMap("g", routes).find("GET", HOST, tuple(path))

    if meeting:
        assert match is not None
        assert match.route == meeting[literals.index(max(literals))]
        assert literals.count(max(literals)) == 1
    else:
        assert match is None


@pytest.mark.parametrize(
    "text",
    ["", "a", "//a", "/{x}/{x}", "/{X}", "/{}", "/{x", "/x}", "/a{x}", "/{x}b", "/%2e", "/a;b", "/..", "/人口", "/a?b",
     "/\ud800", "/" + "a/" * 64],
)  # fmt: skip
def test_a_template_is_a_path_in_canonical_form_with_parameters_for_whole_segments(text):
    with pytest.raises(PathError):
        template(text)


@pytest.mark.parametrize("text", ["/", "/a/", "/{x}", "/a/{x}/%E4%BA%BA", "/a%20b/{y}/", "/%7Bx%7D/{x}"])
def test_a_template_is_shown_as_it_was_written(text):
    assert shown(template(text)) == text


def test_the_words_of_routes_are_those_of_the_facts():
    assert PUBLIC_DATA.actions == set(OPERATIONS)
    assert PUBLIC_DATA.channels == CHANNELS | CARRIERS
    assert PUBLIC_DATA.modes == MODES


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("duty", Said("duty")),
        ("{dataset}", FromPath("dataset")),
        ({"query": "purpose"}, FromQuery("purpose")),
        ({"header": "X-Data-Purpose"}, FromHeader("x-data-purpose")),
    ],
)
def test_a_word_stands_where_the_route_says(said, source):
    assert route_of(MEMBERS | {"purpose": said, "scenario": said}).purpose == source


def test_a_route_reads_what_it_says():
    route = route_of(
        MEMBERS | {"fields": ["name"], "scenario": "sc-1", "rows_at": "", "envelope": ["next"]}, PUBLIC_DATA
    )

    assert (route.dataset, route.fields, route.scenario) == (FromPath("dataset"), ("name",), Said("sc-1"))
    assert (route.name, route.host, route.rows_at) == ("GET /a/{dataset}", None, "")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("method", "get"), ("method", "GET POST"), ("method", 1), ("host", "Data.example"), ("host", "a b"),
        ("host", "a:80"),
        ("host", ""), ("host", "-a"), ("host", "a..b"), ("path", "/a//b"), ("path", 7), ("dataset", "{other}"),
        ("dataset", "a/b"), ("dataset", "{dataset}x"), ("action", "reed"), ("mode", "stream"), ("channel", "pigeon"),
        ("carrier", "{no}"), ("fields", []), ("fields", "name"), ("fields", ["name", "name"]), ("fields", [1]),
        ("fields", {"header": "X-Data-Fields"}), ("fields", {"query": "a b"}), ("fields", {}),
        ("scenario", {"header": "Authorization"}), ("scenario", {"header": "X-Subject-Id"}),
        ("scenario", {"query": "a", "header": "X-Data-A"}), ("scenario", {"body": "a"}), ("scenario", ["a"]),
        ("purpose", {"query": "a&b"}), ("purpose", "{none}"), ("rows_at", "items"), ("rows_at", "/a~2"),
        ("envelope", "next"),
        ("rows", "x"), ("cache", 0), ("cache", 11), ("cache", True), ("cache", "5"), ("cache", 5.0), ("cache", [5]),
    ],
)  # fmt: skip
def test_a_member_that_cannot_be_used_is_named(member, value):
    with pytest.raises(RouteError) as refused:
        route_of(MEMBERS | {member: value}, PUBLIC_DATA)

    assert refused.value.member == member
    assert refused.value.remedy


@pytest.mark.parametrize("more", [{"method": "POST"}, {"mode": "bulk"}])
def test_only_what_is_read_may_be_kept_for_some_seconds(more):
    assert route_of(MEMBERS | {"cache": 10}).cache == 10
    with pytest.raises(RouteError, match="does more than read"):
        route_of(MEMBERS | {"cache": 10} | more)


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_that_is_missing_is_named(member):
    with pytest.raises(RouteError) as refused:
        route_of({name: value for name, value in MEMBERS.items() if name != member})

    assert (refused.value.member, refused.value.fault) == (member, "is missing")
