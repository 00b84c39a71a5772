from __future__ import annotations

from pathlib import Path

import pytest

from adapters.files.assumptions import load_assumptions
from pdp.errors import PolicyError

SHIPPED = Path(__file__).parents[3] / "examples" / "world" / "assumptions.yaml"
GOOD = """\
since: "2025-12-01T00:00:00+08:00"
regulator: kexin
platform: city
bodies:
  11110102000012000Y: {id: jiaowei, basis: administrative_organ}
providers: {words: {公园: yuanlin}, themes: {教育: jiaowei}, otherwise: kexin}
conditional: {"bj:1": 用于履职}
before:
  - body.registered: {id: kexin, name: 区科信局, level: district, basis: administrative_organ}
after:
  - application.received: {id: A1, applicant: jiaowei, dataset: "bj:1", by: jiaowei, at: "2026-03-02"}
"""


def write(tmp_path, text):
    path = tmp_path / "examples" / "world" / "assumptions.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path, tmp_path / "examples"


def test_the_shipped_assumptions_can_be_read():
    assert len(load_assumptions(SHIPPED, SHIPPED.parents[1]).bodies) == 25


def test_statements_take_effect_when_they_say_or_when_the_world_begins(tmp_path):
    assumed = load_assumptions(*write(tmp_path, GOOD))

    (body,), (received,) = assumed.before, assumed.after
    assert (body.by, body.at) == ("registrar", assumed.since)
    assert (received.by, received.at.isoformat()) == ("jiaowei", "2026-03-02T00:00:00+08:00")
    assert assumed.bodies["11110102000012000Y"].id == "jiaowei"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("12000Y", "12000X", 5, "校验码应为Y"),
        ("{id: jiaowei, basis: administrative_organ}", "{id: jiaowei, basis: guess}", 5, '"guess" is no basis'),
        ("- body.registered", "- body.registred", 9, "body.registered"),
        (', at: "2026-03-02"', "", 11, '"at" is missing'),
        ("applicant: jiaowei", "aplicant: jiaowei", 11, 'no member "aplicant"'),
        ('"2026-03-02"', '"2026-02-30"', 11, "no day"),
        ("platform", "plattform", 3, '"plattform" is no key'),
    ],
)
def test_a_fault_is_reported_at_its_line(tmp_path, old, new, line, says):
    with pytest.raises(PolicyError, match=says) as caught:
        load_assumptions(*write(tmp_path, GOOD.replace(old, new, 1)))

    assert (caught.value.path, caught.value.line) == ("examples/world/assumptions.yaml", line)
