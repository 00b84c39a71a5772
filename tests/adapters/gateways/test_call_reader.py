"""Promises of reading calls: a route says what is asked, the strongest way says who asks, no trick says either."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.callers import Caller
from adapters.door_settings import EndUserIssuer
from adapters.end_users import EndUsers
from adapters.files.readings import load_readings
from adapters.gateways.call import Asked, Call
from adapters.gateways.call_reader import RoutedCalls
from adapters.gateways.headers import RejectedError
from pdp.ledger.admit import Admission, statement
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.world import World
from pdp.model import UNPROVEN, UNREGISTERED
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
BODY = {"level": "district", "basis": "administrative_organ"}


@pytest.fixture(scope="module")
def world():
    """A world that knows the bodies A and B, a unit, and B's system."""
    readings = load_readings(POLICIES / "readings", POLICIES)
    at = datetime(2026, 1, 1, tzinfo=SHANGHAI)
    law = Admission(Calendar({}, {}, {}, ""), readings, at.date(), lambda _, __: True)
    ledger = MemoryLedger(law)
    ledger.record(
        [
            statement("body.registered", {"id": "A", "name": "A", **BODY}, at, "registrar"),
            statement("body.registered", {"id": "B", "name": "B", **BODY}, at, "registrar"),
            statement("unit.registered", {"id": "U", "name": "U"}, at, "registrar"),
            statement("system.registered", {"id": "B-sys", "body": "B", "post": "岗", "duties": []}, at, "registrar"),
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


@pytest.fixture
def read(world):
    """Return a function that reads a call told of by a gateway, by default the one call of the one gateway."""

    def reading(call=CALL, caller=GATEWAY, routes=MAP, **changed: object) -> Asked:
        known = Known(world, SimpleNamespace(routes={routes.gateway: routes}))
        return RoutedCalls(known, EndUsers([ISSUER])).read(replace(call, **changed), caller, "forward_auth")

    return reading


def token(**claims: object) -> str:
    """Return a bearer token of B's clerk."""
    now = int(time.time())
    said = {"iss": ISSUER.issuer, "aud": "data", "sub": "clerk", "org": "B", "iat": now, "exp": now + 300}
    return "Bearer " + jwt.encode(said | claims, KEY, "EdDSA", {"kid": "k1", "typ": "JWT"})


def test_a_call_asks_what_its_route_says(read):
    asked = read(
        query=b"purpose=duty&page=2&fields=name,%E5%A7%93%E5%90%8D",
        headers={"x-data-scenario": "sc-1"},
        authorization=token(),
        request_id="r-1",
    )

    request = asked.request
    assert (request.subject, request.staff, request.established, request.assurance) == ("B", "clerk", "token", 4)
    assert (request.dataset, request.action, request.mode, request.channel) == ("R", "read", "api", "bigdata_platform")
    assert (request.fields, request.scenario, request.purpose) == (("name", "姓名"), "sc-1", "duty")
    assert (request.door, request.gateway, request.request_id) == ("forward_auth", "gw-1", "r-1")
    assert request.route == "GET data.example.gov.cn/api/v1/datasets/{dataset}/rows"
    assert request.enforces == ("mask_fields", "filter_rows")
    assert (asked.audience, asked.single_use) == ("data-api", False)
    plain = b"GET\n/api/v1/datasets/R/rows\npurpose=duty&page=2&fields=name,%E5%A7%93%E5%90%8D"
    assert asked.digest == hashlib.sha256(plain).hexdigest()


def test_an_unknown_route_is_a_question_about_a_dataset_that_nobody_can_catalogue(read):
    request = read(path=b"/api/v2/people", authorization=token()).request

    assert (request.route, request.dataset, request.subject) == (UNREGISTERED, "route//api/v2/people", "B")


def test_a_token_that_is_missing_or_bad_is_a_question_by_nobody(read):
    for authorization in (None, "Bearer x.y.z", "Basic QTpC", token(exp=1), token()[:-2]):
        request = read(authorization=authorization, routes=replace_subject("token")).request

        assert (request.subject, request.established, request.assurance) == (None, UNPROVEN, 0)


def replace_subject(*ways: str) -> RouteMap:
    """Return the map with other ways of establishing a subject."""
    return RouteMap("edge", MAP.routes, subject=ways)


def test_a_header_speaks_for_the_kinds_of_the_registration_alone(read):
    said = {"x-subject-type": "public_body", "x-subject-id": "B"}
    request = read(headers=said, routes=replace_subject("header")).request
    assert (request.subject, request.subject_kind, request.established, request.assurance) == (
        "B", "public_body", "header", 1,
    )  # fmt: skip

    with pytest.raises(RejectedError) as refused:
        read(
            headers=said,
            routes=replace_subject("header"),
            caller=GATEWAY.model_copy(update={"may_assert": ("unit",)}),
        )
    assert refused.value.status == 403
