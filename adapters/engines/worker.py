"""The inside of a child process: give up everything first, then let one engine answer, a line for each job."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_GIB = 1 << 30
ENGINES = {  # worker -> bytes of address space it may have, and whether it needs the network
    "rego_embedded": (258 * _GIB, False),  # its allocator reserves 256 GiB at start; the parent watches what it uses
    "casbin_tables": (2 * _GIB, False),
    "opa_server": (2 * _GIB, True),
    "facts_embedded": (258 * _GIB, False),
    "facts_on_opa": (2 * _GIB, True),
}
_SECONDS = 120  # of processor time for one load; a worker that is kept has none
_LIMITS = (
    (resource.RLIMIT_NOFILE, 32),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


class Refusal(Exception):  # noqa: N818 - an engine's answer, not our error
    """The engine refuses a job: path, line and its own words."""

    def __init__(self, path: str, line: int, words: str) -> None:
        super().__init__(words)
        self.path = path
        self.line = line


class Engine(Protocol):
    """A module of this folder that can answer."""

    def answers(self, work: Mapping[str, object]) -> Iterator[list[int]]:
        """Yield the answers to each job of `work`; raise Refusal for one it cannot read."""
        ...


class Standing(Protocol):
    """A module of this folder that is kept, and answers for as long as it is asked."""

    def answering(self, work: Mapping[str, object]) -> Callable[[object], object]:
        """Return what answers questions about `work`; raise Refusal where it cannot be read."""
        ...


def main(engine: str) -> None:
    """Read the work from stdin, answer on stdout, end. Whatever goes wrong is said, or the status is not 0."""
    space, network = ENGINES[engine]
    confine(space, network=network)
    work = json.load(sys.stdin)
    out = _own_output()
    worker: Engine = importlib.import_module(f"adapters.engines.{engine}")
    done = 0
    try:
        for done, answers in enumerate(worker.answers(work), 1):
            _say(out, {"job": done - 1, "answers": answers})
        _say(out, {"done": done})
    except Refusal as refusal:
        _say(out, {"refused": str(refusal), "path": refusal.path, "line": refusal.line})
    except Exception as error:  # noqa: BLE001 - the parent must hear of anything at all, and refuses the load
        _say(out, {"failed": f"{type(error).__name__}: {error}"})
    os._exit(0)  # no engine's clean-up may take the answer back


def serve(engine: str) -> None:
    """Read the work from the first line of stdin, then answer each line that follows, until there is none."""
    space, network = ENGINES[engine]
    confine(space, network=network, seconds=None)
    out = _own_output()
    worker: Standing = importlib.import_module(f"adapters.engines.{engine}")
    try:
        answer = worker.answering(json.loads(sys.stdin.readline()))
    except Refusal as refusal:
        _say(out, {"refused": str(refusal), "path": refusal.path, "line": refusal.line})
        os._exit(0)
    except Exception as error:  # noqa: BLE001 - the parent must hear of anything at all
        _say(out, {"failed": f"{type(error).__name__}: {error}"})
        os._exit(0)
    _say(out, {"ready": True})
    for job, line in enumerate(sys.stdin, 1):
        try:
            _say(out, {"job": job, "answer": answer(json.loads(line))})
        except Exception as error:  # noqa: BLE001 - as above; its words may quote the question, which is nobody's business
            _say(out, {"job": job, "failed": type(error).__name__})
    os._exit(0)


def confine(space: int, *, network: bool, seconds: int | None = _SECONDS) -> None:
    """Give up files, endless memory, core dumps and, where the system allows it, the network; die with the parent."""
    time = () if seconds is None else ((resource.RLIMIT_CPU, seconds),)
    for limit, most in (*_LIMITS, *time, (resource.RLIMIT_AS, space)):
        hard = resource.getrlimit(limit)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (value, value))
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before it could be tied to us
    if not network:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)  # refused in some containers; then the empty environment must do


def _own_output() -> int:
    """Return where we alone write: engines that print must not be taken at their word."""
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return out


def _say(out: int, line: Mapping[str, object]) -> None:
    data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
    while data:
        data = data[os.write(out, data) :]
