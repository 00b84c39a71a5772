"""Promises of the running service: a real process on a free port of this machine, with the shipped policies."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from adapters.assemble import Installation, build_service
from adapters.settings import load_settings

ROOT = Path(__file__).parents[2]
QUESTION = json.loads((ROOT / "examples" / "ask_permit_deemed.json").read_text(encoding="utf-8"))
CANARY = "canary-11010119900307451X"
BEGINNING = (
    b"POST /access/v1/evaluation HTTP/1.1\r\nHost: pdp\r\nContent-Type: application/json\r\nConnection: close\r\n"
)
NOTHING = "service: no decision was made and nothing is released; ask again"
PATIENCE = 60  # seconds a process may take to start, on a machine that does other things too
BREAKS_AFTER_THE_START = """
import os, sys
from pathlib import Path
from adapters.server import Process
from adapters.settings import load_settings

def broken(descriptor):
    raise OSError(5, "Input/output error")

def started(made, port):
    os.fdatasync = broken
    print(f"http://127.0.0.1:{port}/", file=sys.stderr, flush=True)

sys.exit(Process(load_settings({"port": 0, "data": Path(sys.argv[1]), "log_format": "json"}, {}), started).run())
"""


def begun_once(data: Path) -> None:
    """Leave a data folder as a service leaves it that ran once and was stopped."""

    async def through(made: Installation) -> None:
        await made.begin()
        await made.end()

    with build_service(load_settings({"data": data}, {})) as made:
        asyncio.run(through(made))


COUNTS_WHAT_IS_LEFT = """
import gc, signal, sys
from pathlib import Path
from adapters.server import Process
from adapters.settings import load_settings

def counted(number, frame):
    print(f"left {gc.collect()} objects", file=sys.stderr, flush=True)

def started(made, port):
    gc.disable()  # nothing is collected but when we count
    signal.signal(signal.SIGUSR1, counted)
    print(f"http://127.0.0.1:{port}/", file=sys.stderr, flush=True)

sys.exit(Process(load_settings({"port": 0, "data": Path(sys.argv[1]), "log_format": "json"}, {}), started).run())
"""


class Running:
    """A service in a process of its own, and what it writes."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        """Start it with `command`, and return once it listens."""
        self.data, self.policies = folder / "data", folder / "root"
        self._lines: list[str] = []
        self._ended = False
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "300", "PDP_DEADLINE_MS": "5000"},  # a busy machine is not what is tested
        )
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()
        self.wait_for("http://127.0.0.1:")
        self.port = int(re.findall(r"http://127\.0\.0\.1:(\d+)/", self.written())[0])
        self.url = f"http://127.0.0.1:{self.port}/access/v1/evaluation"

    def written(self) -> str:
        """Return what it has written so far."""
        with self._news:
            return "".join(self._lines)

    def wait_for(self, words: str, times: int = 1) -> None:
        """Return when `words` have been written, in as many lines as said."""
        with self._news:
            self._news.wait_for(lambda: self._ended or self._count(words) >= times, PATIENCE)
            found = self._count(words) >= times
        if not found:
            self.process.kill()
        assert found, self.end()

    def end(self) -> str:
        """Wait until it has ended, and return everything it wrote."""
        self.process.wait(PATIENCE)
        self._listener.join(PATIENCE)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return self.written()

    def _count(self, words: str) -> int:
        return sum(words in line for line in self._lines)

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self._lines.append(line.decode())
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Running]:
    """One running service, with a copy of the policies that a test may spoil."""
    folder = tmp_path_factory.mktemp("served")
    for part in ("policies", "rego", "examples"):
        shutil.copytree(ROOT / part, folder / "root" / part)
    options = ["--port", "0", "--data", str(folder / "data"), "--policies", str(folder / "root")]
    running = Running(folder, ["-m", "adapters.cli", "serve", *options])
    yield running
    running.process.send_signal(signal.SIGTERM)
    written = running.end()
    assert running.process.returncode == 0, written


def raw(port: int, head: bytes) -> bytes:
    """Return everything the service answers to a question with the rest of a `head`, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(BEGINNING + head)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def test_a_question_over_http_is_decided_recorded_and_explained(served):
    with httpx.Client() as client:
        response = client.post(served.url, json=QUESTION, headers={"x-request-id": "r-1"})
        said = response.json()
        found = client.get(f"http://127.0.0.1:{served.port}/v1/decisions/{said['context']['id']}").json()

    assert (response.status_code, said["decision"], said["context"]["reason"]) == (200, True, "share_deemed")
    assert response.headers["x-request-id"] == "r-1"
    assert "server" not in response.headers
    assert found["record"]["outcome"] == said["context"]["outcome"] == found["outcome"]
    assert "第二十一条第四款:「逾期未答复的,视为同意共享。」" in found["explanation"]["grounds"]["zh"][0]


