"""Behind every gateway holds what the conformance table says, and the page says what was seen."""

import json
import subprocess
from pathlib import Path

import pytest

from adapters.engines.opa_process import PINNED
from tests.gateways.beside_opa import OPA_VERSION, asked_of_both
from tests.gateways.matrix import OPA, POSTGRESQL, ROWS, SDK_CHECKS, SDK_NAME, page, told
from tests.gateways.own_programs import SDK_FOLDER, SDK_VERSION, by_sdk, in_postgresql
from tests.gateways.programs import PROGRAMS
from tests.gateways.scene import Client

PAGE = Path(__file__).parents[2] / "docs/gateways.md"
MARKS = {
    "nginx": "gw_nginx",
    "caddy": "gw_caddy",
    "haproxy": "gw_haproxy",
    "envoy_http": "gw_envoy",
    "envoy_grpc": "gw_envoy",
}
INSTALLERS = {
    "nginx": "install_debian.sh nginx", "haproxy": "install_debian.sh haproxy", "caddy": "install_caddy.sh",
    "envoy_http": "install_envoy.sh", "envoy_grpc": "install_envoy.sh",
}  # fmt: skip
CELLS = [
    pytest.param(name, row, marks=getattr(pytest.mark, MARKS[name]), id=f"{name}-{row.number}")
    for name in PROGRAMS
    for row in ROWS
]
pytestmark = pytest.mark.xdist_group("gateways")  # one scene for all of them


@pytest.mark.parametrize(("name", "row"), CELLS)
def test_each_row_holds_behind_each_gateway_as_the_page_says(name, row, scene):
    assert PROGRAMS[name].program, f"{name} is missing; run scripts/{INSTALLERS[name]}"
    assert row.seen(Client(scene, name)) == told(PAGE)[name][row.number]


@pytest.mark.parametrize("name", [pytest.param(name, marks=getattr(pytest.mark, mark)) for name, mark in MARKS.items()])
def test_the_page_names_the_versions_that_were_run(name):
    program = PROGRAMS[name]
    assert program.program, f"{name} is missing; run scripts/{INSTALLERS[name]}"
    assert program.installed_version() == program.version


@pytest.mark.gw_opa_sdk
def test_opas_own_client_reads_our_answers_as_the_page_says(scene):
    assert SDK_FOLDER.is_dir(), "the SDK is missing; run scripts/install_opa_sdk.sh"
    assert json.loads((SDK_FOLDER / "package.json").read_text(encoding="utf-8"))["version"] == SDK_VERSION
    seen = by_sdk(scene)
    assert {number: check(seen) for number, check in SDK_CHECKS.items()} == told(PAGE)[SDK_NAME]


@pytest.mark.opa
def test_opa_and_the_service_answer_equal_requests_alike_as_the_page_says(scene):
    assert PINNED.exists(), "the OPA binary is missing; run scripts/install_opa.sh"
    assert (
        f"Version: {OPA_VERSION}\n"
        in subprocess.run([PINNED, "version"], capture_output=True, text=True, check=True).stdout
    )
    assert asked_of_both(scene) == told(PAGE)[OPA]


@pytest.mark.gw_nginx
def test_postgresql_shows_what_a_permit_in_part_releases(scene):
    assert in_postgresql(scene) == told(PAGE)[POSTGRESQL]


def test_the_page_is_printed_from_the_table():
    assert page(told(PAGE)) == PAGE.read_text(encoding="utf-8")
