"""Promises of the reader of route maps: what a reviewer wrote is what decides, and a slip is named with its line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.callers import Caller
from adapters.files.routes import check_route_maps, load_routes
from pdp.errors import PolicyError

if TYPE_CHECKING:
    from pdp.routing.route_map import RouteMap

ROOT = Path(__file__).parents[3] / "policies"
MAP = """\
gateway: edge
family: original
enforces: []
behind: {audience: data-api, enforces: [mask_fields]}
subject: [token, header]
routes:
  - {method: GET, host: data.example, path: "/d/{dataset}/rows", dataset: "{dataset}", action: read,
     fields: {query: fields}, rows_at: /items}
  - method: POST
    path: /exports
    dataset: R
    action: read
    mode: bulk
"""


@pytest.fixture
def loaded(tmp_path):
    """Return a function that loads a map, changed."""

    def load(old="", new="", name="edge", **more: bool) -> dict[str, RouteMap]:
        folder = tmp_path / "policies" / "routes"
        folder.mkdir(parents=True, exist_ok=True)
        assert old in MAP
        (folder / f"{name}.yaml").write_text(MAP.replace(old, new, 1) if old else MAP, encoding="utf-8")
        return load_routes(folder, tmp_path / "policies", **more)

    return load


def test_the_shipped_maps_can_be_read():
    maps = load_routes(ROOT / "routes", ROOT)

    assert set(maps) == {"edge-envoy", "edge-nginx"}
    assert all(known.behind is not None and known.routes and "header" not in known.subject for known in maps.values())


def test_a_map_is_read_as_it_is_written(loaded):
    found = loaded()["edge"]

    assert (found.family, found.enforces, found.behind.audience) == ("original", ("mask_fields",), "data-api")
    assert found.subject == {"token", "header"}
    assert [route.name for route in found.routes] == ["GET data.example/d/{dataset}/rows", "POST /exports"]


def test_without_the_folder_there_are_no_maps(tmp_path):
    assert load_routes(tmp_path / "routes", tmp_path) == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("gateway: edge", "gateway: egde", 1, '"egde" is not the name of the file'),
        ("gateway: edge", "gatway: edge", 1, '"gatway" is no key here'),
        ("family: original", "family: orignal", 2, '"orignal" is no family of headers'),
        ("enforces: []", "enforces: [mask]", 3, '"mask" is no measure'),
        ("audience: data-api", "audience: data api", 4, '"data api" is no id'),
        ("audience: data-api", "audiance: data-api", 4, '"audiance" is no key here'),
        ("[token, header]", "[tokens]", 5, '"tokens" is no way of establishing a subject'),
        ("[token, header]", "[]", 5, "no way of establishing a subject is accepted"),
        ("routes:", "rotes:", 6, '"rotes" is no key here'),
        ("host: data.example", "host: Data.example", 7, 'host "Data.example" cannot stand here'),
        ("/d/{dataset}/rows", "/d/{dataset}//rows", 7, "path has one of"),
        ("/d/{dataset}/rows", "/d/{data}/rows", 7, '"dataset" is no parameter of the path'),
        ("{query: fields}", "{query: fields, header: X-Data-A}", 8, "fields does not say in one way where to read"),
        ("rows_at: /items", "cache: 11", 8, "cache is no number of seconds from 1 to 10"),
        ("rows_at: /items", "rows_at: items", 8, 'rows_at "items" cannot stand here'),
        ("method: POST", "methd: POST", 9, '"methd" is no key here'),
        ("method: POST", "method: post", 9, 'method "post" cannot stand here'),
        ("path: /exports", "path: exports", 10, "path must begin with /"),
        ("action: read\n    mode", "action: reed\n    mode", 12, '"reed" is no action'),
        ("mode: bulk", "mode: bluk", 13, '"bluk" is no mode'),
        ("mode: bulk", "mode: true", 13, "mode is no text"),
        ("    mode: bulk\n", "  - {method: POST, path: /exports, dataset: Q, action: read}\n", 13, "registered twice"),
    ],
)
def test_a_slip_is_named_with_its_line_and_what_to_do(loaded, old, new, line, words):
    with pytest.raises(PolicyError) as refused:
        loaded(old, new)

    assert (refused.value.path, refused.value.line) == ("policies/routes/edge.yaml", line)
    assert words in refused.value.fault
    assert refused.value.remedy


@pytest.mark.parametrize("name", ["edge.yml", "README.md", "a b.yaml", "inside/edge.yaml"])
def test_a_stray_file_is_refused_and_never_left_out(tmp_path, name):
    file = tmp_path / "policies" / "routes" / name
    file.parent.mkdir(parents=True)
    file.write_text(MAP, encoding="utf-8")

    with pytest.raises(PolicyError, match="a stray file beside the route maps"):
        load_routes(tmp_path / "policies" / "routes", tmp_path / "policies")


def test_a_pack_of_other_facts_has_words_of_its_own(loaded):
    assert loaded("mode: bulk", "mode: stream", public_data=False)["edge"].routes[1].mode == "stream"


def test_a_caller_whose_map_is_missing_stops_the_load():
    maps = load_routes(ROOT / "routes", ROOT)
    check_route_maps([Caller(id="gw", routes="edge-nginx"), Caller(id="other")], maps)

    with pytest.raises(PolicyError, match='is missing, and the caller "gw" asks by it'):
        check_route_maps([Caller(id="gw", routes="edge-ngnix")], maps)
