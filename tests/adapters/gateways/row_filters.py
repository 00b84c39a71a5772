"""Row filters and rows to hold renderings against, and what a filter means: a comparison in three values."""

from hypothesis import strategies as st

VALUES = {
    "dept": st.sampled_from(["A", "B", "it's", "", '"', "A B", "人"]),
    "age": st.integers(-3, 3),
    "on": st.booleans(),
}
ORDERED = ("eq", "ne", "lt", "lte", "gt", "gte")


@st.composite
def comparisons(draw) -> dict:
    """Return a comparison of a field with constants of its type."""
    field = draw(st.sampled_from(sorted(VALUES)))
    operators = (*ORDERED, "in", "nin", "startswith") if field == "dept" else (*ORDERED, "in", "nin")
    operator = draw(st.sampled_from(operators))
    one = VALUES[field]
    value = draw(st.lists(one, min_size=1, max_size=3) if operator in {"in", "nin"} else one)
    return {"type": "field", "field": field, "operator": operator, "value": value}


filters = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).flatmap(
            lambda parts: st.sampled_from(["and", "or"]).map(
                lambda word: {"type": "compound", "operator": word, "value": parts}
            )
        ),
        inner.map(lambda part: {"type": "compound", "operator": "not", "value": [part]}),
    ),
    max_leaves=6,
)
rows = st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()})
COMPARE = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b, "in": lambda a, b: a in b, "nin": lambda a, b: a not in b,
    "startswith": lambda a, b: a.startswith(b),
}  # fmt: skip


def holds(node, row) -> bool | None:
    """Return whether `node` is true of `row`, in three values; None is unknown."""
    if node["type"] == "field":
        value = row[node["field"]]
        return None if value is None else COMPARE[node["operator"]](value, node["value"])
    parts = [holds(part, row) for part in node["value"]]
    if node["operator"] == "not":
        return None if parts[0] is None else not parts[0]
    decisive = node["operator"] == "or"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive
