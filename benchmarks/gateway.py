"""What the check costs a caller at a gateway: the same gateway and data API with it and without, in turns, in one run.

nginx, and Envoy over HTTP and over gRPC, with the configuration files of `examples/gateways`, in front of a data API
that answers at once (an nginx that returns one body). "Without" is the same file with the check taken out. Every call
with the check is decided and recorded durably before it passes. Needs `wrk` and the gateways: `make bench-gateways`.

    python benchmarks/gateway.py --seconds 4
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.gateways.programs import PROGRAMS, Running, free_port
from tests.gateways.raw import HOST
from tests.gateways.scene import EDGE, Service, end_user

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS: Final = 3
CONNECTIONS: Final = (1, 16)
OFF: Final = {
    "nginx": ("auth_request /.decide;", ""),
    "envoy_http": (
        "failure_mode_allow: false",
        f"filter_enabled: {{default_value: {{numerator: 0}}}}\n{14 * ' '}failure_mode_allow: false",
    ),
}
OFF["envoy_grpc"] = OFF["envoy_http"]
DATA_API: Final = """
pid nginx.pid;
error_log stderr error;
events {{}}
http {{ access_log off; keepalive_requests 1000000;
  server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json; return 200 '{{"items":[]}}'; }} }} }}
"""
PATH: Final = "/api/v1/datasets/W/rows?fields=name"


@dataclass(frozen=True)
class Figures:
    """What one round of load showed."""

    rate: float
    p50: float  # milliseconds
    p99: float


def load(port: int, connections: int, seconds: int) -> Figures:
    """Call through the gateway at `port`; raise if anything but 2xx came back."""
    headers = {
        "Authorization": f"Bearer {end_user()}",
        "Host": HOST,
        "X-Data-Scenario": "sc-1",
        "X-Data-Purpose": "duty",
    }
    told = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *told, f"http://127.0.0.1:{port}{PATH}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text:
        message = f"not every call passed: {text}"
        raise RuntimeError(message)
    found = re.search(r"50%\s+([\d.]+)(us|ms|s).*?99%\s+([\d.]+)(us|ms|s).*?Requests/sec:\s+([\d.]+)", text, re.DOTALL)
    if found is None:
        message = f"wrk said something else: {text}"
        raise RuntimeError(message)
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    return Figures(float(found[5]), float(found[1]) * unit[found[2]], float(found[3]) * unit[found[4]])


def data_api(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start the data API; return it and its port."""
    port = free_port()
    folder.mkdir()
    (folder / "nginx.conf").write_text(DATA_API.format(port=port), encoding="utf-8")
    command = ["/usr/sbin/nginx", "-p", str(folder), "-c", "nginx.conf", "-g", "daemon off; master_process off;"]
    return subprocess.Popen(command), port


def rounds(folder: Path, service: Service, port: int, seconds: int) -> Iterator[tuple[str, int, str, Figures]]:
    """Yield gateway, connections, with or without, and figures, round after round."""
    told = {
        "PDP_PORT": str(service.port), "PDP_GRPC_PORT": str(service.grpc_port), "DATA_API_PORT": str(port),
        "GATEWAY_TOKEN": EDGE,
    }  # fmt: skip
    for name, off in OFF.items():
        running = {}
        for how, otherwise in (("with", None), ("without", off)):
            place = folder / f"{name}-{how}"
            place.mkdir()
            running[how] = Running(PROGRAMS[name], place, told, otherwise)
        for gateway in running.values():
            load(gateway.port, 4, 1)  # warm up
        for _ in range(ROUNDS):
            for connections in CONNECTIONS:
                for how, gateway in running.items():
                    yield name, connections, how, load(gateway.port, connections, seconds)
        for gateway in running.values():
            gateway.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=int, default=4, help="of each round")
    seconds = parser.parse_args().seconds
    found: dict[tuple[str, int, str], list[Figures]] = {}
    with tempfile.TemporaryDirectory() as name, Progress(console=Console(stderr=True)) as watched:
        service = Service(Path(name) / "service")
        behind, port = data_api(Path(name) / "data-api")
        bar = watched.add_task("rounds", total=len(OFF) * ROUNDS * len(CONNECTIONS) * 2)
        for gateway, connections, how, figures in rounds(Path(name), service, port, seconds):
            found.setdefault((gateway, connections, how), []).append(figures)
            watched.advance(bar)
        behind.terminate()
        behind.wait()
        service.stop()
    table = Table("gateway, connections", "p50 without", "p50 with", "p99 without", "p99 with", "calls/s without, with")
    for gateway in OFF:
        for connections in CONNECTIONS:
            without, with_ = (
                [statistics.median(getattr(one, part) for one in found[gateway, connections, how]) for part in PARTS]
                for how in ("without", "with")
            )
            table.add_row(
                f"{PROGRAMS[gateway].shown}, {connections}", f"{without[1]:.2f} ms", f"{with_[1]:.2f} ms",
                f"{without[2]:.2f} ms", f"{with_[2]:.2f} ms", f"{without[0]:,.0f}, {with_[0]:,.0f}",
            )  # fmt: skip
    Console().print(table)


PARTS: Final = ("rate", "p50", "p99")

if __name__ == "__main__":
    main()
