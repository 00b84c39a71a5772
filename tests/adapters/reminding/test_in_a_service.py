"""Promises of a service that reminds: decisions go on and it ends, whatever the receiver does."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.assemble import build_service, open_ledger
from adapters.callers import LOCAL
from adapters.gateways.authzen import parse
from adapters.reminding.deliveries import told
from adapters.settings import Settings
from pdp.errors import UnavailableError
from pdp.ledger.admit import statement
from pdp.workdays import SHANGHAI
from tests.adapters.reminding.receiver import PATIENCE, receiving

if TYPE_CHECKING:
    from adapters.assemble import Installation
    from tests.adapters.reminding.receiver import Receiver

ASK = (Path(__file__).parents[3] / "examples/ask_permit_deemed.json").read_bytes()
REGISTERED = {"level": "district", "basis": "administrative_organ"}


def district(data: Path, receiver: Receiver, **retry: float) -> Settings:
    """Return the settings of an installation in which B has to rectify today."""
    now = dt.datetime.now(SHANGHAI)
    said = [
        ("body.registered", "registrar", {"id": "B", "name": "B", **REGISTERED}),
        ("body.registered", "registrar", {"id": "G", "name": "G", **REGISTERED, "offices": ["regulator"]}),
        ("rectification.ordered", "G", {"id": "Z1", "body": "B", "item": "item_1", "due": str(now.date())}),
    ]
    with open_ledger(data) as ledger:
        ledger.record([statement(kind, members, now, by) for kind, by, members in said])
    told = {"url": receiver.url, "key_file": data / "reminders.key", "at": "00:00", "retry": retry}
    return Settings.model_validate({"data": data, "reminders": told})


async def asked(made: Installation) -> bool:
    """Return whether a question is answered."""
    return bool((await made.service.answer(parse(ASK, LOCAL), ASK)).decision)


async def acknowledged(data: Path) -> None:
    """Return as soon as no reminder waits."""
    async with asyncio.timeout(PATIENCE):
        while {one.state for one in told(data, 9)} != {"delivered"}:  # noqa: ASYNC110  # a file; nothing tells of it
            await asyncio.sleep(0.01)


def test_a_receiver_that_hangs_delays_no_decision_and_not_the_end(tmp_path):
    with receiving() as receiver:
        receiver.then = receiver.hangs
        settings = district(tmp_path, receiver, timeout_seconds=60)

        async def run(made: Installation) -> None:
            await made.begin()
            await asyncio.to_thread(receiver.next)
            assert [await asked(made) for _ in range(20)]
            await made.end()

        with build_service(settings) as made:
            asyncio.run(run(made))
        assert not receiver.released.is_set()  # it hung all the time
        assert [(one.body, one.state, one.attempts) for one in told(tmp_path, 9)] == [("B", "waiting", 1)]


def test_a_service_tells_the_day_once_and_its_next_life_does_not_repeat_it(tmp_path):
    with receiving() as receiver:
        settings = district(tmp_path, receiver)
        for life in (1, 2):

            async def run(made: Installation, life: int = life) -> None:
                await made.begin()
                if life == 1:
                    await asyncio.to_thread(receiver.next)
                await acknowledged(tmp_path)
                await made.end()

            with build_service(settings) as made:
                asyncio.run(run(made))
        assert receiver.told.empty()
        assert (tmp_path / "reminders.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_can_read_is_refused_at_the_start(tmp_path):
    with receiving() as receiver:
        settings = district(tmp_path, receiver)
        (tmp_path / "reminders.key").write_bytes(bytes(32))
        (tmp_path / "reminders.key").chmod(0o644)

        with pytest.raises(UnavailableError, match="readable by others"), build_service(settings):
            pass


def test_a_receiver_whose_certificate_nobody_vouches_for_is_told_nothing(tmp_path):
    alarms: Queue[tuple[str, str]] = Queue()
    with receiving(self_signed(tmp_path)) as receiver:
        settings = district(tmp_path / "data", receiver, max_attempts=1)

        async def run(made: Installation) -> tuple[str, str]:
            await made.begin()
            alarm = await asyncio.to_thread(alarms.get, timeout=PATIENCE)
            await made.end()
            return alarm

        with build_service(settings, alarm=lambda *said: alarms.put(said)) as made:
            wrong, fault = asyncio.run(run(made))
        assert receiver.told.empty()
    assert wrong == "a reminder is given up"
    assert "CERTIFICATE_VERIFY_FAILED" in fault


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return the side of a server whose certificate is its own word."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + dt.timedelta(hours=1))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both = folder / "receiver.pem"
    both.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context