@pytest.mark.parametrize(
    "name",
    ["deny_no_application", "indeterminate_unknown_dataset", "partial_fields", "permit_open", "refer_open_platform"],
)
def test_every_example_ends_as_its_name_says(served, name):
    body = (ROOT / "examples" / f"ask_{name}.json").read_bytes()

    said = httpx.post(served.url, content=body, headers={"content-type": "application/json"}).json()

    assert said["context"]["outcome"].lower() == name.split("_")[0]


@pytest.mark.parametrize(
    "name",
    [
        *("permit_deemed", "deny_no_application", "indeterminate_unknown_dataset", "partial_fields", "permit_open"),
        "refer_open_platform",
    ],
)
def test_a_question_has_the_same_answer_in_opas_words(served, name):
    body = json.loads((ROOT / "examples" / f"ask_{name}.json").read_text(encoding="utf-8"))
    root = f"http://127.0.0.1:{served.port}"

    authzen = httpx.post(served.url, json=body).json()
    said = httpx.post(f"{root}/v1/data/gateway/authz", json={"input": body}).json()

    assert said["result"]["allow"] is authzen["decision"]
    assert said["result"]["obligations"] == authzen["context"]["obligations"]
    assert said["result"]["headers"]["X-Decision-Outcome"] == authzen["context"]["outcome"]
    assert said["rationale"]["grounds"] == authzen["context"]["grounds"]
    found = httpx.get(f"{root}/v1/decisions/{said['decision_id']}").json()
    assert found["record"]["request"]["door"] == "opa_data"


def test_the_page_on_opas_words_can_be_followed_as_it_stands(served):
    page = (ROOT / "docs" / "opa-data-api.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    commands = [line for block in blocks for line in block.replace("\\\n", "").splitlines() if line.startswith("curl")]
    environ = {**os.environ, "PDP": f"http://127.0.0.1:{served.port}", "JSON": "Content-Type: application/json"}

    for command in commands:
        run = subprocess.run(["bash", "-c", command], capture_output=True, cwd=ROOT, env=environ, check=True)
        assert "code" not in json.loads(run.stdout), command
    assert len(commands) == 6


def test_the_start_says_what_is_loaded_and_what_is_not_proved(served):
    assert "139 条 Rego 规则" in served.written()
    assert "161 个数据集" in served.written()
    assert "未证明" in served.written()


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"Content-Length: -2\r\n\r\n{}",
        b"Content-Length: 2\r\nHost: other\r\n\r\n{}",
        b"Content-Length: 2\r\nX-Name : spaced\r\n\r\n{}",
    ],
)
def test_a_request_that_two_parsers_could_read_differently_is_refused(served, head):
    answer = raw(served.port, head)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_more_headers_than_anybody_needs_are_refused(served):
    many = b"".join(b"X-%d: 1\r\n" % number for number in range(10_000))

    answer = raw(served.port, many + b"\r\n")

    assert answer.startswith(b"HTTP/1.1 431 ")


