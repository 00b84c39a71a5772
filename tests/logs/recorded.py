"""Data folders made for tests: questions put to the real service, their records signed as the service signs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapters.assemble import build_service
from adapters.signers.key_ring import KeyRing
from adapters.stores.journal import Journal, JournalSettings
from adapters.stores.log_reader import LogReader
from adapters.stores.segments import LEAST
from adapters.stores.tile_files import TileFiles
from pdp.errors import UnavailableError
from pdp.log.canonical import encode
from pdp.log.publisher import Publisher, Writing
from pdp.log.suite import Sha256

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from pathlib import Path

    from adapters.assemble import Installation
    from adapters.settings import Settings
    from pdp.model import AccessRequest, Answer
    from pdp.ports import Clock

NODE = "n1-0"


def record(
    settings: Settings,
    questions: Iterable[tuple[AccessRequest, bytes]],
    clock: Clock | None = None,
    after: Callable[[Installation], Awaitable[None]] | None = None,
) -> list[Answer]:
    """Have `questions` answered one after the other, then do `after`; sign the log. Return the answers."""

    async def run(made: Installation) -> list[Answer]:
        await made.service.activate()
        answers = [await made.service.answer(request, raw) for request, raw in questions]
        if after is not None:
            await after(made)
        return answers

    made = build_service(settings)
    if clock is not None:
        made.clock = clock  # type: ignore[assignment]  # any clock will do
    with made:
        answers = asyncio.run(run(made))
        entries = [entry for _, entry in made.journal.records()]
    sign(settings.data, f"{settings.origin}/{NODE}", entries)
    return answers


def write(data: Path, records: Iterable[bytes], origin: str) -> None:
    """Write `records` as they are to a new journal in `data`, which opens with a record of its own; sign the log."""

    async def run(journal: Journal) -> None:
        await asyncio.gather(*[journal.append(record) for record in records])

    settings = JournalSettings(segment_size=LEAST * 8, allow_any_filesystem=True)
    journal = Journal(data / NODE, origin, lambda kind, said: encode({"kind": kind, **said}), settings=settings)
    try:
        asyncio.run(run(journal))
        entries = [entry for _, entry in journal.records()]
    finally:
        journal.close()
    sign(data, origin, entries)


def sign(data: Path, origin: str, entries: list[bytes]) -> None:
    """Sign the log over `entries`, unless the service has done so itself."""
    folder = data / NODE
    with suppress(UnavailableError):
        if LogReader(folder).checkpoint.size >= len(entries):
            return
    now = datetime.now(UTC)
    ring = KeyRing.open(data / "keys" / NODE, origin, now, create=True)
    writing = Writing(origin, Sha256(), lambda _: ring.signers(now), lambda since, until: entries[since:until])
    Publisher(writing, TileFiles.of(folder)).publish(len(entries), int(now.timestamp()))
