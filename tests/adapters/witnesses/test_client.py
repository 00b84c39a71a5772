"""Promises of asking witnesses: whoever is down, slow or lying costs its own line, and nobody believes it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from adapters.witnesses.client import LONGEST, TIMEOUT, WitnessClient
from adapters.witnesses.exchange import Cosigner
from pdp.errors import UnavailableError
from pdp.log.note import NOTE_LIMIT, note_in
from pdp.log.witness import place_of
from tests.adapters.witnesses.story import HONEST, LOG_KEY, ORIGIN, WITNESS_KEY, verify
from tests.logs.published import Key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Script = Callable[["Line"], Awaitable[None]]

OTHER_KEY = Key("c.example.gov.cn/witness", bytes([5]) * 32, WITNESS_KEY.kind)
HEAD = "HTTP/1.1 {} said\r\ncontent-length: {}\r\n{}\r\n"


class Line:
    """What a witness at fault says on one connection."""

    def __init__(self, writer: asyncio.StreamWriter, asked: list[bytes], over: asyncio.Event) -> None:
        self._writer, self._asked, self.over = writer, asked, over

    @property
    def body(self) -> bytes:
        """Return what was asked."""
        return self._asked[-1]

    async def say(self, status: int, body: bytes, *headers: str, length: int | None = None) -> None:
        """Answer with `body`, of which `length` bytes are announced."""
        named = "".join(f"{header}\r\n" for header in headers)
        self._writer.write(HEAD.format(status, len(body) if length is None else length, named).encode() + body)
        await self._writer.drain()

    async def raw(self, data: bytes) -> None:
        """Say bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()


