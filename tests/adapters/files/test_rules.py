"""Promises of the reader of rule folders: rules and their tests, and nothing else."""

from __future__ import annotations

import pytest

from adapters.files.rules import read_rules
from pdp.errors import PolicyError
from pdp.readings import Readings
from pdp.vocabulary import Fact, Value, Vocabulary

VALUES = {value: Value(value, value) for value in ("sharing", "opening")}
VOCABULARY = Vocabulary.of({"relation": Fact("relation", "关系", VALUES, (), "")})
SOURCE = b"""# METADATA
# title: \xe7\xa4\xba\xe4\xbe\x8b
# description: An example.
# custom:
#   articles: [art_1__para_1]
#   remedy: wait
package access.rules.example

forbid if input.relation == "sharing"
"""
RULE = "rego/access/rules/example/example.rego"


def read(files):
    return read_rules(files, VOCABULARY, Readings({}))


def test_rules_are_found_by_their_folders():
    rules = read({RULE: SOURCE, "rego/access/main/main.rego": b"other"})

    assert set(rules) == {"example"}
    assert rules["example"].path == RULE


STRAY = [
    "notes.md",
    "example/data.json",
    "example/other.rego",
    "example/example_test.rego.bak",
    "example/deep/example.rego",
]


@pytest.mark.parametrize("name", STRAY)
def test_a_stray_file_is_refused(name):
    with pytest.raises(PolicyError, match="a stray file among the rules"):
        read({RULE: SOURCE, f"rego/access/rules/{name}": b""})


def test_a_root_without_rules_is_refused():
    with pytest.raises(PolicyError, match="holds no rule"):
        read({"rego/access/main/main.rego": b""})


def test_a_source_that_is_no_text_is_refused_at_its_line():
    with pytest.raises(PolicyError, match=r"example\.rego:8: is not UTF-8"):
        read({RULE: SOURCE.replace(b"\nforbid", b"\xff\nforbid")})
