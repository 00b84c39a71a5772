"""Promises of the cache: it makes a start quicker and never another."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from adapters.engines.casbin_tables import CasbinTables
from adapters.engines.rego_embedded import EmbeddedRego
from adapters.files.policy_set import load_policy_set
from adapters.stores.rulebook_cache import RulebookCache, compile_rulebook
from pdp.errors import UnavailableError
from pdp.rulebook.build import Answers

ROOT = Path(__file__).parents[3]


@dataclass
class Counted:
    """An engine that asks another and counts how often."""

    engine: object
    version: str = "1"
    name: str = "counted"
    calls: list[int] = field(default_factory=list)

    def evaluate(self, jobs):
        """Count, and pass on."""
        self.calls.append(len(jobs))
        return self.engine.evaluate(jobs)

    def matches(self, jobs):
        """Count, and pass on."""
        self.calls.append(len(jobs))
        return self.engine.matches(jobs)


@pytest.fixture(scope="module")
def policies():
    """Three rules, and the first rows of what is long: an engine is asked some dozen times here."""
    found = load_policy_set(ROOT)
    administration, posts = (replace(table, rows=table.rows[:3]) for table in (found.administration, found.posts))
    return replace(found, rules=dict(list(found.rules.items())[:3]), administration=administration, posts=posts)


@pytest.fixture
def rego():
    return Counted(EmbeddedRego())


@pytest.fixture
def tables():
    return Counted(CasbinTables())


def test_a_warm_start_runs_no_engine_and_gives_the_same_rulebook(policies, rego, tables, tmp_path):
    cold = compile_rulebook(policies, rego, tables, tmp_path)
    warm = compile_rulebook(policies, rego, tables, tmp_path)

    assert (rego.calls, tables.calls) == ([3], [4])
    assert warm.revision == cold.revision
    assert warm.tables == cold.tables
    assert warm.administration == cold.administration
    assert warm.posts == cold.posts


def test_without_a_folder_nothing_is_kept(policies, rego, tables):
    compile_rulebook(policies, rego, tables)
    compile_rulebook(policies, rego, tables)

    assert rego.calls == [3, 3]


@pytest.mark.parametrize("part", ["policy", "rego", "readings"])
def test_other_sources_are_asked_about_anew(policies, rego, tables, tmp_path, part):
    compile_rulebook(policies, rego, tables, tmp_path)
    compile_rulebook(replace(policies, digests={**policies.digests, part: "0" * 64}), rego, tables, tmp_path)

    assert rego.calls == [3, 3]


def test_another_version_of_an_engine_is_asked_anew(policies, rego, tables, tmp_path):
    compile_rulebook(policies, rego, tables, tmp_path)
    rego.version = "2"
    compile_rulebook(policies, rego, tables, tmp_path)

    assert rego.calls == [3, 3]


def test_answers_of_an_engine_without_a_version_are_not_kept(policies, rego, tables, tmp_path):
    rego.version = ""
    compile_rulebook(policies, rego, tables, tmp_path)

    assert list(tmp_path.iterdir()) == []


def spoilt(text):
    """Return every kind of damage: cut, emptied, one bit turned, one answer turned, no text at all."""
    body = text.index("\n") + 1
    yield text[: len(text) // 2].encode()
    yield b""
    yield text[body:].encode()
    yield text.encode()[:-9] + bytes([text.encode()[-9] ^ 1]) + text.encode()[-8:]
    yield (text[:body] + text[body:].replace("0", "1", 1)).encode()
    yield b"\xff\xfe" + text.encode()


def test_a_damaged_file_is_asked_about_anew_and_mended(policies, rego, tables, tmp_path):
    revision = compile_rulebook(policies, rego, tables, tmp_path).revision
    (file,) = tmp_path.iterdir()
    whole = file.read_text("utf-8")

    for damaged in spoilt(whole):
        file.write_bytes(damaged)
        rego.calls.clear()
        assert compile_rulebook(policies, rego, tables, tmp_path).revision == revision
        assert rego.calls == [3]
        assert file.read_text("utf-8") == whole


def test_a_whole_file_that_is_not_what_the_sources_say_is_not_believed(policies, rego, tables, tmp_path):
    revision = compile_rulebook(policies, rego, tables, tmp_path).revision
    (file,) = tmp_path.iterdir()
    cache, key = RulebookCache(tmp_path), file.stem
    kept = cache.load(key)

    for forged in (
        Answers([[True] * len(said) for said in kept.rules], kept.tables),
        Answers([], []),
        Answers(kept.rules, [[]] * 3),
    ):
        cache.save(key, forged)
        rego.calls.clear()
        assert compile_rulebook(policies, rego, tables, tmp_path).revision == revision
        assert rego.calls == [3]


def test_a_folder_that_cannot_be_written_changes_nothing(policies, rego, tables, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("", "utf-8")

    assert compile_rulebook(policies, rego, tables, blocked / "cache").tables
    assert compile_rulebook(policies, rego, tables, blocked).tables


@dataclass
class Failing:
    """An engine that is down."""

    name: str = "failing"
    version: str = "1"

    def evaluate(self, jobs):
        """Fail."""
        message = f"{len(jobs)} jobs unanswered"
        raise UnavailableError(message)

    matches = evaluate


def test_an_engine_that_fails_refuses_the_load_and_keeps_nothing(policies, rego, tables, tmp_path):
    with pytest.raises(UnavailableError, match="unanswered"):
        compile_rulebook(policies, Failing(), tables, tmp_path)
    with pytest.raises(UnavailableError, match="unanswered"):
        compile_rulebook(policies, rego, Failing(), tmp_path)

    assert list(tmp_path.iterdir()) == []
