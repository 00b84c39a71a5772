"""How statements are chained: one spelling, whoever made it and wherever it was made."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from pdp.ledger.scope import moment
from pdp.ledger.statement import GENESIS, Statement, chained, digest, words_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
STATEMENTS = st.builds(
    Statement,
    kind=TEXT,
    at=st.sampled_from([moment("2026-02-12"), moment("2026-02-12T09:30:00.000001+08:00")]),
    by=TEXT,
    body=st.dictionaries(TEXT, PLAIN, max_size=4),
    about=st.lists(TEXT, max_size=3).map(tuple),
    evidence=TEXT,
    agent=st.sampled_from(["", "p1"]),
    request=st.sampled_from(["", "r1", "请求"]),
)
NOW = moment("2026-06-01T10:00:00.5+08:00")


@given(STATEMENTS, st.integers(1, 2**40))
def test_a_statement_is_chained_by_the_hash_of_its_canonical_json(said, seq):
    placed, parts = chained(said, seq, NOW, GENESIS)

    asked = {name: value for name, value in (("agent", said.agent), ("request", said.request)) if value}
    whole = {
        "kind": said.kind, "at": said.at.isoformat(), "by": said.by, "body": said.body, "about": list(said.about),
        "evidence": said.evidence, "seq": seq, "recorded_at": NOW.isoformat(), "previous": GENESIS, **asked,
    }  # fmt: skip
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert placed.hash == digest(placed) == sha256(text.encode()).hexdigest()
    assert (json.loads(parts.body), tuple(json.loads(parts.about))) == (said.body, said.about)


@given(STATEMENTS, st.integers(1, 2**40))
def test_words_that_were_spelled_before_change_nothing_and_stay_with_what_they_spell(said, seq):
    worded = replace(said).in_words(words_of(said))

    assert worded == said
    assert chained(worded, seq, NOW, GENESIS) == chained(said, seq, NOW, GENESIS)
    assert chained(worded, seq, NOW, GENESIS)[0].hash == chained(said, seq, NOW, GENESIS)[0].hash
    assert chained(worded, seq, NOW, GENESIS)[0].words is None
    assert replace(worded, by="another").words is None
    assert worded.asked_by("p", "r").words is None
