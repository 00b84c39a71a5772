"""Promises of a service whose log others co-sign: set back or copied it does not go on, alone it says so and stops."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from adapters.assemble import build_service
from adapters.callers import LOCAL
from adapters.gateways.authzen import parse
from adapters.settings import LogSettings, Settings
from adapters.signers.ed25519 import Ed25519Signer
from adapters.signers.key_ring import KeyRing
from adapters.witnesses.endpoint import Trust, WitnessEndpoint
from adapters.witnesses.state import WitnessState
from pdp.errors import UnavailableError
from pdp.log.note import KeyKind, note_in
from pdp.log.rollback import RollbackDetectedError
from pdp.log.witness import place_of
from tests.adapters.witnesses.conftest import Switched, served
from tests.adapters.witnesses.story import SUITE, WITNESS_KEY, verify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from adapters.assemble import Installation

BODY = (Path(__file__).parents[2] / "examples" / "ask_permit_deemed.json").read_bytes()
ORIGIN = "a.example.gov.cn/decisions/n1-0"
LONG = 30.0  # seconds after which a condition that never comes fails the test


class Department:
    """A department with its data folder, and the neighbour that co-signs its log."""

    def __init__(self, data: Path, neighbour: Switched, url: str) -> None:
        self.data, self.neighbour = data, neighbour
        self.stopped: list[UnavailableError] = []
        self._url = url

    def settings(self, data: Path | None = None, **log: object) -> Settings:
        """Return the settings, of another folder where one is named."""
        witness = {"name": "b", "vkey": str(WITNESS_KEY.public), "url": self._url}
        said = {"publish_seconds": 0.05, "witnesses": [witness], "quorum": 1, "seal": False, **log}
        return Settings(
            data=data or self.data,
            origin=ORIGIN.removesuffix("/n1-0"),
            allow_any_filesystem=True,
            starting_world=False,
            log=LogSettings.model_validate(said),
        )

    @asynccontextmanager
    async def running(self, data: Path | None = None, **log: object) -> AsyncIterator[Installation]:
        """Run the service."""
        with build_service(self.settings(data, **log), self.stopped.append) as made:
            await made.begin()
            yield made
            await made.end()

    def ran(self, questions: int = 1, data: Path | None = None) -> None:
        """Run the service, ask it, and end it."""

        async def session() -> None:
            async with self.running(data) as made:
                for _ in range(questions):
                    await ask(made)

        asyncio.run(session())

    @property
    def co_signed(self) -> int:
        """Return how many entries the neighbour has seen."""
        shown = self.neighbour.checkpoint(place_of(ORIGIN))
        return note_in(shown).checkpoint.size if shown else 0


@pytest.fixture
def department(tmp_path, monkeypatch):
    """Return a department whose neighbour is up, and nobody has asked anything yet."""
    monkeypatch.setattr("adapters.witnesses.guard.SOON", 0.0)
    monkeypatch.setattr("adapters.witnesses.client.LONGEST", 0.0)
    ring = KeyRing.open(tmp_path / "a" / "keys" / "n1-0", ORIGIN, datetime.now(UTC), create=True)
    state = WitnessState(tmp_path / "b.sqlite", create=True)
    trust = Trust({ORIGIN: [key.key for key in ring.keys]}, verify, SUITE)
    signer = Ed25519Signer(WITNESS_KEY.name, WITNESS_KEY.seed, KeyKind.COSIGNATURE)
    endpoint = WitnessEndpoint(
        state, trust, lambda _: [signer], now=lambda: int(datetime.now(UTC).timestamp()), alarm=print
    )
    neighbour = Switched(endpoint, up=True)
    with served(neighbour) as url:
        yield Department(tmp_path / "a", neighbour, url)
    state.close()


async def ask(made: Installation) -> None:
    await made.service.answer(parse(BODY, LOCAL), BODY)


async def until(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds."""
    async with asyncio.timeout(LONG):
        while not condition():  # noqa: ASYNC110  # of another thread, which tells nobody
            await asyncio.sleep(0.01)


def kinds(made: Installation) -> list[str]:
    """Return the kinds of all records."""
    return [orjson.loads(entry)["record"]["kind"] for _, entry in made.journal.records()]


def test_a_restored_backup_is_refused_at_the_start_and_the_log_itself_goes_on(department, tmp_path):
    department.ran()
    shutil.copytree(department.data, tmp_path / "backup")
    signed = (tmp_path / "backup" / "n1-0" / "state" / "checkpoint").read_bytes()
    department.ran(3)
    for _ in range(2):
        with pytest.raises(RollbackDetectedError, match="b has co-signed"):
            department.ran(0, data=tmp_path / "backup")

    assert (tmp_path / "backup" / "n1-0" / "state" / "checkpoint").read_bytes() == signed
    before = department.co_signed
    department.ran()
    assert department.co_signed > before


def test_a_backup_that_is_up_to_date_starts(department, tmp_path):
    department.ran(2)
    shutil.copytree(department.data, tmp_path / "backup")
    before = department.co_signed
    department.ran(data=tmp_path / "backup")

    assert department.co_signed > before


def test_of_a_log_and_its_clone_that_run_at_once_only_one_goes_on(department, tmp_path):
    async def session() -> None:
        async with department.running() as made:
            await ask(made)
            await until(lambda: department.co_signed == made.journal.size)
            passing = shutil.ignore_patterns(".*")  # files that are about to get their name
            shutil.copytree(department.data, tmp_path / "clone", ignore=passing)
            async with department.running(tmp_path / "clone") as clone:
                await until(lambda: department.co_signed == clone.journal.size)  # its start is in the log
                await ask(made)
                await until(lambda: bool(department.stopped))
                with pytest.raises(RollbackDetectedError):  # not one answer more, while the process ends
                    await ask(made)
            assert isinstance(department.stopped[0], RollbackDetectedError)

    department.ran()
    asyncio.run(session())


def test_without_a_witness_decisions_are_made_and_recorded_and_signed_only_when_one_answers(department):
    async def session() -> None:
        async with department.running() as made:
            signed = department.data / "n1-0" / "state" / "checkpoint"
            before = signed.read_bytes()
            await ask(made)
            assert made.service.ready()
            assert signed.read_bytes() == before
            department.neighbour.up = True
            await until(lambda: department.co_signed == made.journal.size)

    department.ran()
    department.neighbour.up = False
    asyncio.run(session())


def test_a_log_that_nobody_vouches_for_ends_answers_says_so_and_takes_them_up_again(department):
    async def session() -> None:
        async with department.running(late_seconds=1, overdue_seconds=1) as made:
            await until(lambda: department.co_signed > 0)
            department.neighbour.up = False
            with suppress(UnavailableError):  # on a slow machine it may be overdue already; the log grows all the same
                await ask(made)
            await until(lambda: not made.service.ready())
            with pytest.raises(UnavailableError, match="nobody has vouched for its newest entries") as refused:
                await ask(made)
            assert refused.value.code == "anchor_overdue"
            await until(lambda: "anchor.late" in kinds(made))
            department.neighbour.up = True
            await until(made.service.ready)
            await until(lambda: "anchor.restored" in kinds(made))

    asyncio.run(session())
