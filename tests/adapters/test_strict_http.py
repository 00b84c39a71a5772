"""Promises of the HTTP server: a request that can be read in two ways is none, and nobody keeps a connection."""

import contextlib
import socket
import threading
from types import SimpleNamespace

import pytest
import uvicorn

from adapters.server import _config
from adapters.settings import load_settings
from adapters.strict_http import StrictHttp

PATIENCE = 20.0  # seconds until an answer that does not come is given up
WHOLE = b"GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"


async def tell_path(scope, _, send) -> None:
    """Answer with the path and the query."""
    body = scope["raw_path"] + b"?" + scope["query_string"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Return a function that runs a server with the settings of the service, which waits for so many seconds."""
    with contextlib.ExitStack() as stack:

        def running(begun=PATIENCE, silent=PATIENCE, concurrency=1024) -> SimpleNamespace:
            monkeypatch.setattr("adapters.strict_http.HEADERS_WITHIN", begun)
            monkeypatch.setattr("adapters.strict_http.FIRST_WITHIN", silent)
            config = _config(tell_path, load_settings({"data": tmp_path, "concurrency": concurrency}, {}))
            assert config.http is StrictHttp
            server, listening = uvicorn.Server(config), stack.enter_context(socket.socket())
            listening.bind(("127.0.0.1", 0))
            listening.listen(512)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            stack.callback(thread.join)
            stack.callback(setattr, server, "should_exit", True)  # noqa: FBT003 -- the library's own switch
            port = listening.getsockname()[1]

            def connected() -> socket.socket:
                return stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))

            return SimpleNamespace(connected=connected)

        yield running


def answer(connection) -> bytes:
    """Return what comes back at once."""
    return connection.recv(65536)


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_path_and_its_query_are_handed_on_as_they_were_sent(served, version):
    connection = served().connected()
    connection.sendall(WHOLE.replace(b"1.1", version).replace(b"/a", b"/%41/a%2Fb"))

    assert answer(connection).endswith(b"\r\n\r\n/%41/a%2Fb?b=c")


@pytest.mark.parametrize(
    "line",
    [b"GET http://h/a HTTP/1.1", b"GET HTTPS://u:p@h/a HTTP/1.1", b"GET * HTTP/1.1", b"OPTIONS * HTTP/1.1",
     b"GET /a#b HTTP/1.1", b"GET /a?b#c HTTP/1.1", b"CONNECT h:443 HTTP/1.1", b"GET /a HTTP/0.9", b"GET /a HTTP/2.0",
     b"GET /a HTTP/1.2", b"GET /a"],
)  # fmt: skip
def test_an_address_that_is_no_path_or_another_version_is_refused(served, line):
    connection = served().connected()
    connection.sendall(line + b"\r\nHost: h\r\n\r\n")

    assert answer(connection).startswith(b"HTTP/1.1 400 ")


def test_a_connection_serves_one_request_after_the_other(served):
    connection = served().connected()

    for _ in range(3):
        connection.sendall(WHOLE)
        assert answer(connection).endswith(b"/a?b=c")


@pytest.mark.parametrize("begun", [b"G", WHOLE[:-2], WHOLE[:20]])
def test_a_request_that_does_not_come_to_an_end_is_given_up_and_the_operator_hears_of_it(served, begun, caplog):
    connection = served(begun=0.05).connected()
    connection.sendall(begun)

    assert answer(connection) == b""  # closed
    assert "A request did not come within its time." in caplog.text


def test_a_second_request_has_no_more_time_than_the_first(served):
    connection = served(begun=0.05).connected()
    connection.sendall(WHOLE)
    assert answer(connection)
    connection.sendall(WHOLE[:20])

    assert answer(connection) == b""


def test_a_connection_that_says_nothing_is_closed(served):
    assert answer(served(silent=0.05).connected()) == b""


def test_hundreds_of_requests_that_never_end_keep_nobody_from_being_answered_and_go(served):
    server = served(begun=1.0)
    waiting = [server.connected() for _ in range(300)]
    for connection in waiting:
        connection.sendall(WHOLE[:20])
    honest = server.connected()
    honest.sendall(WHOLE)

    assert answer(honest).endswith(b"/a?b=c")
    assert {answer(connection) for connection in waiting} == {b""}


def test_whoever_comes_beyond_the_limit_hears_503_at_once(served):
    server = served(concurrency=3)
    for connection in [server.connected() for _ in range(2)]:
        connection.sendall(WHOLE)
        assert b" 200 " in answer(connection)  # and stays connected
    third = server.connected()
    third.sendall(WHOLE)

    assert answer(third).startswith(b"HTTP/1.1 503 ")
