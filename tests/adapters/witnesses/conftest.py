"""Witnesses to ask: ours over real HTTP on loopback, the one of transparency-dev, and some that are at fault."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi import FastAPI

from adapters.gateways.witness_pages import Allowance, add_witness
from adapters.signers.ed25519 import Ed25519Signer
from adapters.witnesses.endpoint import Trust, WitnessEndpoint
from adapters.witnesses.state import WitnessState
from pdp.errors import UnavailableError
from pdp.log.note import KeyKind
from tests.adapters.witnesses.story import LOG_KEY, LOGS, SUITE, WITNESS_KEY, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.gateways.witness_pages import Witness
    from adapters.witnesses.endpoint import Reply

GO = Path(__file__).parents[3] / ".tools" / "bin" / "witness_go"
NOW = 1_790_000_000


class Ours:
    """Our witness on a state of its own."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.alarms: list[str] = []
        self.state = WitnessState(path, create=create)
        self.endpoint = WitnessEndpoint(
            self.state,
            Trust(LOGS, verify, SUITE),
            lambda _: [Ed25519Signer(WITNESS_KEY.name, WITNESS_KEY.seed, KeyKind.COSIGNATURE)],
            now=lambda: NOW,
            alarm=self.alarms.append,
        )


class Switched:
    """A witness whose disk can be pulled out and put back."""

    def __init__(self, endpoint: WitnessEndpoint, *, up: bool = False) -> None:
        self._endpoint, self.up = endpoint, up

    @property
    def origins(self) -> frozenset[str]:
        """Return those of the witness."""
        return self._endpoint.origins

    def add(self, body: bytes) -> Reply:
        """Answer as the witness does, if it does."""
        return self._there().add(body)

    def checkpoint(self, place: str) -> bytes | None:
        """Answer as the witness does, if it does."""
        return self._there().checkpoint(place)

    def _there(self) -> WitnessEndpoint:
        if not self.up:
            message = "the disk is gone"
            raise UnavailableError(message)
        return self._endpoint


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Ours]:
    """Our witness, asked without HTTP."""
    made = Ours(tmp_path / "witness" / "state.sqlite")
    yield made
    made.state.close()


@contextmanager
def served(endpoint: Witness, alarm: Callable[[str], None] = lambda _: None, port: int = 0) -> Iterator[str]:
    """Serve `endpoint` on loopback while the block lasts; give the address before /add-checkpoint."""
    app = FastAPI()
    add_witness(app, endpoint, alarm, Allowance(each=100_000))
    config = uvicorn.Config(app, port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),))
    began = threading.Event()
    startup = server.startup

    async def started(sockets: object = None) -> None:
        await startup(sockets)
        began.set()

    server.startup = started
    thread.start()
    assert began.wait(10)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/witness"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def our_url(ours: Ours) -> Iterator[str]:
    """Our witness over HTTP."""
    with served(ours.endpoint, ours.alarms.append) as url:
        yield url


@pytest.fixture
def go_url() -> Iterator[str]:
    """The witness of transparency-dev, with the same keys and a memory of its own."""
    assert GO.exists(), "run scripts/install_witness_go.sh, which puts witness_go into .tools/bin"
    material = base64.b64encode(bytes([KeyKind.COSIGNATURE]) + WITNESS_KEY.seed).decode()
    key = f"PRIVATE+KEY+{WITNESS_KEY.name}+{WITNESS_KEY.public.id.hex()}+{material}"
    command = [GO, "-key", key, "-logs", str(LOG_KEY.public)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.kill()
