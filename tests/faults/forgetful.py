"""A device that forgets and fails when it is told to, mounted in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

MOUNTING = 30.0  # seconds


class Forgetful:
    """The device, mounted in a process of its own."""

    def __init__(self, folder: Path) -> None:
        """Mount it."""
        self.folder = folder
        folder.mkdir(parents=True)
        command = [sys.executable, "-m", "tests.faults.forgetful_mount", str(folder)]
        environ = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
        until = time.monotonic() + MOUNTING
        while not folder.is_mount():
            assert self._process.poll() is None, "the device could not be mounted"
            assert time.monotonic() < until, "the device was not mounted in time"
            time.sleep(0.01)

    def __enter__(self) -> Self:
        """Return it; it is unmounted at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def order(self, name: str, *arguments: object) -> Any:  # noqa: ANN401  # what the order is answered with
        """Give one order, and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps([name, *arguments])}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
