"""What `make demo` writes, and the page that shows it: `python -m tests.docs.demonstrated` renews the page."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

from tests.docs.console import ROOT

PAGE: Final = ROOT / "docs" / "demo.md"
BEGIN: Final = "```console\n$ make demo\n"
END: Final = "```\n"
PATIENCE: Final = 280  # seconds for everything: a dozen programs, one after the other
_OTHER: Final = "+  "  # in front of the step that is taken only where Envoy is installed


def written() -> str:
    """Return what the walk writes, without colour; it fails loudly where something is not as it should be."""
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("PDP_", "DATA_API_"))}
    environ = {**usual, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "examples/data_api/walk.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    return "\n".join(line.rstrip() for line in done.stdout.split("\n"))


def shown() -> str:
    """Return what the page shows."""
    page = PAGE.read_text(encoding="utf-8")
    return page.partition(BEGIN)[2].partition(END)[0]


def without_envoy(output: str) -> str:
    """Return `output` as it is where Envoy is not installed."""
    lines, within = [], False
    for line in output.split("\n"):
        within = line.startswith(_OTHER) or (within and not line[:1].isdigit())
        if not within and not line.endswith("edge-envoy"):
            lines.append(line)
    return "\n".join(lines)


def renew() -> None:
    """Write what the walk writes now into the page."""
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    PAGE.write_text(head + BEGIN + written() + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    renew()