class Faulty:
    """A server on loopback that answers as `script` says; it keeps what it was asked."""

    def __init__(self, script: Script) -> None:
        self.asked: list[bytes] = []
        self.connections = 0
        self._script, self._ready = script, threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        self._over, self._loop = asyncio.Event(), asyncio.get_running_loop()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._over.wait()
        server.close()
        await server.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (head := await self._within(reader.readuntil(b"\r\n\r\n"))) is not None:
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                body = await reader.readexactly(int(length or b"0"))
                self.asked.append(body or head)
                await self._script(Line(writer, self.asked, self._over))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _within(self, reading: Awaitable[bytes]) -> bytes | None:
        """Return what is read, or None when the server ends first."""
        read, over = asyncio.ensure_future(reading), asyncio.ensure_future(self._over.wait())
        done, _ = await asyncio.wait({read, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if read in done:
            return await read
        read.cancel()
        return None

    def close(self) -> None:
        """End."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()


def line_on(size: int, key: Key = WITNESS_KEY) -> bytes:
    return str(key.line(HONEST.note(size).checkpoint)).encode()


def saying(status: int, body: bytes, *headers: str, length: int | None = None) -> Script:
    return lambda line: line.say(status, body, *headers, length=length)


async def silent(line: Line) -> None:
    await line.over.wait()


async def dripping(line: Line) -> None:
    await line.raw(HEAD.format(200, 1000, "").encode())
    while not line.over.is_set():
        await line.raw(b"x")
        await asyncio.sleep(0.01)  # what it promises it gives, and never all of it


async def endless(line: Line) -> None:
    await line.raw(b"HTTP/1.1 200 said\r\ntransfer-encoding: chunked\r\n\r\n")
    for _ in range(2 * NOTE_LIMIT // 65536):
        await line.raw(b"10000\r\n" + b"a" * 65536 + b"\r\n")
    await line.over.wait()


async def talking_heads(line: Line) -> None:
    await line.raw(b"HTTP/1.1 200 said\r\n")
    while not line.over.is_set():
        await line.raw(b"x-more: and more\r\n")
        await asyncio.sleep(0.01)


async def hanging_up(line: Line) -> None:
    await line.raw(HEAD.format(200, 1000, "").encode() + line_on(5))
    raise ConnectionResetError


FAULTS = {
    "silent": (silent, "does not answer in time"),
    "dripping": (dripping, "does not answer in time"),
    "talking heads": (talking_heads, "does not answer in time"),
    "endless": (endless, f"answers with more than {NOTE_LIMIT} bytes"),
    "hanging up": (hanging_up, "cannot be reached (RemoteProtocolError)"),
    "no HTTP": (lambda line: line.raw(b"SSH-2.0-said\r\n\r\n"), "cannot be reached (RemoteProtocolError)"),
    "wrong checkpoint": (saying(200, line_on(4)), "answers with something else than its cosignature"),
    "twice": (saying(200, line_on(5) * 2), "answers with something else than its cosignature"),
    "right and wrong": (saying(200, line_on(5) + line_on(4)), "answers with something else than its cosignature"),
    "a page": (saying(200, b"<html>"), "answers with something else than its cosignature"),
    "nothing": (saying(200, b""), "answers with something else than its cosignature"),
    "zipped": (saying(200, b"\x1f\x8b\x08", "content-encoding: gzip"), "answers with something else than its cosi"),
    "unknown keys": (saying(200, line_on(5, OTHER_KEY)), "co-signs with none of the keys that are known here"),
    "redirect": (saying(307, b"", "location: http://127.0.0.1:1/elsewhere"), "answers with status 307"),
    "too many": (saying(429, b""), "answers with status 429"),
    "failing": (saying(500, b"x" * 100), "answers with status 500"),
    "no size": (saying(409, b"five\n"), "answers 409 without a size"),
    "a greater size": (saying(409, b"6\n"), "says it has co-signed 6 entries of this log, which has 5"),
    "always stale": (saying(409, b"3\n"), "answers with status 409"),
    "forked": (saying(422, b""), "says that this log does not extend what it has co-signed"),
    "stranger": (saying(403, b""), "does not know the keys of this log"),
}


@pytest.fixture
def faulty():
    """Return a function that starts a witness at fault."""
    with ExitStack() as stack:

        def started(script: Script) -> Faulty:
            server = Faulty(script)
            stack.callback(server.close)
            return server

        yield started


@pytest.fixture
def told() -> list[tuple[str, str | None]]:
    return []


@pytest.fixture
def asking(tmp_path, told):
    """Return a function that gives a client of the witnesses at some addresses."""

    @contextmanager
    def opened(clock: Callable[[], float] = lambda: 0.0, timeout: float = 10, **urls: str) -> Iterator[WitnessClient]:
        keys = (WITNESS_KEY.public,)
        cosigners = [Cosigner(name, keys, url) for name, url in urls.items()]
        tell = lambda *said: told.append(said)  # noqa: E731  # as long as its name
        client = WitnessClient(
            cosigners, verify, tmp_path / "state" / "witness", tell=tell, clock=clock, timeout=timeout
        )
        try:
            yield client
        finally:
            client.close()

    return opened


def ask(client: WitnessClient, size: int = 5) -> list[object]:
    return list(client.ask(HONEST.note(size), lambda old: HONEST.proof(old, size)))


@pytest.mark.parametrize(("script", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_witness_at_fault_costs_its_own_line_and_no_other(script, fault, faulty, asking):
    patience = TIMEOUT if "in time" in fault else 10  # who answers late must be left; nobody else may be late here
    with asking(bad=faulty(script).url, good=faulty(saying(200, line_on(5))).url, timeout=patience) as client:
        (line,) = ask(client)

        assert line.name == WITNESS_KEY.name
        assert client.faults["good"] is None
        assert client.faults["bad"].startswith(fault)


def test_a_witness_that_is_not_there_costs_its_own_line(asking, our_url):
    with asking(gone="http://127.0.0.1:1", nameless="http://nowhere.invalid", good=our_url) as client:
        assert len(ask(client)) == 1
        assert client.faults["gone"] == "cannot be reached (ConnectError)"


def test_all_are_asked_at_once(faulty, asking):
    together = threading.Barrier(3, timeout=10)

    async def meeting(line: Line) -> None:
        await asyncio.to_thread(together.wait)  # answers only once all three were asked
        await line.say(200, line_on(5))

    with asking(**{name: faulty(meeting).url for name in "abc"}) as client:
        assert len(ask(client)) == 3


def test_lines_of_keys_that_nobody_knows_are_left_out(faulty, asking):
    with asking(b=faulty(saying(200, line_on(5, OTHER_KEY) + line_on(5))).url) as client:
        (line,) = ask(client)

        assert line.name == WITNESS_KEY.name


def test_a_redirect_is_not_followed(faulty, asking):
    target = faulty(saying(200, line_on(5)))
    with asking(b=faulty(saying(307, b"", f"location: {target.url}")).url) as client:
        assert ask(client) == []
        assert target.connections == 0


def test_a_client_asks_twice_and_not_a_third_time(faulty, asking):
    server = faulty(saying(409, b"3\n"))
    with asking(b=server.url) as client:
        assert ask(client) == []
        assert [body.partition(b"\n")[0] for body in server.asked] == [b"old 0", b"old 3"]


def test_a_connection_is_kept(faulty, asking):
    sizes = iter([5, 6, 7])
    server = faulty(lambda line: line.say(200, line_on(next(sizes))))
    with asking(b=server.url) as client:
        for size in (5, 6, 7):
            assert len(ask(client, size)) == 1
        assert (len(server.asked), server.connections) == (3, 1)


def test_a_witness_that_is_down_is_left_alone_for_longer_and_longer(faulty, asking, told):
    now, server = [0.0], faulty(saying(500, b""))
    with asking(clock=lambda: now[0], b=server.url) as client:
        asked_at = []
        for second in range(200):
            now[0] = float(second)
            before = len(server.asked)
            ask(client)
            asked_at += [second] * (len(server.asked) - before)

    waits = [later - earlier for earlier, later in pairwise(asked_at)]
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert set(waits[5:]) == {LONGEST}
    assert told == [("b", "answers with status 500")]  # changes only


def test_a_witness_that_is_back_is_asked_each_time_again_and_told_of(faulty, asking, told):
    now, statuses = [0.0], iter([500, 200, 200])
    server = faulty(lambda line: line.say(next(statuses), line_on(5)))
    with asking(clock=lambda: now[0], b=server.url) as client:
        for _ in range(3):
            ask(client)
            now[0] += 1

    assert len(server.asked) == 3
    assert told == [("b", "answers with status 500"), ("b", None)]


def test_the_last_answer_of_each_witness_is_kept_and_asked_from_after_a_restart(faulty, asking, tmp_path):
    server = faulty(lambda line: line.say(200, line_on(9 if b"\n9\n" in line.body else 5)))
    with asking(b=server.url) as client:
        ask(client, 5)
    kept = note_in((tmp_path / "state" / "witness" / "b").read_bytes())
    assert str(kept) == str(HONEST.note(5, LOG_KEY, WITNESS_KEY))
    with asking(b=server.url) as client:
        ask(client, 9)

    assert server.asked[-1] == HONEST.sent(5, 9)


def test_an_answer_that_cannot_be_kept_is_used_all_the_same(asking, our_url, tmp_path, told):
    (tmp_path / "state").write_text("in the way")
    with asking(b=our_url) as client:
        assert len(ask(client)) == 1

    assert "cannot be kept" in told[0][1]


def test_a_proof_that_cannot_be_made_costs_the_line(asking, our_url, told):
    def failing(_: int) -> list[bytes]:
        message = "a tile is missing"
        raise UnavailableError(message)

    with asking(b=our_url) as client:
        ask(client, 5)
        assert client.ask(HONEST.note(9), failing) == []

    assert told == [("b", "a tile is missing")]


@pytest.mark.parametrize(("script", "doubt"), [("forked", True), ("a greater size", True), ("failing", False)])
def test_a_witness_that_tells_of_another_story_raises_a_doubt_once(script, doubt, faulty, asking):
    with asking(b=faulty(FAULTS[script][0]).url) as client:
        ask(client)

        assert [client.doubted(), client.doubted()] == [doubt, False]


def test_what_witnesses_show_of_a_log_is_fetched_from_all_that_can_be_reached(faulty, asking, our_url):
    shown = faulty(saying(200, str(HONEST.note(7)).encode()))
    never, broken = faulty(saying(404, b"")), faulty(saying(200, b"<html>"))
    with asking(a=shown.url, b=our_url, c=never.url, d=broken.url, e="http://127.0.0.1:1") as client:
        ask(client, 5)
        seen = client.newest(ORIGIN)

    assert shown.asked[-1].startswith(f"GET /{place_of(ORIGIN)}/checkpoint HTTP/1.1".encode())
    assert [(sighting.witness, sighting.note and sighting.note.checkpoint.size) for sighting in seen] == [
        ("a", 7),
        ("b", 5),
        ("c", None),
    ]


def test_nobody_to_ask_is_nobody_asked(asking):
    with asking() as client:
        assert ask(client) == []
        assert client.newest(ORIGIN) == []
