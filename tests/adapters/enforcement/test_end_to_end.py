"""From an agreement in part to the rows that a data proxy gives back: the real service, its real doors, real tokens."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import jwt
import pytest

from adapters.callers import Callers
from adapters.cli.proxy import layout_of
from adapters.end_users import EndUsers
from adapters.enforcement.proxy import DataProxy, Standing
from adapters.enforcement.refused import RefusedError
from adapters.enforcement.service import PinnedKeys
from adapters.enforcement.token import TokenVerifier, Wanted, request_digest
from adapters.enforcement.used_once import UsedOnce
from adapters.gateways.call_reader import RoutedCalls
from adapters.gateways.decision_token import TokenWriter
from adapters.gateways.http import Doors, HttpApp
from adapters.gateways.kept_obligations import KeptObligations
from adapters.logs import make_log
from pdp.ledger.body import statement
from tests.adapters.gateways.town import KEY as USERS_KEY
from tests.adapters.gateways.town import PEM, installed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[3]
ISSUER, DATA_API, KEY = "https://pdp.example.gov.cn", "data-api", "g" * 43
ROUTES = """\
gateway: edge
family: forwarded
enforces: []
behind: {audience: data-api, enforces: [mask_fields, filter_rows]}
subject: [token]
routes:
  - {method: GET, host: data.example.gov.cn, path: "/datasets/{dataset}/rows", dataset: "{dataset}", action: read,
     mode: api, channel: bigdata_platform, scenario: {header: X-Data-Scenario}, purpose: duty, rows_at: /items,
     envelope: [next, total]}
