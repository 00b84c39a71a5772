"""Many connections while the service is stopped and started: what was released is on record, all else was 503.

`python -m tests.gateways.load` puts 32 connections on each gateway for a minute, one gateway after the other.
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.gateways.programs import PROGRAMS
from tests.gateways.raw import HOST, PATIENCE
from tests.gateways.recorded import decisions
from tests.gateways.scene import Client, end_user, open_scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.gateways.recorded import Recorded
    from tests.gateways.scene import Scene

CONNECTIONS = 32
RESTARTS = 2
PAUSE = 0.1  # seconds for which a caller that got no answer, or has no hurry, waits
TARGET = "/api/v1/datasets/W/rows?fields=name"


@dataclass
class Figures:
    """What came back through one gateway."""

    name: str
    endings: Counter[str] = field(default_factory=Counter)  # by status; 403 is told apart by its outcome
    released: set[str] = field(default_factory=set)  # ids of the calls that were answered 200

    def add(self, call_id: str, status: int, outcome: str | None) -> None:
        """Take note of one answer."""
        self.endings[f"{status} {outcome}" if status == 403 else str(status)] += 1
        if status == 200:
            self.released.add(call_id)


class Load:
    """Callers that go on until they are told to stop, each with a connection of its own."""

    def __init__(self, scene: Scene, names: Sequence[str], pause: float) -> None:
        """Spread the connections over the gateways called so, and begin; callers `pause` after each answer."""
        self._pause = pause
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.run = f"load-{time.monotonic_ns()}"
        self.figures = {name: Figures(name) for name in names}
        self._ports = {name: scene.gateway(name).port for name in names}
        self._callers = [
            threading.Thread(target=self._go_on, args=(names[number % len(names)], number), daemon=True)
            for number in range(CONNECTIONS)
        ]
        for caller in self._callers:
            caller.start()

    def wait_for_a_release(self) -> None:
        """Return once each gateway has let a further call through."""
        before = {name: len(seen.released) for name, seen in self.figures.items()}
        until = time.monotonic() + 3 * PATIENCE
        while any(len(seen.released) <= before[name] for name, seen in self.figures.items()):
            assert time.monotonic() < until, self.figures
            time.sleep(0.05)  # between two looks

    def end(self) -> None:
        """Let every call under way come back, and no further one begin."""
        self._stop.set()
        for caller in self._callers:
            caller.join()

    def _go_on(self, name: str, number: int) -> None:
        count, connection = 0, self._connection(name)
        headers = {"Host": HOST, "Authorization": f"Bearer {end_user()}", "X-Data-Scenario": "sc-1",
                   "X-Data-Purpose": "duty"}  # fmt: skip
        while not self._stop.is_set():
            count += 1
            call_id = f"{self.run}-{number}-{count}"
            try:
                connection.request("GET", TARGET, headers={**headers, "X-Request-ID": call_id})
                answer = connection.getresponse()
                answer.read()
                status, outcome = answer.status, answer.getheader("X-Decision-Outcome")
            except (http.client.HTTPException, OSError):
                connection.close()
                connection, status, outcome = self._connection(name), 0, None
            with self._lock:
                self.figures[name].add(call_id, status, outcome)
            self._stop.wait(self._pause if status == 200 else PAUSE)
        connection.close()

    def _connection(self, name: str) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._ports[name], timeout=PATIENCE)


def under_load(scene: Scene, names: Sequence[str], pause: float = PAUSE, seconds: float = 0) -> Load:
    """Restart the service twice while callers go on, for `seconds` at least, and return what they saw."""
    began = time.monotonic()
    load = Load(scene, names, pause)
    try:
        for restart in range(1, RESTARTS + 1):
            load.wait_for_a_release()
            while time.monotonic() - began < seconds * restart / (RESTARTS + 1):
                time.sleep(0.1)  # the load is what is waited for
            scene.service.stop()
            scene.service.start()
        load.wait_for_a_release()
        while time.monotonic() - began < seconds:
            time.sleep(0.1)  # as above
    finally:
        load.end()
    return load


def checked(scene: Scene, load: Load) -> None:
    """Fail where something was released without a record, or was answered neither 200 nor that nothing was decided."""
    released = set().union(*(seen.released for seen in load.figures.values()))
    unrecorded = released - permits(decisions(scene, load.run, lambda found: released <= permits(found)))
    assert not unrecorded, sorted(unrecorded)[:5]
    for name, seen in load.figures.items():
        undecided = {"503", "403 none", "0"} if PROGRAMS[name].door == "envoy_http" else {"503", "0"}  # 0: no answer
        assert seen.endings.keys() <= {"200", *undecided}, (name, seen.endings)
        assert seen.endings["200"], name


def permits(found: Iterable[Recorded]) -> set[str]:
    """Return the ids of the calls that were permitted."""
    return {one.request_id for one in found if one.outcome == "PERMIT"}


def survived(client: Client) -> str:
    """Row 21, for all gateways at once."""
    scene = client.scene
    if scene.load is None:
        scene.load = under_load(scene, tuple(PROGRAMS))
        checked(scene, scene.load)
    assert scene.load.figures[client.name].endings["200"]
    return (
        "each 200 on record; all else 503"
        if PROGRAMS[client.name].door != "envoy_http"
        else ("each 200 on record; all else 503, or 403 with outcome `none`")
    )


def main(seconds: float) -> None:
    """Put the whole load on each gateway, and print what came back."""
    with tempfile.TemporaryDirectory() as folder:
        scene = open_scene(Path(folder))
        try:
            for name in PROGRAMS:
                load = under_load(scene, (name,), 0.0, seconds)
                checked(scene, load)
                told = ", ".join(f"{ending}: {count:,}" for ending, count in sorted(load.figures[name].endings.items()))
                sys.stdout.write(f"{name}: {CONNECTIONS} connections, {seconds:.0f} s, {RESTARTS} restarts: {told}\n")
                sys.stdout.flush()
        finally:
            scene.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
