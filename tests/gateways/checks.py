"""What must hold behind a gateway: one check a row of the conformance table, which returns what was seen."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING

import httpx
import jwt

from adapters.gateways.decision_token import LONGEST
from tests.gateways.data_api import LONG
from tests.gateways.grpc_stand_in import STRANGE, UNAVAILABLE, GrpcStandIn
from tests.gateways.raw import HOST, PATIENCE, sent, sent_as_is
from tests.gateways.scene import DESK, KEY, LOGIN, PEM, Client, end_user, reason
from tests.gateways.stand_in import STATUSES
from tests.pdp.routing.paths import corpus

if TYPE_CHECKING:
    from tests.gateways.raw import Reply
    from tests.gateways.scene import Scene

FOUR = ("x-decision-id", "x-decision-outcome", "x-obligations", "x-decision-token")


def permit(client: Client) -> str:
    """Row 1."""
    reply = client.call()
    assert reply.status == 200, reply
    assert json.loads(reply.body)["items"] == [{"name": "甲"}, {"name": "乙"}]
    reached = client.scene.data_api.reached[-1]
    assert [len(reached.all(name)) for name in FOUR] == [1, 1, 1, 1], reached
    return "200; four headers, once; the token verifies"


def partial(client: Client) -> str:
    """Row 2."""
    reply = client.call("R", fields=None)
    assert reply.status == 200, reply
    assert json.loads(reply.body)["items"] == [{"name": "甲", "phone": "139****5678", "dept": "A"}]
    assert client.scene.data_api.reached[-1].all("x-obligations") == ["mask_fields,filter_rows"]
    before = client.reached()
    refused = client.call("R", fields=None, kind="blind")
    assert (refused.status, client.reached()) == (403, before), refused
    assert b"partial_not_enforceable" in refused.body
    return "200, rows filtered, fields masked / 403 `partial_not_enforceable`"


def refusals(client: Client) -> str:
    """Row 3."""
    before, told = client.reached(), []
    for dataset in ("S", "T", "unheard-of"):
        reply = client.call(dataset)
        assert reply.status == 403, reply
        assert any("\u4e00" <= sign <= "\u9fff" for sign in reason(reply)), reply
        told.append(decided(client, reply)["outcome"])
    assert client.reached() == before
    assert told == ["DENY", "REFER", "INDETERMINATE"]
    return "403, Chinese reason; data API not called"


def tokens(client: Client) -> str:
    """Row 4."""
    now = int(time.time())
    claims = {"iss": LOGIN, "aud": "data", "sub": "clerk", "org": "B", "iat": now - 5, "exp": now + 600}
    head = {"kid": "k1", "typ": "JWT"}
    unsigned = jwt.encode(claims, None, "none", head)
    # What a verifier would take that lets the token say which algorithm its key is for.
    signed = jwt.api_jws.PyJWS().encode(
        json.dumps(claims).encode(), hashlib.sha256(PEM.encode()).digest(), "HS256", head
    )
    shown = {
        "missing": None,
        "expired": end_user(iat=now - 4000, exp=now - 3000),
        "none": unsigned,
        "confused": signed,
        "foreign kid": jwt.encode(claims, KEY, "EdDSA", {**head, "kid": "k2"}),
        "garbage": "a.b.c",
    }
    before = client.reached()
    for case, token in shown.items():
        reply = client.call(token=token)
        assert reply.status == 401, (case, reply)
        assert reply.one("www-authenticate").startswith("Bearer"), (case, reply)
    assert client.reached() == before
    return "401, `WWW-Authenticate: Bearer`"


def down_and_slow(client: Client) -> str:
    """Row 5."""
    assert client.call(kind="lost").status == 503
    stand_in = client.stand_in()
    client.call(kind="stand_in")  # starts it
    stand_in.go.clear()
    try:
        slow = client.call(kind="stand_in")  # is answered while the service still thinks
    finally:
        stand_in.go.set()
    assert slow.status == 503, slow
    port = stand_in.port
    stand_in.close()
    gone = client.call(kind="stand_in")
    back = client.scene.put_back(type(stand_in)(port))
    assert gone.status == 503, gone
    asked = back.asked
    client.call(kind="stand_in")
    assert back.asked > asked
    return "503 down, 503 slow; the next one is asked again"


def failing(client: Client) -> str:
    """Row 6."""
    before, stand_in = client.reached(), client.stand_in()
    with stand_in.telling(UNAVAILABLE if isinstance(stand_in, GrpcStandIn) else 503):
        reply = client.call(kind="stand_in")
    assert (reply.status, client.reached()) == (503, before), reply
    return "503; data API not called"


def strange_answers(client: Client) -> str:
    """Row 7."""
    told, stand_in = [], client.stand_in()
    strange = STRANGE if isinstance(stand_in, GrpcStandIn) else STATUSES
    for name, answer in strange.items():
        before = client.reached()
        with stand_in.telling(answer):
            reply = client.call(kind="stand_in")
        through = client.reached() > before
        assert not through or reply.status == 403, reply  # by the data API, to which no token came
        assert through <= stand_in.allows(answer), reply
        told.append(f"{name} {'through' if through else reply.status}")
    return ", ".join(told)


def credentials(client: Client) -> str:
    """Row 8."""
    before, recorded = client.reached(), strangers(client)
    reply = client.call(kind="stranger")
    assert (reply.status, client.reached()) == (403, before), reply
    until = time.monotonic() + PATIENCE
    while strangers(client) == recorded:  # where many were turned away just now, they are recorded a second later
        assert time.monotonic() < until
        time.sleep(0.05)  # between two looks
    return "403, recorded; no decision"


FORGED = [
    ("X-Decision-Id", "forged"), ("X-Decision-Outcome", "forged"), ("X-Decision-Token", "forged"),
    ("X-Decision-Grounds", "forged"), ("X-Decision-Reason", "forged"), ("X-Obligations", "forged"),
    ("X-Subject-Id", "forged"), ("X-Subject-Type", "forged"), ("X-Subject-Staff", "forged"),
]  # fmt: skip


def forged_answers(client: Client) -> str:
    """Row 9."""
    reply = client.call("W", *FORGED, *FORGED)
    assert reply.status == 200, reply
    reached = client.scene.data_api.reached[-1]
    assert "forged" not in str(reached.headers), reached
    assert [len(reached.all(name)) for name in FOUR] == [1, 1, 1, 1], reached
    return "200; ours, once"


REWRITING = {"x-original-uri", "x-original-url", "x-rewrite-url", "x-http-method-override", "x-http-method",
             "x-method-override"}  # fmt: skip
"""Headers by which some frameworks take another address or method than that of the request line."""


def forged_questions(client: Client) -> str:
    """Row 10."""
    allowed, refused = "/api/v1/datasets/W/rows?fields=name", "/api/v1/datasets/S/rows?fields=name"
    for target, status in ((allowed, 200), (refused, 403)):
        other = refused if target == allowed else allowed
        forged = [
            ("X-Forwarded-Uri", other), ("X-Forwarded-Method", "DELETE"), ("X-Forwarded-Host", "elsewhere"),
            ("X-Forwarded-Proto", "gopher"), ("X-Forwarded-For", "192.0.2.1"), ("X-Original-URI", other),
            ("X-Original-URL", f"http://{HOST}{other}"), ("X-Original-Method", "DELETE"), ("X-Rewrite-URL", other),
            ("X-Gateway-Token", "forged"), ("X-Envoy-Original-Path", other), ("X-Envoy-Expected-Rq-Timeout-Ms", "1"),
            *((name, "DELETE") for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")),
        ]  # fmt: skip
        reply = client.call("", *forged, target=target)
        assert reply.status == status, reply
        if status == 200:  # a data API may do as they say
            seen = {name.lower() for name, _ in client.scene.data_api.reached[-1].headers}
            assert not seen & REWRITING, seen & REWRITING
    return "no effect; none at the data API"


def hop_by_hop(client: Client) -> str:
    """Row 29: headers that a proxy on the way may drop or act upon when the client says so."""
    told = []
    for name in (*FOUR, "x-gateway-token", "x-forwarded-uri", "authorization", "x-data-scenario"):
        before = client.reached()
        reply = client.call("W", ("Connection", f"close, {name}"))
        reached = client.scene.data_api.reached[before:]
        assert reply.status in {200, 400, 401, 403}, (name, reply)
        assert (reply.status == 200) is bool(reached), (name, reply)
        for call in reached:
            assert [len(call.all(one)) for one in FOUR] == [1, 1, 1, 1], (name, call)
        told.append(reply.status)
    for protocol in ("h2c", "websocket"):
        before = client.reached()
        upgrade = (
            ("Connection", "Upgrade, HTTP2-Settings"),
            ("Upgrade", protocol),
            ("HTTP2-Settings", "AAMAAABkAARAAAAA"),
        )
        reply = client.call("W", *upgrade)
        assert reply.status in {200, 400, 403}, (protocol, reply)
        assert not any(call.all("upgrade") for call in client.scene.data_api.reached[before:]), protocol
    refused = sorted({str(status) for status in told if status != 200})
    return ", or ".join(["our headers arrive", *refused])


def doubled(client: Client) -> str:
    """Row 11."""
    before, seen = client.reached(), []
    once = client.call
    seen.append(once("W", ("Authorization", f"Bearer {end_user()}")))
    seen.append(once("W", ("X-Data-Scenario", "sc-2")))
    seen.append(once("W", ("Host", "elsewhere.example")))
    seen.append(once(target="/api/v1/datasets/W/rows?fields=name&fields=age"))
    assert client.reached() == before, seen
    assert {reply.status for reply in seen} <= {400, 401, 403}, seen
    return "refused: " + ", ".join(str(reply.status) for reply in seen)


def path_tricks(client: Client) -> str:
    """Row 12: around paths that are allowed, so that whoever reads them otherwise than we do would be let through."""
    allowed, seen = {"/api/v1/datasets/W/rows", "/api/v1/datasets/R/rows"}, set()
    tricks = [case.raw.decode("latin-1") for case in corpus() if case.segments is None and 0 < len(case.raw) < 4096]
    around = [f"/api/v1/datasets/S/..{end}/W/rows" for end in ("", "/.", "%2f", "%5c", ";")]
    around += [
        f"/api/v1/datasets/{name}/rows" for name in ("W%00", "W;x", "W%2f..", "%57%2f", "W%20", "./W", "W//", "W/.")
    ]
    for trick in (*tricks, *around):
        if any(sign in trick for sign in " \r\n\t\x00"):
            continue  # ends the request line; rows of another kind
        before = client.reached()
        reply = client.call(target=trick)
        reached = client.scene.data_api.reached[before:]
        assert all(call.target.partition("?")[0] in allowed for call in reached), (trick, reply, reached)
        assert reply.status in {400, 403, 404} or reached, (trick, reply)
        seen.add(reply.status)
    return "never the data: " + ", ".join(map(str, sorted(seen - {200})))


SMUGGLED = {
    "two lengths": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    "GET /api/v1/datasets/S/rows HTTP/1.1\r\nHost: x\r\n\r\n",
    "bare LF": "X-Other: 1\nX-More: 1\n\r\n",
    "64 KB header": f"X-Long: {'a' * 65536}\r\n\r\n",
    "10,000 headers": "".join(f"X-{number}: 1\r\n" for number in range(10_000)) + "\r\n",
}
"""How the headers of a call end that is allowed."""


def smuggling(client: Client) -> str:
    """Row 13: refused, or taken as the one call that it is and handed on in other words."""
    seen, port = [], client.scene.gateway(client.name).port
    target = "/api/v1/datasets/W/rows?fields=name"
    for case, ending in SMUGGLED.items():
        head = f"POST {target} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {end_user()}\r\n"
        before = client.reached()
        reply = sent_as_is(port, f"{head}X-Data-Scenario: sc-1\r\nX-Data-Purpose: duty\r\n{ending}".encode(), "POST")
        reached = client.scene.data_api.reached[before:]
        assert [(call.target, call.length) for call in reached] in ([], [(target, 0)]), (case, reached)
        assert reply.status == 0 or 400 <= reply.status < 500 or (reply.status == 200 and reached), (case, reply)
        assert not any(len(call.all("content-length")) and call.all("transfer-encoding") for call in reached), reached
        seen.append(f"{case} {reply.status or 'closed'}")
    return ", ".join(seen)


def by_reference(client: Client) -> str:
    """Row 14."""
    reply = client.call("L", fields=None)
    assert reply.status == 200, reply
    items = json.loads(reply.body)["items"]
    assert len(items) == 2
    assert {len(item) for item in items} == {1 + len(LONG)}
    assert not any("age" in item for item in items)
    token = client.scene.data_api.reached[-1].one("x-decision-token")
    assert "by_ref" in jwt.decode(token, options={"verify_signature": False})
    assert len(token) <= LONGEST
    return f"200; {1 + len(LONG)} fields by a short token"


def methods(client: Client) -> str:
    """Row 15."""
    body = b"x" * 5_000_000
    for more in ((), (("Expect", "100-continue"),)):
        reply = client.call("W", *more, method="POST", body=body)
        assert reply.status == 200, reply
        reached = client.scene.data_api.reached[-1]
        assert (reached.method, reached.length) == ("POST", len(body))
    for method in ("PUT", "DELETE", "HEAD"):
        assert client.call(method=method).status == 200, method
        assert client.scene.data_api.reached[-1].method == method
    before = client.reached()
    reply = client.call(method="OPTIONS")
    assert (reply.status, client.reached()) == (403, before), reply
    return "asked with the true method; body whole"


def unknown_routes(client: Client) -> str:
    """Row 16."""
    before = client.reached()
    for reply in (client.call(target="/api/v1/nothing"), client.call(host="elsewhere.example")):
        assert reply.status == 403, reply
        record = decided(client, reply)
        assert record["outcome"] == "INDETERMINATE"
        assert "register_route" in [way["id"] for way in record["remedies"]], record["remedies"]
    assert client.reached() == before
    return "403, remedy `register_route`"


def withdrawn(client: Client) -> str:
    """Row 18."""
    dataset = f"X-{client.name}"
    assert client.call(dataset).status == 200
    client.scene.service.act("dataset.class_tightened", id=dataset, sharing="not_shareable", by="A")
    assert client.call(dataset).status == 403
    return "200, then 403"


def around_the_gateway(client: Client) -> str:
    """Row 19."""
    assert client.call().status == 200
    (token,) = client.scene.data_api.reached[-1].all("x-decision-token")
    port, target = client.scene.data_api.port, "/api/v1/datasets/W/rows?fields=name"
    assert sent(port, "GET", target).status == 403
    assert sent(port, "GET", target, ("X-Decision-Token", token)).status == 200
    for other in ("/api/v1/datasets/S/rows?fields=name", "/api/v1/datasets/W/rows?fields=name,age"):
        assert sent(port, "GET", other, ("X-Decision-Token", token)).status == 403
    assert sent(port, "GET", target, ("X-Decision-Token", token[:-8] + "AAAAAAAA")).status == 403
    assert sent(port, "GET", target, ("X-Decision-Token", token), ("X-Decision-Token", token)).status == 403
    return "403 by the data API"


def failing_open(client: Client) -> str:
    """Row 20."""
    before = client.reached()
    reply = client.call(kind="open")
    assert client.reached() == before + 1
    assert (reply.status, b"decision token refused" in reply.body) == (403, True), reply
    return "through; 403 by the data API"


def same_answer(client: Client) -> str:
    """Row 22."""
    for dataset, fields in (("S", ["name"]), ("R", ["name", "phone", "age"]), ("W", ["name"]), ("T", ["name"])):
        reply = client.call(dataset, fields=",".join(fields))
        told = client.scene.data_api.reached[-1] if reply.status == 200 else reply
        name = told.one("x-decision-id")
        mine, theirs = client.scene.service.decision(name), by_authzen(client.scene, dataset, fields)
        for member in ("outcome", "findings", "granted", "duties"):
            assert mine.get(member) == theirs.get(member), (dataset, member)
    return "as AuthZEN says"


def decided(client: Client, reply: Reply) -> dict[str, object]:
    """Return what is on record of the refusal that a client was told of."""
    return client.scene.service.decision(reply.one("x-decision-id"))


def question(dataset: str, fields: list[str]) -> dict[str, object]:
    """Return B's question for a dataset, as AuthZEN has it."""
    return {
        "subject": {"type": "public_body", "id": "B", "properties": {"staff": {"id": "clerk"}}},
        "action": {"name": "read"},
        "resource": {"type": "dataset", "id": dataset, "properties": {"fields": fields}},
        "context": {"scenario": "sc-1", "purpose": "duty", "channel": "bigdata_platform", "mode": "api",
                    "supported_obligations": ["custom"],
                    "supported_custom_obligations": ["mask_fields", "filter_rows"]},
    }  # fmt: skip


def by_authzen(scene: Scene, dataset: str, fields: list[str]) -> dict[str, object]:
    """Return what is on record of the same question, asked at the AuthZEN door."""
    headers, asked = {"authorization": f"Bearer {DESK}"}, question(dataset, fields)
    answer = httpx.post(f"{scene.service.url}/access/v1/evaluation", json=asked, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return scene.service.decision(answer.json()["context"]["id"])


def strangers(client: Client) -> int:
    """Return how many requests the decision log says came from nobody known."""
    segments = client.scene.service.data.rglob("*.seg")
    return sum(path.read_bytes().count(b'"code":"not_authenticated"') for path in segments)
