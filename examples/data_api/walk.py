"""A walk through the whole: client, gateway, decision service and data API, on this machine, in one command.

`python examples/data_api/walk.py` (or `make demo`) starts everything, shows what a client meets, and stops everything.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlencode

import httpx
import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from programs import ROOT, FailedError, envoy, nginx, ports, run, running
from rich.console import Console
from rich.markup import escape
from rich.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE: Final = Path(__file__).parent
HOST: Final = "data.example.gov.cn"  # as the route map edge-nginx has it
ISSUER: Final = "https://pdp.example.gov.cn"
IDENTITY: Final = "https://id.example.gov.cn"  # whose tokens say who the end user is
ROWS: Final = "/api/v1/datasets/public-bodies/rows"
COLOURS: Final = {200: "green", 401: "yellow", 403: "red", 503: "magenta"}


@dataclass(frozen=True)
class Town:
    """Who is there: keys and addresses, new each time."""

    folder: Path
    service: int
    data_api: int
    gateways: Mapping[str, int]  # nginx and Envoy
    gateway_token: str
    credential: str
    identity: Ed25519PrivateKey

    def settings(self) -> dict[str, Any]:
        """Return the settings of the decision service."""
        public = self.identity.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return {
            "starting_world": False,
            "public_url": ISSUER,
            "deadline_ms": 4000,  # the shipped 200 ms are for a machine that does nothing else
            "callers": [
                {"id": "edge-nginx", "key_sha256": [_digest(self.gateway_token)], "doors": ["forward_auth"],
                 "routes": "edge-nginx", "assurance": 3},
                {"id": "edge-envoy", "key_sha256": [_digest(f"envoy-{self.gateway_token}")], "doors": ["envoy_http"],
                 "routes": "edge-envoy", "assurance": 3},
                {"id": "data-api", "key_sha256": [_digest(self.credential)], "doors": ["decisions"]},
            ],
            "end_users": [
                {"issuer": IDENTITY, "audience": HOST, "algorithm": "EdDSA",
                 "keys": [{"kid": "demo", "public_key_pem": public}]},
            ],
        }  # fmt: skip

    def token(self, person: str, body: str) -> str:
        """Return the token of somebody who acts for a body."""
        now = int(time.time())
        claims = {"iss": IDENTITY, "aud": HOST, "sub": person, "org": body, "iat": now, "exp": now + 300}
        return jwt.encode(claims, self.identity, "EdDSA", {"kid": "demo", "typ": "at+jwt"})

    def nginx(self) -> str:
        """Return nginx's configuration: the shipped example, with its places filled in."""
        text = (ROOT / "examples/gateways/nginx/nginx.conf").read_text(encoding="utf-8")
        patient = text.replace("100ms", "2s").replace("250ms", "5s")  # as deadline_ms above
        return self._filled(patient, self.gateways["nginx"], self.gateway_token)

    def envoy(self) -> str:
        """Return Envoy's, likewise."""
        text = (ROOT / "examples/gateways/envoy/envoy-http.yaml").read_text(encoding="utf-8")
        patient = text.replace("0.1s", "2s").replace("0.25s", "5s")
        return self._filled(patient, self.gateways["envoy"], f"envoy-{self.gateway_token}")

    def _filled(self, text: str, port: int, token: str) -> str:
        places = {
            "GATEWAY_PORT": port, "PDP_PORT": self.service, "DATA_API_PORT": self.data_api, "GATEWAY_TOKEN": token,
        }  # fmt: skip
        return Template(text).safe_substitute({name: str(value) for name, value in places.items()})


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class Walk:
    """Shows what a client meets, and stops at the first thing that is not as it should be."""

    def __init__(self, town: Town, console: Console) -> None:
        self._town, self._console = town, console
        self._client = httpx.Client(trust_env=False, timeout=30)
        self._number = 0
        self._gateway = "nginx"
        self.decided = 0  # answers that rest on a decision

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def through(self, gateway: str) -> None:
        """Call through another gateway from now on."""
        self._gateway = gateway

    def step(self, zh: str, en: str) -> None:
        """Begin a step; one that is not always taken has no number."""
        if self._gateway == "nginx":
            self._number += 1
        name = str(self._number) if self._gateway == "nginx" else "+"
        self._console.print()
        self._console.print(Rule(f"[bold]{name}  {zh}[/]", align="left", style="cyan"))
        self._console.print(f"[dim]{en}[/]")

    def call(
        self, expected: int, who: str | None, fields: str, *, past_gateway: bool = False, token: str | None = None
    ) -> httpx.Response:
        """Call the data API as a client does, show it, and hold the answer to the status that is expected.

        Args:
            expected: status.
            who: body of the end user; None: without a token.
            fields: asked for.
            past_gateway: call the data API itself.
            token: a decision token that the client brings.
        """
        town = self._town
        query = urlencode({"fields": fields, "limit": 3}, safe=",")
        headers = {"host": HOST, "x-data-scenario": "sc-check", "x-data-purpose": "duty"}
        shown = ["-H 'X-Data-Scenario: sc-check'", "-H 'X-Data-Purpose: duty'"]
        if who is not None:
            headers["authorization"] = f"Bearer {town.token(f'clerk-{who}', who)}"
            shown.insert(0, f"-H 'Authorization: Bearer <{who} 机构人员的令牌>'")
        if token is not None:
            headers["x-decision-token"] = token
            shown.append("-H 'X-Decision-Token: <伪造>'")
        port, place = (town.data_api, "data-api.internal") if past_gateway else (town.gateways[self._gateway], HOST)
        self._console.print(f"[bold]$ curl[/] {escape(' '.join(shown))} \\", highlight=False)
        self._console.print(f"    'http://{place}{ROWS}?{escape(query)}'", highlight=False)
        answer = self._client.get(f"http://127.0.0.1:{port}{ROWS}?{query}", headers=headers)
        self._show(answer)
        self.decided += not past_gateway and answer.status_code != httpx.codes.SERVICE_UNAVAILABLE
        if answer.status_code != expected:
            message = f"the answer should be {expected}: {answer.text}"
            raise FailedError(message)
        return answer

    def _show(self, answer: httpx.Response) -> None:
        style = COLOURS.get(answer.status_code, "white")
        self._console.print(f"[{style} bold]HTTP {answer.status_code} {answer.reason_phrase}[/]", highlight=False)
        try:
            said = answer.json()
        except ValueError:
            return  # a page of the gateway's own
        for item in said.get("data", {}).get("items", ()):
            self._console.print(f"  {escape(json.dumps(item, ensure_ascii=False))}", highlight=False)
        for name in ("error", "detail"):
            if said.get(name):
                self._console.print(f"  {name}: {escape(str(said[name]))}", highlight=False)
        reason = unquote(said.get("reason_encoded", "")) or said.get("reason", {}).get("zh")  # nginx hands headers on
        if reason:
            self._console.print(f"  理由:[{style}]{escape(reason)}[/]", highlight=False)


