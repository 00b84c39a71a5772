"""Promises of `pdp proxy`: it starts only as it should, and gives nothing where nobody decides."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
ROUTES = ROOT / "policies/routes/edge-nginx.yaml"


def command(tmp_path, *more: str, routes=ROUTES, mode=0o600):
    """Return the command line of a proxy whose service and upstream are not there."""
    key = tmp_path / "key"
    key.write_text("g" * 43 + "\n")
    key.chmod(mode)
    addresses = ["--upstream", "http://127.0.0.1:9", "--service", "http://127.0.0.1:9"]
    own = ["--issuer", "https://pdp.example.gov.cn", "--routes", str(routes), "--key-file", str(key), "--port", "0"]
    return [sys.executable, "-m", "adapters.cli", "proxy", *addresses, *own, *more]


def test_without_a_service_it_answers_503_and_ends_when_told(tmp_path):
    process = subprocess.Popen(command(tmp_path), stderr=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        said = process.stderr.readline()
        port = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
        assert port, said + process.stderr.read()

        answer = httpx.get(f"http://127.0.0.1:{port[1]}/api/v1/datasets/R/rows", trust_env=False)

        assert (answer.status_code, answer.json()) == (503, {"error": "decision_unavailable"})
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--host", "0.0.0.0"), "tls-ended-by"),  # noqa: S104 -- it is refused
        (("--service", "127.0.0.1:9"), "service"),
        (("--upstream", "http://data/?a=b"), "upstream"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_the_start(tmp_path, more, says):
    ended = subprocess.run(command(tmp_path, *more), check=False, capture_output=True, text=True, cwd=ROOT, timeout=120)

    assert ended.returncode == 2
    assert says in ended.stderr


@pytest.mark.parametrize(
    ("other", "says"),
    [({"mode": 0o644}, "readable by its owner alone"), ({"routes": ROUTES.with_name("nowhere.yaml")}, "is not there")],
)
def test_a_key_that_others_can_read_and_a_map_that_is_missing_are_refused(tmp_path, other, says):
    line = command(tmp_path, **other)

    ended = subprocess.run(line, check=False, capture_output=True, text=True, cwd=ROOT, timeout=120)

    assert ended.returncode == 2
    assert says in ended.stderr.replace("\n", " ")
