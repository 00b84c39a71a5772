"""Requests a second, p99 and CPU a decision through HTTP, beside OPA with its console decision log, in one run.

Both servers are held to core 0, the load to core 1; both get the same question: ours as an AuthZEN body (facts are
derived, the decision recorded durably), OPA the finished facts (no derivation, a log line that is not synced). Ratios
of one run are what counts; absolute figures depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from rich.console import Console
from rich.table import Table

from adapters.assemble import build_service, compiled
from adapters.callers import LOCAL
from adapters.gateways.authzen import parse
from adapters.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
LUA = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [==[{body}]==]\n'


@dataclass(frozen=True)
class Contender:
    """One server under load: how to start it, what to ask it."""

    name: str
    command: list[str]
    url: str
    body: str
    ready: str


@dataclass(frozen=True)
class Figures:
    """What one round showed."""

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    faults: str


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ours(data: Path) -> Contender:
    """Return our service on its embedded defaults, with the starting world."""
    port = free_port()
    command = [sys.executable, "-m", "adapters.cli", "serve", "--port", str(port), "--data", str(data)]
    base = f"http://127.0.0.1:{port}"
    body = (ROOT / "examples/ask.json").read_text(encoding="utf-8")
    return Contender("public-data-pdp", command, f"{base}/access/v1/evaluation", body, f"{base}/readyz")


def opa(facts: dict[str, str], readings: Path) -> Contender:
    """Return OPA on the same 137 rules, asked with the finished facts, logging decisions to its console."""
    port = free_port()
    command = [
        str(ROOT / ".tools/bin/opa"), "run", "--server", "--addr", f"127.0.0.1:{port}", "--log-level", "error",
        "--set", "decision_logs.console=true", str(ROOT / "rego/access"), str(readings),
    ]  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    return Contender(
        "OPA 1.22.2", command, f"{base}/v1/data/access/main/findings", json.dumps({"input": facts}), f"{base}/health"
    )


def cpu_ticks(pid: int) -> int:
    """Return user and system time of a process and its threads, in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def run(contender: Contender, connections: list[int], seconds: int) -> Iterator[tuple[int, Figures]]:
    """Start `contender` on core 0, load it from core 1, and yield the figures for each number of connections."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "ask.lua"
        script.write_text(LUA.replace("{body}", contender.body), encoding="utf-8")
        log = (Path(folder) / "log").open("wb")
        environment = {**os.environ, "GOMAXPROCS": "1"}
        server = subprocess.Popen(
            ["taskset", "-c", "0", *contender.command],
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env=environment,
        )
        try:
            wait_until_ready(contender, server)
            load(contender, script, 8, 2)  # warm up
            for number in connections:
                before = cpu_ticks(server.pid)
                text = load(contender, script, number, seconds)
                yield number, read(text, cpu_ticks(server.pid) - before)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
            log.close()


def wait_until_ready(contender: Contender, server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; raise if it ends or takes longer than two minutes."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            message = f"{contender.name} ended with {server.returncode} before it was ready"
            raise RuntimeError(message)
        try:
            if httpx.get(contender.ready, timeout=1).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    message = f"{contender.name} is not ready after two minutes"
    raise RuntimeError(message)


def load(contender: Contender, script: Path, connections: int, seconds: int) -> str:
    """Load `contender` with wrk from core 1 and return what it printed."""
    command = [
        "taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script),
        contender.url,
    ]  # fmt: skip
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(text: str, ticks: int) -> Figures:
    """Return the figures in wrk's output; `ticks` is the CPU time the server took meanwhile."""
    requests = int(re.search(r"(\d+) requests in", text)[1])  # type: ignore[index]
    faults = " ".join(line.strip() for line in text.splitlines() if "Non-2xx" in line or "Socket errors" in line)
    cpu_us = ticks / TICKS * 1e6 / requests
    return Figures(
        float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
        percentile(text, 50),
        percentile(text, 99),
        cpu_us,
        faults,
    )  # type: ignore[index]


def percentile(text: str, share: int) -> float:
    """Return a latency percentile in milliseconds."""
    value, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)\b", text).groups()  # type: ignore[union-attr]
    return float(value) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def facts_of_the_question(contender: Contender, data: Path) -> dict[str, str]:
    """Return every fact that our service derives for the question."""
    with build_service(Settings(data=data)) as made:
        law = made.service.in_force
        inquiry = law.derive(parse(contender.body.encode(), LOCAL), made.clock.now())
        return dict(zip(law.policy.vocabulary.facts, inquiry.groups[0].facts.vector, strict=True))


def main() -> None:
    """Measure both, print a table, and as JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=int, default=8, help="length of a round")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--json", action="store_true", help="print figures for programs")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=ROOT) as data:
        mine = ours(Path(data))
        readings = Path(data) / "readings.json"
        readings.write_text(json.dumps({"readings": dict(compiled(ROOT)[0].readings.constants)}), encoding="utf-8")
        theirs = opa(facts_of_the_question(mine, Path(data)), readings)
        found = {who.name: dict(run(who, asked.connections, asked.seconds)) for who in (mine, theirs)}
    if asked.json:
        print(json.dumps({name: {n: vars(f) for n, f in rounds.items()} for name, rounds in found.items()}))
        return
    show(found)


def show(found: dict[str, dict[int, Figures]]) -> None:
    """Print the figures side by side."""
    table = Table("server", "connections", "requests/s", "p50 ms", "p99 ms", "CPU µs a decision", "faults")
    for name, rounds in found.items():
        for number, figures in rounds.items():
            table.add_row(
                name, str(number), f"{figures.rate:,.0f}", f"{figures.p50_ms:.2f}", f"{figures.p99_ms:.2f}",
                f"{figures.cpu_us:.0f}", figures.faults or "none",
            )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
