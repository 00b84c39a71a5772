"""A statement comes out of its row as it went in, whatever its body holds."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.stores.statement_rows import row, statement_of
from pdp.ledger.statement import GENESIS, Statement, chained, digest
from pdp.workdays import SHANGHAI

NOW = datetime(2026, 3, 24, 9, tzinfo=SHANGHAI)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def stored(body: dict[str, object]) -> tuple[Statement, Statement]:
    """Return a statement with this body as it was recorded, and as its row gives it back."""
    said = Statement("dataset.refreshed", NOW, "A", body, ("dataset/R", "数据/一"))
    recorded, _ = chained(said, 7, NOW, GENESIS)
    return recorded, statement_of(row(recorded))


@given(st.dictionaries(TEXTS, PLAIN, max_size=5))
def test_a_statement_comes_back_equal_and_still_fits_its_hash(body):
    recorded, back = stored(body)
    assert back == recorded
    assert digest(back) == back.hash == recorded.hash


@pytest.mark.parametrize("depth", [10, 150, 250, 900])
def test_a_body_comes_back_however_deeply_it_is_nested(depth):
    rows: object = 123456789012345678901234567890
    for _ in range(depth):
        rows = {"and": [rows]} if depth < 500 else [rows]
    recorded, back = stored({"rows": rows})
    assert back.hash == recorded.hash == digest(back)
