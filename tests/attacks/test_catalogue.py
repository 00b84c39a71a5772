"""The catalogue of attacks says what is so: each test is there, each version new enough, each attack has its page."""

import re

import pytest

from tests.attacks.catalogue import ROOT, advisories, here, is_at_least, names_in, page, traps

PAGE = ROOT / "docs/attacks.md"
TRAPS, ADVISORIES = traps(), advisories()


@pytest.mark.parametrize("row", TRAPS, ids=lambda row: row.id)
def test_each_trap_is_shown_by_tests_that_are_there_or_says_why_not(row):
    assert bool(row.tests) != bool(row.not_covered)
    for test in row.tests:
        file, _, name = test.partition("::")
        assert name.startswith("test_")
        assert name in names_in(file), test


@pytest.mark.parametrize("advisory", ADVISORIES, ids=lambda one: one.id)
def test_each_advisory_leads_to_its_traps_and_what_is_used_here_is_mended(advisory):
    assert set(advisory.traps) <= {row.id for row in TRAPS}
    assert advisory.traps
    assert bool(advisory.minimum) == bool(advisory.locked)
    assert not advisory.locked or is_at_least(here(advisory.locked), advisory.minimum)


def test_nothing_stands_twice():
    assert len({row.id for row in TRAPS}) == len(TRAPS)
    assert len({advisory.id for advisory in ADVISORIES}) == len(ADVISORIES)


@pytest.mark.parametrize(
    ("version", "minimum", "new_enough"),
    [("1.3.1", "1.3.1", True), ("1.10.0", "1.3.1", True), ("1.3.0", "1.3.1", False), ("2.9", "2.13.0", False)],
)
def test_versions_are_compared_number_by_number(version, minimum, new_enough):
    assert is_at_least(version, minimum) is new_enough


def test_the_lock_holds_one_casbin():
    locked = re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)

    assert {name for name in locked if "casbin" in name} == {"pycasbin"}


def test_the_page_is_printed_from_the_catalogue():
    assert page() == PAGE.read_text(encoding="utf-8"), "run: python -m tests.attacks.catalogue docs/attacks.md"
