"""A service, a data API and gateways between them: a small district whose data is asked for through each gateway."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.assemble import build_service
from adapters.settings import load_settings
from pdp.ledger.body import statement
from tests.gateways.data_api import AUDIENCE, ISSUER, LONG, DataApi
from tests.gateways.data_api import KEY as DATA_API_KEY
from tests.gateways.grpc_stand_in import GrpcStandIn
from tests.gateways.programs import PROGRAMS, ROOT, Running, free_port
from tests.gateways.raw import HOST, Reply, sent
from tests.gateways.stand_in import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pdp.ledger.statement import Statement
    from tests.gateways.load import Load

KEY = Ed25519PrivateKey.generate()
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
LOGIN = "https://login.example.gov.cn"
EDGE, BLIND, DESK, SDK = "edge-key", "blind-key", "desk-key", "sdk-key"
"""Credentials: of the gateways, of one behind which nobody enforces anything, of those who do acts, of a program."""
BODY = {"level": "district", "basis": "administrative_organ"}
PATIENCE = 120.0  # seconds the service may take to start
ROUTES = """
gateway: {name}
family: forwarded
{enforced}
subject: [token]
routes:
"""
ROUTE = """
- {{method: {method}, host: {host}, path: "/api/v1/datasets/{{dataset}}/rows", dataset: "{{dataset}}", action: read,
   mode: api, channel: bigdata_platform, fields: {{query: fields}}, scenario: {{header: x-data-scenario}},
   purpose: {{header: x-data-purpose}}}}
