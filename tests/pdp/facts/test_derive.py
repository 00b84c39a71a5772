"""Facts are total, rest on the ledger, and believe no claim that the ledger can answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.calendar import load_calendar
from adapters.files.law import load_law
from adapters.files.readings import load_readings
from adapters.files.vocabulary import load_vocabulary
from pdp.facts.derive import FACTS, Deriver
from pdp.facts.situation import Setting
from pdp.ledger.admit import Admission, statement
from pdp.ledger.age import LIMIT, LedgerAge
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.world import World
from pdp.model import UNPROVEN, UNREGISTERED, AccessRequest
from pdp.vocabulary import Vocabulary
from pdp.workdays import SHANGHAI

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "policies"
VOCABULARY = load_vocabulary(POLICIES / "facts.yaml", ROOT)
CALENDAR = load_calendar(POLICIES / "calendar", ROOT)
READINGS = load_readings(POLICIES / "readings", ROOT)
LAW = load_law(POLICIES / "law/xicheng-2023-4.yaml", ROOT)
ADMISSION = Admission(CALENDAR, READINGS, LAW.in_force_from, lambda _role, _kind: True)
EARLY = datetime(2023, 6, 1, tzinfo=SHANGHAI)
NOW = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
IMPOSTOR = AccessRequest("P", "read", "R", subject_kind="public_body", scenario="sc-1", purpose="duty", assurance=4)


class Counted:
    """A usage counter that is told what it has counted."""

    def __init__(self, used: int | None = 0) -> None:
        self.count = used

    def used(self, _application: str) -> int | None:
        """Return the count."""
        return self.count

    def reserve(self, _application: str, _question: str | None, _at: float | None = None) -> None:
        """Count one more."""
        self.count = (self.count or 0) + 1


def body(name: str, **members: object) -> tuple[str, dict[str, object]]:
    return "body.registered", {
        "id": name, "name": name, "level": "district", "basis": "administrative_organ", **members
    }  # fmt: skip


GIVEN = [
    body("REG", offices=["regulator"]),
    body("A", observer={"post": "数据观察员", "phone": "010-00000001"}),
    body("B"),
    ("unit.registered", {"id": "X", "name": "X"}),
    ("person.registered", {"id": "P"}),
    ("duty.registered", {"id": "d1", "body": "B", "name": "职责", "basis": "法律", "scenarios": ["sc-1"]}),
    ("system.registered", {"id": "sys", "body": "B", "post": "岗", "duties": ["d1"]}),
    ("dataset.catalogued", {"id": "R", "provider": "A", "title": "R", "fields": ["name", "code", "phone"]}),
    ("dataset.mapped", {"id": "R", "resource_entry": "r", "data_entry": "d", "system_entry": "s", "table": "t"}),
    ("dataset.graded", {"id": "R", "grade": "general"}),
    ("dataset.regime_marked", {"id": "R", "regime": "none"}),
    ("dataset.approved", {
        "id": "R", "sharing": "conditional", "opening": "not_openable", "fields": {"code": {"sharing": "unconditional"}}
    }),
]  # fmt: skip
SPEAKERS = {"dataset.approved": "REG", "dataset.catalogued": "A", "dataset.mapped": "A"}


def ledger(*more: tuple[str, dict[str, object], str, datetime]) -> MemoryLedger:
    """Return a ledger with bodies A and B, a unit, a person, and a conditional dataset R of A."""
    kept = MemoryLedger(ADMISSION)
    about_data = ("dataset.graded", "dataset.regime_marked")
    for kind, members in GIVEN:
        by = SPEAKERS.get(kind, "A" if kind in about_data else "registrar")
        kept.record([statement(kind, members, EARLY, by)])
    for kind, members, by, at in more:
        kept.record([statement(kind, members, at, by)])
    return kept


def deriver(source: MemoryLedger, usage: Counted | None = None) -> Deriver:
    world = World(source, CALENDAR, READINGS, LAW.in_force_from)
    return Deriver(Setting(world, LAW, READINGS, usage or Counted(), {"sharing": 2}), VOCABULARY)


ASK = AccessRequest(
    "B", "read", "R", subject_kind="public_body", system="sys", fields=("name",), scenario="sc-1", purpose="duty",
    channel="bigdata_platform", mode="api", assurance=3,
)  # fmt: skip


def facts(request: AccessRequest, source: MemoryLedger | None = None, now: datetime = NOW) -> dict[str, str]:
    inquiry = deriver(source or ledger())(request, now)
    return dict(zip(VOCABULARY.facts, inquiry.groups[0].facts.vector, strict=True))


def test_every_declared_fact_is_derived_and_no_other():
    assert set(FACTS) == set(VOCABULARY.facts)


words = st.one_of(
    st.none(), st.sampled_from(["A", "B", "X", "P", "R", "sc-1", "duty", "api", "carrier", "履职", "", "nobody"])
)
requests = st.builds(
    AccessRequest,
    subject=words,
    action=st.sampled_from(["read", "query_catalogue", "onward_supply", "self_access", "information_request", "?"]),
    dataset=st.sampled_from(["R", "unknown"]),
    subject_kind=st.sampled_from([None, "public_body", "unit", "natural_person", "king"]),
    staff=words, system=words, agent=words, table=words,
    fields=st.one_of(st.none(), st.lists(st.sampled_from(["name", "code", "phone", "other"]), max_size=4).map(tuple)),
    combined_with=st.sampled_from([(), ("S",), ("R",)]),
    scenario=words, purpose=words, application=words, channel=words, carrier=words, mode=words,
    location=st.sampled_from([None, "CN", "US"]), assurance=st.sampled_from([None, 0, 1, 4]),
    enforces=st.sampled_from([None, (), ("mask_fields",), ("mask_fields", "filter_rows")]),
    established=st.sampled_from([None, "token", "header", UNPROVEN]), disputed=st.booleans(),
    route=st.sampled_from([None, "GET /a", UNREGISTERED]),
)  # fmt: skip
DERIVE = deriver(ledger())


@given(requests)
def test_every_question_yields_a_declared_value_for_every_fact(request):
    for group in DERIVE(request, NOW).groups:
        for fact, value in zip(VOCABULARY.facts.values(), group.facts.vector, strict=True):
            assert value in fact.values, (fact.id, value)


@given(requests)
def test_every_field_asked_for_is_in_exactly_one_group(request):
    groups = DERIVE(replace(request, combined_with=()), NOW).groups
    asked = [name for group in groups for name in group.asked]

    expected = (
        request.fields if request.fields is not None else (("name", "code", "phone") if request.dataset == "R" else ())
    )
    assert sorted(asked) == sorted(set(expected))


@given(st.sampled_from([None, "public_body", "unit", "natural_person"]))
def test_what_the_caller_claims_to_be_changes_nothing_the_ledger_knows(claimed):
    assert facts(replace(ASK, subject_kind=claimed)) == facts(ASK)


@given(requests)
def test_who_had_to_prove_an_identity_and_did_not_is_nobody(request):
    unproven = replace(request, subject=None, subject_kind=None, established=UNPROVEN, assurance=0)

    for group in DERIVE(unproven, NOW).groups:
        assert (group.facts["relation"], group.facts["assurance"]) == ("unresolved", "unauthenticated")


@given(requests, st.integers(1, 4))
def test_a_subject_that_a_weaker_way_disputes_is_never_known_well_enough(request, strength):
    for group in DERIVE(replace(request, disputed=True, assurance=strength), NOW).groups:
        assert group.facts["assurance"] == "insufficient"


@given(requests)
def test_of_a_call_without_a_route_nobody_knows_whose_data_it_is_about(request):
    first, *_ = DERIVE(replace(request, route=UNREGISTERED), NOW).groups

    assert (first.facts["relation"], first.facts["catalogue_state"]) == ("unresolved", "unrouted")


def test_nobody_becomes_a_public_body_by_saying_so():
    assert facts(replace(IMPOSTOR, subject="unheard-of"))["relation"] == "unresolved"
    assert facts(IMPOSTOR)["relation"] == "opening"


def test_a_citizen_need_not_be_registered_to_be_one():
    assert facts(replace(ASK, subject="anybody", subject_kind="natural_person"))["relation"] == "opening"


def test_the_provider_and_its_successor_use_their_own_data():
    succeeded = ledger(
        (*body("A2"), "registrar", EARLY), ("body.succeeded", {"id": "A", "successor": "A2"}, "registrar", EARLY)
    )

    assert facts(replace(ASK, subject="A"))["relation"] == "own_use"
    assert facts(replace(ASK, subject="A2"), succeeded)["relation"] == "own_use"


def test_fields_with_an_attribute_of_their_own_are_decided_apart():
    inquiry = DERIVE(replace(ASK, fields=("code", "name", "phone")), NOW)

    assert [(group.asked, group.facts["sharing_class"]) for group in inquiry.groups] == [
        (("code",), "unconditional"),
        (("name", "phone"), "conditional"),
    ]


def test_a_field_the_entry_does_not_list_has_no_attribute():
    inquiry = DERIVE(replace(ASK, fields=("name", "salary")), NOW)

    assert [group.facts["sharing_class"] for group in inquiry.groups] == ["conditional", "unset"]


APPLIED = ("application.received", {
    "id": "A1", "applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["name"], "quota": 2},
}, "B", datetime(2026, 2, 12, tzinfo=SHANGHAI))  # fmt: skip
AGREED = ("application.agreed", {"id": "A1"}, "A", datetime(2026, 2, 13, tzinfo=SHANGHAI))


def test_a_grant_rests_on_its_statements():
    inquiry = deriver(ledger(APPLIED, AGREED))(ASK, NOW)
    group = inquiry.groups[0]

    assert group.facts["authority"] == "agreed"
    assert group.facts.evidence["authority"][-1] == f"s:{len(GIVEN) + 2}"
    assert inquiry.parameters["application"] == "A1"


@pytest.mark.parametrize(("now", "state"), [("2026-02-26T23:59:59", "pending"), ("2026-02-27T00:00:00", "deemed")])
def test_silence_deems_consent_when_the_fifth_working_day_has_ended(now, state):
    instant = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)

    assert facts(ASK, ledger(APPLIED), instant)["authority"] == state


def test_an_answer_is_not_valid_past_the_instant_at_which_consent_is_deemed():
    inquiry = deriver(ledger(APPLIED))(ASK, datetime(2026, 2, 26, 23, 59, 50, tzinfo=SHANGHAI))

    assert inquiry.until == datetime(2026, 2, 27, tzinfo=SHANGHAI)


@pytest.mark.parametrize(("used", "value"), [(0, "within"), (1, "within"), (2, "exceeded"), (None, "unknown")])
def test_a_quota_is_within_until_it_is_used_up(used, value):
    inquiry = deriver(ledger(APPLIED, AGREED), Counted(used))(ASK, NOW)

    assert inquiry.groups[0].facts["quota"] == value


@pytest.mark.parametrize(
    ("fields", "coverage", "covered"),
    [(("name",), "all", ("name",)), (("name", "phone"), "some", ("name",)), (("phone",), "none", ())],
)
def test_a_grant_covers_the_fields_it_names(fields, coverage, covered):
    group = deriver(ledger(APPLIED, AGREED))(replace(ASK, fields=fields), NOW).groups[0]

    assert (group.facts["field_coverage"], group.covered) == (coverage, covered)


def test_of_several_applications_the_one_for_the_scenario_stands_before_a_better_one():
    other = (
        "application.received",
        {**APPLIED[1], "id": "A2", "scenario": "sc-2"},
        "B",
        datetime(2026, 2, 28, tzinfo=SHANGHAI),
    )
    source = ledger(APPLIED, AGREED, other)

    assert facts(replace(ASK, scenario="sc-2"), source)["authority"] == "pending"
    assert facts(ASK, source)["authority"] == "agreed"


@pytest.mark.parametrize(
    ("named", "changed", "state"),
    [
        ("A1", {}, "agreed"),
        ("A2", {}, "none"),
        ("A1", {"subject": "A", "system": None}, "none"),
        ("A1", {"dataset": "S"}, "none"),
    ],
)
def test_an_application_that_the_question_names_counts_for_its_own_applicant_and_data_alone(named, changed, state):
    catalogued = ("dataset.catalogued", {"id": "S", "provider": "REG", "title": "S", "fields": ["name"]}, "REG", EARLY)
    approved = ("dataset.approved", {"id": "S", "sharing": "conditional"}, "REG", EARLY)
    asked = replace(ASK, application=named, **changed)
    found = facts(asked, ledger(APPLIED, AGREED, catalogued, approved))

    assert found["authority"] == ("not_needed" if found["relation"] == "own_use" else state)


def test_an_answer_under_a_named_application_waits_for_no_other():
    other = ("application.received", {**APPLIED[1], "id": "A2"}, "B", datetime(2026, 2, 24, tzinfo=SHANGHAI))
    alone, both = deriver(ledger(APPLIED, AGREED)), deriver(ledger(APPLIED, AGREED, other))
    named = replace(ASK, application="A1")

    assert both(named, NOW).until == alone(named, NOW).until
    assert both(ASK, NOW).until < alone(ASK, NOW).until, "the other one is deemed before"


def test_a_scenario_in_words_matches_nothing():
    assert facts(replace(ASK, scenario="履职"), ledger(APPLIED, AGREED))["purpose"] == "unknown"


@given(st.integers(min_value=0, max_value=30))
def test_statements_about_unrelated_entities_change_nothing(days):
    later = EARLY + timedelta(days=days)
    busy = ledger(
        ("dataset.catalogued", {"id": "S", "provider": "B", "title": "S"}, "B", later),
        ("measure.declared", {"id": "m", "scope": {"datasets": ["S"]}}, "B", later),
    )

    assert facts(ASK, busy) == facts(ASK)


def test_an_authority_that_holds_for_some_rows_covers_some():
    rows = {"type": "field", "field": "code", "operator": "eq", "value": "1"}
    narrow = (APPLIED[0], {**APPLIED[1], "scope": {"fields": ["name"], "rows": rows}}, *APPLIED[2:])
    source = ledger(narrow, AGREED)

    assert facts(ASK, source)["field_coverage"] == "some"
    assert facts(replace(ASK, rows=rows), source)["field_coverage"] == "all"


def test_the_law_is_not_in_force_the_day_before_it_was_issued():
    eve = datetime.combine(LAW.in_force_from - timedelta(days=1), datetime.max.time(), SHANGHAI)

    assert facts(ASK, now=eve)["in_force"] == "not_yet"
    assert facts(ASK, now=eve + timedelta(microseconds=1))["in_force"] == "yes"
    assert LAW.in_force_from == date(2023, 5, 25)


def test_a_stale_copy_of_the_ledger_rests_on_its_last_statement_and_one_in_time_says_until_when_it_holds():
    derive, head = deriver(ledger()), ledger().head()
    minute = timedelta(minutes=1)
    level, behind, stale = derive(ASK, NOW), derive(ASK, NOW, LedgerAge(minute)), derive(ASK, NOW, LedgerAge(2 * LIMIT))

    told = [(found.groups[0].facts["ledger_age"], found.until, found.age) for found in (level, behind, stale)]
    assert told == [
        ("current", None, timedelta()), ("current", NOW + LIMIT - minute, minute), ("stale", None, 2 * LIMIT)
    ]  # fmt: skip
    assert stale.groups[0].facts.evidence["ledger_age"] == (f"s:{head}",)
    assert "ledger_age" not in level.groups[0].facts.evidence


def test_a_copy_that_never_got_a_statement_is_stale_on_no_evidence():
    (group,) = deriver(MemoryLedger(ADMISSION))(ASK, NOW, LedgerAge(2 * LIMIT)).groups

    assert (group.facts["ledger_age"], group.facts.evidence.get("ledger_age")) == ("stale", None)


def test_a_revision_that_does_not_know_of_copies_yet_is_derived_as_it_was():
    world = World(ledger(), CALENDAR, READINGS, LAW.in_force_from)
    setting = Setting(world, LAW, READINGS, Counted(), {"sharing": 2})
    earlier = Vocabulary.of({name: fact for name, fact in VOCABULARY.facts.items() if name != "ledger_age"})
    (then,), (now,) = (Deriver(setting, known)(ASK, NOW).groups for known in (earlier, VOCABULARY))

    assert then.facts.vector == now.facts.vector[:-1]


def test_a_revision_that_does_not_know_of_routes_yet_has_such_data_in_no_catalogue():
    world = World(ledger(), CALENDAR, READINGS, LAW.in_force_from)
    state = VOCABULARY.facts["catalogue_state"]
    values = {name: value for name, value in state.values.items() if name != "unrouted"}
    earlier = Vocabulary.of({**VOCABULARY.facts, "catalogue_state": replace(state, values=values)})
    derive = Deriver(Setting(world, LAW, READINGS, Counted(), {}), earlier)

    for asked, found in ((replace(ASK, route=UNREGISTERED), "uncatalogued"), (ASK, "approved")):
        (group,) = derive(asked, NOW).groups
        assert group.facts["catalogue_state"] == found


WISH = {"id": "A1", "applicant": "B", "dataset": "R", "scenario": "sc-1"}
HASHED, ENDS = {"field": "phone", "method": "hash"}, {"field": "phone", "method": "partial", "keep_prefix": 3}
SOME_ROWS = {"type": "field", "field": "code", "operator": "eq", "value": "01"}


def agreed_to(asked: dict[str, object], part: dict[str, object] | None = None) -> MemoryLedger:
    """Return a ledger in which B applied for the scope `asked` and A agreed, to `part` of it where there is one."""
    day = datetime(2026, 2, 12, tzinfo=SHANGHAI)
    answer = ("application.agreed", {"id": "A1"}) if part is None else (
        "application.agreed_in_part", {"id": "A1", "scope": part, "explanation": "因", "statutory_cause": "法"}
    )  # fmt: skip
    return ledger(("application.received", {**WISH, "scope": asked}, "B", day), (*answer, "A", day + timedelta(days=1)))


@pytest.mark.parametrize(
    ("fields", "coverage", "masks"),
    [
        (("name",), "all", None),
        (("phone",), "some", [{**ENDS, "keep_suffix": 0}]),
        (("name", "phone"), "some", [{**ENDS, "keep_suffix": 0}]),
    ],
)
def test_a_mask_makes_a_part_of_the_whole_where_its_field_is_asked_for(fields, coverage, masks):
    source = agreed_to({"fields": ["name", "phone"]}, {"masks": [ENDS]})

    inquiry = deriver(source)(replace(ASK, fields=fields, enforces=("mask_fields",)), NOW)

    [group] = inquiry.groups
    assert (group.facts["field_coverage"], group.facts["enforcement"], group.covered) == (coverage, "able", fields)
    assert inquiry.parameters.get("masks") == masks


def test_who_cannot_mask_is_unable_where_a_mask_binds():
    source = agreed_to({"fields": ["name", "phone"], "masks": [HASHED]})

    def able(*fields: str) -> str:
        return facts(replace(ASK, fields=fields, enforces=("filter_rows",)), source)["enforcement"]

    assert (able("name"), able("phone")) == ("able", "unable")


@pytest.mark.parametrize("fields", [("code", "name"), ("name", "code")])
def test_the_limits_of_an_authority_bind_the_whole_answer_whichever_field_comes_first(fields):
    source = agreed_to({"fields": ["name"], "rows": SOME_ROWS, "quota": 3, "until": "2026-12-31"})

    inquiry = deriver(source)(replace(ASK, fields=fields), NOW)

    assert len(inquiry.groups) == 2
    assert (inquiry.parameters["application"], inquiry.parameters["rows"]) == ("A1", SOME_ROWS)
    assert (inquiry.parameters["quota"], inquiry.parameters["term"][:10]) == (3, "2027-01-01")
