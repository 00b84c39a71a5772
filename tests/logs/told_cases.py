"""The law's own examples, put to the real service in memory: each question with the record that it leaves."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.device.ids import Ids
from adapters.files.case import Story
from adapters.files.cases import case_files
from adapters.settings import CHECKOUT
from adapters.testing.runner import StoryClock, Used
from pdp.facts.derive import Deriver
from pdp.facts.situation import Setting
from pdp.ledger.admit import Admission
from pdp.ledger.age import LIMIT, OnThisMachine
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.world import World
from pdp.log.record import Recorder, Writer
from pdp.log.statements import StatementTeller
from pdp.model import Receipt
from pdp.service import Service
from pdp.walk import InForce

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from adapters.files.case import Case
    from adapters.testing.under_test import UnderTest
    from pdp.model import AccessRequest

KEY = b"k" * 32


class Persons:
    """Person keys that live as long as a test, and remember whose digest is whose."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def digest(self, kind: str, value: str) -> str:
        """Return a digest of the form that the real store gives."""
        made = hmac.digest(b"test", f"{kind}\x00{value}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        digest = "p1." + base64.urlsafe_b64encode(made).rstrip(b"=").decode()
        self.known[digest] = value
        return digest


class ListLog:
    """A decision log that is a list."""

    ready = True

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def append(self, record: bytes) -> asyncio.Future[Receipt]:
        """Keep a record."""
        self.records.append(json.loads(record))
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        future.set_result(Receipt("test/n1-0", len(self.records) - 1, "00" * 32))
        return future


class LongAgo:
    """A copy of the ledger that was level with it longer ago than may be."""

    def staleness(self) -> timedelta:
        """Return twice what may be."""
        return 2 * LIMIT


@dataclass
class Told:
    """One example: what was asked, in which ledger, and the record of the answer."""

    case: Case
    request: AccessRequest
    record: dict[str, Any]
    ledger: MemoryLedger
    derive: Deriver
    persons: Persons


def told_cases(tried: UnderTest) -> Iterator[Told]:
    """Yield every example of the shipped policies that asks a question, recorded."""
    for path in case_files(CHECKOUT / "policies" / "cases"):
        for case in tried.read(path):
            if isinstance(case.trial, Story):
                yield _told(case, case.trial, tried)


def _told(case: Case, story: Story, tried: UnderTest) -> Told:
    policies, rulebook = tried.policies, tried.rulebook
    since, persons, log = policies.instrument.in_force_from, Persons(), ListLog()
    ledger = MemoryLedger(Admission(policies.calendar, policies.readings, since, rulebook.may))
    ledger.record(tried.run(case).statements)
    world = World(ledger, policies.calendar, policies.readings, since)
    usage, clock = Used(case.used), StoryClock(case.at)
    derive = Deriver(Setting(world, policies.instrument, policies.readings, usage, {}), policies.vocabulary)
    recorder = Recorder(
        policies.vocabulary, rulebook.revision, Writer("n1", 0, "0" * 16, "test"), persons,
        key=KEY, registered=lambda id_: world.subject(id_, case.at).kind in {"body", "unit"},
    )  # fmt: skip
    law = InForce(policies, rulebook, world, derive, recorder)
    freshness = LongAgo() if story.stale else OnThisMachine()
    service = Service(law, log, usage, clock, Ids(), StatementTeller(ledger), freshness=freshness)  # type: ignore[arg-type]  # what it asks of them, these have
    asyncio.run(service.answer(story.request, b"{}"))
    (record,) = (record for record in log.records if record["kind"] == "decision")
    return Told(case, story.request, record, ledger, derive, persons)
