"""Promises of an overlay's client: a body's real OPA server limits, and nothing that it does or sends permits."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ipaddress
import json
import ssl
import urllib.request
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.engines.opa_overlay import REST, RESTS_AFTER, OpaOverlay
from adapters.engines.opa_process import opa_process
from adapters.overlay_settings import OverlaySettings
from pdp.errors import OverlayError, UnavailableError
from pdp.overlay import heard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ROOT = Path(__file__).parents[3]
LIMITS = (ROOT / "examples/overlays/limits.rego").read_bytes()
DUTIES = {"personal_data_duties": ("art_40__para_1",)}
FACTS = {"grade": "general", "personal_data": "none"}
LONG = 10_000  # milliseconds: whatever is ready answers within


class Alarms:
    """What the operator was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, wrong: str, fault: str) -> None:
        """Keep it."""
        self.told.append((wrong, fault))


def overlay(url: str, alarm=None, clock=None, **changes: object) -> OpaOverlay:
    """Return an overlay of the server at `url`."""
    settings = OverlaySettings.model_validate(
        {"id": "bureau", "body": "X", "url": url, "path": "limits/findings", "basis": "b", "deadline_ms": LONG}
        | changes
    )
    known = () if clock is None else (clock,)
    return OpaOverlay(settings, alarm or Alarms(), *known)


def put(url: str, source: bytes) -> None:
    """Put a policy on an OPA server."""
    request = urllib.request.Request(f"{url}/v1/policies/limits", source, method="PUT")  # noqa: S310 -- this test's server
    urllib.request.urlopen(request).close()  # noqa: S310 -- this test's server


def question(at: str = "2026-11-24T02:00:00.000000Z", mode: str = "api", **facts: str) -> dict[str, object]:
    """Return a question as an overlay is told of it."""
    return {"at": at, "request": {"mode": mode}, "groups": [{"fields": [], "facts": {**FACTS, **facts}}]}


def asked(one: OpaOverlay, *questions: dict[str, object]) -> list[object]:
    """Return what it answers to each, or the reason why it does not."""

    async def each() -> list[object]:
        try:
            return [await tried(one, one_question) for one_question in questions]
        finally:
            await one.close()

    return asyncio.run(each())


async def tried(one: OpaOverlay, asked: dict[str, object]) -> object:
    try:
        return await one.ask(asked)
    except OverlayError as failure:
        return failure.reason


def said(findings: object) -> set[tuple[str, str]]:
    """Return findings as pairs of effect and rule."""
    found = heard(overlay("http://127.0.0.1:1").limits, findings, DUTIES, {"电话": "电话", "name": "name"})
    parts = {
        (found.effect.value, f"{found.rule} {limit.fields[0]}") for limit in found.limited for found in limit.findings
    }
    return {(found.effect.value, found.rule) for found in found.findings} | parts


@pytest.fixture(scope="module")
def opa():
    """Return the URL of a body's OPA server with the example's limits."""
    with opa_process() as url:
        put(url, LIMITS)
        yield url


@pytest.mark.opa
def test_the_example_forbids_refers_doubts_and_obliges(opa):
    contact = question()
    contact["groups"][0]["fields"] = ["name", "电话"]

    night, screen, ungraded, personal, phones, nothing = asked(
        overlay(opa),
        question("2026-11-24T15:00:00.000000Z", mode="bulk"),
        question(mode="online_view"),
        question(grade="ungraded"),
        question(personal_data="sensitive"),
        contact,
        question(mode="bulk"),
    )

    assert said(night) == {("forbid", "bureau:no_bulk_at_night")}
    assert said(screen) == {("refer", "bureau:reading_room")}
    assert said(ungraded) == {("doubt", "bureau:grade_to_be_seen")}
    assert said(personal) == {("oblige", "personal_data_duties")}
    assert said(phones) == {("forbid", "bureau:phones_stay 电话")}
    assert said(nothing) == set()


@pytest.mark.opa
@pytest.mark.parametrize(("minute", "night"), [("13:59", False), ("14:00", True), ("21:59", True), ("22:00", False)])
def test_the_night_of_the_example_has_both_its_ends(opa, minute, night):
    (answer,) = asked(overlay(opa), question(f"2026-11-24T{minute}:00.000000Z", mode="bulk"))

    assert (said(answer) != set()) is night