"""
BEHIND = f"behind: {{audience: {AUDIENCE}, enforces: [mask_fields, filter_rows]}}"


def end_user(**claims: object) -> str:
    """Return the token of somebody of body B."""
    now = int(time.time())
    told = {"iss": LOGIN, "aud": "data", "sub": "clerk", "org": "B", "iat": now - 5, "exp": now + 600} | claims
    return jwt.encode(told, KEY, "EdDSA", {"kid": "k1", "typ": "JWT"})


class Service:
    """`pdp serve` in a process of its own, over a ledger that was told of the district."""

    def __init__(self, folder: Path) -> None:
        """Found the ledger and start."""
        self.data, self.policies = folder / "data", folder / "root"
        for part in ("policies", "rego"):
            shutil.copytree(ROOT / part, self.policies / part)
        maps = self.policies / "policies/routes"
        maps.mkdir(exist_ok=True)
        routes = "".join(ROUTE.format(method=method, host=HOST) for method in ("GET", "POST", "PUT", "DELETE"))
        for name, enforced in (("edge", BEHIND), ("blind", "")):
            written = ROUTES.format(name=name, enforced=enforced) + routes
            (maps / f"{name}.yaml").write_text(written, encoding="utf-8")
        self.port, self.grpc_port = free_port(), free_port()
        self.config = folder / "settings.yaml"
        self.config.write_text(yaml.safe_dump(self._settings()), encoding="utf-8")
        with build_service(load_settings({}, {}, self.config)) as made:
            made.ledger.record(district(made.clock.now() - timedelta(days=2)))
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Return where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and return once it is ready."""
        command = [sys.executable, "-m", "adapters.cli", "serve", "--config", str(self.config)]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, env=environ)
        lines: list[str] = []
        self._reading = threading.Thread(target=_drain, args=(self.process, lines), daemon=True)
        self._reading.start()
        until = time.monotonic() + PATIENCE
        while not self._ready():
            assert self.process.poll() is None, "".join(lines)
            assert time.monotonic() < until, "".join(lines)
            time.sleep(0.05)  # between two looks

    def stop(self) -> None:
        """Stop it as an operator would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0
        self._reading.join()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def act(self, kind: str, **members: object) -> None:
        """Do an act of the law, as whoever may."""
        headers = {"authorization": f"Bearer {DESK}", "idempotency-key": f"k-{time.monotonic_ns()}"}
        done = httpx.post(f"{self.url}/v1/acts/{kind}", json=members, headers=headers, timeout=30)
        assert done.status_code == 201, done.text

    def decision(self, name: str) -> dict[str, Any]:
        """Return what is on record of a decision."""
        headers = {"authorization": f"Bearer {DESK}"}
        found = httpx.get(f"{self.url}/v1/decisions/{name}", headers=headers, timeout=30)
        assert found.status_code == 200, found.text
        record: dict[str, Any] = found.json()["record"]
        return record

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def _settings(self) -> dict[str, object]:
        gateway = {"doors": ["forward_auth", "envoy_http", "envoy_grpc"]}
        return {
            "port": self.port, "grpc_port": self.grpc_port, "data": str(self.data), "policies": str(self.policies),
            "public_url": ISSUER, "starting_world": False, "log_format": "json", "deadline_ms": 5000,
            "callers": [
                {"id": "edge", "key_sha256": [digest(EDGE)], "routes": "edge", **gateway},
                {"id": AUDIENCE, "key_sha256": [digest(DATA_API_KEY)], "doors": ["decisions"]},
                {"id": "sdk", "key_sha256": [digest(SDK)], "doors": ["opa_data"]},
                {"id": "blind", "key_sha256": [digest(BLIND)], "routes": "blind", **gateway},
                {
                    "id": "desk", "key_sha256": [digest(DESK)], "doors": ["acts", "authzen", "decisions"],
                    "reads_all": True, "detail": "full", "posts": ["provider_officer", "applicant_officer"],
                    "bodies": ["A", "B"],
                },
            ],
            "end_users": [
                {
                    "issuer": LOGIN, "audience": "data", "algorithm": "EdDSA",
                    "keys": [{"kid": "k1", "public_key_pem": PEM}],
                }
            ],
        }  # fmt: skip


def _drain(process: subprocess.Popen[bytes], lines: list[str]) -> None:
    assert process.stderr is not None
    lines.extend(line.decode() for line in process.stderr)


def digest(key: str) -> str:
    """Return a key as the settings have it."""
    return hashlib.sha256(key.encode()).hexdigest()


GRANTED = {
    "L": {"fields": ["name", *LONG]},
    "R": {
        "fields": ["name", "phone", "dept"],
        "rows": {"type": "field", "field": "dept", "operator": "eq", "value": "A"},
        "masks": [{"field": "phone", "method": "partial", "keep_prefix": 3, "keep_suffix": 4}],
    },
}
"""Entry -> to what of it the provider agreed; to the name alone where nothing stands here."""


def district(at: datetime) -> Iterator[Statement]:
    """Yield what the ledger is told: A's entries R, W and L (agreed to in part), S (not applied for), T (archives)."""
    yield statement("body.registered", {"id": "A", "name": "A", **BODY}, at, "registrar")
    yield statement("body.registered", {"id": "B", "name": "B", **BODY}, at, "registrar")
    yield statement("body.registered", {"id": "G", "name": "G", "offices": ["regulator"], **BODY}, at, "registrar")
    duty = {"id": "d-1", "body": "B", "name": "核定", "basis": "《…条例》", "purpose": "duty", "scenarios": ["sc-1"]}
    yield statement("duty.registered", duty, at, "registrar")
    yield statement("staff.mapped", {"id": "clerk", "body": "B", "duties": ["d-1"]}, at, "registrar")
    own = [f"X-{name}" for name in PROGRAMS]  # one for each gateway, to be closed in its row
    for name in (*"RSTWL", *own):
        fields = ["name", "phone", "dept", "age", *(LONG if name == "L" else ())]
        yield statement("dataset.catalogued", {"id": name, "provider": "A", "title": name, "fields": fields}, at, "A")
        levels = {"resource_entry": "r", "data_entry": "d", "system_entry": "s", "table": f"t_{name}"}
        yield statement("dataset.mapped", {"id": name, **levels}, at, "A")
        yield statement("dataset.approved", {"id": name, "sharing": "conditional"}, at, "G")
        yield statement("dataset.graded", {"id": name, "grade": "general"}, at, "A")
        yield statement("dataset.regime_marked", {"id": name, "regime": "archives" if name == "T" else "none"}, at, "A")
        yield statement("dataset.personal_assessed", {"id": name, "personal": "none"}, at, "A")
        yield statement("dataset.linked", {"id": name}, at, "A")
    for name in (*"RTWL", *own):
        applied = {"id": f"A-{name}", "applicant": "B", "dataset": name, "scenario": "sc-1"}
        yield statement("application.received", {**applied, "scope": {"quota": 1_000_000}}, at, "B")
        granted = GRANTED.get(name, {"fields": ["name"]})
        yield statement("application.agreed_in_part", {"id": f"A-{name}", "scope": granted}, at, "A")


