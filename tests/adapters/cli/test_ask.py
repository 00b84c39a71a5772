"""Promises of `pdp ask`: the service's answer without a server, for people and for programs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("ask") / "data"


@pytest.fixture
def pdp(data):
    """Return a function that runs `pdp ask` in a process of its own."""

    def run(*arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "adapters.cli", "ask", *arguments, "--data", str(data)]
        return subprocess.run(command, input=given, capture_output=True, cwd=ROOT, check=False)

    return run


def test_a_permit_ends_with_0_and_says_why_with_the_article_word_for_word(pdp):
    done = pdp(str(EXAMPLES / "ask_permit_deemed.json"))

    said = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    assert "予以提供(PERMIT)" in said
    assert "「逾期未答复的,视为同意共享。」" in "".join(line.strip() for line in said.splitlines())


def test_a_refusal_ends_with_1_and_says_the_way_on(pdp):
    done = pdp(str(EXAMPLES / "ask_deny_no_application.json"), "--english")

    assert done.returncode == 1, done.stderr
    assert "DENY: the data is not provided." in done.stdout.decode()
    assert "Ways on" in done.stdout.decode()


def test_programs_get_the_same_answer_as_over_http_and_its_explanation(pdp):
    done = pdp("-", "--json", given=(EXAMPLES / "ask_partial_fields.json").read_bytes())

    said = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (said["decision"], said["context"]["outcome"]) == (True, "PARTIAL")
    assert said["context"]["receipt"]["index"] > 0
    assert said["explanation"]["conclusion"]["en"][0].startswith("PARTIAL")


@pytest.mark.parametrize(
    ("arguments", "given", "message"),
    [
        (["-"], b'{"subject": {}}', "subject.type: is required"),
        (["-"], b"{", "body: is no JSON at line 1, column 2"),
        (["absent.json"], None, "absent.json: cannot be read"),
    ],
)
def test_a_question_that_cannot_be_read_ends_with_2_and_is_not_quoted(pdp, arguments, given, message):
    done = pdp(*arguments, given=given)

    assert done.returncode == 2
    assert message in done.stderr.decode()
    assert done.stdout == b""
