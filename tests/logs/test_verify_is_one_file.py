"""The verifier is one file: copied alone, with one library beside it, it verifies what auditors are given."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import pty
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfile

import pytest

from pdp.log import verify
from tests.logs.corpus import receipt_for
from tests.logs.published import WITNESS_KEY, note_over, policy, publish, small

LIBRARIES = ("cryptography", "cffi", "_cffi_backend")
ENTRIES = small(600)


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, keeps connections open, says nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Failing(Quiet):
    """Answers questions for entries with a redirection, or with what is no gzip although it says so."""

    def do_GET(self) -> None:  # the library's name
        """Answer."""
        if not self.path.startswith("/log/tile/entries/"):
            super().do_GET()
            return
        zipped = self.path.endswith("000")
        self.send_response(200 if zipped else 302)
        self.send_header("Content-Encoding" if zipped else "Location", "gzip" if zipped else "/log/checkpoint")
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"\x1f\x8b..")


class Zipping(Quiet):
    """Compresses entry bundles for whoever takes that."""

    def do_GET(self) -> None:
        """Answer."""
        path = Path(self.translate_path(self.path))
        if "entries" not in self.path or "gzip" not in self.headers["Accept-Encoding"] or not path.is_file():
            super().do_GET()
            return
        data = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Path:
    """Return a folder with the verifier, the library it needs, a log, its policy, and nothing else."""
    top = tmp_path_factory.mktemp("alone")
    copyfile(verify.__file__, top / "verify.py")
    (top / "libraries").mkdir()
    for name in LIBRARIES:
        found = importlib.util.find_spec(name)
        place = Path(found.origin) if found and found.origin else None
        if place is not None:  # cryptography no longer needs cffi everywhere
            place = place.parent if place.name == "__init__.py" else place
            (top / "libraries" / place.name).symlink_to(place)
    publish(top / "log", ENTRIES)
    (top / "policy.txt").write_text(policy(WITNESS_KEY, quorum=1), "utf-8")
    (top / "old.note").write_text(str(note_over(ENTRIES[:300])), "utf-8")
    (top / "receipt.tlog-proof").write_text(str(receipt_for(ENTRIES, 17)), "utf-8")
    (top / "entry.json").write_bytes(ENTRIES[17])
    return top


@pytest.fixture
def served(alone, request):
    """Return the address of a server on loopback that serves the folder."""
    kind = getattr(request, "param", Quiet)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(kind, directory=str(alone)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/log"
    server.shutdown()
    server.server_close()
    thread.join()


START = (
    "import runpy, sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p] + ['libraries'];"
    "sys.argv[0] = 'verify.py'; runpy.run_path('verify.py', run_name='__main__')"
)


def run(alone: Path, *arguments: object, entry: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the copied file where nothing of ours can be imported."""
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", START, "--policy", "policy.txt"]
    return subprocess.run(
        [*command, *map(str, arguments)], cwd=alone, input=entry, capture_output=True, check=False, timeout=60
    )


def said(alone: Path, *arguments: object) -> tuple[int, dict[str, object]]:
    """Return exit code and what is said for programs."""
    done = run(alone, *arguments, "--json")
    assert done.stderr == b""
    return done.returncode, json.loads(done.stdout)


def test_there_nothing_of_ours_can_be_imported(alone):
    probe = START.replace("runpy.run_path('verify.py', run_name='__main__')", "import pdp")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", probe], cwd=alone, capture_output=True, check=False)

    assert b"No module named 'pdp'" in done.stderr


def test_a_folder_is_verified(alone):
    code, answer = said(alone, "log")

    assert (code, answer["verified"], answer["size"], answer["witnessed"]) == (0, True, 600, True)
    assert b"VERIFIED" in run(alone, "log").stdout


@pytest.mark.parametrize("served", [Zipping], indirect=True)
def test_bundles_may_come_compressed(alone, served):
    code, answer = said(alone, served)

    assert (code, answer["size"]) == (0, 600)


def test_an_address_is_verified_and_bears_out_an_older_note(alone, served):
    code, answer = said(alone, served, "--since", "old.note")

    assert (code, answer["size"], answer["since"]) == (0, 600, 300)


@pytest.mark.parametrize("served", [Failing], indirect=True)
def test_an_address_that_redirects_or_garbles_is_unreadable_and_never_verified(alone, served):
    code, answer = said(alone, served)
    assert (code, answer["verified"], answer["index"]) == (2, False, 0)

    code, answer = said(alone, served, "--since", "old.note")
    assert (code, answer["index"]) == (2, 256)
    assert "status 302" in str(answer["fault"])


def test_an_address_where_nobody_answers_is_unreadable(alone):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    server.server_close()

    code, answer = said(alone, f"http://127.0.0.1:{server.server_port}/log")
    assert (code, answer["verified"]) == (2, False)


def test_a_receipt_is_verified_with_its_entry_from_a_file_or_from_standard_input(alone):
    assert said(alone, "receipt.tlog-proof", "--entry", "entry.json")[0] == 0
    assert run(alone, "receipt.tlog-proof", "--entry", "-", entry=ENTRIES[17]).returncode == 0
    assert run(alone, "receipt.tlog-proof", "--entry", "-", entry=ENTRIES[18]).returncode == 1
    assert run(alone, "receipt.tlog-proof").returncode == 2
    assert run(alone, "receipt.tlog-proof", "--leaf", "xyz").returncode == 2


def test_a_fault_is_named_on_standard_error_and_for_programs(alone):
    path = alone / "log/tile/entries/001"
    sound = path.read_bytes()
    try:
        path.write_bytes(sound[:-3] + b"2" + sound[-2:])
        code, answer = said(alone, "log")
        spoken = run(alone, "log")
    finally:
        path.write_bytes(sound)

    assert (code, answer["verified"], answer["index"], answer["place"]) == (1, False, 511, "tile/entries/001")
    assert spoken.stdout == b""
    assert spoken.stderr.startswith(b"REFUSED: entry 511: tile/entries/001: its leaf hash is ")


def test_what_is_missing_ends_with_two(alone):
    assert said(alone, "nowhere")[0] == 2
    assert run(alone, "log", "--since", "nowhere").returncode == 2
    assert run(alone, "log", "--level", "deep").returncode == 2


def test_progress_is_shown_on_a_terminal_and_nowhere_else(alone):
    command = [sys.executable, "-I", "-S", "-c", START, "--policy", "policy.txt", "log"]
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(command, cwd=alone, stdout=subprocess.PIPE, stderr=theirs, check=True, timeout=60)
        shown = os.read(ours, 4096)
    finally:
        os.close(ours)
        os.close(theirs)

    assert b"100.0%  600 of 600 entries" in shown
    assert b"VERIFIED" in done.stdout
    assert run(alone, "log").stderr == b""