def test_many_callers_at_once_get_their_own_answers(served):
    def ask(number: int) -> tuple[str, str]:
        response = httpx.post(served.url, json=QUESTION, headers={"x-request-id": f"r-{number}"}, timeout=PATIENCE)
        return response.headers["x-request-id"], response.json()["context"]["id"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(64)))

    assert [sent for sent, _ in answers] == [f"r-{number}" for number in range(64)]
    assert len({decision for _, decision in answers}) == 64


def test_nobody_named_in_a_question_is_found_anywhere_afterwards(served):
    question = json.loads(json.dumps(QUESTION))
    question["subject"]["properties"]["staff"] = {"id": CANARY}
    question["context"] |= {"ip": CANARY, "scenario": CANARY}
    question[CANARY] = CANARY

    answers = [
        httpx.post(served.url, json=question),
        httpx.post(served.url, json={"subject": {"type": "natural_person", "id": CANARY}}),
        httpx.post(
            served.url, content=f'{{"subject": "{CANARY}'.encode(), headers={"content-type": "application/json"}
        ),
        httpx.post(served.url, json=question, headers={"authorization": f"Bearer {CANARY}"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 400, 401]
    for answer in answers[1:]:
        assert CANARY not in answer.text
    kept = [path for path in served.data.rglob("*") if path.is_file()]
    assert kept
    assert [path.name for path in kept if CANARY.encode() in path.read_bytes()] == []
    assert CANARY not in served.written()


def test_a_policy_that_cannot_be_used_leaves_the_last_good_revision_in_force(served):
    table = served.policies / "policies" / "tables" / "permissions.csv"
    good = table.read_text(encoding="utf-8")
    table.write_text(good.replace("deemed        ,", "deemd         ,"), encoding="utf-8")
    served.process.send_signal(signal.SIGHUP)
    served.wait_for("policies not reloaded")
    still = httpx.post(served.url, json=QUESTION).json()

    table.write_text(re.sub(r"# art_21__para_4.*\n.*share_deemed\n", "", good), encoding="utf-8")
    served.process.send_signal(signal.SIGHUP)
    served.wait_for("policies reloaded")
    changed = httpx.post(served.url, json=QUESTION).json()

    table.write_text(good, encoding="utf-8")
    served.process.send_signal(signal.SIGHUP)
    served.wait_for("policies reloaded", times=2)
    again = httpx.post(served.url, json=QUESTION).json()

    assert re.search(r"permissions\.csv:\d+: ", served.written())
    assert still["decision"]
    assert (changed["decision"], changed["context"]["outcome"]) == (False, "DENY")
    assert again["context"]["revision"] == still["context"]["revision"]
    assert changed["context"]["revision"]["rulebook"] != still["context"]["revision"]["rulebook"]


def test_questions_and_connections_leave_no_cycles_behind(tmp_path):
    running = Running(tmp_path, ["-c", COUNTS_WHAT_IS_LEFT, str(tmp_path / "data")])
    connections = 200
    for ends in (1, 2):
        for _ in range(connections):
            with httpx.Client(timeout=PATIENCE) as client:
                assert client.post(running.url, json=QUESTION).status_code == 200
                assert client.post(running.url, content=b"{").status_code == 400
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("left ", times=ends)
    running.process.send_signal(signal.SIGTERM)

    _, left = re.findall("left ([0-9]+) objects", running.end())
    assert int(left) < connections, "what each connection leaves is kept for ever: see COLLECT_AFTER"


def test_a_service_whose_log_has_died_answers_nothing_and_ends_with_70(tmp_path):
    begun_once(tmp_path / "data")  # what a new log tells of its keys would meet the broken device before the question
    running = Running(tmp_path, ["-c", BREAKS_AFTER_THE_START, str(tmp_path / "data")])

    response = httpx.post(running.url, json=QUESTION, timeout=PATIENCE)

    assert (response.status_code, response.text) == (503, NOTHING)
    assert "the decision log cannot go on" in running.end()
    assert running.process.returncode == 70
