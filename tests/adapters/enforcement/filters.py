"""Row filters and rows by chance: every operator, nulls, missing members, look-alike texts."""

from __future__ import annotations

from hypothesis import strategies as st

TEXTS = st.sampled_from(
    [
        "",
        "A",
        "a",
        "Ab",
        "AB",
        "aB",
        "A'",
        "' OR 1=1 --",
        "%",
        "_",
        "A%",
        "Ä",
        "ä",
        "朝阳区",
        "朝阳",
        "z",
        "𠀀",
        " A",
        "A ",
    ]
)
NUMBERS = st.sampled_from([-(2**53) + 1, -1, 0, 1, 2, 10, 2**53 - 1])
FLAGS = st.booleans()
DAYS = st.sampled_from(["2019-12-31", "2020-01-01", "2020-02-29"])
TYPES = {"dept": TEXTS, "name": TEXTS, "age": NUMBERS, "year": NUMBERS, "open": FLAGS, "day": DAYS}
ORDERED = ("eq", "ne", "lt", "lte", "gt", "gte")


@st.composite
def _comparison(draw, names) -> dict[str, object]:
    name = draw(st.sampled_from(names))
    constants = TYPES[name]
    operators = ["eq", "ne", "in", "nin"]
    operators += [] if constants is FLAGS else list(ORDERED[2:])
    operators += ["startswith"] if constants is TEXTS else []
    operator = draw(st.sampled_from(operators))
    value = draw(st.lists(constants, min_size=1, max_size=3) if operator in {"in", "nin"} else constants)
    return {"type": "field", "field": name, "operator": operator, "value": value}


def _compound(parts) -> st.SearchStrategy[dict[str, object]]:
    joined = st.builds(
        lambda operator, value: {"type": "compound", "operator": operator, "value": value},
        st.sampled_from(["and", "or"]),
        st.lists(parts, min_size=1, max_size=3),
    )
    negated = parts.map(lambda part: {"type": "compound", "operator": "not", "value": [part]})
    return joined | negated


def conditions(names=tuple(TYPES)):
    """Return conditions over the fields `names`."""
    return st.recursive(_comparison(names), _compound, max_leaves=6)


def filters(names=tuple(TYPES)):
    """Return row filters in the canonical form."""
    plain = st.sampled_from([{"kind": "all"}, {"kind": "none"}])
    return plain | conditions(names).map(lambda ast: {"kind": "conditional", "ast": ast})


def rows(most=8):
    """Return rows in which any member may be null."""
    row = st.fixed_dictionaries({name: st.none() | values for name, values in TYPES.items()})
    return st.lists(row, max_size=most)
