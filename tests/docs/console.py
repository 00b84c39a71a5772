"""Pages with console blocks, run as a reader would: `python -m tests.docs.console docs/walk.md` renews their output.

A line `时间:2026-02-12 09:00` sets the clock, in Beijing, which then stands still; a command that ends with `&` stays
in the background until `kill %1`. What differs from run to run stands on the page by a name: `<id>`, `<hash>`, `<key>`,
`<time>`. `<id>` in a command is the last one shown. An exit code other than 0 is a line of its own.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).parents[2]
FAKED: Final = Path(__file__).parent / "faked"
PATIENCE: Final = 60  # seconds for a start, and for a command, on a machine that does other things too
_CLOCK: Final = re.compile(r"^时间:(\d{4}-\d\d-\d\d \d\d:\d\d)")
_ID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
_LISTENS: Final = re.compile(r"http://127\.0\.0\.1:(\d+)/")
_DIFFERENT: Final = (
    (_ID, "<id>"),
    (re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{16})\b"), "<hash>"),
    (re.compile(r"(?<=,)[0-9a-f]{8}(?=\))"), "<key>"),
    (re.compile(r"(?<=签于 )\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "<time>"),  # whenever the last second was published
)


class Console:
    """A reader's console in a copy of `folder`, on a day that the page chooses."""

    def __init__(self, folder: Path, library: str = "") -> None:
        """Copy `folder`; `library` is the path of libfaketime, without which it is always today."""
        self._place = TemporaryDirectory()
        top = Path(self._place.name)
        self._folder, self._clock = shutil.copytree(folder, top / "walk"), top / "clock"
        self.set_clock("2026-01-01 00:00")
        self._background: _Background | None = None
        self._last = ""
        usual = {name: value for name, value in os.environ.items() if not name.startswith("PDP_")}
        self._environ = usual | {
            "COLUMNS": "100",
            "TZ": "Asia/Shanghai",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(FAKED),
            "PDP_PORT": "0",
            "PDP_DEADLINE_MS": "20000",  # on a machine that does other things too
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def __enter__(self) -> Self:
        """Return the console, which stops what it started at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        if self._background is not None:
            self._background.stop()
        self._place.cleanup()

    def set_clock(self, minute: str) -> None:
        """Let it be this minute from now on, for the service too."""
        new = self._clock.with_suffix(".new")
        new.write_text(f"{minute}:00\n", encoding="utf-8")
        new.rename(self._clock)

    def run(self, command: str) -> list[str]:
        """Return the lines that `command` writes, and its exit code where that is not 0."""
        if command == "kill %1":
            return self._stopped()
        told = command.replace("<id>", self._last)
        if told.endswith(" &"):
            self._background = _Background(shlex.split(told)[:-1], self._folder, self._environ)
            self._environ["PDP_URL"] = self._background.url
            return []
        shell = ["bash", "-o", "pipefail", "-c", told]
        done = subprocess.run(
            shell, capture_output=True, text=True, check=False, cwd=self._folder, env=self._environ, timeout=PATIENCE
        )
        said = done.stdout + done.stderr
        self._last = [self._last, *_ID.findall(said)][-1]
        return [*_lines(said), *([f"[退出码 {done.returncode}]"] if done.returncode else [])]

    def _stopped(self) -> list[str]:
        assert self._background is not None, "kill %1: nothing runs in the background"
        code = self._background.stop()
        assert code == 0, f"the service ended with exit code {code}:\n{self._background.written()}"
        self._background = None
        del self._environ["PDP_URL"]
        return []


class _Background:
    """A service in the background, and where it listens."""

    def __init__(self, command: list[str], folder: Path, environ: dict[str, str]) -> None:
        self._told: list[str] = []
        self._listens = threading.Event()
        followed = {**environ, "FAKETIME_NO_CACHE": "1"}  # the clock moves while it runs
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder, env=followed)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self._listens.wait(PATIENCE), self.written()
        found = _LISTENS.search(self.written())
        assert found, self.written()
        self.url = f"http://127.0.0.1:{found[1]}"

    def written(self) -> str:
        """Return what it has written so far."""
        return "".join(self._told)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self._process.terminate()
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._told.append(line)
                if _LISTENS.search(line):
                    self._listens.set()
        self._listens.set()  # it has ended; whoever waits sees what it wrote


def played(page: str, console: Console) -> str:
    """Return `page` with the output that its commands have now."""
    return "\n".join(_played(page.split("\n"), console))


def _played(lines: Iterable[str], console: Console) -> Iterator[str]:
    within = False
    for line in lines:
        if line.startswith("```"):
            within = line == "```console"
            yield line
        elif not within:
            yield line
            if found := _CLOCK.match(line):
                console.set_clock(found[1])
        elif line.startswith("$ "):
            yield line
            yield from console.run(line.removeprefix("$ "))


def _lines(said: str) -> list[str]:
    """Return the lines of what was written, without what differs from run to run."""
    return [_named(line).rstrip() for line in said.rstrip("\n").split("\n")] if said else []


def _named(line: str) -> str:
    """Return `line` with names for what differs, the right edge of a panel where it was."""
    told = line
    for pattern, name in _DIFFERENT:
        told = pattern.sub(name, told)
    return f"{told[:-1]}{' ' * (len(line) - len(told))}│" if told.endswith("│") else told


def faketime() -> str | None:
    """Return the path of libfaketime, None where Debian's package is not installed."""
    return next((str(path) for path in sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


def renew(path: Path) -> None:
    """Write the output that the commands of the page have now into it."""
    library = faketime()
    assert library, "faketime is missing: scripts/install_debian.sh faketime installs it"
    with Console(ROOT / "examples" / path.stem, library) as console:
        page = played(path.read_text(encoding="utf-8"), console)
    path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    renew(Path(sys.argv[1]))
