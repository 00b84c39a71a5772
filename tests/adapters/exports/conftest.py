"""A small real log: the service on the starting world, asked and told a few things, stopped, started, and signed."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.assemble import build_service
from adapters.callers import LOCAL
from adapters.exports.columns import Keeper
from adapters.exports.database import Database
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from adapters.stores.log_reader import LogReader
from pdp.errors import UnavailableError
from pdp.ledger.admit import statement
from pdp.log.note import Checkpoint, KeyKind, Note, VerifierKey, signature_line, signed_message
from pdp.log.suite import Sha256
from pdp.log.tiles import grown, nodes
from pdp.log.tree import root
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.assemble import Installation
    from adapters.exports.columns import Columns
    from pdp.model import AccessRequest

ROOT = Path(__file__).parents[3]
BASE = datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)
MORNING = "2026-12-02T05:00:00+08:00"
UNCONDITIONAL = "bj:2b57c5bf21974959"


class Clock:
    """A clock that goes on by ten milliseconds with each reading; its wall time may be set back by hand."""

    def __init__(self) -> None:
        self.ran = timedelta()
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Return the instant."""
        self.ran += timedelta(milliseconds=10)
        return BASE + self.ran + self.ahead

    def mono_ns(self) -> int:
        """Return nanoseconds since the beginning."""
        return self.ran // timedelta(microseconds=1) * 1000


def example(name: str) -> tuple[AccessRequest, bytes]:
    """Return the question of an example and its bytes."""
    raw = (ROOT / "examples" / f"{name}.json").read_bytes()
    return parse(raw, LOCAL, f"req-{name}"), raw


class Story:
    """What happens in the log, one step a method call."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.clock = Clock()
        self.log = LogReader(data / "n1-0")

    @contextmanager
    def running(self) -> Iterator[Installation]:
        """Give the service, started; its log is signed when it has stopped."""
        installation = build_service(Settings(data=self.data))
        installation.clock = self.clock
        with installation:
            installation.ledger._clock = self.clock  # noqa: SLF001  # what is stale depends on when it was recorded
            yield installation
            entries = [entry for _, entry in installation.journal.records(0)]
            origin = installation.journal.origin
        with suppress(UnavailableError):  # nothing is signed yet
            if self.log.checkpoint.size >= len(entries):
                return
        self.sign(origin, entries)

    def sign(self, origin: str, entries: list[bytes]) -> None:
        """Sign the tree over `entries`."""
        suite = Sha256()
        leaves = [suite.leaf(entry) for entry in entries]
        tiles = grown(0, leaves, lambda _: b"", suite)
        whole = root(len(leaves), nodes(len(leaves), tiles.__getitem__, suite), suite)
        checkpoint, private = Checkpoint(origin, len(leaves), whole), Ed25519PrivateKey.from_private_bytes(b"k" * 32)
        key = VerifierKey(origin, KeyKind.ED25519, private.public_key().public_bytes_raw())
        line = signature_line(key, private.sign(signed_message(key, checkpoint, 0)), 0)
        (self.data / "n1-0" / "state").mkdir(exist_ok=True)
        (self.data / "n1-0" / "state" / "checkpoint").write_text(str(Note(checkpoint.body, (line,))))

    def say(self, installation: Installation, kind: str, by: str, body: dict[str, object], at: str) -> None:
        """Record a statement behind the running service's back, as another process does."""
        installation.ledger.record([statement(kind, body, datetime.fromisoformat(at), by)])

    def pass_by(self, **span: float) -> None:
        """Let time pass."""
        self.clock.ran += timedelta(**span)


async def happen(story: Story) -> None:
    """Let everything happen that regulators ask about."""
    with story.running() as installation:
        service = installation.service
        await service.activate()
        for name in ("permit_unconditional", "permit_unconditional", "partial_fields", "permit_deemed"):
            await service.answer(*example(f"ask_{name}"))
            story.pass_by(minutes=1)
        for name in ("deny_no_application", "indeterminate_unknown_dataset", "permit_open", "refer_open_platform"):
            await service.answer(*example(f"ask_{name}"))
        question, raw = example("ask_permit_unconditional")
        await service.answer(replace(question, channel="direct"), raw)
        await service.answer(replace(question, system=None, staff="some-account"), raw)
        with pytest.raises(UnavailableError, match="fields"):
            await service.answer(replace(question, fields=tuple(f"{'字' * 90}{n}" for n in range(300))), raw)
        await service.reject("authzen", "bad_request", gateway=None, peer="192.0.2.7", size=12, raw=b"{", count=3)
        story.pass_by(seconds=3)
        story.clock.ahead -= timedelta(seconds=5)
        await service.answer(question, raw)
    story.pass_by(hours=20)
    with story.running() as installation:
        await again(story, installation)


async def again(story: Story, installation: Installation) -> None:
    """Let a day later happen: what was allowed is withdrawn, a body is sanctioned, a field is classed on its own."""
    service = installation.service
    await service.activate()
    await service.answer(*example("ask_permit_deemed"))
    tightened = {"id": "bj:7ea3eeb7baf54c6b", "sharing": "not_shareable"}
    story.say(installation, "dataset.class_tightened", "xicheng-chengguanwei", tightened, MORNING)
    story.pass_by(milliseconds=100)
    await service.answer(*example("ask_permit_deemed"))  # the service has not heard of it yet
    story.pass_by(seconds=2)
    await service.answer(*example("ask_permit_deemed"))
    opened, raw = example("ask_permit_open")
    unit = replace(opened, subject="unit-1", subject_kind="unit")
    story.say(installation, "unit.registered", "registrar", {"id": "unit-1", "name": "示例单位"}, MORNING)
    story.pass_by(seconds=2)
    await service.answer(unit, raw)
    sanction = {"id": "sx-1", "subject": "unit-1", "datasets": [opened.dataset], "item": "item_1", "due": "2026-12-20"}
    story.say(installation, "sanction.suspended", "xicheng-kexin", sanction, MORNING)
    await service.answer(unit, raw)  # nor of this
    story.pass_by(seconds=2)
    await service.answer(unit, raw)
    classed = {"id": UNCONDITIONAL, "fields": {"邮编": {"sharing": "conditional"}}}
    story.say(installation, "dataset.approved", "xicheng-kexin", classed, MORNING)
    story.pass_by(seconds=2)
    question, raw = example("ask_permit_unconditional")
    await service.answer(question, raw)
    await service.answer(replace(question, fields=("名称", "邮编"), enforces=("mask_fields", "filter_rows")), raw)


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Return the log in which everything happened; nobody changes it."""
    told = Story(tmp_path_factory.mktemp("story") / "data")
    asyncio.run(happen(told))
    return told


@pytest.fixture
def columns(story: Story) -> Iterator[Columns]:
    """Give the columns of the log."""
    with Keeper(story.data, LogReader).up_to_date(story.log) as brought_up:
        yield brought_up


@pytest.fixture
def database(columns: Columns) -> Iterator[Database]:
    """Give a database on them."""
    with Database([columns]) as opened:
        yield opened
