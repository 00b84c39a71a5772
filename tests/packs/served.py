"""Packs whose facts are derived in Rego, served as `pdp serve` serves them: the whole service behind its HTTP doors."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from adapters.assemble import Installation, build_service
from adapters.callers import LOCAL, Callers
from adapters.gateways.http import Doors, HttpApp
from adapters.logs import make_log
from adapters.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKS = ROOT / "examples" / "packs"
PUBLIC = "https://pdp.example"


class Served:
    """One pack behind its doors, in this process."""

    def __init__(self, runner: asyncio.Runner, made: Installation, client: httpx.AsyncClient, log: StringIO) -> None:
        """Remember what was made."""
        self.made = made
        self.log = log
        self._runner = runner
        self._client = client

    def post(self, door: str, body: object, headers: dict[str, str | None] | None = None) -> httpx.Response:
        """Return the answer to `body`, JSON or bytes, at a door of AuthZEN or a path; a header None is not sent."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        wanted = {"content-type": "application/json", **(headers or {})}
        sent = {name: value for name, value in wanted.items() if value is not None}
        return self._runner.run(
            self._client.post(door if door.startswith("/") else f"/access/v1/{door}", content=content, headers=sent)
        )

    def get(self, path: str) -> httpx.Response:
        """Return what is under `path`."""
        return self._runner.run(self._client.get(path))

    def evaluate(self, request: object) -> bool:
        """Return the decision on one request."""
        answer = self.post("evaluation", request)
        assert answer.status_code == 200, answer.text
        return answer.json()["decision"]

    def run(self, work: object) -> object:
        """Await `work` where the service lives."""
        return self._runner.run(work)


@contextmanager
def serving(data: Path, **flags: object) -> Iterator[Served]:
    """Serve the pack that `flags` name."""
    stream = StringIO()
    log, lines = make_log(stream, "json")
    with ExitStack() as stack:
        settings = load_settings({"data": data, "log_format": "json", "deadline_ms": 20_000, **flags}, {})
        made = stack.enter_context(build_service(settings))
        runner = stack.enter_context(asyncio.Runner())
        runner.run(made.begin())
        doors = Doors(made.service, Callers((LOCAL,)), log, PUBLIC, 20.0, searches=made.searches, signing=made.signing)
        app = HttpApp(doors)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app, client=("127.0.0.1", 4711)), base_url="http://p")
        try:
            yield Served(runner, made, client, stream)
        finally:
            runner.run(client.aclose())
            runner.run(app.close())
            runner.run(made.end())
            lines.flush()
