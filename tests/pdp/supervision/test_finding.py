"""Promises about findings in general: evidence always, every item accounted for, nothing moved by strangers."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdp.errors import TransitionError
from pdp.supervision.finding import NOT_COMPUTED, Finding
from tests.pdp.ledger.conftest import POLICIES, Scribe, law
from tests.pdp.supervision.conftest import article_41, article_42, decision

LATER = "2026-06-01"
APPLIED = {"id": "A1", "applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["a"]}}
ACTS = (
    ("application.received", "B", APPLIED),
    ("application.refused", "A", {"id": "A1"}),
    ("application.agreed", "A", {"id": "A1"}),
    ("application.fulfilled", "A", {"id": "A1"}),
    ("dataset.linked", "A", {"id": "R"}),
    ("dataset.base_set", "A", {"id": "R", "base_set": "population"}),
    ("dataset.base_set", "A", {"id": "R", "base_set": "none"}),
    ("dataset.class_tightened", "A", {"id": "R", "sharing": "not_shareable"}),
    ("objection.raised", "B", {"id": "Y1", "objector": "B", "dataset": "R", "side": "shared"}),
    ("objection.filed", "B", {"id": "Y1", "dataset": "R"}),
    ("opening.applied", "X", {"id": "O1", "applicant": "X", "dataset": "R", "scope": {"fields": ["a"]}}),
    ("opening.approved", "A", {"id": "O1", "carrier": "zone", "safeguards": ["s"]}),
    ("safeguards.attested", "A", {"id": "O1", "met": False}),
)  # fmt: skip
LOG = (
    decision("d1", "purpose_outside"),
    decision("d2", "opening_quota_exceeded", subject="X", relation="opening"),
    decision("d3", "catalogue_finding", subject="A", relation="own_use", outcome="PERMIT"),
)

steps = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 20)), max_size=10)
logs = st.lists(st.sampled_from(LOG), unique_by=lambda record: record["id"])


def tell(scribe: Scribe, acts) -> None:
    """Record those of `acts` that are lawful, in the order of their days."""
    for (kind, by, members), day in sorted(acts, key=lambda act: act[1]):
        try:
            scribe.say(kind, f"2026-02-{day + 3:02}", by, **members)
        except TransitionError:
            continue


def everything(scribe: Scribe, log):
    """Return the findings of both articles."""
    return [*article_41(scribe, LATER, log), *article_42(scribe, LATER, log)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, logs)
def test_every_finding_names_evidence_that_exists_and_a_subject_on_record(acts, log):
    scribe = Scribe(law()).bodies().dataset()
    tell(scribe, acts)

    for finding in everything(scribe, log):
        assert finding.subject in {"A", "B", "X"}
        assert finding.statements or finding.decisions
        assert set(finding.statements) <= set(range(1, scribe.ledger.head() + 1))
        assert set(finding.decisions) <= {record["id"] for record in log}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, logs)
def test_statements_about_others_change_no_finding_and_looking_records_nothing(acts, log):
    scribe = Scribe(law()).bodies().dataset()
    tell(scribe, acts)
    head = scribe.ledger.head()
    before = everything(scribe, log)
    assert scribe.ledger.head() == head

    scribe.say("body.registered", "2026-02-01", id="Z", name="Z", level="district", basis="administrative_organ")
    scribe.say("dataset.catalogued", "2026-02-01", id="Q", provider="Z", title="Q", fields=["a"])
    scribe.say("dataset.approved", "2026-02-02", id="Q", sharing="not_shareable", opening="unconditional")

    after = everything(scribe, log)
    assert [finding for finding in after if finding.subject != "Z"] == before
    assert {finding.subject for finding in after} - {finding.subject for finding in before} == {"Z"}


def test_a_finding_without_evidence_cannot_be_made():
    with pytest.raises(ValueError, match="names no evidence"):
        Finding("art_41__para_1__item_1", "A", "x")


def test_every_item_of_both_articles_says_what_cannot_be_seen():
    text = (POLICIES / "law/xicheng-2023-4.yaml").read_text(encoding="utf-8")
    items = {f"art_41__para_1__item_{n}" for n in range(1, 10)} | {f"art_42__para_1__item_{n}" for n in range(1, 5)}
    assert NOT_COMPUTED.keys() == items
    assert all(item in text for item in items)
