"""Where engines run: a child process with nothing in its hands, whose every word is checked and whose time is short."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pdp.errors import PolicyError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO

ROOT = Path(__file__).resolve().parents[2]
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from adapters.engines.worker import main; main(sys.argv[2])"
LONGEST = 1 << 20  # bytes of one answer
_MOST = 16 << 20  # bytes of all answers of one load
MEMORY = 2 << 30  # bytes a child may use
_GLANCE = 0.25  # seconds between two looks at a silent child's memory
_ENVIRONMENT = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds a child may take in all, and between two answers."""

    total: float = 180.0
    silence: float = 10.0


@dataclass(frozen=True, slots=True)
class Child:
    """How to start a worker: `argv` follows `python -I -B`. `of` runs one of our engines by its module's name."""

    argv: tuple[str, ...]
    deadlines: Deadlines = Deadlines()

    @classmethod
    def of(cls, engine: str) -> Child:
        """Return the child that runs the worker of `adapters.engines.<engine>`."""
        return cls(("-c", _BOOT, str(ROOT), engine))

    def ask(self, name: str, work: object, sizes: Sequence[int], words: range) -> Iterator[list[int]]:
        """Yield the answers of each job in order: one whole number for each of its questions.

        Args:
            name: of the engine, for messages.
            work: what the worker reads, as JSON.
            sizes: how many answers each job owes.
            words: the numbers that an answer may be.

        Raises:
            PolicyError: the engine refuses a job; the message bears path, line and its own words.
            UnavailableError: the child died, hung, answered short or answered nonsense.
        """
        with tempfile.TemporaryFile() as paper, tempfile.TemporaryDirectory(prefix="pdp-engine-") as nowhere:
            paper.write(json.dumps(work, ensure_ascii=False).encode())
            paper.seek(0)
            process = launch(self.argv, paper, nowhere)
            try:
                yield from _Answers(name, self._lines(name, process), sizes, words).all()
                if process.wait(timeout=self.deadlines.silence) != 0:
                    raise _failed(name, f"ended with status {process.returncode}")
            except subprocess.TimeoutExpired as late:
                raise _failed(name, "answered, but did not end") from late
            finally:
                process.kill()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()

    def _lines(self, name: str, process: subprocess.Popen[bytes]) -> Iterator[bytes]:
        """Yield the lines a worker writes, until it ends; raise UnavailableError when it is late or floods."""
        stdout = process.stdout
        if stdout is None:  # cannot be: it was asked for
            raise _failed(name, "has no output")
        end = time.monotonic() + self.deadlines.total
        pending, size = b"", 0
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while True:
                self._await(name, process, selector, end)
                chunk = os.read(stdout.fileno(), 1 << 16)
                size += len(chunk)
                if not chunk:
                    break
                *lines, pending = (pending + chunk).split(b"\n")
                if size > _MOST or len(pending) > LONGEST:
                    raise _failed(name, "answered without end")
                yield from lines
        if pending:
            raise _failed(name, "broke off in the middle of an answer")

    def _await(self, name: str, process: subprocess.Popen[bytes], selector: selectors.BaseSelector, end: float) -> None:
        """Return when there is something to read; look after the child's memory meanwhile."""
        late = min(end, time.monotonic() + self.deadlines.silence)
        while not selector.select(min(_GLANCE, max(0.0, late - time.monotonic()))):
            if time.monotonic() >= late:
                raise _failed(name, "did not answer in time")
            if resident(process.pid) > MEMORY:
                raise _failed(name, f"uses more than {MEMORY >> 30} GiB of memory")


@dataclass(frozen=True, slots=True)
class _Answers:
    """Reads a worker's lines and believes none of them before it has looked."""

    name: str
    lines: Iterator[bytes]
    sizes: Sequence[int]
    words: range

    def all(self) -> Iterator[list[int]]:
        for job, size in enumerate(self.sizes):
            line = self._next()
            refusal(self.name, line)
            answers = line.get("answers")
            if line.keys() != {"job", "answers"} or line["job"] != job or not isinstance(answers, list):
                raise _failed(self.name, f"gave no answer to job {job}")
            if len(answers) != size or any(type(said) is not int or said not in self.words for said in answers):
                raise _failed(self.name, f"gave no full answer to job {job}")
            yield answers
        if self._next() != {"done": len(self.sizes)} or next(self.lines, None) is not None:
            raise _failed(self.name, "did not end as agreed")

    def _next(self) -> Mapping[str, object]:
        line = next(self.lines, None)
        if line is None:
            raise _failed(self.name, "ended before it had answered")
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise _failed(self.name, "answered something that is no answer")
        return said


def launch(argv: Sequence[str], stdin: int | IO[bytes], nowhere: str) -> subprocess.Popen[bytes]:
    """Return our own interpreter, started on `argv` in the empty folder `nowhere` with nothing in its hands."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and worker, no shell, no word from outside
        [sys.executable, "-I", "-B", *argv],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd=nowhere,
        bufsize=0,
    )


def refusal(name: str, said: Mapping[str, object]) -> None:
    """Raise what a worker says in place of an answer; return if it says nothing of the kind."""
    if said.keys() == {"failed"}:
        raise _failed(name, f"said: {str(said['failed'])[:500]}")
    if said.keys() == {"refused", "path", "line"}:
        line = said["line"] if type(said["line"]) is int else 1
        words = " ".join(str(said["refused"]).split())[:500]
        raise PolicyError(str(said["path"]), line, f"{name} refuses it: {words}", "mend the file")


def resident(pid: int) -> int:
    """Return the bytes of memory that process `pid` uses; 0 where the system does not say."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _failed(name: str, what: str) -> UnavailableError:
    message = f"the engine {name} ({sys.executable}) {what}; nothing is loaded; look at its limits and its installation"
    return UnavailableError(message)
