"""Promises of routes in a running service: a call is decided by the map in force, and its record says by which."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import jsonschema
import jwt
import pytest

from adapters.callers import Callers
from adapters.end_users import EndUsers
from adapters.gateways.call_reader import RoutedCalls
from adapters.gateways.http import Doors, HttpApp
from adapters.logs import make_log
from adapters.stores.person_keys import SqlitePersonKeys
from pdp.errors import PolicyError
from pdp.log.entry import record_of
from pdp.log.questioned import Recovered, question_of
from pdp.log.replay import Law, Replayer
from tests.adapters.gateways.town import KEY, PEM, installed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.assemble import Installation

ROOT = Path(__file__).parents[3]
HOST = "data.example.gov.cn"
SETTINGS = {
    "tokens": [],
    "callers": [
        {
            "id": "gw",
            "key_sha256": [hashlib.sha256(b"gate").hexdigest()],
            "doors": ["forward_auth", "authzen"],
            "routes": "edge-nginx",
        },
        {"id": "desk", "doors": ["acts"], "posts": ["registrar"], "for_anybody": True},
    ],
    "end_users": [
        {
            "issuer": "https://login.example",
            "audience": "data",
            "algorithm": "EdDSA",
            "keys": [{"kid": "k1", "public_key_pem": PEM}],
        }
    ],
}
FILE = """\
gateway: edge-nginx
subject: [token]
routes:
  - {method: GET, host: data.example.gov.cn, path: "/d/{dataset}", dataset: "{dataset}", action: read, mode: api,
     channel: bigdata_platform, fields: {query: fields}, scenario: {header: X-Data-Scenario},
     purpose: {header: X-Data-Purpose}}
"""
ADDED = {
    "by": "registrar",
    "id": "r1",
    "gateway": "edge-nginx",
    "method": "GET",
    "host": HOST,
    "path": "/people",
    "dataset": "R",
    "action": "read",
    "mode": "api",
    "channel": "bigdata_platform",
    "reads": {"fields": ["name"], "scenario": "sc-1", "purpose": "duty"},
}


def token(**changed: object) -> str:
    """Return the token of whoever acts for B through its system."""
    now = int(time.time())
    said = {"iss": "https://login.example", "aud": "data", "sub": "B-sys", "org": "B", "iat": now, "exp": now + 3600}
    return "Bearer " + jwt.encode(said | changed, KEY, "EdDSA", {"kid": "k1", "typ": "at+jwt"})


@dataclass
class Edge:
    """A service, and a gateway that asks it."""

    made: Installation
    client: httpx.AsyncClient

    async def call(self, path: str, authorization: str | None = None, **more: str) -> tuple[int, set[str]]:
        """Return status and grounds of one call."""
        told = {"x-gateway-token": "gate", "x-forwarded-method": "GET", "x-forwarded-uri": path}
        told |= {"x-forwarded-host": HOST, "x-data-scenario": "sc-1", "x-data-purpose": "duty"} | more
        if authorization is not None:
            told["authorization"] = authorization
        answer = await self.client.get("/authz/forward", headers=told)
        return answer.status_code, set(answer.headers.get("x-decision-grounds", "").split(","))

    async def act(self, kind: str, members: dict[str, object]) -> int:
        """Return the status of an act of the registrar."""
        headers = {"idempotency-key": f"{kind}-{time.monotonic_ns()}"}
        return (await self.client.post(f"/v1/acts/{kind}", json=members, headers=headers)).status_code

    def records(self) -> list[dict[str, object]]:
        """Return the decisions that are on record."""
        records = [json.loads(record_of(entry)) for _, entry in self.made.journal.records()]
        return [record for record in records if record["kind"] == "decision"]


@pytest.fixture(scope="module")
def policies(tmp_path_factory):
    """A policy root whose one route map has one route."""
    root = tmp_path_factory.mktemp("root")
    for name in ("policies", "rego"):
        shutil.copytree(ROOT / name, root / name)
    for file in (root / "policies" / "routes").iterdir():
        file.unlink()
    (root / "policies" / "routes" / "edge-nginx.yaml").write_text(FILE, encoding="utf-8")
    return root


@asynccontextmanager
async def edge(data: Path, policies: Path) -> AsyncIterator[Edge]:
    """Return a running service in which B's application for R was agreed to."""
    with installed(data, policies=policies, **SETTINGS) as made:
        await made.begin()
        calls = RoutedCalls(made.service, EndUsers(made.settings.end_users))
        log = make_log(StringIO(), "json")[0]
        doors = Doors(
            made.service, Callers(made.settings.registered), log, deadline=10, procedures=made.procedures(), calls=calls
        )
        app = HttpApp(doors)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pdp") as client:
            yield Edge(made, client)
        await app.close()
        await made.end()