@pytest.mark.opa
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"package limits\n", "undefined"),
        (b"package limits\nfindings := 1 if false\n", "undefined"),
        (b"package limits\nfindings := 1 if input\nfindings := 2 if input\n", "status"),
        (b'package limits\nfindings := concat("", [x | some i in numbers.range(1, 70000); x := "y"])\n', "too_large"),
    ],
)
def test_a_server_that_has_no_usable_answer_leaves_a_doubt(source, reason):
    with opa_process() as url:
        put(url, source)

        assert asked(overlay(url), question()) == [reason]


@pytest.mark.opa
def test_a_server_that_goes_and_comes_back_is_asked_again_by_itself():
    alarm = Alarms()

    async def through() -> list[object]:
        with opa_process() as url:
            port = int(url.rpartition(":")[2])
            put(url, LIMITS)
            one = overlay(url, alarm)
            answers = [await tried(one, question(mode="online_view"))]
        answers.append(await tried(one, question()))
        with opa_process(port=port) as url:
            put(url, LIMITS)
            answers.append(await tried(one, question(mode="online_view")))
        await one.close()
        return answers

    before, gone, after = asyncio.run(through())

    assert said(before) == said(after) == {("refer", "bureau:reading_room")}
    assert gone == "unreachable"
    assert [fault for _, fault in alarm.told] == ["bureau: unreachable", "bureau"]


@pytest.mark.opa
def test_a_server_that_was_restarted_between_two_questions_leaves_no_doubt():
    async def through() -> list[object]:
        with opa_process() as url:
            port = int(url.rpartition(":")[2])
            put(url, LIMITS)
            one = overlay(url)
            answers = [await tried(one, question())]
        with opa_process(port=port) as url:  # the connection that was kept leads nowhere now
            put(url, LIMITS)
            answers.append(await tried(one, question()))
        await one.close()
        return answers

    assert asyncio.run(through()) == [[], []]


@asynccontextmanager
async def serving(
    behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Serve raw bytes on a free port; yield the address."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        except ConnectionError:
            pass  # whoever asked has gone
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def heard_request(reader: asyncio.StreamReader) -> bytes:
    """Return one request, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return head + await reader.readexactly(length)


def through(behave, questions: int = 1, alarm=None, clock=None, **changes: object) -> list[object]:
    """Return what an overlay makes of a server that behaves so."""

    async def each() -> list[object]:
        async with serving(behave) as url:
            one = overlay(url, alarm, clock, **changes)
            answers = [await tried(one, question()) for _ in range(questions)]
            await one.close()
            return answers

    return asyncio.run(each())


def answering(body: bytes, status: bytes = b"200 OK", headers: bytes = b""):
    """Return the behaviour of a server that answers every request with these bytes."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            await heard_request(reader)
            length = b"Content-Length: %d\r\n" % len(body)
            writer.write(
                b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\n" + length + headers + b"\r\n" + body
            )
            await writer.drain()

    return behave


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no_json"),
        (b"{", "no_json"),
        (b"\xff\xfe", "no_json"),
        (b'{"result": NaN}', "no_json"),
        (b'{"result": [], "result": []}', "no_json"),
        (b'{"result": [{"effect": "forbid", "effect": "oblige", "rule": "r"}]}', "no_json"),
        (b'{"result": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "no_json"),
        (b"[]", "no_json"),
        (b"{}", "undefined"),
        (b'{"results": []}', "undefined"),
        (b'{"result": "' + b"x" * 65_536 + b'"}', "too_large"),
    ],
)
def test_bytes_that_are_no_answer_leave_a_doubt(body, reason):
    assert through(answering(body)) == [reason]


@pytest.mark.parametrize(
    "status", [b"201 Created", b"301 Moved", b"307 Moved", b"400 Bad Request", b"401 No", b"500 Error", b"503 Busy"]
)
def test_any_status_but_200_leaves_a_doubt_and_nothing_is_followed(status):
    elsewhere = b"Location: http://127.0.0.1:1/v1/data/limits/findings\r\n"

    assert through(answering(b'{"result": []}', status, elsewhere)) == ["status"]


def test_a_compressed_answer_was_not_asked_for_and_is_not_unpacked():
    packed = gzip.compress(b'{"result": []}')

    assert through(answering(packed, headers=b"Content-Encoding: gzip\r\n")) == ["no_json"]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    ],
)
def test_a_server_that_breaks_the_protocol_leaves_a_doubt(sent):
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard_request(reader)
        writer.write(sent)
        await writer.drain()

    assert through(behave) == ["unreachable"]