"""
CALLER = {
    "id": "edge",
    "key_sha256": [hashlib.sha256(KEY.encode()).hexdigest()],
    "doors": ["forward_auth", "decisions", "authzen"],
    "routes": "edge",
}
USERS = {
    "issuer": "https://id.example",
    "audience": "data",
    "algorithm": "EdDSA",
    "keys": [{"kid": "k1", "public_key_pem": PEM}],
}
PART = {
    "fields": ["name", "age"],
    "rows": {"type": "field", "field": "age", "operator": "gte", "value": 18},
    "masks": [{"field": "name", "method": "partial", "keep_prefix": 1, "keep_suffix": 0}],
}
ROWS = [{"name": "甲乙丙", "age": 30, "id": 1}, {"name": "丁戊", "age": 7, "id": 2}, {"name": "己庚", "id": 3}]
BODY = {"items": ROWS, "total": 3, "next": "/n", "debug": "d"}


async def upstream(_: httpx.Request) -> httpx.Response:
    """Give every row."""

    async def parts() -> AsyncIterator[bytes]:
        yield json.dumps(BODY).encode()

    return httpx.Response(200, headers={"content-type": "application/json"}, content=parts())


def user(body: str) -> dict[str, str]:
    """Return the headers of somebody who works for `body`."""
    now = int(time.time())
    who = {"sub": f"clerk-of-{body}", "org": body}
    claims = {"iss": USERS["issuer"], "aud": "data", "iat": now, "exp": now + 3600, **who}
    token = jwt.encode(claims, USERS_KEY, "EdDSA", {"kid": "k1", "typ": "JWT"})
    return {"authorization": f"Bearer {token}", "x-data-scenario": "sc-1"}


def agree_in_part(made) -> None:
    """Let B apply for R, and A agree to a part of it."""
    at = made.clock.now() - timedelta(days=1)
    applied = {"id": "A1", "applicant": "B", "dataset": "R", "scenario": "sc-1", "purpose": "duty", "duty": "d-1"}
    answer = {"id": "A1", "scope": PART, "explanation": "部分", "statutory_cause": "法"}
    clerk = {"id": "clerk-of-B", "body": "B", "duties": ["d-1"]}
    made.ledger.record([statement("staff.mapped", clerk, at, "registrar")])
    made.ledger.record([statement("application.received", {**applied, "scope": {"fields": ["name", "age"]}}, at, "B")])
    made.ledger.record([statement("application.agreed_in_part", answer, at + timedelta(minutes=1), "A")])
    made.service.look_again()


async def talk(made) -> dict[str, object]:
    """Return what happened when clients came to the proxy, and when the gateway asked by itself."""
    await made.begin()
    agree_in_part(made)
    kept, told = KeptObligations(), []
    doors = Doors(
        made.service, Callers(made.settings.registered), make_log(StringIO(), "json")[0], ISSUER, 10.0,
        signing=made.signing, tokens=TokenWriter(ISSUER, made.signing, made.service, kept), kept=kept,
        calls=RoutedCalls(made.service, EndUsers(made.settings.end_users)),
    )  # fmt: skip
    app = HttpApp(doors)
    service = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pdp")
    published = (await service.get("/.well-known/jwks.json")).content
    verifier = TokenVerifier(issuer=ISSUER, audience=DATA_API, keys=PinnedKeys(published), used=UsedOnce())
    standing = Standing(
        service=service,
        upstream=httpx.AsyncClient(transport=httpx.MockTransport(upstream), base_url="http://data"),
        gateway_token=KEY, verifier=verifier, layout=layout_of(made.service.policy.routes["edge"]), tables={},
        log=lambda event, **known: told.append((event, known)),
    )  # fmt: skip
    found: dict[str, object] = {"verifier": verifier, "told": told}
    transport = httpx.ASGITransport(DataProxy(standing))
    async with httpx.AsyncClient(transport=transport, base_url="http://data.example.gov.cn") as client:
        found["part"] = await client.get("/datasets/R/rows", headers=user("B"))
        found["stranger"] = await client.get("/datasets/R/rows", headers=user("G"))
        found["nobody"] = await client.get("/datasets/R/rows", headers={"x-subject-id": "B"})
    forwarded = {
        "x-forwarded-method": "GET", "x-forwarded-uri": "/datasets/R/rows", "x-gateway-token": KEY,
        "x-forwarded-host": "data.example.gov.cn",
    }  # fmt: skip
    found["forward"] = await service.get("/authz/forward", headers={**forwarded, **user("B")})
    decision, proven = f"/v1/decisions/{found['forward'].headers['x-decision-id']}", {"authorization": f"Bearer {KEY}"}
    found["record"] = await service.get(decision, headers=proven)
    found["obligations"] = await service.get(f"{decision}/obligations", headers=proven)
    for name, resource, action in (
        ("about a route", {"type": "route", "id": "/datasets/R/rows"}, "GET"),
        ("about a data set", {"type": "dataset", "id": "R"}, "read"),
    ):
        context = {"subject_token": user("B")["authorization"][7:], "scenario": "sc-1", "purpose": "duty"}
        body = {
            "subject": {"type": "public_body", "id": "B"}, "action": {"name": action}, "resource": resource,
            "context": {**context, "channel": "bigdata_platform", "mode": "api", "supported_obligations": ["custom"]},
        }  # fmt: skip
        found[name] = await service.post("/access/v1/evaluation", json=body, headers=proven)
    await service.aclose()
    await app.close()
    await made.end()
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    for part in ("policies", "rego"):
        shutil.copytree(ROOT / part, folder / "root" / part)
    (folder / "root/policies/routes/edge.yaml").write_text(ROUTES, encoding="utf-8")
    settings = {
        "callers": [CALLER], "tokens": [], "end_users": [USERS], "public_url": ISSUER, "policies": folder / "root",
    }  # fmt: skip
    with installed(folder / "data", **settings) as made:
        return asyncio.run(talk(made))


def test_a_client_gets_the_part_that_was_agreed_to_and_no_more(found):
    assert found["part"].status_code == 200, found["part"].text
    assert found["part"].json() == {"items": [{"name": "甲****", "age": 30}], "next": "/n"}

    [released] = [known for event, known in found["told"] if event == "released"]
    assert (released["rows_in"], released["rows_out"], released["masked"]) == (3, 1, 1)
    assert found["part"].headers["x-decision-id"] == released["decision"]


def test_who_has_no_authority_gets_the_refusal_of_the_service(found):
    assert found["stranger"].status_code == 403
    assert found["stranger"].json()["outcome"] == "DENY"
    assert found["nobody"].status_code == 401
    assert "甲" not in found["stranger"].text + found["nobody"].text


def test_a_token_of_the_real_service_is_verified_and_bound_to_its_dataset(found):
    forward = found["forward"]
    assert (forward.status_code, forward.headers["x-obligations"]) == (200, "mask_fields,filter_rows")
    token = forward.headers["x-decision-token"]

    decided = found["verifier"].verify([token], Wanted("R", "read", None))

    assert (decided.subject, decided.outcome) == ("public_body:B", "PARTIAL")
    assert decided.claims["masks"] == PART["masks"]
    assert decided.claims["row_filter"] == {"kind": "conditional", "ast": PART["rows"]}
    with pytest.raises(RefusedError):
        found["verifier"].verify([token], Wanted("Q", "read", None))


def test_the_record_names_the_mask_and_hides_the_constants_of_the_filter(found):
    assert found["record"].json()["outcome"] == "PARTIAL"
    assert "经脱敏提供的字段:name(只留首尾)" in json.dumps(found["record"].json(), ensure_ascii=False)
    assert found["obligations"].status_code == 410


def test_an_authzen_permit_carries_the_token_of_its_route_and_one_of_no_call_is_bound_to_none(found):
    of_route, of_data_set = (found[name].headers["x-decision-token"] for name in ("about a route", "about a data set"))
    digest = request_digest("GET", b"/datasets/R/rows", b"")

    assert found["about a route"].json()["context"]["outcome"] == "PARTIAL", found["about a route"].text
    [measures] = {
        tuple(one["properties"]["action"] for one in found[name].json()["context"]["obligations"])
        for name in ("about a route", "about a data set")
    }
    assert measures == ("mask_fields", "filter_rows")
    assert found["verifier"].verify([of_route], Wanted("R", "read", digest)).outcome == "PARTIAL"
    assert found["verifier"].verify([of_data_set], Wanted("R", "read", None)).claims["req"] == "none"
    with pytest.raises(RefusedError):
        found["verifier"].verify([of_data_set], Wanted("R", "read", digest))
