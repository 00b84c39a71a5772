"""Promises of masks: what is not released is not there, and no more of a value remains than its mask says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.enforcement.canonical import METHODS, Mask, Released, RowFilter
from adapters.enforcement.generalise import TableError, table, tables_in
from adapters.enforcement.masks import DIGITS, HIDDEN, REDACTED, Means, Shape, masked, recipient_key

ALL = RowFilter("all")
KEY = recipient_key(b"m" * 32, "R", "public_body:B")
TABLES = {
    "day_to_year": table("day_to_year", {"form": "day", "keep": "year"}),
    "day_to_month": table("day_to_month", {"form": "day", "keep": "month"}),
    "to_district": table("to_district", {"form": "one_of", "values": ["西城区", "东城区"]}),
    "tens": table("tens", {"form": "steps", "step": 10}),
}
MEANS = Means(KEY, TABLES)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
values = st.recursive(
    scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abc"), below), max_leaves=8
)
masks = st.one_of(
    st.sampled_from([Mask("null"), Mask("redact"), Mask("hash")]),
    st.builds(Mask, st.just("partial"), st.integers(0, 6), st.integers(0, 6)),
    st.builds(Mask, st.just("generalise"), table=st.sampled_from([*TABLES, "unheard_of"])),
)
names = st.lists(st.sampled_from(["a", "b", "a.b", "a.c", "c.a.b"]), unique=True)


def shape(fields, masks=None, means=MEANS):
    return Shape(Released(ALL, None if fields is None else tuple(fields), masks or {}), means)


@pytest.mark.parametrize(
    ("value", "mask", "left"),
    [
        ("13912345678", Mask("partial", 3, 4), "139****5678"),
        ("13912345678", Mask("partial", 0, 0), "****"),
        ("1234567", Mask("partial", 3, 4), REDACTED),
        ("12345678", Mask("partial", 3, 4), "123****5678"),
        ("", Mask("partial", 0, 0), REDACTED),
        ("张三丰", Mask("partial", 1, 0), "张****"),
        (13912345678, Mask("partial", 3, 4), None),
        (True, Mask("partial", 3, 4), None),
        ("秘密", Mask("redact"), REDACTED),
        (7, Mask("redact"), None),
        ("秘密", Mask("null"), None),
        (None, Mask("hash"), None),
        ({"a": "b"}, Mask("partial", 3, 4), None),
        (["139", "13912345678"], Mask("partial", 3, 4), [REDACTED, "139****5678"]),
        ("2026-02-12", Mask("generalise", table="day_to_year"), "2026"),
        ("2026-02-12T09:00:00+08:00", Mask("generalise", table="day_to_month"), "2026-02"),
        ("2026-02-31x", Mask("generalise", table="day_to_month"), REDACTED),
        ("北京市西城区某街道", Mask("generalise", table="to_district"), "西城区"),
        ("某地", Mask("generalise", table="to_district"), REDACTED),
        (37, Mask("generalise", table="tens"), "30-39"),
        (-1, Mask("generalise", table="tens"), "-10--1"),
        (3.7, Mask("generalise", table="tens"), None),
        (37, Mask("generalise", table="unheard_of"), None),
        ("37", Mask("generalise", table="unheard_of"), REDACTED),
    ],
)
def test_what_a_mask_leaves(value, mask, left):
    assert masked(value, mask, MEANS) == left


def test_a_keyed_digest_is_equal_for_equals_and_differs_by_recipient_dataset_and_type():
    def digest(value: object, key: bytes = KEY) -> object:
        return masked(value, Mask("hash"), Means(key))

    assert digest("B-1") == digest("B-1") != digest("B-2")
    assert digest("1") != digest(1)
    assert len(str(digest("B-1"))) == DIGITS
    others = [
        recipient_key(b"m" * 32, *one) for one in (("R", "public_body:C"), ("Q", "public_body:B"), ("Rp", "ublic"))
    ]
    assert len({digest("B-1", key) for key in (KEY, *others)}) == 4
    assert masked("B-1", Mask("hash"), Means()) == REDACTED


@given(values, masks)
def test_a_mask_never_reveals_more_than_it_says(value, mask):
    left = masked(value, mask, MEANS)

    for before, after in zip(leaves(value), leaves(left), strict=False) if not isinstance(value, dict) else ():
        assert revealed(before, after, mask)
    if isinstance(value, dict) or mask.method == "null":
        assert left is None


def leaves(value: object) -> list[object]:
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]


def revealed(before: object, after: object, mask: Mask) -> bool:
    """Return whether `after` is something that the mask may leave of `before`."""
    if after is None or after == REDACTED:
        return True
    if mask.method == "partial":
        head, tail = str(before)[: mask.keep_prefix], str(before)[len(str(before)) - mask.keep_suffix :]
        return after == head + HIDDEN + tail and len(head) + len(tail) < len(str(before))
    if mask.method == "hash":
        return len(str(after)) == DIGITS and set(str(after)) <= set("0123456789abcdef")
    return mask.method == "generalise" and len(str(after)) < 64


@given(st.text(), st.text(), st.integers(0, 5), st.integers(0, 5))
def test_two_texts_with_the_same_ends_look_the_same(one, other, prefix, suffix):
    ends = "a" * prefix, "z" * suffix
    mask = Mask("partial", prefix, suffix)

    if one and other:
        assert masked(ends[0] + one + ends[1], mask, MEANS) == masked(ends[0] + other + ends[1], mask, MEANS)


def test_what_is_not_named_is_not_there():
    row = {"name": "n", "phone": "p", "id": 1}

    assert shape(["name"]).of(row) == {"name": "n"}
    assert shape([]).of(row) == {}
    assert shape(None).of(row) == row
    assert shape(["name", "absent"]).of(row) == {"name": "n"}


def test_dotted_names_lead_into_objects_and_through_lists():
    row = {"who": {"name": "n", "id": 1}, "sons": [{"name": "a", "id": 2}, {"name": "b"}, 3], "sons.id": 9}

    assert shape(["who.name", "sons.name"]).of(row) == {"who": {"name": "n"}, "sons": [{"name": "a"}, {"name": "b"}]}
    assert shape(["who"]).of(row) == {"who": {"name": "n", "id": 1}}
    assert shape(["who"], {"who.id": Mask("null")}).of(row) == {"who": {"name": "n", "id": None}}
    assert shape(["who.name"], {"who": Mask("redact")}).of(row) == {"who": None}
    assert shape(None, {"sons.name": Mask("redact")}).of(row)["sons"] == [
        {"name": REDACTED, "id": 2}, {"name": REDACTED}, 3,
    ]  # fmt: skip


@given(
    st.dictionaries(st.sampled_from("abc"), values), names, st.dictionaries(st.sampled_from(["a", "b", "a.b"]), masks)
)
def test_a_row_never_holds_what_was_not_released(row, fields, given_masks):
    left = shape(fields, given_masks).of(row)

    for path in paths(left):
        assert any(path == name or path.startswith(name + ".") for name in fields) or any(
            name.startswith(path + ".") for name in fields
        )
    assert shape(fields, given_masks).of(row) == left
    json.dumps(left)


def paths(value: object, above: str = "") -> list[str]:
    if isinstance(value, list):
        return [path for one in value for path in paths(one, above)]
    if not isinstance(value, dict):
        return []
    found = [f"{above}.{name}" if above else name for name in value]
    return found + [path for name, below in zip(found, value.values(), strict=True) for path in paths(below, name)]


@given(st.dictionaries(st.sampled_from("abc"), scalars), names)
def test_an_object_without_what_is_released_gives_nothing_of_it(row, fields):
    assert shape(fields).of(row).keys() <= {name.split(".")[0] for name in fields}


@pytest.mark.parametrize(
    "said",
    [{}, {"form": "day"}, {"form": "day", "keep": "hour"}, {"form": "one_of", "values": []},
     {"form": "steps", "step": 1}, {"form": "steps", "step": True}, {"form": "one_of", "values": [1]}, None, "day"],
)  # fmt: skip
def test_a_table_that_nobody_could_use_is_refused(said):
    with pytest.raises(TableError, match="say form day with keep"):
        table("t", said)


def test_the_shipped_policies_have_tables_that_can_be_used(tmp_path):
    shipped = tables_in(Path(__file__).parents[3] / "policies/duties.yaml")
    empty = tmp_path / "duties.yaml"
    empty.write_text("obligations: {}\n")

    assert {"day_to_year", "day_to_month", "address_to_district"} <= shipped.keys()
    assert shipped["address_to_district"].coarser("北京市海淀区中关村大街 1 号") == "海淀区"
    assert tables_in(empty) == {}
    with pytest.raises(TableError, match="cannot be read"):
        tables_in(tmp_path / "nowhere.yaml")


def test_every_method_of_the_canonical_form_is_known_here():
    for method in METHODS:
        assert masked("秘密的值", Mask(method, 1, 1, "day_to_year"), MEANS) != "秘密的值"
