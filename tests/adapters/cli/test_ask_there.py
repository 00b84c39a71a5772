"""`pdp ask` of a running service: its answer and its explanation, and what is wrong where there is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.docs.console import ROOT, Console

if TYPE_CHECKING:
    from collections.abc import Iterator

BY_THE_GATEWAY = "--token-file gateway.key"


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    """Return a console beside a service with the bodies and data of docs/walk.md, as of today."""
    with Console(ROOT / "examples" / "walk") as begun:
        assert begun.run("pdp ledger import world.yaml --data data")[0] == "已记录 30 条"
        begun.run("pdp serve --config settings.yaml --data data &")
        yield begun


def test_a_service_answers_and_explains_as_much_as_it_tells_the_caller(console):
    said = console.run(f"pdp ask ask_unit.json {BY_THE_GATEWAY}")

    assert said[1].startswith("│ 予以提供(PERMIT)。")
    assert "依据" in said
    assert "事实" not in said  # the gateway is registered as one that is told what is safe for an end user


def test_programs_get_the_answer_of_the_service_and_its_explanation(console):
    *lines, code = console.run(f"pdp ask ask.json --json {BY_THE_GATEWAY}")

    said = json.loads("\n".join(lines))
    assert code == "[退出码 1]"
    assert said["context"]["outcome"] == "DENY"
    assert said["explanation"]["conclusion"]["en"] == ["DENY: the data is not provided."]


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (f"echo '{{}}' | pdp ask - {BY_THE_GATEWAY}", "subject: is required"),
        ("pdp ask ask.json", "authorization: "),
        ("pdp ask ask.json --token-file officer-B.key", "caller"),
        (f"pdp ask ask.json {BY_THE_GATEWAY} --url http://127.0.0.1:1", "the service cannot be reached"),
        (f"pdp ask ask.json {BY_THE_GATEWAY} --data other", "--data: "),
    ],
)
def test_what_is_no_answer_ends_with_2_and_says_what_is_wrong(console, command, fault):
    said = console.run(command)

    assert said[-1] == "[退出码 2]"
    assert fault in "".join(said)
