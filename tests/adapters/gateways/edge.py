"""A gateway at the edge: its route map, the world behind it, and the token of an end user."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.callers import Caller
from adapters.door_settings import EndUserIssuer
from adapters.files.readings import load_readings
from adapters.gateways.call import Call
from pdp.ledger.admit import Admission, statement
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.world import World
from pdp.routing.route import FromHeader, FromPath, FromQuery, Route, Said, template
from pdp.routing.route_map import WAYS, Behind, RouteMap
from pdp.workdays import SHANGHAI, Calendar

POLICIES = Path(__file__).parents[3] / "policies"
KEY = Ed25519PrivateKey.generate()
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
ISSUER = EndUserIssuer.model_validate(
    {
        "issuer": "https://login.example.gov.cn",
        "audience": "data",
        "algorithm": "EdDSA",
        "keys": [{"kid": "k1", "public_key_pem": PEM}],
    }
)
HOST = "data.example.gov.cn"
ROWS = Route(
    method="GET",
    host=HOST,
    path=template("/api/v1/datasets/{dataset}/rows"),
    dataset=FromPath("dataset"),
    action="read",
    mode="api",
    channel="bigdata_platform",
    fields=FromQuery("fields"),
    scenario=FromHeader("x-data-scenario"),
    purpose=FromQuery("purpose"),
)
EXPORT = Route(
    method="POST", host=HOST, path=template("/api/v1/exports/people"), dataset=Said("R"), action="read", mode="bulk"
)
MAP = RouteMap(
    "edge", [ROWS, EXPORT], subject=WAYS, enforces=("mask_fields",), behind=Behind("data-api", ("filter_rows",))
)
GATEWAY = Caller(id="gw-1", routes="edge", doors=("forward_auth",))
CALL = Call(method="GET", path=b"/api/v1/datasets/R/rows", host=HOST)
WORKLOADS = ("spiffe://xicheng.example/ns/b/sa/query", "spiffe://xicheng.example/ns/a/sa/query")
ADDED = {
    "id": "r1",
    "gateway": "edge",
    "method": "GET",
    "host": HOST,
    "path": "/added/{dataset}",
    "dataset": "{dataset}",
    "action": "read",
}
BODY = {"level": "district", "basis": "administrative_organ"}


def known_world() -> World:
    """Return a world that knows the bodies A and B, a unit, and B's system."""
    readings = load_readings(POLICIES / "readings", POLICIES)
    at = datetime(2026, 1, 1, tzinfo=SHANGHAI)
    law = Admission(Calendar({}, {}, {}, ""), readings, at.date(), lambda _, __: True, {"edge": MAP})
    ledger = MemoryLedger(law)
    ledger.record(
        [
            statement("body.registered", {"id": "A", "name": "A", **BODY}, at, "registrar"),
            statement("body.registered", {"id": "B", "name": "B", **BODY}, at, "registrar"),
            statement("unit.registered", {"id": "U", "name": "U"}, at, "registrar"),
            statement("system.registered", {"id": "B-sys", "body": "B", "post": "岗", "duties": []}, at, "registrar"),
            statement("system.registered", {"id": "A-sys", "body": "A", "post": "岗", "duties": []}, at, "registrar"),
            statement("workload.mapped", {"workload": WORKLOADS[0], "system": "B-sys"}, at, "registrar"),
            statement("workload.mapped", {"workload": WORKLOADS[1], "system": "A-sys"}, at, "registrar"),
            statement("route.registered", ADDED, at, "registrar"),
            statement("staff.mapped", {"id": "clerk", "body": "B", "duties": []}, at, "registrar"),
        ]
    )
    return World(ledger, law.calendar, law.readings, law.in_force_from)


@dataclass
class Known:
    """What calls are read by: the maps, and a world in memory."""

    world: World
    policy: object

    def known(self) -> tuple[World, datetime]:
        """Return the world and an instant at which all of it holds."""
        return self.world, datetime(2026, 2, 26, 9, tzinfo=SHANGHAI)


LIFE = 3600  # seconds; tests make tokens when they are collected, and the last of them runs much later


def token(**claims: object) -> str:
    """Return a bearer token of B's clerk."""
    now = int(time.time())
    said = {"iss": ISSUER.issuer, "aud": "data", "sub": "clerk", "org": "B", "iat": now, "exp": now + LIFE}
    said = {name: value for name, value in (said | claims).items() if value is not None}  # None: left out
    return "Bearer " + jwt.encode(said, KEY, "EdDSA", {"kid": "k1", "typ": "JWT"})