@dataclass
class Scene:
    """Everything that runs, and how each gateway is spoken to."""

    folder: Path
    service: Service
    data_api: DataApi
    stand_in: StandIn
    grpc_stand_in: GrpcStandIn
    nobody: socket.socket  # bound and not listening: a port that refuses, and that nobody else gets meanwhile
    gateways: dict[tuple[str, str], Running] = field(default_factory=dict)
    load: Load | None = None  # what was seen under load, of all gateways at once

    def gateway(self, name: str, kind: str = "edge") -> Running:
        """Return the gateway `name` of a kind, started when it is first asked for.

        Kinds: `edge`, `blind` (nobody behind it enforces), `stranger` (a wrong credential), `stand_in` (asks the
        stand-in), `lost` (asks where nobody is), `open` (fails open, and asks where nobody is).
        """
        if (name, kind) not in self.gateways:
            folder = self.folder / f"{name}-{kind}"
            folder.mkdir()
            self.gateways[name, kind] = Running(PROGRAMS[name], folder, self._told(kind), OTHERWISE.get(kind))
        return self.gateways[name, kind]

    def _told(self, kind: str) -> dict[str, str]:
        nobody = str(self.nobody.getsockname()[1])
        asked = {"lost": (nobody, nobody), "open": (nobody, nobody),
                 "stand_in": (self.stand_in.port, self.grpc_stand_in.port)}.get(kind)  # fmt: skip
        port, grpc_port = asked or (self.service.port, self.service.grpc_port)
        return {
            "PDP_PORT": str(port),
            "PDP_GRPC_PORT": str(grpc_port),
            "DATA_API_PORT": str(self.data_api.port),
            "GATEWAY_TOKEN": {"blind": BLIND, "stranger": "stranger"}.get(kind, EDGE),
        }

    def put_back(self, stand_in: StandIn | GrpcStandIn) -> StandIn | GrpcStandIn:
        """Take a stand-in in place of the one of its kind that was closed."""
        if isinstance(stand_in, GrpcStandIn):
            self.grpc_stand_in = stand_in
        else:
            self.stand_in = stand_in
        return stand_in

    def close(self) -> None:
        """Stop everything that was started."""
        for running in self.gateways.values():
            running.close()
        self.service.stop()
        self.data_api.close()
        self.stand_in.close()
        self.grpc_stand_in.close()
        self.nobody.close()


ASK_THE_SERVICE = {"edge", "blind", "stranger"}
"""Kinds of gateways that give the running service a quarter of a second, as their examples say."""
PATIENT = 8  # times that a call is made for which that was too little
OTHERWISE = {"open": ("failure_mode_allow: false", "failure_mode_allow: true")}
"""Kind of gateway -> what stands otherwise in its configuration."""


@dataclass
class Client:
    """Somebody who calls a data API through one gateway."""

    scene: Scene
    name: str

    def call(  # noqa: PLR0913 -- what a test may want to be otherwise in a call
        self,
        dataset: str = "W",
        *more: tuple[str, str],
        kind: str = "edge",
        method: str = "GET",
        target: str | None = None,
        fields: str | None = "name",
        token: str | None = "",
        host: str | None = HOST,
        body: bytes = b"",
    ) -> Reply:
        """Return what comes back of one call, made again where nothing was decided in time.

        `token`: empty for B's own, None for none.
        """
        query = "" if fields is None else f"?fields={fields}"
        shown = [("Authorization", f"Bearer {token or end_user()}")] if token is not None else []
        headers = [*shown, ("X-Data-Scenario", "sc-1"), ("X-Data-Purpose", "duty"), *more]
        path = f"/api/v1/datasets/{dataset}/rows{query}" if target is None else target
        port, times = self.scene.gateway(self.name, kind).port, 1
        reply = sent(port, method, path, *headers, host=host, body=body)
        while _undecided(reply) and kind in ASK_THE_SERVICE and times < PATIENT:  # busy with other things than tests
            reply, times = sent(port, method, path, *headers, host=host, body=body), times + 1
        return reply

    def stand_in(self) -> StandIn | GrpcStandIn:
        """Return the stand-in that this gateway asks in its kind `stand_in`."""
        speaks_grpc = PROGRAMS[self.name].door == "envoy_grpc"
        return self.scene.grpc_stand_in if speaks_grpc else self.scene.stand_in

    def reached(self) -> int:
        """Return how many calls have reached the data API."""
        return len(self.scene.data_api.reached)


def _undecided(reply: Reply) -> bool:
    """Return whether no decision was made in time; at Envoy's HTTP door that is a 403 which says so."""
    return reply.status == 503 or reply.body == b'{"error":"decision_unavailable"}'


def reason(reply: Reply) -> str:
    """Return the Chinese reason that a refusal tells, in its body or percent-encoded in it."""
    told = json.loads(reply.body)
    if "reason_encoded" in told:
        return unquote(told["reason_encoded"])
    return str(told["reason"]["zh"])


def open_scene(folder: Path) -> Scene:
    """Start the service, the data API and the stand-in; gateways start when they are first asked for."""
    service = Service(folder)
    nobody = socket.socket()
    nobody.bind(("127.0.0.1", 0))
    return Scene(folder, service, DataApi(service.url), StandIn(), GrpcStandIn(), nobody)
