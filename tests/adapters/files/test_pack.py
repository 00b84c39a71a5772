"""A policy root says which instrument it is about; what it names is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.files.pack import load_pack
from pdp.errors import PolicyError

ROOT = Path(__file__).parents[3] / "policies"


def test_the_pack_names_the_register_and_the_facts():
    pack = load_pack(ROOT / "pack.yaml", ROOT)
    assert (pack.law, pack.vocabulary, pack.facts) == (
        ROOT / "law" / "xicheng-2023-4.yaml",
        ROOT / "facts.yaml",
        "public_data",
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("instrument: x", "instrument: y", 1, '"y" is no register in law/; use one of: x'),
        ("facts.yaml", "../facts.yaml", 2, 'is no file in policies/; did you mean "facts.yaml"?'),
        ("public_data", "rego", 3, '"rego" is no source of facts; use one of: public_data'),
        ("facts: ", "fakten: ", 3, '"fakten" is no key here'),
    ],
)
def test_each_fault_is_reported_at_its_line(tmp_path: Path, old: str, new: str, line: int, says: str):
    root = tmp_path / "policies"
    (root / "law").mkdir(parents=True)
    (root / "law" / "x.yaml").touch()
    (root / "facts.yaml").touch()
    text = "instrument: x\nvocabulary: facts.yaml\nfacts: public_data\n"
    (root / "pack.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_pack(root / "pack.yaml", root)
    assert (caught.value.path, caught.value.line) == ("policies/pack.yaml", line)
    assert says in str(caught.value)
