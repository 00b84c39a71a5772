"""Equal requests to a real OPA server and to the running service: equal envelopes, but where it differs on purpose."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from adapters.engines.opa_process import opa_process
from tests.gateways.checks import question
from tests.gateways.scene import SDK

if TYPE_CHECKING:
    from tests.gateways.scene import Scene

OPA_VERSION = "1.22.2"
POLICY = """package gateway.authz

default allow := false

allow if input.resource.id == "W"
"""
ALLOW, OLDER = "/v1/data/gateway/authz/allow", "/v0/data/gateway/authz/allow"
OURS_ALONE = {"decision_id", "rationale"}  # OPA has the first with decision logs on
PERMIT, REFUSAL = question("W", ["name"]), question("S", ["name"])
LOOSE = {
    "no input": ("POST", ALLOW, b"{}", 200, 400),
    "a member twice": ("POST", ALLOW, b'{"input": {}, "input": {}}', 200, 400),
    "an unknown document": ("POST", "/v1/data/gateway/nothing", b'{"input": {}}', 200, 404),
    "GET": ("GET", f"{ALLOW}?input=%7B%7D", None, 200, 405),
    "policies": ("GET", "/v1/policies", None, 200, 404),
    "queries": ("POST", "/v1/query", b'{"query": "x = 1"}', 200, 404),
}
"""Where the service differs on purpose: request, OPA's status, ours."""


class Both(NamedTuple):
    """Two servers that decide alike, by their addresses."""

    opa: str
    ours: str

    def sent(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[httpx.Response, httpx.Response]:
        """Return OPA's answer to a request, and ours."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        shown = {"authorization": f"Bearer {SDK}", **{name.replace("_", "-"): said for name, said in headers.items()}}
        theirs, ours = (
            httpx.request(method, url + path, content=content, headers=shown, timeout=30)
            for url in (self.opa, self.ours)
        )
        return theirs, ours


def asked_of_both(scene: Scene) -> dict[int, str]:
    """Return what was seen of OPA and of the service side by side: row -> words."""
    with opa_process() as opa:
        assert httpx.put(f"{opa}/v1/policies/authz", content=POLICY).status_code == 200
        return {23: alike(Both(opa, scene.service.url))}


def alike(both: Both) -> str:
    """Row 23."""
    for put, allowed in ((PERMIT, True), (REFUSAL, False)):
        for query in ("", "?pretty", "?metrics", "?provenance", "?explain=notes"):
            theirs, ours = both.sent("POST", ALLOW + query, {"input": put})
            assert (theirs.status_code, ours.status_code) == (200, 200), ours.text
            assert theirs.json().keys() == ours.json().keys() - OURS_ALONE
            assert theirs.json()["result"] is ours.json()["result"] is allowed
            assert theirs.headers["content-type"] == ours.headers["content-type"]
        theirs, ours = both.sent("POST", OLDER, put)
        assert theirs.json() is ours.json() is allowed
    packed = gzip.compress(json.dumps({"input": PERMIT}).encode())
    theirs, ours = both.sent("POST", ALLOW, packed, content_encoding="gzip", accept_encoding="gzip")
    assert theirs.json()["result"] is ours.json()["result"] is True
    for body in (b'{"input":', b"[]", b"7"):
        assert fault(*both.sent("POST", ALLOW, body)) == (400, "invalid_parameter")
    theirs, ours = both.sent("GET", "/health")
    assert (theirs.status_code, theirs.json()) == (ours.status_code, ours.json()) == (200, {})
    told = []
    for name, (method, path, body, by_opa, by_us) in LOOSE.items():
        theirs, ours = both.sent(method, path, body)
        assert (theirs.status_code, ours.status_code) == (by_opa, by_us), name
        told.append(f"{name} {by_us}")
    return f"equal, but on purpose: {', '.join(told)}"


def fault(theirs: httpx.Response, ours: httpx.Response) -> tuple[int, Any]:
    """Return status and code of an error that both tell."""
    both = {(answer.status_code, answer.json()["code"]) for answer in (theirs, ours)}
    assert len(both) == 1, both
    return both.pop()
