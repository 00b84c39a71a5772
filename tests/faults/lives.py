"""Lives of the whole service, each in a process forked from this one, whose imports it shares: a start in 0.2 s.

The service is the real one, from its settings to its exit code. Only times and sizes are shortened: segments of one
mebibyte, so that a life sees several, limits on a slow device that a test can wait for, and a short measurement of it.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Self

import adapters.assemble
import adapters.server
from adapters.device.sync_speed import sync_speed
from adapters.gateways import authzen_answer, http
from adapters.settings import load_settings, shipped_policies
from adapters.stores.journal import JournalSettings
from pdp.errors import PDPError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOADED = (authzen_answer, http)  # imported before the fork
PATIENCE: Final = 90.0  # seconds for a start, on a machine that does other things too
REFUSED: Final = 2  # exit code of a start that says what is wrong
NODE: Final = "n1-0"


@dataclass
class Manner:
    """How a life is lived."""

    journal: Mapping[str, Any] = field(default_factory=lambda: {"segment_size": 1 << 20})
    settings: Mapping[str, Any] = field(default_factory=dict)
    leave: float = adapters.server.LEAVE


class Life:
    """One run of the service on `data`, until it is ended or ends."""

    def __init__(
        self, data: Path, manner: Manner | None = None, *, held: bool = False, told: Path | None = None
    ) -> None:
        """Fork it; with `held`, it waits for `go` before it opens anything. It writes what it says to `told`."""
        self.data = data
        self.told = told or data.parent / f"{data.name}.stderr"
        self.port = 0
        ready, tell = os.pipe()
        hold, self._go = os.pipe()
        sys.stdout.flush()
        adapters.assemble.load_policy_set(shipped_policies())  # read once for all lives, see tests/conftest.py
        gc.freeze()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(ready)
            os.close(self._go)
            _live(data, manner or Manner(), self.told, hold, tell)
        os.close(tell)
        os.close(hold)
        self._ready = ready
        self.status: int | None = None
        if not held:
            self.go()

    def __enter__(self) -> Self:
        """Return the life, which is killed at the end of the block if it still goes on."""
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def go(self) -> None:
        """Let it begin."""
        os.write(self._go, b"g")
        os.close(self._go)

    def listens(self, seconds: float = PATIENCE) -> bool:
        """Return whether it listens, as soon as it does; False when it has ended or `seconds` have passed."""
        if not self.port and select.select([self._ready], [], [], seconds)[0]:
            self.port = int(os.read(self._ready, 16) or 0)
        return self.port > 0

    def ended(self, seconds: float = PATIENCE) -> int | None:
        """Return its exit code (negative: the signal) when it has ended; None if it has not after `seconds`."""
        if self.status is not None:
            return self.status
        pidfd = os.pidfd_open(self.pid)
        try:
            if not select.select([pidfd], [], [], seconds)[0]:
                return None
        finally:
            os.close(pidfd)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self._ready)
        return self.status

    def kill(self) -> None:
        """End it as a power switch does."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.ended()

    def stop(self) -> int | None:
        """Ask it to end, and return its exit code."""
        if self.status is None:
            os.kill(self.pid, signal.SIGTERM)
        return self.ended()

    def words(self) -> str:
        """Return what it has written."""
        return self.told.read_text(encoding="utf-8", errors="replace")


def _live(data: Path, manner: Manner, told: Path, hold: int, tell: int) -> None:
    """Be the service; never return."""
    code = 1
    try:
        written = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(written, 2)
        os.close(written)
        os.read(hold, 1)
        _shorten(manner)
        vars(adapters.server)["LEAVE"] = manner.leave
        flags = {"port": 0, "data": data, "log_format": "json", "deadline_ms": 5000, **manner.settings}
        code = adapters.server.Process(
            load_settings(flags, {}), lambda _, port: _write(tell, f"{port}\n".encode())
        ).run()
    except PDPError as refused:
        os.write(2, f"{refused}\n".encode())
        code = REFUSED
    except BaseException:  # noqa: BLE001  # the child must never return into its parent's code
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


def _shorten(manner: Manner) -> None:
    """Give other defaults to what the service leaves as it is; wherever it is called, it is called so."""
    usual = {each.name: each.default for each in fields(JournalSettings)}
    JournalSettings.__init__.__defaults__ = tuple({**usual, **manner.journal}.values())
    assert all(getattr(JournalSettings(), name) == value for name, value in manner.journal.items())
    sync_speed.__defaults__ = (4, 0.1)  # writes, seconds


def _write(fd: int, data: bytes) -> None:
    os.write(fd, data)


def folder_of(data: Path) -> Path:
    """Return the folder of the log in a data folder."""
    return data / NODE
