"""A child process that is kept: one line asks, one line answers, and a child that fails is never asked again.

It is confined like the children that compile a load, but lives as long as it behaves, so it has no limit of processor
time; each answer has its deadline, and its memory is looked at between two of them.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import tempfile
import time
from typing import IO, TYPE_CHECKING, Final

from adapters.engines.child import LONGEST, MEMORY, ROOT, launch, refusal, resident
from pdp.errors import UnavailableError
from pdp.facts.total import UndefinedFactsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_BOOT: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from adapters.engines.worker import serve; serve(sys.argv[2])"
)
_STARTS: Final = 10.0  # seconds until a child must have read its work
_LOOK: Final = 256  # answers between two looks at a child's memory
_CHUNK: Final = 1 << 16


class WarmChild:
    """One child that answers questions about one `work`. Belongs to one thread at a time."""

    def __init__(self, engine: str, work: object, boot: str = _BOOT) -> None:
        """Start the worker of `adapters.engines.<engine>` and let it read `work`.

        Raises:
            PolicyError: the engine refuses the work; the message bears path, line and its own words.
            UnavailableError: the child died, hung or answered nonsense.
        """
        self._name = engine
        self._asked = 0
        self._pending = b""
        self._nowhere = tempfile.TemporaryDirectory(prefix="pdp-engine-")
        self._process = launch(("-c", boot, str(ROOT), engine), subprocess.PIPE, self._nowhere.name)
        self._selector = selectors.DefaultSelector()
        self._to, self._from = (pipe.fileno() for pipe in self._pipes())
        os.set_blocking(self._to, False)
        if self._or_end(work, _STARTS) != {"ready": True}:
            self.close()
            raise _failed(self._name, "did not begin as agreed")

    def ask(self, question: object, seconds: float) -> object:
        """Return the answer to `question`.

        Raises:
            UndefinedFactsError: the engine cannot evaluate the source for this question; the next one may be asked.
            UnavailableError: there is none within `seconds`, or it is none; the child has ended.
        """
        self._asked += 1
        said = self._or_end(question, seconds)
        if said.keys() not in ({"job", "answer"}, {"job", "failed"}) or said["job"] != self._asked:
            self.close()
            raise _failed(self._name, "answered out of turn")
        if "failed" in said:  # the engine is as good as before, this question is not
            fault = f"{self._name} cannot evaluate them ({str(said['failed'])[:200]})"
            raise UndefinedFactsError(fault)
        return said["answer"]

    @property
    def pid(self) -> int:
        """Return the child's process id."""
        return self._process.pid

    @property
    def is_spent(self) -> bool:
        """Return whether the child has ended, or uses more memory than it may and must be replaced."""
        grown = self._asked % _LOOK == 0 and resident(self._process.pid) > MEMORY
        return grown or self._process.poll() is not None

    def close(self) -> None:
        """End the child, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes():
            pipe.close()
        self._selector.close()
        self._nowhere.cleanup()

    def _pipes(self) -> tuple[IO[bytes], ...]:
        """Return the pipe to the child, and the one from it."""
        return tuple(pipe for pipe in (self._process.stdin, self._process.stdout) if pipe is not None)

    def _or_end(self, line: object, seconds: float) -> Mapping[str, object]:
        """Return what the child says to `line`; whatever goes wrong is its end."""
        try:
            return self._exchange(line, seconds)
        except BaseException:
            self.close()
            raise

    def _exchange(self, line: object, seconds: float) -> Mapping[str, object]:
        """Write one line and read one; neither may wait for the other for ever."""
        end = time.monotonic() + seconds
        try:
            self._write(json.dumps(line, ensure_ascii=False).encode() + b"\n", end)
            said = json.loads(self._read(end))
        except (OSError, RecursionError, ValueError) as broken:
            raise _failed(self._name, f"broke off ({type(broken).__name__})") from None
        if not isinstance(said, dict):
            raise _failed(self._name, "answered something that is no answer")
        refusal(self._name, said)
        return said

    def _write(self, data: bytes, end: float) -> None:
        while data:
            try:
                data = data[os.write(self._to, data[:_CHUNK]) :]
            except BlockingIOError:
                self._await(self._to, selectors.EVENT_WRITE, end)

    def _read(self, end: float) -> bytes:
        while b"\n" not in self._pending:
            self._await(self._from, selectors.EVENT_READ, end)
            chunk = os.read(self._from, _CHUNK)
            if not chunk:
                raise _failed(self._name, "ended before it had answered")
            self._pending += chunk
            if len(self._pending) > LONGEST:
                raise _failed(self._name, "answered without end")
        line, _, self._pending = self._pending.partition(b"\n")
        if self._pending:
            raise _failed(self._name, "said more than it was asked")
        return line

    def _await(self, descriptor: int, event: int, end: float) -> None:
        self._selector.register(descriptor, event)
        try:
            if not self._selector.select(max(0.0, end - time.monotonic())):
                raise _failed(self._name, "did not answer in time")
        finally:
            self._selector.unregister(descriptor)


def _failed(name: str, what: str) -> UnavailableError:
    message = f"the engine {name} {what}; no fact is known; a new one is started for the next question"
    return UnavailableError(message)