def walk(town: Town, console: Console, envoy_path: str | None) -> None:
    """Start everything, go through it, stop everything; through Envoy too where it is installed."""
    python, folder = sys.executable, town.folder
    (folder / "settings.yaml").write_text(yaml.safe_dump(town.settings(), allow_unicode=True), encoding="utf-8")
    (folder / "nginx.conf").write_text(town.nginx(), encoding="utf-8")
    service = f"http://127.0.0.1:{town.service}"
    pdp = [python, "-m", "adapters.cli"]
    run([*pdp, "ledger", "import", str(HERE / "world.yaml"), "--data", str(folder / "data")])
    serve = [*pdp, "serve", "--port", str(town.service), "--data", str(folder / "data")]
    serve += ["--config", str(folder / "settings.yaml")]
    gate = [nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    told = {
        "DATA_API_DATABASE": str(folder / "rows.sqlite"), "DATA_API_SERVICE": service, "DATA_API_ISSUER": ISSUER,
        "DATA_API_CREDENTIAL": town.credential, "DATA_API_AUDIENCE": "data-api", "DATA_API_PORT": str(town.data_api),
    }  # fmt: skip
    with ExitStack() as stack:
        path, healthy = str(HERE / "app.py"), f"http://127.0.0.1:{town.data_api}/healthz"
        stack.enter_context(running("the data API", [python, path], healthy, folder / "data_api.log", **told))
        stack.enter_context(running("nginx", gate, _address(town.gateways["nginx"]), folder / "nginx.log"))
        if envoy_path is not None:
            (folder / "envoy.yaml").write_text(town.envoy(), encoding="utf-8")
            other = [envoy_path, "-c", str(folder / "envoy.yaml"), "--use-dynamic-base-id", "--concurrency", "1"]
            stack.enter_context(running("Envoy", other, _address(town.gateways["envoy"]), folder / "envoy.log"))
        shown = Walk(town, console)
        stack.callback(shown.close)
        console.print("客户端 → [bold]nginx[/](网关) → [bold]数据接口[/](FastAPI,SQLite);网关先问 [bold]决策服务[/]。")
        console.print("[dim]Client → nginx → data API; the gateway asks the decision service first.[/]")
        with running("the decision service", serve, f"{service}/healthz", folder / "pdp.log"):
            _as_decided(shown)
            if envoy_path is not None:
                _through_envoy(shown)
                shown.through("nginx")
        shown.step("决策服务停了:一律不放行", "The decision service is down: nothing is let through.")
        shown.call(503, "B", "name,kind")
        with running("the decision service", serve, f"{service}/healthz", folder / "pdp.log"):
            shown.step("决策服务恢复:照常提供", "It is back: as before.")
            shown.call(200, "B", "name,kind")
        shown.step("每一次决定都有记录,日志验证无误", "Every decision is on record, and the log verifies.")
        _on_record(shown, console, pdp, str(folder / "data"))


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def _on_record(shown: Walk, console: Console, pdp: list[str], data: str) -> None:
    """Hold the log to a record for each decision that was met, the latest first."""
    run([*pdp, "log", "verify", data])
    found = run([*pdp, "log", "search", "--kind", "decision", "--limit", "100", "--json", "--data", data])
    records = [json.loads(line) for line in found.splitlines()]
    for record in reversed(records):
        console.print(f"  {record['outcome']:<14}{record['gateway']}", highlight=False)
    if len(records) != shown.decided:
        message = f"{shown.decided} decisions were met, and {len(records)} are on record"
        raise FailedError(message)


def _through_envoy(shown: Walk) -> None:
    shown.through("envoy")
    shown.step("同样的请求,经 Envoy", "The same through Envoy.")
    shown.call(200, "B", "name,region,uscc")
    shown.call(403, "C", "uscc")
    shown.call(401, None, "name,uscc")


def _as_decided(shown: Walk) -> None:
    shown.step("无条件共享的字段:全部提供", "Fields of unconditional sharing: allowed, all rows.")
    shown.call(200, "B", "name,kind")
    shown.step("部分同意:代码只给首尾,且只有西城区的行", "Agreed in part: the code is masked, the rows are filtered.")
    answer = shown.call(200, "B", "name,region,uscc")
    if any(item["region"] != "西城区" or "****" not in item["uscc"] for item in answer.json()["data"]["items"]):
        message = "what was agreed to in part was not carried out"
        raise FailedError(message)
    shown.step("没有申请:不予提供,并说明理由", "No application: refused, with the reason.")
    shown.call(403, "C", "uscc")
    shown.step("没有本人令牌:须先登录", "No token of the end user: log in first.")
    shown.call(401, None, "name,uscc")
    shown.step("绕过网关直接访问数据接口:拒绝", "Past the gateway: refused, whatever token is made up.")
    shown.call(403, "B", "name,kind", past_gateway=True)
    shown.call(403, "B", "name,kind", past_gateway=True, token="eyJhbGciOiJub25lIn0.e30.")  # noqa: S106 -- a forgery


def main() -> int:
    """Walk; return 1 where something was not as it should be. `--nginx-only`: leave Envoy out though it is there."""
    other = None if "--nginx-only" in sys.argv[1:] else envoy()
    console = Console(highlight=False, soft_wrap=True)
    with TemporaryDirectory() as folder:
        service, data_api, *gateways = ports(4)
        places = Path(folder), service, data_api, dict(zip(("nginx", "envoy"), gateways, strict=True))
        keys = secrets.token_urlsafe(32), secrets.token_urlsafe(32), Ed25519PrivateKey.generate()
        try:
            walk(Town(*places, *keys), console, other)
        except FailedError as failed:
            console.print(f"[red bold]{escape(str(failed))}[/]")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