def test_a_server_that_says_nothing_or_drips_is_given_up_at_the_deadline():
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()  # ends when whoever asked has gone

    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.005)  # as slow a server as can be, not a wait for something

    assert through(silent, deadline_ms=30) == ["deadline"]
    assert through(dripping, deadline_ms=30) == ["deadline"]


def test_an_endless_answer_is_cut_off():
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            writer.write(b" " * 65_536)
            await writer.drain()

    assert through(behave) == ["too_large"]


def test_an_answer_that_was_ready_in_time_and_is_picked_up_late_does_not_count():
    ticks = iter([0.0, 60.0, 60.0])

    assert through(answering(b'{"result": []}'), clock=lambda: next(ticks)) == ["deadline"]


def test_a_server_that_keeps_failing_is_asked_once_a_second_and_answers_again_when_it_can():
    now, requests, alarm = [0.0], [], Alarms()
    broken = [True]

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            requests.append(await heard_request(reader))
            body = b"{" if broken[0] else b'{"result": []}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()

    async def course() -> list[object]:
        async with serving(behave) as url:
            one = overlay(url, alarm, lambda: now[0])
            answers = [await tried(one, question()) for _ in range(RESTS_AFTER + 3)]
            now[0] += REST
            answers += await asyncio.gather(*[tried(one, question()) for _ in range(3)])
            broken[0] = False
            answers.append(await tried(one, question()))
            now[0] += REST
            answers += [await tried(one, question()) for _ in range(2)]
            await one.close()
            return answers

    answers = asyncio.run(course())

    assert answers == [*["no_json"] * RESTS_AFTER, *["resting"] * 3, "no_json", *["resting"] * 3, [], []]
    assert len(requests) == RESTS_AFTER + 3
    assert [fault for _, fault in alarm.told] == ["bureau: no_json", "bureau"]


def test_connections_are_kept_and_the_question_is_sent_whole_with_the_token(tmp_path):
    token = tmp_path / "token"
    token.write_text("secret-of-the-body\n", encoding="ascii")
    connections, requests = [], []

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while not reader.at_eof():
            requests.append(await heard_request(reader))
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"result": []}')
            await writer.drain()

    assert through(behave, questions=3, token_file=token) == [[], [], []]
    assert len(connections) == 1
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/data/limits/findings HTTP/1.1\r\n")
    assert b"Authorization: Bearer secret-of-the-body\r\n" in head + b"\r\n"
    assert json.loads(body) == {"input": question()}


def test_whoever_asked_and_went_away_is_no_failure_of_the_server():
    async def course() -> tuple[object, list[object]]:
        arrived, alarm = asyncio.Event(), Alarms()

        async def behave(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            arrived.set()
            await reader.read()

        async with serving(behave) as url:
            one = overlay(url, alarm)
            task = asyncio.get_running_loop().create_task(one.ask(question()))
            await arrived.wait()
            task.cancel()
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            await one.close()
            return outcome, alarm.told

    outcome, told = asyncio.run(course())

    assert isinstance(outcome, asyncio.CancelledError)
    assert told == []


@pytest.mark.parametrize("name", ["token_file", "ca_file"])
def test_a_file_that_cannot_be_read_is_named_at_the_start(tmp_path, name):
    with pytest.raises(UnavailableError, match="bureau: token_file or ca_file cannot be used"):
        overlay("https://opa.example.gov.cn", **{name: tmp_path / "missing"})


def vouched(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return the side of a server on 127.0.0.1 whose certificate is its own word, and that certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    place = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(hours=1))
    made = made.add_extension(place, critical=False).add_extension(x509.BasicConstraints(True, 0), critical=True)  # noqa: FBT003 -- the library's own signature
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both, alone = folder / "server.pem", folder / "authority.pem"
    both.write_bytes(private + certificate)
    alone.write_bytes(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, alone


@pytest.mark.parametrize("believed", [True, False])
def test_a_server_is_believed_only_if_an_authority_vouches_for_it(tmp_path, believed):
    context, authority = vouched(tmp_path)
    behave = answering(b'{"result": []}')

    async def course() -> object:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await behave(reader, writer)
            writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
        async with server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            one = overlay(url, ca_file=authority) if believed else overlay(url)
            answer = await tried(one, question())
            await one.close()
            return answer

    assert asyncio.run(course()) == ([] if believed else "unreachable")
