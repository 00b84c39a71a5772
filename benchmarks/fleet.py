"""Two real services on one PostgreSQL: acts while a node is killed and the database restarted, and how soon all know.

Needs Debian's postgresql (`scripts/install_debian.sh postgresql`). Everything stays on loopback.

    python benchmarks/fleet.py --acts 10000
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from adapters.assemble import compiled
from adapters.device.clock import SystemClock
from adapters.ledgers import admission
from adapters.settings import shipped_policies
from adapters.stores.postgres_ledger import PostgresLedger
from adapters.stores.sqlite_ledger import SqliteLedger
from tests.adapters.stores.postgres import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.adapters.stores.postgres import Server

ROOT = Path(__file__).parents[1]
PATIENCE = 120.0  # seconds that anything here may take to come back
AT_ONCE = 8  # acts under way
BODY = {"level": "district", "basis": "administrative_organ"}


class Node:
    """One service with a data folder of its own, on the shared ledger."""

    def __init__(self, name: str, folder: Path, url: str) -> None:
        self.name, self.folder, self.url = name, folder, url
        self.process: subprocess.Popen[str] | None = None
        self.port = 0

    def start(self) -> float:
        """Start it; return how many seconds until it listens."""
        began = time.monotonic()
        environ = os.environ | {"PDP_LEDGER": self.url, "PDP_NODE": self.name, "PDP_STARTING_WORLD": "false"}
        command = [sys.executable, "-m", "adapters.cli", "serve", "--port", str(self.port), "--data", str(self.folder)]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environ | {"COLUMNS": "300"}
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/docs", line):
                self.port = int(found[1])
                break
        assert self.port, "the service did not start"
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        return time.monotonic() - began

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it in order."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


def act(client: httpx.Client, node: Node, kind: str, members: dict[str, object], key: str) -> int:
    """Ask for an act until it is answered, under one key; return the seq of its statement."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        with contextlib.suppress(httpx.HTTPError):
            answer = client.post(
                f"{node.address}/v1/acts/{kind}", json=members, headers={"idempotency-key": key}, timeout=30
            )
            if answer.is_success:
                return int(answer.json()["recorded"]["seq"])
            assert answer.is_server_error, answer.text
        time.sleep(0.05)
    message = f"{key} was never answered"
    raise TimeoutError(message)


def faults(nodes: list[Node], server: Server, done: list[int], total: int) -> Iterator[str]:
    """Break things when so many acts are done: kill the second node, then restart the database under both."""
    for share, what in ((0.25, "node"), (0.5, "database"), (0.75, "node")):
        while len(done) < share * total:
            yield ""
        if what == "node":
            nodes[1].kill()
            yield f"node {nodes[1].name} killed at {len(done)} acts; up again after {nodes[1].start():.1f} s"
        else:
            server.stop("immediate")
            began = time.monotonic()
            server.start()
            yield f"database crashed at {len(done)} acts; up again after {time.monotonic() - began:.1f} s"


def storm(nodes: list[Node], server: Server, total: int) -> tuple[dict[str, int], float]:
    """Do `total` acts through both nodes, with faults; return what was acknowledged, and the seconds it took."""
    acknowledged: dict[str, int] = {}
    done: list[int] = []

    def one(number: int) -> None:
        key = f"act-{number}"
        with httpx.Client() as client:
            members = {"by": "registrar", "id": f"X{number}", "name": f"单位{number}"}
            acknowledged[key] = act(client, nodes[number % 2], "unit.registered", members, key)
        done.append(number)

    began = time.monotonic()
    breaking = faults(nodes, server, done, total)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        pending = [pool.submit(one, number) for number in range(total)]
        told = ""
        while told is not None:
            if told:
                print(f"  {told}", flush=True)
            told = next(breaking, None)
            time.sleep(0.01)
        for future in pending:
            future.result()
    return acknowledged, time.monotonic() - began


