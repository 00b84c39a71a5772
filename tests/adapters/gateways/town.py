"""A small town to talk to over HTTP: a running service with two bodies, a regulator and A's dataset R."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.assemble import Installation, build_service
from adapters.callers import Callers
from adapters.gateways.http import Doors, HttpApp
from adapters.logs import make_log
from adapters.settings import Settings
from adapters.tokens import Tokens
from pdp.ledger.body import statement
from pdp.log.entry import record_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

KEY = Ed25519PrivateKey.generate()
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
POSTS = ("provider_officer", "applicant_officer", "regulator_officer", "observer", "system_administrator",
         "security_administrator", "audit_administrator", "legal_reviewer")  # fmt: skip
SETTINGS = {
    "starting_world": False,
    "callers": [
        {
            "id": "portal",
            "doors": ["authzen", "decisions", "acts"],
            "posts": POSTS,
            "bodies": ["A", "B", "G"],
            "enforces": ["mask_fields", "filter_rows"],
        }
    ],
    "tokens": [
        {
            "issuer": "https://id.example",
            "audience": "pdp",
            "algorithm": "EdDSA",
            "keys": [{"kid": "k1", "public_key_pem": PEM}],
            "caller": "portal",
        }
    ],
}
BODY = {"level": "district", "basis": "administrative_organ"}
LEVELS = {"id": "R", "resource_entry": "r", "data_entry": "d", "system_entry": "s", "table": "t"}
APPLICATION = {"id": "A1", "applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["name"]}}
QUESTION = {
    "subject": {"type": "public_body", "id": "B", "properties": {"system": {"id": "B-sys"}}},
    "action": {"name": "read"},
    "resource": {"type": "dataset", "id": "R", "properties": {"fields": ["name"]}},
    "context": {"scenario": "sc-1", "purpose": "duty", "channel": "bigdata_platform", "mode": "api"},
}


LIFE = 3600  # seconds; tests make tokens when they are collected, and the last of them runs much later


def token(body: str, *posts: str, **claims: object) -> str:
    """Return a token of somebody who acts for `body` in `posts`."""
    now = int(time.time())
    told = {"iss": "https://id.example", "aud": "pdp", "sub": f"clerk-of-{body}", "iat": now, "exp": now + LIFE}
    return jwt.encode(told | {"body": body, "posts": list(posts)} | claims, KEY, "EdDSA", {"kid": "k1", "typ": "JWT"})


PROVIDER = token("A", "provider_officer")
APPLICANT = token("B", "applicant_officer")
REGULATOR = token("G", "regulator_officer")


@dataclass
class Town:
    """A service with two bodies, a regulator and A's dataset R, and somebody who talks to it."""

    made: Installation
    client: httpx.AsyncClient

    async def act(self, kind: str, who: str, members: dict[str, Any], key: str = "", **headers: str) -> httpx.Response:
        """Ask for an act."""
        named = {"authorization": f"Bearer {who}", "idempotency-key": key or f"{kind}-{time.monotonic_ns()}", **headers}
        return await self.client.post(f"/v1/acts/{kind}", json=members, headers=named)

    async def ask(self) -> tuple[str, list[str]]:
        """Return outcome and grounds of B's question for R."""
        answer = await self.client.post("/access/v1/evaluation", json=QUESTION, headers=bearing(APPLICANT))
        told = answer.json()["context"]
        return told["outcome"], sorted(ground["rule"] for ground in told["grounds"])

    def rejections(self) -> list[dict[str, Any]]:
        """Return the attempts that the decision log holds."""
        records = [json.loads(record_of(entry)) for _, entry in self.made.journal.records()]
        return [record for record in records if record["kind"] == "rejection"]


def bearing(who: str) -> dict[str, str]:
    """Return the header of somebody who shows this token."""
    return {"authorization": f"Bearer {who}"}


@contextmanager
def installed(data: Path, **settings: object) -> Iterator[Installation]:
    """Return an installation with the world of these tests, set otherwise where `settings` say so."""
    with build_service(Settings.model_validate({**SETTINGS, "data": data, **settings})) as made:
        at = made.clock.now() - timedelta(days=2)
        made.ledger.record(
            [
                statement("body.registered", {"id": "A", "name": "A", **BODY}, at, "registrar"),
                statement("body.registered", {"id": "B", "name": "B", **BODY}, at, "registrar"),
                statement(
                    "body.registered", {"id": "G", "name": "G", "offices": ["regulator"], **BODY}, at, "registrar"
                ),
                statement(
                    "duty.registered",
                    {"id": "d-1", "body": "B", "name": "核定", "basis": "《…条例》", "purpose": "duty",
                     "scenarios": ["sc-1"]},
                    at,
                    "registrar",
                ),
                statement(
                    "system.registered",
                    {"id": "B-sys", "body": "B", "post": "核定", "duties": ["d-1"]}, at, "registrar",
                ),
                statement(
                    "dataset.catalogued",
                    {"id": "R", "provider": "A", "title": "R", "fields": ["name", "age"]}, at, "A",
                ),
                statement("dataset.mapped", LEVELS, at, "A"),
                statement("dataset.approved", {"id": "R", "sharing": "conditional"}, at, "G"),
                statement("dataset.graded", {"id": "R", "grade": "general"}, at, "A"),
                statement("dataset.regime_marked", {"id": "R", "regime": "none"}, at, "A"),
                statement("dataset.personal_assessed", {"id": "R", "personal": "none"}, at, "A"),
                statement("dataset.linked", {"id": "R"}, at, "A"),
            ]
        )  # fmt: skip
        yield made


@asynccontextmanager
async def town(data: Path, **settings: object) -> AsyncIterator[Town]:
    """Return a running service and its client."""
    with installed(data, **settings) as made:
        await made.begin()
        callers = Callers(made.settings.registered, Tokens(made.settings.tokens) if made.settings.tokens else None)
        log, url = make_log(StringIO(), "json")[0], made.settings.public_url
        app = HttpApp(Doors(made.service, callers, log, url, deadline=10, procedures=made.procedures()))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pdp") as client:
            yield Town(made, client)
        await app.close()
        await made.end()
