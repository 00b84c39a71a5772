"""Promises of loading a policy root: files that name one another wrongly are refused at their line."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from adapters.files import policy_set
from adapters.files.law import load_law
from adapters.files.policy_set import digest, digests, load_policy_set, policy_files
from pdp.errors import PolicyError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def root(tmp_path):
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    shutil.copytree(ROOT / "rego", tmp_path / "rego")
    return tmp_path


def change(root, name, old, new):
    file = root / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_the_shipped_root_is_whole():
    found = load_policy_set(ROOT)

    assert len(found.rules) == 139
    assert len(found.permissions.articles) == 9
    assert len(found.purposes.articles) == 8
    assert set(found.digests) == {"law", "policy", "rego", "readings", "calendar"}


RULE = "rego/access/rules/emergency_measure/emergency_measure.rego"
DUTIES = "policies/duties.yaml"
TABLE = "policies/tables/permissions.csv"
POSTS = "policies/tables/posts.csv"
WRONG = [
    (RULE, "art_37__para_2", "art_37__para_9", "art_37__para_9 is no unit of the register"),
    (RULE, "art_37__para_2", "art_6__para_1", "the register says it is not coded"),
    (RULE, "await_measure_end", "await_measures_end", "the remedy await_measures_end is not in policies/duties.yaml"),
    (RULE, '"district"', '"distrikt"', '"distrikt" is no value of fact measure'),
    (TABLE, "share_deemed", "sanction_suspended", "sanction_suspended is a Rego rule too"),
    (TABLE, "# art_21__para_4, art_21__para_1", "# art_21__para_9", "art_21__para_9 is no unit of the register"),
    ("policies/tables/administration.csv", "application.agreed ", "application.agree ", "is no value of kind"),
    (POSTS, "application.agreed ", "application.agree ", "is no value of act"),
    (POSTS, "policy.activate ", "policy.activated ", "is no value of act"),
    (POSTS, "legal_reviewer ", "legal_revisor ", "is no value of post"),
    (POSTS, "# art_8__para_1", "# art_8__para_9", "art_8__para_9 is no unit of the register"),
    (POSTS, "observer_reads_findings", "provider_answers", "provider_answers is a row of administration too"),
    (DUTIES, "  purpose_bound:", "  purpose_bounds:", "purpose_bound has no text"),
    (DUTIES, "outside_scope:", "outside_scopes:", "no rule outside_scopes has the remedy other_regime"),
]


@pytest.mark.parametrize(("name", "old", "new", "words"), WRONG)
def test_a_reference_that_leads_nowhere_is_refused_where_it_stands(root, name, old, new, words):
    change(root, name, old, new)

    with pytest.raises(PolicyError) as refused:
        load_policy_set(root)
    assert words in str(refused.value)
    assert (root / refused.value.path).is_file()
    line = (root / refused.value.path).read_text("utf-8").split("\n")[refused.value.line - 1]
    assert line.strip()


def test_a_coded_unit_that_nothing_cites_is_refused_at_its_text(root):
    law = root / "policies" / "law" / "xicheng-2023-4.yaml"
    lines = law.read_text("utf-8").split("\n")
    place = next(number for number, line in enumerate(lines) if "- id: art_4__para_1" in line)
    assert [line.split(":")[0].strip() for line in lines[place + 1 : place + 4]] == ["text", "coded", "why"]
    lines[place + 2 : place + 4] = ["        coded: true"]
    law.write_text("\n".join(lines), "utf-8")

    with pytest.raises(PolicyError, match="art_4__para_1 is coded, but nothing cites it") as refused:
        load_policy_set(root)
    assert refused.value.line == place + 2


@pytest.mark.parametrize(
    "place", ["policies/tables/extra.csv", "policies/models/extra.conf", "rego/access/rules/extra.txt"]
)
def test_a_stray_file_is_refused(root, place):
    (root / place).write_text("", "utf-8")

    with pytest.raises(PolicyError, match=f"{place}:1: a stray file"):
        load_policy_set(root)


@pytest.mark.parametrize(
    "place", ["policies/tables/purposes.csv", "policies/models/purposes.conf", "policies/pack.yaml", DUTIES]
)
def test_a_missing_file_is_named(root, place):
    (root / place).unlink()

    with pytest.raises(PolicyError) as refused:
        load_policy_set(root)
    assert refused.value.path == place


@pytest.mark.parametrize("place", ["rego/access/rules", "policies/routes", "policies/readings"])
def test_a_folder_that_cannot_be_read_is_named_and_never_passed_over(root, place, monkeypatch):
    """What it holds may be what forbids."""
    usual, unread = os.scandir, str(root / place)

    def scandir(path: str) -> object:
        if str(path).rstrip("/") == unread:
            raise OSError(errno.EIO, os.strerror(errno.EIO), unread)
        return usual(path)

    (root / place).mkdir(exist_ok=True)
    monkeypatch.setattr(os, "scandir", scandir)

    with pytest.raises(PolicyError, match="cannot be read \\(Input/output error\\)") as refused:
        load_policy_set(root)
    assert refused.value.path == unread


def test_each_part_has_a_digest_of_its_own(root):
    before = digests(policy_files(root))
    change(root, "policies/readings/platform_path.yaml", "why:", "why: ")
    after = digests(policy_files(root))

    assert {part for part in before if before[part] != after[part]} == {"readings"}


def test_who_may_do_what_is_part_of_the_policy_that_a_revision_names(root):
    before = digests(policy_files(root))
    change(root, POSTS, "p  , observer ", "p  , legal_reviewer ")
    after = digests(policy_files(root))

    assert {part for part in before if before[part] != after[part]} == {"policy"}


def test_a_digest_knows_paths_and_where_one_file_ends():
    assert digest({"a": b"xy", "b": b""}) != digest({"a": b"x", "b": b"y"})
    assert digest({"a": b"x"}) != digest({"b": b"x"})
    assert digest({"a": b"x", "b": b"y"}) == digest({"b": b"y", "a": b"x"})


def test_cases_tests_and_hidden_files_decide_nothing(root):
    before = policy_files(root)
    (root / "policies" / "tables" / ".swp").write_text("", "utf-8")
    (root / "policies" / "cases" / "art_99.yaml").write_text("", "utf-8")

    change(root, "rego/access/rules/core_data/core_data_test.rego", "package", "# changed\npackage")

    assert policy_files(root) == before


def test_files_that_change_while_they_are_read_are_refused(root, monkeypatch):
    def law(path, policies):  # noqa: ANN202 - as load_law
        found = load_law(path, policies)
        change(root, "policies/facts.yaml", "label", "label ")
        return found

    monkeypatch.setattr(policy_set, "load_law", law)
    with pytest.raises(PolicyError, match="changed while they were read"):
        load_policy_set(root)
