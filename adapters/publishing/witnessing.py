"""This installation as a witness for the logs of others: its keys, what it remembers, and whom it co-signs for."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from adapters.settings import SettingsError
from adapters.signers.key_ring import witness_ring
from adapters.signers.ring_file import ring_in
from adapters.signers.verify import verify
from adapters.witnesses.endpoint import Trust, WitnessEndpoint
from adapters.witnesses.state import WitnessState
from pdp.log.note import NoteError, verifier_key
from pdp.log.suite import Sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.settings import Settings, WitnessedLog
    from pdp.log.note import VerifierKey

FOLDER: Final = "witness"  # below the data folder, and below its keys
STATE: Final = "state.sqlite"


@contextmanager
def witnessing(settings: Settings, alarm: Callable[[str, str], None]) -> Iterator[WitnessEndpoint | None]:
    """Yield the witness that `settings` ask for, None where they ask for none.

    Raises:
        SettingsError: a vkey is none, or belongs to another log.
        UnavailableError: its keys or its memory cannot be used, or only one of the two is there.
    """
    log = settings.log
    if log.witness_name is None:
        yield None
        return
    place = settings.data / FOLDER / STATE
    keys, new = settings.data / "keys" / FOLDER, not place.exists()
    first = ring_in(keys) is None  # keys that have co-signed never go on without what they co-signed
    ring = witness_ring(keys, log.witness_name, datetime.now(UTC), create=new)
    trust = Trust({each.origin: _keys(each) for each in log.witness_for}, verify, Sha256())
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = WitnessState(place, create=first)
    try:
        yield WitnessEndpoint(
            state,
            trust,
            lambda at: ring.signers(datetime.fromtimestamp(at, UTC)),
            now=lambda: int(time.time()),
            alarm=lambda fault: alarm("a log that is co-signed here may have two stories", fault),
        )
    finally:
        state.close()


def _keys(witnessed: WitnessedLog) -> list[VerifierKey]:
    """Return the keys that may sign for a log."""
    try:
        keys = [verifier_key(vkey) for vkey in witnessed.vkeys]
    except NoteError as fault:
        message = f"settings: log.witness_for: {witnessed.origin}: {fault}; copy the vkey that its owner shows"
        raise SettingsError(message) from fault
    for key in keys:
        if key.name != witnessed.origin:
            message = f"settings: log.witness_for: {witnessed.origin}: the key of {key.name} signs for no other log"
            raise SettingsError(message)
    return keys