def settle(url: str, nodes: list[Node], total: int, acknowledged: dict[str, int]) -> None:
    """Hold both copies against the database: equal, nothing lost, nothing doubled, the chain whole."""
    law = admission(*compiled(shipped_policies()))
    with PostgresLedger(url, law, SystemClock()) as shared:
        assert shared.verify() == shared.head()
        whole = list(shared.statements())
    acts = [said for said in whole if said.kind == "unit.registered"]
    assert len({str(said.body["id"]) for said in acts}) == len(acts) == total, "an act was lost or doubled"
    assert {said.seq for said in acts} == set(acknowledged.values()), "an acknowledged act stands elsewhere"
    for node in nodes:
        with SqliteLedger(node.folder / "ledger.sqlite", law, SystemClock()) as copy:
            assert list(copy.statements()) == whole, f"{node.name} ended with another state"
    print(f"  both copies equal the database: {len(whole):,} statements, {total:,} acts, each once; chain whole")


def latencies(nodes: list[Node], rounds: int) -> list[float]:
    """Return, for acts done on the first node, seconds until the second one's decision knows."""
    waits = []
    with httpx.Client() as client:
        for name, more in (("A", {}), ("B", {}), ("G", {"offices": ["regulator"]})):
            act(
                client, nodes[0], "body.registered", {"by": "registrar", "id": name, "name": name, **BODY, **more}, name
            )
        for number in range(rounds):
            dataset = f"R{number}"
            act(
                client,
                nodes[0],
                "dataset.catalogued",
                {"by": "A", "id": dataset, "provider": "A", "title": "r"},
                dataset,
            )
            began = time.monotonic()
            act(
                client, nodes[0], "dataset.approved",
                {"by": "G", "id": dataset, "sharing": "not_shareable"}, f"ok-{dataset}",
            )  # fmt: skip
            while "class_not_shareable" not in asked(client, nodes[1], dataset):
                assert time.monotonic() - began < PATIENCE, "the other node never knew"
            waits.append(time.monotonic() - began)
    return waits


def asked(client: httpx.Client, node: Node, dataset: str) -> str:
    """Return what a node answers to B's question for `dataset`."""
    question = {
        "subject": {"type": "public_body", "id": "B"},
        "action": {"name": "read"},
        "resource": {"type": "dataset", "id": dataset},
    }
    return client.post(f"{node.address}/access/v1/evaluation", json=question).text


def away(nodes: list[Node], server: Server) -> None:
    """Show that decisions go on without the database, and say how old they are."""
    server.stop("immediate")
    with httpx.Client() as client:
        answers = [client.post(f"{node.address}/access/v1/evaluation", json=QUESTION).status_code for node in nodes]
        refused = client.post(
            f"{nodes[0].address}/v1/acts/unit.registered",
            json={"by": "registrar", "id": "Z", "name": "Z"}, headers={"idempotency-key": "z"}, timeout=60,
        )  # fmt: skip
        time.sleep(1)
        decided = client.post(f"{nodes[0].address}/access/v1/evaluation", json=QUESTION)
        record = client.get(f"{nodes[0].address}/v1/decisions/{decided.headers['x-decision-id']}").json()["record"]
    server.start()
    age = record["revision"]["age_ms"]
    print(f"  without the database: decisions {answers}, acts {refused.status_code}, age recorded {age} ms")


QUESTION = {
    "subject": {"type": "public_body", "id": "B"},
    "action": {"name": "read"},
    "resource": {"type": "dataset", "id": "R0"},
}


def main() -> None:
    """Run it all, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--acts", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=100)
    told = options.parse_args()
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        url = server.new_schema()
        nodes = [Node(name, Path(folder) / name, url) for name in ("n1", "n2")]
        for node in nodes:
            node.start()
        try:
            waits = sorted(latencies(nodes, told.rounds))
            p99 = waits[int(len(waits) * 0.99)]
            print(f"act on one node -> decision on the other: median {statistics.median(waits) * 1000:.0f} ms, "
                  f"p99 {p99 * 1000:.0f} ms, most {waits[-1] * 1000:.0f} ms ({len(waits)} acts)")  # fmt: skip
            away(nodes, server)
            print(f"{told.acts:,} acts through two nodes, {AT_ONCE} at a time:")
            acknowledged, seconds = storm(nodes, server, told.acts)
            print(f"  {told.acts / seconds:,.0f} acts a second, faults included ({seconds:.0f} s)")
        finally:
            for node in nodes:
                node.stop()
        for node in nodes:
            node.start()
            node.stop()
        settle(url, nodes, told.acts, acknowledged)


if __name__ == "__main__":
    main()
