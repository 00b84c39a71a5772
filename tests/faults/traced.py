"""A process whose system calls fail from outside: strace takes hold of it while it waits, then it goes on."""

from __future__ import annotations

import os
import re
import select
import subprocess
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathlib import Path

CALLS: Final = ("openat", "pwrite64", "fdatasync", "fsync", "rename")
FAULTS: Final = {
    "openat": ("error=EIO", "error=EMFILE"),
    "pwrite64": ("error=EIO", "error=ENOSPC", "retval=436"),
    "fdatasync": ("error=EIO",),
    "fsync": ("error=EIO",),
    "rename": ("error=EIO",),
}
HELD: Final = 30.0  # seconds that taking hold may last
_LINE: Final = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)\(")


@dataclass(frozen=True)
class Injection:
    """The n-th call of a kind in any one thread fails so."""

    call: str
    fault: str
    nth: int

    def __str__(self) -> str:
        """Return it as strace takes it."""
        return f"{self.call}:{self.fault}:when={self.nth}"


class Traced:
    """Holds the process `pid` and all its threads from the beginning of the block on, until it ends."""

    def __init__(self, pid: int, seen: Path, injection: str | None = None) -> None:
        """Write what is seen to `seen`; without an injection, calls are only counted."""
        calls = injection.partition(":")[0] if injection else ",".join(CALLS)
        inject = ["-e", f"inject={injection}"] if injection else []
        self._seen = seen
        command = ["strace", "-f", "-o", str(seen), "-e", f"trace={calls}", *inject, "-p", str(pid)]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE)

    def __enter__(self) -> Self:
        """Return once it is held."""
        assert self._process.stderr is not None
        said = b""
        while b"attached" not in said:
            assert select.select([self._process.stderr], [], [], HELD)[0], "strace does not take hold"
            piece = os.read(self._process.stderr.fileno(), 65536)
            assert piece, f"strace cannot take hold: {said.decode()}"
            said += piece
        self._draining = threading.Thread(target=self._process.stderr.read)  # news of threads would fill the pipe
        self._draining.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()  # it lets go of what still lives
        self._process.wait()
        self._draining.join()
        assert self._process.stderr is not None
        self._process.stderr.close()

    @property
    def injected(self) -> bool:
        """Return whether the fault has happened."""
        return "INJECTED" in self._seen.read_text(encoding="utf-8", errors="replace")

    def counted(self) -> dict[str, int]:
        """Return the most calls of each kind that any one thread has made."""
        lines = map(_LINE.match, self._seen.read_text(encoding="utf-8", errors="replace").splitlines())
        each = Counter((found[1], found[2]) for found in lines if found)
        return {call: max([times for (_, name), times in each.items() if name == call], default=0) for call in CALLS}
