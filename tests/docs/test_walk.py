"""The walk of docs/walk.md, command by command against the real service, on the days that the page names."""

from __future__ import annotations

import difflib
import os

import pytest

from tests.docs.console import ROOT, Console, faketime, played

PAGE = ROOT / "docs" / "walk.md"
CLOCKS = """时间:2026-02-26 23:59
```console
$ date '+%F %R'
```
时间:2026-02-27 00:00
```console
$ date '+%F %R'
an output of another day
```
"""
COMMANDS = """```console
$ echo 019c9aac-c5a0-76be-8fa0-d2fbdde13b0d
$ test <id> = 019c9aac-c5a0-76be-8fa0-d2fbdde13b0d
$ test 1 = 2
$ cat settings.yaml | grep -o starting_world
```
"""


@pytest.fixture(scope="module")
def library() -> str:
    """Return libfaketime; where it is missing and nobody accepted that, the test fails loudly."""
    found = faketime()
    if found is None and os.environ.get("PDP_ALLOW_NO_FAKETIME") == "1":
        pytest.skip("faketime is missing, and PDP_ALLOW_NO_FAKETIME=1 accepts that the walk is not verified here")
    assert found, "faketime is missing: scripts/install_debian.sh faketime installs it"
    return found


def test_every_command_of_the_walk_ends_as_the_page_says(library) -> None:
    """About half a minute: three dozen commands, each a process of its own as for a reader."""
    page = PAGE.read_text(encoding="utf-8")

    with Console(ROOT / "examples" / "walk", library) as console:
        now = played(page, console)

    changed = difflib.unified_diff(page.split("\n"), now.split("\n"), "docs/walk.md", "as it is now", lineterm="")
    assert now == page, "\n".join((*changed, "if that is right: python -m tests.docs.console docs/walk.md"))


def test_the_clock_is_where_the_page_says_and_other_output_is_replaced(library) -> None:
    with Console(ROOT / "examples" / "walk", library) as console:
        now = played(CLOCKS, console)

    assert [line for line in now.split("\n") if line.startswith(("2026", "an"))] == [
        "2026-02-26 23:59",
        "2026-02-27 00:00",
    ]


def test_ids_are_named_and_known_again_and_exit_codes_are_told(library) -> None:
    with Console(ROOT / "examples" / "walk", library) as console:
        now = played(COMMANDS, console)

    assert now.split("\n")[1:-2] == [
        "$ echo 019c9aac-c5a0-76be-8fa0-d2fbdde13b0d",
        "<id>",
        "$ test <id> = 019c9aac-c5a0-76be-8fa0-d2fbdde13b0d",
        "$ test 1 = 2",
        "[退出码 1]",
        "$ cat settings.yaml | grep -o starting_world",
        "starting_world",
    ]
