"""One request within this process: a service on a data folder of one's own, which lives as long as the request."""

from __future__ import annotations

import os
from io import StringIO
from typing import TYPE_CHECKING

import httpx

from adapters.assemble import build_service
from adapters.callers import Callers
from adapters.cli.connection import PATIENCE
from adapters.gateways.http import Doors, HttpApp
from adapters.logs import make_log
from adapters.settings import load_settings
from adapters.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BUILDING = 10.0  # seconds that a decision may take where nobody waits at a gateway


async def within(
    data: Path, method: str, path: str, headers: Mapping[str, str], said: Mapping[str, object]
) -> httpx.Response:
    """Return what a service on `data` answers, which lives for this one request."""
    settings = load_settings({"data": data}, os.environ)
    log, _ = make_log(StringIO(), "json")  # what is wrong is said in the answer
    with build_service(settings) as made:
        await made.begin()
        callers = Callers(settings.registered, Tokens(settings.tokens))
        app = HttpApp(Doors(made.service, callers, log, None, _BUILDING, procedures=made.procedures()))
        try:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://pdp", timeout=PATIENCE) as client:
                return await client.request(method, path, headers=headers, **said)  # type: ignore[arg-type]  # as above
        finally:
            await app.close()
            await made.end()
