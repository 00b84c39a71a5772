"""The server process: start, say what is loaded, answer, reload on SIGHUP, stop without losing an answer."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import uvicorn
import uvloop

from adapters.assemble import build_service
from adapters.callers import Callers
from adapters.end_users import EndUsers
from adapters.gateways.call_reader import RoutedCalls
from adapters.gateways.decision_token import TokenWriter
from adapters.gateways.http import Doors, HttpApp
from adapters.gateways.kept_obligations import KeptObligations
from adapters.listeners import Listeners
from adapters.logs import FromLibraries, make_log, named
from adapters.strict_http import StrictHttp
from adapters.tokens import Tokens
from pdp.errors import PolicyError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp
    from structlog.typing import FilteringBoundLogger

    from adapters.assemble import Installation
    from adapters.settings import Settings

KEEP_ALIVE: Final = 75  # seconds; longer than every gateway keeps an idle connection in its pool
GRACE: Final = 10  # seconds for questions under way when the process is told to stop
LEAVE: Final = 30.0  # seconds to close the stores when the log has ended; a device that hangs may hang them too
JOURNAL_DEAD: Final = 70  # exit code
NEVER: Final = 1_000_000
COLLECT_AFTER: Final = (10_000, 10, NEVER)
"""Of the collector of garbage: questions and connections leave no cycles behind, so what it has looked at twice is what
is kept of the ledger. To look at all of that again takes as long as a decision may: in a city 0.2 s and more."""


def collect_seldom() -> None:
    """Spare questions the collection of garbage: what is loaded by now lives as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


class Server(uvicorn.Server):
    """The HTTP server; tells once where it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[int], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Open the socket, then tell its port."""
        await super().startup(sockets)
        if self.started:
            self._listening(self.servers[0].sockets[0].getsockname()[1])


class Process:
    """One run of the service, from the start to the exit code."""

    def __init__(self, settings: Settings, started: Callable[[Installation, int], None]) -> None:
        """Prepare a run; `started` is told what was loaded and the port."""
        self._settings = settings
        self._started = started
        self._log, self._lines = make_log(sys.stderr, settings.log_format)
        self._server: Server | None = None
        self._code = 0
        self._reloading: asyncio.Task[None] | None = None
        self._leaving = threading.Timer(LEAVE, os._exit, (JOURNAL_DEAD,))
        self._leaving.daemon = True

    def run(self) -> int:
        """Serve until told to stop; return the exit code, 70 if the decision log could not be written any more.

        Raises:
            PolicyError: the policies cannot be used.
            UnavailableError: a store cannot be opened.
        """
        _hand_over_library_logs(self._log)
        # The server raises the signals it caught once more when it has stopped; the stores are still to be closed then.
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, lambda *_: None)
        try:
            with ExitStack() as stack:
                installation = stack.enter_context(build_service(self._settings, self._log_ended, self._alarm))
                uvloop.run(self._serve(installation))
        except (OSError, ImportError) as fault:
            if self._code != JOURNAL_DEAD:  # of a log that has ended enough is said
                raise self._unusable(fault) from fault
        finally:
            self._leaving.cancel()
            self._lines.flush()
        return self._code

    def _unusable(self, fault: OSError | ImportError) -> UnavailableError:
        """Return the fault of a file that cannot be used, be it a part of a library that is loaded late."""
        named = fault.filename if isinstance(fault, OSError) else fault.path
        place, why = named or self._settings.data, getattr(fault, "strerror", None) or fault
        message = f"{place}: cannot be used ({why}); mend the device or the limit that is met, then start again"
        return UnavailableError(message)

    async def _serve(self, installation: Installation) -> None:
        settings = self._settings
        await installation.begin()
        kept = KeptObligations()
        doors = Doors(
            installation.service,
            Callers(settings.registered, Tokens(settings.tokens) if settings.tokens else None, settings.elsewhere),
            self._log,
            settings.public_url,
            settings.deadline_ms / 1000,
            installation.keeping.serving(),
            installation.witness,
            installation.procedures(),
            signing=installation.signing,
            tokens=_token_writer(installation, settings, kept),
            kept=kept,
            searches=installation.searches,
            page_key=installation.page_key,
            calls=RoutedCalls(installation.service, EndUsers(settings.end_users)),
        )
        app = HttpApp(doors)
        listeners = Listeners(settings, doors, lambda place: _config(place, settings))
        collect_seldom()
        self._server = Server(_config(app, settings), lambda port: self._started(installation, port))
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload, installation)
        try:
            if self._code != JOURNAL_DEAD:  # the log may have ended before anybody listened
                await listeners.open()
                await self._server.serve()
        finally:
            await listeners.close()
            await app.close()
            await installation.end()

    def _reload(self, installation: Installation) -> None:
        """Begin a reload, unless one is under way."""
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.get_running_loop().create_task(self._reloaded(installation))

    async def _reloaded(self, installation: Installation) -> None:
        """Put the policies as they are now in force; on any fault the last good revision stays."""
        try:
            await installation.reload()
        except (PolicyError, UnavailableError) as fault:
            self._log.error("policies not reloaded; the revision in force stays", fault=str(fault))
        except Exception as defect:  # noqa: BLE001 -- a reload never ends the service
            self._log.critical("policies not reloaded; the revision in force stays", **named(defect))
        else:
            self._log.info("policies reloaded", rulebook=installation.service.rulebook.revision.rulebook[:16])

    def _alarm(self, wrong: str, fault: str) -> None:
        """Tell the operator what is wrong with the keeping of the log; decisions go on."""
        self._log.warning(wrong, fault=fault)

    def _log_ended(self, fault: UnavailableError) -> None:
        """Stop: without a decision log there are no decisions."""
        self._log.critical("the decision log cannot go on; the service stops", fault=str(fault))
        if self._code != JOURNAL_DEAD:
            self._leaving.start()
        self._code = JOURNAL_DEAD
        if self._server is not None:
            self._server.should_exit = True


def _token_writer(installation: Installation, settings: Settings, kept: KeptObligations) -> TokenWriter | None:
    """Return what writes decision tokens; without a public address nobody could say whose they are."""
    if settings.public_url is None:
        return None
    life = settings.decision_tokens.life_seconds
    return TokenWriter(settings.public_url, installation.signing, installation.service, kept, life)


def _config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=StrictHttp,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=settings.concurrency,
        backlog=2048,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


def _hand_over_library_logs(log: FilteringBoundLogger) -> None:
    """Let everything that libraries log appear in the operational log."""
    root = logging.getLogger()
    root.handlers[:] = [FromLibraries(log)]
    root.setLevel(logging.WARNING)