def test_a_call_is_decided_by_its_route_and_recorded_with_it(tmp_path, policies):
    async def run() -> None:
        async with edge(tmp_path, policies) as town:
            assert await town.call("/d/R?fields=name", token()) == (403, {"no_application"})
            for bad in (None, "Bearer x.y.z", token(exp=1), token(aud="other")):
                assert await town.call("/d/R", bad) == (401, {"relation_unresolved", "subject_unproven"})
            status, grounds = await town.call("/people", token())
            assert (status, "route_unregistered" in grounds) == (403, True)
            assert await town.call("/d/%2e%2e", token()) == (403, {"none"})

            first, unproven, *_, unrouted = town.records()
            route = "GET data.example.gov.cn/d/{dataset}"
            asked = first["request"]
            assert (asked["route"], asked["established"], asked["assurance"]) == (route, "token", 4)
            assert (unproven["request"]["established"], "subject" in unproven["request"]) == ("unproven", False)
            assert unrouted["request"]["route"] == "unregistered"
            assert "people" not in json.dumps(unrouted)

            schema = json.loads((ROOT / "pdp/log/record.schema.json").read_text("utf-8"))
            law = town.made.service.in_force
            ways = {rule: ground.remedy for rule, ground in law.rulebook.grounds.items()}
            replayer = Replayer(Law(law.recorder.set, law.rulebook.vocabulary, law.rulebook.judge, ways))
            for record in town.records():
                jsonschema.validate(record, schema)
                assert replayer.replay(dict(record)) is None
                put_again = question_of(dict(record), Recovered()).request
                assert put_again.route == record["request"].get("route")
                assert put_again.established == record["request"].get("established")

    asyncio.run(run())


def test_where_the_client_is_is_on_record_as_a_digest_and_bears_on_nothing(tmp_path, policies):
    told = ("192.0.2.7", "203.0.113.9, 192.0.2.7", "192.0.2.7,203.0.113.9", "::ffff:192.0.2.7", "unknown", "fe80::1%x")
    told += ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::1")  # one subscriber's

    async def run() -> None:
        async with edge(tmp_path, policies) as town:
            ended = [await town.call("/d/R?fields=name", token(), **{"x-forwarded-for": address}) for address in told]
            ended.append(await town.call("/d/R?fields=name", token()))
            stranger = {"x-gateway-token": "wrong", "x-forwarded-for": "198.51.100.4"}
            assert (await town.call("/d/R?fields=name", token(), **stranger))[0] == 403

            assert ended == [(403, {"no_application"})] * 9
            clients = [record["request"].get("client") for record in town.records()]
            with closing(SqlitePersonKeys(tmp_path / "keys" / "persons.sqlite")) as persons:
                known, other = persons.known("address", told[0]), persons.known("address", "203.0.113.9")
                network = persons.known("address", "2001:db8:1:2::/64")
                stray = persons.known("address", "198.51.100.4")
            last = [network, network, None]
            assert clients == [known, known, other, known, None, None, *last]  # the gateway's own word, the last
            assert None not in {known, other, network}
            assert stray is None  # who is not let in leaves no address behind
            log = b"".join(entry for _, entry in town.made.journal.records())
            assert not any(address in log for address in (b"192.0.2.7", b"203.0.113.9", b"198.51.100.4"))

            law = town.made.service.in_force
            ways = {rule: ground.remedy for rule, ground in law.rulebook.grounds.items()}
            replayer = Replayer(Law(law.recorder.set, law.rulebook.vocabulary, law.rulebook.judge, ways))
            schema = json.loads((ROOT / "pdp/log/record.schema.json").read_text("utf-8"))
            for record in town.records():
                jsonschema.validate(record, schema)
                assert replayer.replay(dict(record)) is None

    asyncio.run(run())


def test_a_route_that_is_registered_or_withdrawn_decides_at_once(tmp_path, policies):
    async def run() -> None:
        async with edge(tmp_path, policies) as town:
            assert "route_unregistered" in (await town.call("/people", token()))[1]
            assert await town.act("route.registered", ADDED) == 201
            assert await town.call("/people", token()) == (403, {"no_application"})
            assert await town.act("route.registered", ADDED | {"id": "r2", "path": "/d/{x}"}) == 409
            assert await town.act("route.registered", ADDED | {"id": "r3", "gateway": "elsewhere"}) == 409
            assert await town.act("route.withdrawn", {"by": "registrar", "id": "r1"}) == 201
            assert "route_unregistered" in (await town.call("/people", token()))[1]

    asyncio.run(run())


def test_a_reload_takes_the_routes_of_the_files_with_it_and_refuses_to_lose_a_map(tmp_path, policies):
    async def run() -> None:
        async with edge(tmp_path, policies) as town:
            file = policies / "policies" / "routes" / "edge-nginx.yaml"
            before = town.made.service.rulebook.revision
            file.write_text(FILE.replace("/d/{dataset}", "/e/{dataset}"), encoding="utf-8")
            assert await town.call("/d/R", token()) == (403, {"no_application"})
            await town.made.reload()
            assert await town.call("/e/R", token()) == (403, {"no_application"})
            assert "route_unregistered" in (await town.call("/d/R", token()))[1]
            assert town.made.service.rulebook.revision.policy != before.policy

            file.unlink()
            with pytest.raises(PolicyError, match='the caller "gw" asks by it'):
                await town.made.reload()
            assert await town.call("/e/R", token()) == (403, {"no_application"})
            file.write_text(FILE, encoding="utf-8")

    asyncio.run(run())
