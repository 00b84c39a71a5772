"""The shipped policy as its own readers see it: what the tests of rego/ hold against each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.files.duties import load_duties
from adapters.files.law import load_law
from adapters.files.readings import load_readings
from adapters.files.vocabulary import load_vocabulary
from pdp.rulebook.subset import read_rule

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "policies"
RULES = ROOT / "rego" / "access" / "rules"


@pytest.fixture(scope="session")
def vocabulary():
    return load_vocabulary(POLICIES / "facts.yaml", POLICIES)


@pytest.fixture(scope="session")
def readings():
    return load_readings(POLICIES / "readings", POLICIES)


@pytest.fixture(scope="session")
def chosen(readings):
    return dict(readings.constants)


@pytest.fixture(scope="session")
def duties():
    return load_duties(POLICIES / "duties.yaml", POLICIES)


@pytest.fixture(scope="session")
def instrument():
    return load_law(POLICIES / "law" / "xicheng-2023-4.yaml", POLICIES)


@pytest.fixture(scope="session")
def rules(vocabulary, readings):
    """Return folder name -> the rule that its file states."""
    files = (folder / f"{folder.name}.rego" for folder in sorted(RULES.iterdir()))
    return {
        file.stem: read_rule(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"), vocabulary, readings)
        for file in files
    }
