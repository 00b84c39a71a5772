"""Promises of reading a pack with facts of its own: where it may lie, what it may leave out, what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from adapters.files.policy_set import digests, load_policy_set, policy_files
from pdp.errors import PolicyError

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "examples" / "packs" / "certification"


@pytest.fixture
def pack(tmp_path):
    shutil.copytree(SHIPPED, tmp_path / "pack")
    return tmp_path / "pack"


def change(pack, name, old, new):
    file = pack / name
    text = file.read_text("utf-8") if file.exists() else ""
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_a_pack_without_statements_needs_neither_readings_nor_calendar_nor_who_may_record():
    found = load_policy_set(SHIPPED)

    assert found.deriving is not None
    assert found.deriving.names == ("role", "action", "deletion", "record")
    assert found.permissions.columns == ("role", "action", "deletion", "record")
    assert found.purposes.is_left_out
    assert found.administration.is_left_out
    assert found.posts.is_left_out


def test_its_two_folders_may_lie_anywhere(pack, tmp_path):
    together = digests(policy_files(pack))
    (pack / "policies").rename(tmp_path / "what-the-rules-say")
    (pack / "rego").rename(tmp_path / "how")

    apart = load_policy_set(tmp_path / "what-the-rules-say", tmp_path / "how")

    assert apart.digests == together
    assert load_policy_set(tmp_path / "what-the-rules-say", tmp_path / "how").deriving == apart.deriving


def test_a_root_may_be_named_for_each_folder(pack):
    assert load_policy_set(pack, pack).digests == load_policy_set(pack / "policies", pack / "rego").digests


def test_its_data_are_part_of_the_revision(pack):
    before = digests(policy_files(pack))
    change(pack, "policies/data.yaml", "editors: [alice]", "editors: [alice, bob]")
    after = digests(policy_files(pack))

    assert {part for part in before if before[part] != after[part]} == {"policy"}


def test_its_data_may_be_json(pack):
    yaml = load_policy_set(pack).deriving
    (pack / "policies/data.yaml").unlink()
    (pack / "policies/data.json").write_text(
        '{"entities": {"user": {"alice": {}, "bob": {"role": "admin"}}, "record": {"record-1": {"status": "active"},'
        ' "record-2": {"status": "archived"}}}, "actions": ["read", "write", "delete"], "editors": ["alice"]}',
        "utf-8",
    )

    assert load_policy_set(pack).deriving == yaml


PACK, DATA, FACTS, REGO = "policies/pack.yaml", "policies/data.yaml", "policies/facts.yaml", "rego/facts.rego"
WRONG = [
    (PACK, "tables:", "tabels:", f"{PACK}:", '"tabels" is no key here'),
    (PACK, "  permissions: [role", "  purposes: [role", f"{PACK}:", '"permissions" is missing'),
    (PACK, "[role, action, deletion, record]", "[]", f"{PACK}:", "permissions has no column"),
    (PACK, "[role,", "[rolle,", f"{FACTS}:1", "rolle is missing, a table asks for it"),
    (PACK, "facts: rego", "facts: public_data", f"{PACK}:", "facts: public_data has its own columns"),
    (PACK, "facts: rego", "facts: regal", f"{PACK}:", '"regal" is no source of facts'),
    (DATA, "editors:", "access:", f"{DATA}:", '"access" stands under data already'),
    (DATA, "editors:", "readings:", f"{DATA}:", '"readings" stands under data already'),
    (DATA, "editors:", "Editors:", f"{DATA}:", '"Editors" is no id'),
    (DATA, "editors:", "authors:", f"{REGO}:", "data.editors is nothing"),
    (FACTS, "  record:", "  relation:", FACTS, "the fact relation means something else here"),
    (FACTS, "  record:", "  file:", f"{REGO}:", "record is no fact"),
    (REGO, "package facts", "package access.facts", REGO, "is not of package facts"),
    ("policies/data.json", "", "{}", "policies/data.json:1", "stands beside policies/data.yaml"),
    ("policies/tables/purposes.csv", "", "# p\n", "policies/tables/purposes.csv:1", "names no columns of it"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=[case[4] for case in WRONG])
def test_what_cannot_be_used_is_refused_where_it_stands(pack, wrong):
    name, old, new, place, fault = wrong
    change(pack, name, old, new)

    with pytest.raises(PolicyError) as refused:
        load_policy_set(pack)
    assert str(refused.value).startswith(place)
    assert fault in str(refused.value)


def test_a_pack_without_its_facts_is_refused(pack):
    (pack / REGO).unlink()

    with pytest.raises(PolicyError, match=f"{REGO}:1: is missing"):
        load_policy_set(pack)
