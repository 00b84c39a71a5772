"""Promises of the gateways' configurations: each can be filled in, strips what is ours to say, and fails closed."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "examples" / "gateways"
GUIDE = (ROOT / "docs" / "gateways-setup.md").read_text(encoding="utf-8")
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
REWRITING = ("x-original", "x-rewrite", "x-http-method", "x-method-override")
"""Beginnings of headers by which some frameworks take another address or method than that of the request line."""
SAID_BY_US = ("x-decision-id", "x-decision-outcome", "x-decision-token", "x-obligations", "x-subject-id")


def filled(path) -> str:
    """Return the file with its places filled in."""
    values = {"LUA": str(FOLDER / "haproxy" / "decide.lua"), "GATEWAY_TOKEN": "k" * 43}
    return re.sub(r"\$\{([A-Z_]+)\}", lambda place: values.get(place[1], "8080"), path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_place_is_named_in_the_guide_and_every_file_too(path):
    text = path.read_text(encoding="utf-8")

    assert path.name in GUIDE
    for place in re.findall(r"\$\{([A-Z_]+)\}", text):
        assert f"`{place}`" in GUIDE
        assert f"${place}" in text.split("\n\n", 1)[0].replace("${", ""), "the first lines say how it is filled in"


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile", "haproxy.cfg", "envoy-http.yaml", "envoy-grpc.yaml"])
def test_what_rewrites_a_request_behind_the_check_is_removed(name):
    (path,) = (path for path in FILES if path.name == name)
    text = path.read_text(encoding="utf-8").lower()

    assert [beginning for beginning in REWRITING if beginning not in text] == []


def test_nobody_leaves_http_1_or_drops_our_headers_where_the_gateway_would_let_them():
    caddy = (FOLDER / "caddy" / "Caddyfile").read_text(encoding="utf-8")
    haproxy = (FOLDER / "haproxy" / "haproxy.cfg").read_text(encoding="utf-8")

    before_asking = caddy[: caddy.index("forward_auth 127")]
    assert {"request_header -Connection", "request_header -Upgrade"} <= set(map(str.strip, before_asking.splitlines()))
    assert haproxy.index("del-header upgrade") < haproxy.index("http-request lua.decide")


@pytest.mark.parametrize("name", ["envoy-http.yaml", "envoy-grpc.yaml"])
def test_envoy_strips_before_it_asks_and_never_fails_open(name):
    listeners = yaml.safe_load(filled(FOLDER / "envoy" / name))["static_resources"]["listeners"]
    manager = listeners[0]["filter_chains"][0]["filters"][0]["typed_config"]
    strip, check, router = manager["http_filters"]

    assert [part["name"] for part in (strip, check)] == ["strip", "envoy.filters.http.ext_authz"]
    assert router["name"] == "envoy.filters.http.router"
    removed = {change["remove"] for change in strip["typed_config"]["mutations"]["request_mutations"]}
    assert removed >= {*SAID_BY_US, "x-gateway-token"}
    assert check["typed_config"]["failure_mode_allow"] is False
    assert not any("request_headers_to_remove" in host for host in manager["route_config"]["virtual_hosts"])


def test_haproxy_lets_nothing_go_on_that_its_action_did_not_allow():
    text = filled(FOLDER / "haproxy" / "haproxy.cfg")

    rules = [line.strip() for line in text.splitlines() if line.strip().startswith("http-request")]
    assert rules.index("http-request lua.decide") == len(rules) - 2
    assert rules[-1].startswith("http-request return status 503")
    assert rules[-1].endswith("unless { var(txn.decided) -m str allowed }")


def test_nginx_reaches_the_data_api_from_the_one_location_that_asks():
    text = filled(FOLDER / "nginx" / "nginx.conf")

    locations = re.findall(r"location ([^{]+) \{(.*?)\n    \}", text, re.DOTALL)
    reaching = [(place, rules) for place, rules in locations if "http://data_api" in rules]
    assert [place for place, _ in reaching] == ["/api/"]
    assert "auth_request /.decide;" in reaching[0][1]
    for name in SAID_BY_US:
        assert f"proxy_set_header {name} " in reaching[0][1].lower()
