"""The catalogue of attacks, `tests/data/attacks.yaml`: trap, guard, and the tests that show it; a page is printed.

`python -m tests.attacks.catalogue docs/attacks.md` writes the page.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tests/data/attacks.yaml"
INTRO = """# Attacks: what is tried, what guards, and what shows it

Printed by `python -m tests.attacks.catalogue docs/attacks.md` from `tests/data/attacks.yaml`. `make test` fails where a test named here is
missing, where a version below is older than the one that is mended, and where this page says otherwise than the catalogue.

At the doors of gateways the same holds for every row: no 2xx but for an allow, no 5xx for what is the caller's fault, nothing that is not
on record. Paths (`tests/data/paths.yaml`), headers (`tests/adapters/gateways/header_attacks.py`) and tokens
(`tests/adapters/test_tokens.py`) are tried one by one, with raw sockets where bytes matter.
"""  # noqa: E501 -- lines of a page
ADVISORIES = """
## Advisories

Faults that were found in programs like this one, and in those that it is built of. `mended in` is the version from which the program
is mended; `here` is the one that is used (`requirements.lock`, `scripts/install_opa.sh`, `tests/verify_go/go.mod`). Of others the class counts.

| advisory | program | class | mended in | here | traps |
|---|---|---|---|---|---|
"""  # noqa: E501 -- lines of a page


@dataclass(frozen=True)
class Trap:
    """One row: what is tried, what guards, and either the tests that show it or why there are none."""

    part: str
    id: str
    trap: str
    guard: str
    tests: tuple[str, ...]
    not_covered: str


@dataclass(frozen=True)
class Advisory:
    """One advisory; `locked` names the program here, if it is one of ours."""

    id: str
    component: str
    fault: str
    traps: tuple[str, ...]
    minimum: str
    locked: str


def traps() -> list[Trap]:
    """Return every trap, in the order of the file."""
    return [
        Trap(part["part"], row.pop("id"), row.pop("trap"), row.pop("guard"), tuple(row.pop("tests", ())),
             row.pop("not_covered", "") if row else "")
        for part in _told()["traps"]
        for row in part["rows"]
    ]  # fmt: skip


def advisories() -> list[Advisory]:
    """Return every advisory, in the order of the file."""
    return [
        Advisory(one["id"], one["component"], one["class"], tuple(one["traps"]), one.get("minimum", ""),
                 one.get("locked", ""))
        for one in _told()["advisories"]
    ]  # fmt: skip


def here(locked: str) -> str:
    """Return which version of a program is used here."""
    places = {
        "opa": ("scripts/install_opa.sh", r"^version=v?([0-9.]+)$"),
        "golang.org/x/mod": ("tests/verify_go/go.mod", r"^\s*golang\.org/x/mod v([0-9.]+)$"),
    }
    file, words = places.get(locked, ("requirements.lock", rf"^{re.escape(locked)}==([0-9.]+)(?: .*)?$"))
    found = re.search(words, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, f"{locked} is not named in {file}"
    return found[1]


def is_at_least(version: str, minimum: str) -> bool:
    """Return whether a version is as new as another one."""
    return [int(part) for part in version.split(".")] >= [int(part) for part in minimum.split(".")]


@cache
def names_in(file: str) -> set[str]:
    """Return the names of the tests in a file under `tests/`."""
    path = ROOT / "tests" / file
    if not path.is_file():
        return set()
    parts = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {part.name for part in parts if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}


def page() -> str:
    """Return the page that tells all of it."""
    lines, part = [], ""
    for row in traps():
        if row.part != part:
            part = row.part
            lines += ["", f"## {part}", "", "| id | trap | guard | shown by |", "|---|---|---|---|"]
        shown = "<br>".join(f"`{test}`" for test in row.tests) or f"not covered: {row.not_covered}"
        lines.append(f"| {row.id} | {row.trap} | {row.guard} | {shown} |")
    told = []
    for one in advisories():
        versions = (one.minimum, here(one.locked)) if one.locked else ("–", "–")
        told.append(f"| {' | '.join((one.id, one.component, one.fault, *versions, ', '.join(one.traps)))} |")
    return INTRO + "\n".join(lines) + "\n" + ADVISORIES + "\n".join(told) + "\n"


def _told() -> Any:  # noqa: ANN401 -- what a YAML file says
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
