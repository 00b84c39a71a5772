"""From a question to a stranger's verdict: what the real service records and mirrors, verifiers of others accept."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from typer.testing import CliRunner

from adapters.callers import LOCAL
from adapters.cli.log import app
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from adapters.signers.ring_file import ring_in
from adapters.stores.log_reader import LogReader
from pdp.log.note import KeyKind, note_in
from pdp.log.receipt import receipt_in
from tests.logs.recorded import NODE, record
from tests.logs.verifiers import FSCK, VERIFY_GO, fsck_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdp.model import Answer

ROOT = Path(__file__).parents[2]
EXAMPLES = ("permit_deemed", "partial_fields", "deny_no_application", "indeterminate_unknown_dataset")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder in which the real service has recorded and signed."""
    missing = [tool.name for tool in (FSCK, VERIFY_GO) if not tool.is_file()]
    assert not missing, f"{' and '.join(missing)} must be there for these tests: run scripts/install_log_verifiers.sh"
    folder = tmp_path_factory.mktemp("end") / "data"
    _ask(folder)
    return folder


def _ask(folder: Path) -> list[Answer]:
    bodies = [(ROOT / f"examples/ask_{name}.json").read_bytes() for name in EXAMPLES]
    return record(Settings(data=folder), [(parse(body, LOCAL), body) for body in bodies])


def run(*arguments: object) -> str:
    """Return what `pdp log` prints."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def verified(*arguments: object) -> tuple[int, str]:
    """Return how verify_go ends, and what it says."""
    done = subprocess.run([VERIFY_GO, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.fixture(params=[KeyKind.ED25519, KeyKind.ML_DSA_44])
def policy(request: pytest.FixtureRequest, data: Path, tmp_path: Path) -> Path:
    """Return the file of a policy that rests on one of the log's keys."""
    ring = ring_in(data / "keys" / NODE)
    assert ring is not None
    (key,) = [str(key.key) for key in ring.keys if key.key.kind is request.param]
    (tmp_path / "policy.txt").write_text(f"log {key}\nquorum none\n")
    return tmp_path / "policy.txt"


def test_a_mirror_of_the_service_is_accepted_as_it_is_and_refused_once_it_is_touched(
    data: Path, policy: Path, tmp_path: Path
):
    run("mirror", tmp_path / "mirror", "--data", data)
    note = note_in((tmp_path / "mirror" / "checkpoint").read_bytes())
    size, root = note.checkpoint.size, note.checkpoint.root
    assert size > len(EXAMPLES)
    assert verified("--policy", policy, tmp_path / "mirror")[0] == 0
    ring = ring_in(data / "keys" / NODE)
    assert ring is not None
    assert fsck_of(tmp_path / "mirror", str(ring.keys[0].key)) == (size, root.hex())
    (bundle,) = (tmp_path / "mirror" / "tile" / "entries").rglob(f"{size}")
    bundle.write_bytes(bundle.read_bytes().replace(b'"DENY"', b'"MENY"', 1))
    code, said = verified("--policy", policy, tmp_path / "mirror")
    assert code == 1
    assert "holds another one than was signed" in said
    assert fsck_of(tmp_path / "mirror", str(ring.keys[0].key), patience=3) is None


def test_a_log_that_goes_on_extends_what_others_have_kept_of_it(data: Path, policy: Path, tmp_path: Path):
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    kept = tmp_path / "kept"
    kept.write_bytes((copy / NODE / "state" / "checkpoint").read_bytes())
    _ask(copy)
    run("mirror", tmp_path / "mirror", "--data", copy)
    assert LogReader(copy / NODE).checkpoint.size > note_in(kept.read_bytes()).checkpoint.size
    assert verified("--policy", policy, "--since", kept, tmp_path / "mirror")[0] == 0
    run("mirror", tmp_path / "older", "--data", data)
    newer = copy / NODE / "state" / "checkpoint"
    code, said = verified("--policy", policy, "--since", newer, tmp_path / "older")
    assert code == 1
    assert "rolled back" in said


def test_a_receipt_from_the_command_line_proves_its_decision_to_others(data: Path, policy: Path, tmp_path: Path):
    index, entry = list(LogReader(data / NODE).records())[-1]
    decision = json.loads(entry)["record"]["id"]
    receipt, told = tmp_path / "decision.tlog-proof", tmp_path / "entry"
    run("receipt", decision, "--data", data, "--out", receipt)
    told.write_bytes(entry)
    assert verified("--policy", policy, "--receipt", receipt, "--entry", told) == (
        0,
        f"verified {Settings().origin}/{NODE}: entry {index} of {LogReader(data / NODE).checkpoint.size}\n",
    )
    told.write_bytes(entry + b" ")
    assert verified("--policy", policy, "--receipt", receipt, "--entry", told)[0] == 1


@contextmanager
def served(data: Path) -> Iterator[httpx.Client]:
    """Run the service on a free port; yield a client of it."""
    command = [sys.executable, "-m", "adapters.cli", "serve", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stderr)))
        with httpx.Client(base_url=found[0], timeout=60) as client:
            try:
                yield client
            finally:
                process.terminate()
                process.communicate(timeout=60)


def decided(client: httpx.Client) -> bytes:
    """Have a question decided; return its receipt, once a checkpoint covers it."""
    question = json.loads((ROOT / "examples" / "ask_permit_deemed.json").read_bytes())
    decision = client.post("/access/v1/evaluation", json=question).raise_for_status().json()["context"]["id"]
    for _ in range(10):
        answer = client.get(f"/v1/decisions/{decision}/receipt", params={"wait": 5})
        if answer.status_code == 200:
            return answer.content
    pytest.fail(f"no checkpoint covers the decision: {answer.status_code} {answer.text}")


def test_a_running_service_is_verified_over_http_and_through_a_rotation_of_its_keys(tmp_path: Path):
    data, policy, note = tmp_path / "data", tmp_path / "policy", tmp_path / "note"
    with served(data) as client:
        log = f"{client.base_url}/log/"
        before = receipt_in(decided(client)).note
        note.write_text(str(before))
        policy.write_bytes(client.get("/v1/log-policy").content)
        assert verified("--policy", policy, log)[0] == 0
        old, _ = run("key", "show", "--data", data).splitlines()
        assert fsck_of(log, old) is not None

        run("key", "rotate", "--data", data)
        after = receipt_in(decided(client)).note
        assert (len(before.lines), len(after.lines)) == (2, 4)
        assert verified("--policy", policy, "--since", note, log)[0] == 0  # by the old key, that both notes bear
        *_, new, _ = run("key", "show", "--data", data).splitlines()
        policy.write_text(f"log {new}\nquorum none\n")
        assert verified("--policy", policy, log)[0] == 0
        code, said = verified("--policy", policy, "--since", note, log)
        assert (code, said[:6]) == (1, "since:")  # the new key never signed the older note
        policy.write_bytes(client.get("/v1/log-policy").content)
        assert {old, new} <= set(policy.read_text().split())
        assert verified("--policy", policy, "--since", note, log)[0] == 0
    kinds = [json.loads(entry)["record"]["kind"] for _, entry in LogReader(data / NODE).records()]
    assert kinds.count("key.added") == 4
