"""Promises of the AuthZEN doors of a real process: what is listed is there, batches and searches are recorded."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapters.stores.log_reader import logs_in
from pdp.log.entry import record_of
from tests.adapters.test_server import PATIENCE, Running

ROOT = Path(__file__).parents[2]
DEEMED, PARTIAL, UNCONDITIONAL = (
    json.loads((ROOT / "examples" / f"ask_{name}.json").read_text(encoding="utf-8"))
    for name in ("permit_deemed", "partial_fields", "permit_unconditional")
)
URL = "https://pdp.example.gov.cn"
METADATA = "/.well-known/authzen-configuration"


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Running]:
    """One running service that has a public address, and patience: the machine may do other things too."""
    folder = tmp_path_factory.mktemp("served")
    settings = folder / "settings.yaml"
    settings.write_text(f'public_url: "{URL}"\ndeadline_ms: 60000\n', encoding="utf-8")
    options = ["--port", "0", "--data", str(folder / "data"), "--config", str(settings)]
    running = Running(folder, ["-m", "adapters.cli", "serve", *options])
    yield running
    running.process.send_signal(signal.SIGTERM)
    written = running.end()
    assert running.process.returncode == 0, written


@pytest.fixture(scope="module")
def client(served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=PATIENCE) as opened:
        yield opened


def test_every_door_that_the_metadata_lists_is_there_and_no_address_is_an_other(client):
    said = client.get(METADATA, headers={"host": "evil.example"}).json()

    listed = {name: value for name, value in said.items() if name.endswith("_endpoint")}
    assert len(listed) == 6
    assert all(address.startswith(f"{URL}/") for address in listed.values())
    assert said["capabilities"] == ["urn:openid:authzen:capability:access-request"]
    assert said["signed_metadata"].count(".") == 2
    for address in listed.values():
        answer = client.post(address.removeprefix(URL), content=b"{", headers={"content-type": "application/json"})
        assert answer.status_code == 400, address


def test_a_batch_is_answered_recorded_and_found_item_by_item(client):
    body = {"evaluations": [DEEMED, {}, PARTIAL], "options": {"explain": False}}

    answer = client.post("/access/v1/evaluations", json=body, headers={"x-request-id": "r-9"})

    first, second, third = answer.json()["evaluations"]
    assert first == {"decision": True}
    assert second["context"]["error"] == {"status": 400, "message": "subject: is required"}
    assert third["context"]["outcome"] == "PARTIAL"
    assert answer.headers["x-request-id"] == "r-9"
    batch = answer.headers["x-decision-id"]
    assert client.get(f"/v1/decisions/{batch}/0").json()["outcome"] == "PERMIT"
    assert client.get(f"/v1/decisions/{batch}/1").status_code == 404
    assert client.get(f"/v1/decisions/{batch}/2").json()["id"] == third["context"]["id"]
    released = client.get(f"/v1/decisions/{third['context']['id']}/obligations").json()
    assert released["fields"] == third["context"]["obligations"][0]["properties"]["fields"]


def test_a_thousand_questions_are_one_batch(client):
    questions = [UNCONDITIONAL, PARTIAL] * 500

    answer = client.post("/access/v1/evaluations", json={"evaluations": questions})

    decisions = [item["decision"] for item in answer.json()["evaluations"]]
    assert decisions == [True] * 1000
    batch = answer.headers["x-decision-id"]
    assert client.get(f"/v1/decisions/{batch}/999").json()["outcome"] == "PARTIAL"


def test_a_search_finds_what_is_permitted_and_is_recorded_page_by_page(client):
    asked = {**UNCONDITIONAL, "resource": {"type": "dataset"}, "page": {"limit": 50}}

    page = client.post("/access/v1/search/resource", json=asked).json()
    found = page["results"]
    while page["page"]["next_token"]:
        asked["page"] = {"token": page["page"]["next_token"]}
        page = client.post("/access/v1/search/resource", json=asked).json()
        found += page["results"]

    assert {"type": "dataset", "id": UNCONDITIONAL["resource"]["id"]} in found
    assert len(found) == page["page"]["total"]


def test_the_log_of_it_all_tells_of_batches_and_searches(client, served):
    client.post("/access/v1/evaluations", json={"evaluations": [DEEMED]})
    client.post("/access/v1/search/action", json={"subject": DEEMED["subject"], "resource": DEEMED["resource"]})
    last = client.post("/access/v1/evaluation", json=DEEMED).headers["x-decision-id"]
    client.get(f"/v1/decisions/{last}/receipt", params={"wait": 5}).raise_for_status()  # signed up to here

    (log,) = logs_in(served.data)
    kinds = [json.loads(record_of(entry))["kind"] for _, entry in log.records()]

    assert {"batch", "search"} <= set(kinds)
