"""Where else the service listens: a place for each gateway that cannot send a credential, and Envoy's gRPC.

Whoever reaches a place of its own is the one caller that it belongs to. So it is on this machine only: a port of
127.0.0.1, or a Unix socket that its owner and group can open.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import stat
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import uvicorn

from adapters.callers import OneCaller
from adapters.gateways.envoy_grpc import EnvoyGrpcDoor
from adapters.gateways.own_place import OwnPlace
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from adapters.door_settings import Listener
    from adapters.gateways.http import Doors
    from adapters.settings import Settings

    Configured = Callable[[ASGIApp], uvicorn.Config]

LOOPBACK: Final = "127.0.0.1"
OPEN_TO: Final = 0o660  # owner and group
BACKLOG: Final = 2048


class OwnServer(uvicorn.Server):
    """An HTTP server beside the main one, which hears the signals for both."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals alone."""
        yield


class Listeners:
    """All places but the main door. Belongs to one event loop; `close` answers what is under way."""

    def __init__(self, settings: Settings, doors: Doors, configured: Callable[[ASGIApp], uvicorn.Config]) -> None:
        """Prepare what `settings` name; `configured` says how an HTTP server of this service is run."""
        self._settings = settings
        self._doors = doors
        self._configured = configured
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Listen everywhere, and log where; what was opened is closed again if a place cannot be.

        Raises:
            UnavailableError: a place is taken or cannot be made.
        """
        async with AsyncExitStack() as stack:
            for listener in self._settings.listeners:
                await self._own_place(stack, listener)
            if self._settings.grpc_port is not None:
                await self._envoy(stack, self._settings.grpc_port)
            self._stack = stack.pop_all()

    async def close(self) -> None:
        """Stop listening."""
        await self._stack.aclose()

    async def _own_place(self, stack: AsyncExitStack, listener: Listener) -> None:
        """Serve the one caller of `listener` there."""
        caller = next(caller for caller in self._settings.registered if caller.id == listener.caller)
        bound = stack.enter_context(_bound(listener))
        callers = OneCaller(caller, self._doors.callers.rates)
        place = OwnPlace(replace(self._doors, callers=callers, logs=None, witness=None, procedures=None), caller)
        stack.push_async_callback(place.close)
        server = OwnServer(self._configured(place))
        serving = asyncio.create_task(server.serve([bound]))
        stack.push_async_callback(_ended, server, serving)
        port = {"port": bound.getsockname()[1]} if listener.socket is None else {"socket": str(listener.socket)}
        self._doors.log.info("listening for one caller", caller=caller.id, **port)

    async def _envoy(self, stack: AsyncExitStack, port: int) -> None:
        """Serve Envoy over gRPC."""
        if self._doors.calls is None:
            return
        door = EnvoyGrpcDoor(self._doors, self._doors.calls, self._settings.concurrency)
        stack.push_async_callback(door.close)
        bound = await door.open(self._settings.host, port, self._settings.grpc_tls)
        self._doors.log.info("listening for envoy over grpc", port=bound)


async def _ended(server: OwnServer, serving: asyncio.Task[None]) -> None:
    """Let `server` answer what is under way, and wait for its end."""
    server.should_exit = True
    await serving


@contextmanager
def _bound(listener: Listener) -> Iterator[socket.socket]:
    """Yield the socket of `listener`; the name of a Unix socket goes with it.

    Raises:
        UnavailableError: the place is taken or cannot be made.
    """
    with ExitStack() as stack:
        try:
            bound = stack.enter_context(
                _at_port(listener.port or 0) if listener.socket is None else _at(listener.socket)
            )
        except OSError as taken:
            place = f"port {listener.port}" if listener.socket is None else listener.socket
            fault = f"listeners: {place} cannot be listened on ({taken.strerror}); free it, or name another"
            raise UnavailableError(fault) from taken
        bound.listen(BACKLOG)
        yield bound


def _at_port(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
    except OSError:
        bound.close()
        raise
    return bound


@contextmanager
def _at(path: Path) -> Iterator[socket.socket]:
    """Yield a socket at `path`, which nobody can reach before it is open to owner and group alone."""
    _clear(path)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
        try:
            path.chmod(OPEN_TO)
            yield bound
        finally:
            path.unlink(missing_ok=True)


def _clear(path: Path) -> None:
    """Remove the socket that a process which was killed left behind; raise OSError if anything else is there."""
    try:
        left = path.stat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(left.st_mode):
        raise FileExistsError(errno.EEXIST, "a file that is no socket is there", str(path))
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(errno.EADDRINUSE, "another process listens there", str(path))
