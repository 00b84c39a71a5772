"""Tools that faults are made with, how deep to dig, and where the figures go."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NAMESPACE = ("unshare", *(() if os.geteuid() == 0 else ("--map-root-user",)), "--mount")
DEPTH = int(os.environ.get("PDP_FAULT_ROUNDS", "50")) / 50  # 500: a night's work
LIBRARIES = {"eatmydata": "libeatmydata.so", "faketime": "libfaketimeMT.so.1"}


class Bench:
    """How deep a test digs, the tools it needs, and where its figures go."""

    @staticmethod
    def rounds(usual: int) -> int:
        """Return `usual` rounds at the depth that was asked for with PDP_FAULT_ROUNDS, of which 50 is the usual."""
        return max(1, round(usual * DEPTH))

    @staticmethod
    def program(name: str) -> str:
        """Return the path of a program; where it is missing and nobody accepted that, the test fails loudly."""
        path = shutil.which(name)
        if path is None:
            missing(name)
        return path or ""

    @staticmethod
    def library(package: str) -> str:
        """Return the library of a Debian package that is laid under a process."""
        paths = sorted(Path("/usr/lib").glob(f"**/{LIBRARIES[package]}"))
        if not paths:
            missing(package)
        return str(paths[0])

    @staticmethod
    def script(
        module: str, *arguments: object, mounts: bool = False, before: tuple[str, ...] = (), **environ: str
    ) -> tuple[int, dict[str, Any]]:
        """Run a module of this folder and return its exit code and what it found.

        With `mounts`, it runs in a mount namespace of its own: whatever it mounts is gone when it ends, however. What
        is named in `before` runs it, under the environment's additions `environ`.
        """
        command = [*before, sys.executable, "-m", f"tests.faults.{module}", *map(str, arguments)]
        if mounts:
            may_mount()
            command = [*NAMESPACE, *command]
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, **environ}
        )
        last = ended.stdout.strip().rpartition("\n")[2]
        said = f"{' '.join(map(str, arguments))}\n{ended.stdout}\n{ended.stderr}"
        if not last.startswith("{"):
            return ended.returncode or 1, {"said": said}
        return ended.returncode, {**json.loads(last), "said": said}

    @staticmethod
    def note(fault: str, **found: object) -> None:
        """Note the figures of a fault as one line of the file that PDP_FAULT_FIGURES names."""
        path = os.environ.get("PDP_FAULT_FIGURES")
        if path:
            found.pop("said", None)
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps({'fault': fault, **found})}\n")


@pytest.fixture(scope="session")
def bench() -> Bench:
    """Return what every test of a fault needs."""
    return Bench()


def missing(name: str) -> None:
    """Fail, or skip where an environment variable accepts that the promise is not verified here."""
    variable = f"PDP_ALLOW_NO_{name.upper()}"
    if os.environ.get(variable) == "1":
        pytest.skip(f"{name} is missing, and {variable}=1 accepts that this promise is not verified here")
    pytest.fail(f"{name} is missing: scripts/install_debian.sh {name} installs it; {variable}=1 leaves this unverified")


def may_mount() -> None:
    """Make sure that volumes can be mounted, or that it is accepted that they cannot."""
    tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return
    if os.environ.get("PDP_ALLOW_NO_MOUNT") == "1":
        pytest.skip("no volume can be mounted, and PDP_ALLOW_NO_MOUNT=1 accepts that this promise is not verified")
    pytest.fail(f"no volume can be mounted ({tried.stderr.strip()}); set PDP_ALLOW_NO_MOUNT=1 to leave this unverified")


@pytest.fixture(scope="session")
def fuse() -> str:
    """Return the device of file systems in user space; mounting one needs it and Debian's libfuse2."""
    if not Path("/dev/fuse").exists() or not list(Path("/").glob("*lib*/**/libfuse.so.2")):
        missing("libfuse2")
    return "/dev/fuse"
