from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from adapters.assemble import build_service
from adapters.callers import LOCAL
from adapters.files.duties import load_duties
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from pdp.log.canonical import decode, encode
from pdp.log.instants import later, microseconds, utc
from pdp.log.record import RECORD_LIMIT, RecordTooLargeError
from pdp.log.revision import revision_set
from pdp.log.schema import specialised
from pdp.log.spelling import evidence_text, findings_members, vector_of
from pdp.model import UNPROVEN, AccessRequest, Decision, Effect, Finding, Outcome, Verdict, Withheld
from pdp.routing.route_map import WAYS
from tests.pdp.log.conftest import MemoryPersonKeys

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdp.log.record import Recorder
    from pdp.model import Answer
    from pdp.rulebook.rulebook import Revision
    from pdp.service import Service

AT = datetime(2026, 11, 24, 8, 30, 11, 123456, tzinfo=timezone(timedelta(hours=8)))
ID = "0193587e-8f03-7abc-8def-0123456789ab"
ROOT = Path(__file__).parents[3]
WRITER = "0123456789abcdef"
EXAMPLES = sorted((ROOT / "examples").glob("ask_*.json"))
CANARY = "110101199003077758"  # shaped like an identity number; nobody's
same_fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

words = st.text("abcXYZ019._:-", min_size=1, max_size=12)
optional = st.none() | words
effects = st.sampled_from(list(Effect))
findings = st.lists(
    st.builds(Finding, words, effects, st.lists(words, min_size=1, max_size=2).map(tuple)), max_size=6
).map(tuple)
questions = st.builds(
    AccessRequest,
    st.sampled_from(["B", "C"]),
    words,
    words,
    system=optional,
    table=optional,
    fields=st.none() | st.lists(words | st.sampled_from(["姓名", "地址"]), max_size=3).map(tuple),
    combined_with=st.lists(words, max_size=2).map(tuple),
    scenario=optional,
    purpose=optional,
    application=optional,
    channel=optional,
    carrier=optional,
    mode=optional,
    location=optional,
    assurance=st.none() | st.integers(0, 4),
    established=st.none() | st.sampled_from([*WAYS, UNPROVEN]),
    disputed=st.booleans(),
    route=st.none() | st.just("GET data.example.gov.cn/api/v1/datasets/{dataset}/rows"),
    enforces=st.none() | st.lists(words, max_size=2).map(tuple),
    request_id=optional,
    ignored=st.lists(words, max_size=3).map(tuple),
    subject_kind=st.none() | st.just("public_body"),
)
anything = st.text(max_size=30) | st.sampled_from(
    [CANARY, f"x{CANARY}", "13800138000", "张三", "e\u0301", "\ud800", "\x00", "a/b~c", '"', "\\"]
)
wild = st.builds(
    AccessRequest,
    anything,
    anything,
    anything,
    subject_kind=st.none() | anything | st.just("natural_person"),
    staff=st.none() | anything,
    system=st.none() | anything,
    agent=st.none() | anything,
    fields=st.none() | st.lists(anything, max_size=3).map(tuple),
    rows=st.none()
    | st.recursive(
        anything | st.booleans() | st.integers() | st.floats() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3),
        max_leaves=6,
    ).map(lambda value: {"type": "field", "value": value}),
    combined_with=st.lists(anything, max_size=2).map(tuple),
    request_id=st.none() | anything,
    ignored=st.lists(anything, max_size=20).map(tuple),
    purpose=st.none() | anything,
    scenario=st.none() | anything,
    gateway=anything,
    route=st.none() | anything,
    client=st.none() | anything,
)


def plain(sample, request: AccessRequest, digest: str, revision: Revision) -> bytes:
    """Return the record of a flat question in clear, by the plain encoder."""
    group, decision, released = sample.inquiry.groups[0], sample.decision, sample.decision.outcome.permits
    simple = ("action", "application", "assurance", "carrier", "channel", "dataset", "door", "established")
    more = ("gateway", "location", "mode", "purpose", "request_id", "route", "scenario", "table")
    named = {name: getattr(request, name) for name in (*simple, *more)}
    scope = None if request.fields is None else {"fields": list(request.fields)}
    subject = {"body": request.subject, "kind": request.subject_kind, "system": request.system}
    asked = {
        **named,
        "combined_with": list(request.combined_with) or None,
        "enforces": None if request.enforces is None else list(request.enforces),
        "ignored": list(request.ignored) or None,
        "disputed": request.disputed or None,
        "digest": digest,
        "scope": scope,
        "subject": {name: value for name, value in subject.items() if value is not None},
    }
    remedies = [remedy.id for remedy in decision.remedies if remedy.contact is None]
    members = {
        "application": sample.inquiry.parameters.get("application"),
        "ask": next((remedy.contact.body for remedy in decision.remedies if remedy.contact), None),
        "at": "2026-11-24T00:30:11.123456Z",
        "cost_us": [45, 12],
        "evidence": evidence_text(group.facts.evidence, group.facts.index),
        "facts": " ".join(group.facts[name] for name in group.facts.index).replace("not_applicable", "-"),
        "findings": findings_members(decision.findings),
        "granted": {"fields": list(decision.granted)} if released and request.fields != decision.granted else None,
        "id": ID,
        "kind": "decision",
        "mono_ns": 123456789,
        "outcome": decision.outcome.value,
        "remedies": remedies or None,
        "request": {name: value for name, value in asked.items() if value is not None},
        "revision": {"age_ms": 0, "ledger": sample.inquiry.ledger, "set": revision_set(asdict(revision))},
        "terms": {"term": sample.inquiry.parameters["term"]} if released else None,
        "valid_us": (decision.valid_until - AT) // timedelta(microseconds=1),
        "writer": WRITER,
    }
    return encode({name: value for name, value in members.items() if value is not None})


@same_fixtures
@given(request=questions, found=findings)
def test_a_spliced_record_has_the_bytes_of_the_plain_encoder(
    request, found, recorder, permit, revision
) -> None:  # fixtures
    verdict = Verdict(Outcome.PERMIT, found)
    sample = replace(permit, request=request, decision=replace(permit.decision, verdicts=(verdict,), findings=found))
    digest = decode(sample.record(recorder))["request"]["digest"]
    expected = plain(sample, request, digest, revision)
    assert sample.record(recorder) == expected
    assert sample.record(recorder) == expected  # what is remembered by now is what was written at first


def test_a_refusal_has_the_bytes_of_the_plain_encoder(recorder, refusal, revision) -> None:
    record = refusal.record(recorder)
    assert record == plain(refusal, refusal.request, decode(record)["request"]["digest"], revision)


@pytest.mark.parametrize("name", ["permit", "refusal", "partial"])
def test_every_decision_fits_the_schema_with_the_words_of_its_revision(
    name: str, request, recorder, schema, vocabulary
) -> None:
    record = decode(request.getfixturevalue(name).record(recorder))
    duties = load_duties(ROOT / "policies" / "duties.yaml", ROOT)
    exact = specialised(schema, vocabulary, duty=duties.obligations, advisory=duties.advisories, remedy=duties.remedies)
    Draft202012Validator.check_schema(exact)
    Draft202012Validator(exact).validate(record)
    first = record.get("groups", [record])[0]
    first["facts"] = f"misspelt {first['facts'].partition(' ')[2]}"
    assert not Draft202012Validator(exact).is_valid(record)


def test_a_partial_answer_keeps_every_group_with_its_own_facts_and_grounds(recorder, partial, valid) -> None:
    record = decode(partial.record(recorder))
    valid(record)
    assert [group["outcome"] for group in record["groups"]] == ["PERMIT", "DENY"]
    assert record["groups"][1]["fields"] == ["身份证号"]
    assert vector_of(record["groups"][1]["facts"]) == partial.inquiry.groups[1].facts.vector
    assert record["groups"][1]["findings"]["forbid"] == "application_pending 21.1"
    assert not {"facts", "findings", "evidence"} & set(record)


@same_fixtures
@given(request=wild)
def test_any_question_makes_a_canonical_record_that_fits_the_schema(request, recorder, refusal, valid) -> None:
    for record in (
        refusal.asking(**{name: getattr(request, name) for name in request.__slots__}).record(recorder),
        recorder.error(ID, AT, 1, request, "store_down", "operator", b"raw"),
    ):
        valid(decode(record))


@same_fixtures
@given(place=st.sampled_from([*AccessRequest.__slots__]), shape=st.sampled_from([str, "x{}".format, "姓名 {}".format]))
def test_an_identity_number_never_stands_in_a_record_wherever_it_was_written(place, shape, recorder, refusal) -> None:
    secret = shape(CANARY)
    changes: dict[str, object] = {place: secret}
    if place in {"fields", "combined_with", "enforces", "ignored"}:
        changes = {place: (secret, "name")}
    elif place == "rows":
        changes = {place: {"type": "compound", "value": [{"type": "field", "field": "id", "value": secret}]}}
    elif place == "assurance":
        return
    asked = refusal.asking(**changes)
    for record in (
        asked.record(recorder, secret.encode()),
        recorder.error(ID, AT, 1, asked.request, "store_down", "operator", secret.encode()),
        recorder.rejection(ID, AT, 1, "authzen", "bad_request", peer=secret, raw=secret.encode(), size=18),
    ):
        assert CANARY.encode() not in record


@pytest.mark.parametrize("who", ["zhang.san", "13800138000", CANARY, "B"])
def test_a_natural_person_is_a_digest_even_under_the_name_of_a_body(who: str, recorder, permit, valid) -> None:
    record = decode(permit.asking(subject=who, subject_kind="natural_person", staff=who).record(recorder))
    valid(record)
    assert record["request"]["subject"]["person"].startswith("p1.")
    assert record["request"]["subject"]["staff"].startswith("p1.")
    assert "body" not in record["request"]["subject"]
    assert record["masked"] == ["/request/subject/person", "/request/subject/staff"]


def test_where_the_client_is_is_a_digest_that_can_be_erased_and_nobody_else_is_told(recorder, permit, valid) -> None:
    here, there = (permit.asking(client=address) for address in ("192.0.2.1", "192.0.2.2"))
    record = decode(here.record(recorder))
    valid(record)
    assert b"192.0.2." not in here.record(recorder)
    assert record["request"]["client"] == MemoryPersonKeys().digest("address", "192.0.2.1")
    assert "/request/client" in record["masked"]
    assert record["request"]["client"] != decode(there.record(recorder))["request"]["client"]
    told = recorder.told(here.request, here.inquiry, AT, {"R"})
    assert told == recorder.told(permit.request, permit.inquiry, AT, {"R"})


@pytest.mark.parametrize(("agent", "member"), [("agent-unit", "body"), ("some.account", "person")])
def test_an_agent_is_in_clear_only_where_it_is_on_record(agent: str, member: str, recorder, permit, valid) -> None:
    inquiry = replace(permit.inquiry, parameters={**permit.inquiry.parameters, "agent": agent})
    record = decode(replace(permit.asking(agent=agent), inquiry=inquiry).record(recorder))
    valid(record)
    assert set(record["request"]["agent"]) == {member}
    assert set(record["terms"]) == {"term"}


def test_row_filters_keep_their_shape_and_lose_their_literals(recorder, permit, valid) -> None:
    rows = {"type": "field", "field": "dept", "operator": "in", "value": ["A", 7, True]}
    inquiry = replace(permit.inquiry, parameters={**permit.inquiry.parameters, "rows": rows})
    decision = replace(permit.decision, granted=("name",), outcome=Outcome.PARTIAL)
    sample = replace(permit.asking(rows=rows), inquiry=inquiry, decision=decision)
    record = decode(sample.record(recorder))
    valid(record)
    for shown in (record["request"]["scope"]["rows"], record["granted"]["rows"]):
        assert {**shown, "value": None} == {**rows, "value": None}
        assert [str(literal)[:3] for literal in shown["value"]] == ["t1.", "t1.", "Tru"]
    assert "/granted/rows/value/0" in record["masked"]


def test_equal_texts_have_equal_digests_and_others_have_others(recorder, permit) -> None:
    def shown(purpose: str) -> str:
        return decode(permit.asking(purpose=purpose).record(recorder))["request"]["purpose"]

    assert shown("查 档") == shown("查 档") != shown("查 案")


@pytest.mark.parametrize("who", ["permit", "refusal"])
def test_two_recorders_write_equal_bytes(who: str, request, new_recorder: Callable[[], Recorder]) -> None:
    sample = request.getfixturevalue(who)
    assert sample.record(new_recorder()) == sample.record(new_recorder())


def test_a_verdict_of_another_rulebook_is_never_written_under_the_same_facts(recorder, permit) -> None:
    permit.record(recorder)
    verdict = Verdict(Outcome.DENY, (Finding("later_rule", Effect.FORBID, ("art_1__para_1",)),))
    changed = replace(permit, decision=Decision(Outcome.DENY, (verdict,), verdict.findings, ()))
    assert decode(changed.record(recorder))["findings"] == {"forbid": "later_rule 1.1"}


def test_a_record_that_does_not_fit_is_refused_and_its_error_fits(recorder, permit, valid) -> None:
    large = permit.asking(fields=tuple(f"field_{number}" for number in range(10_000)))
    with pytest.raises(RecordTooLargeError, match="fewer fields"):
        large.record(recorder)
    error = recorder.error(ID, AT, 1, large.request, "record_too_large", "caller", b"raw")
    valid(decode(error))
    assert len(error) < 1024


def test_the_limit_of_a_record_is_the_limit_of_its_entry() -> None:
    assert 65_535 - len('{"prev":"","record":,"seq":9223372036854775807,"v":1}') - 64 == RECORD_LIMIT


def test_the_records_of_the_examples_have_one_and_a_half_kilobytes_on_average(tmp_path) -> None:
    sizes = []
    with build_service(Settings(data=tmp_path, allow_any_filesystem=True)) as made:
        for example in EXAMPLES:
            body = example.read_bytes()
            answer = asyncio.run(_answered(made.service, parse(body, LOCAL), body))
            assert answer.decision.outcome.value.lower() == example.stem.split("_")[1]
            sizes.append(len(made.journal.find(answer.id)[1]))
    assert len(sizes) == 7
    assert sum(sizes) / len(sizes) <= 1500


async def _answered(service: Service, question: AccessRequest, body: bytes) -> Answer:
    await service.activate()
    return await service.answer(question, body)


def test_a_partial_answer_records_what_it_keeps_back_and_on_which_findings(recorder, permit, valid) -> None:
    outside = Finding("fields_outside_scope", Effect.FORBID, ("art_19__para_3",))
    kept_back = Withheld(("phone", "地址"), (outside,))
    decision = replace(permit.decision, granted=("name",), outcome=Outcome.PARTIAL, withheld=(kept_back,))

    record = decode(replace(permit, decision=decision).record(recorder))

    valid(record)
    assert record["withheld"] == [{"fields": ["phone", "地址"], "findings": {"forbid": "fields_outside_scope 19.3"}}]


@pytest.mark.parametrize("name", ["permit", "refusal"])
def test_what_is_granted_is_written_only_where_it_is_not_what_was_asked_for(name, request, recorder) -> None:
    sample = request.getfixturevalue(name)
    assert "granted" not in decode(sample.record(recorder))
    whole = decode(sample.asking(fields=None).record(recorder))
    assert whole.get("granted") == ({"fields": list(sample.decision.granted)} if name == "permit" else None)


def test_rejections_keep_no_content_and_one_kilobyte(recorder, valid) -> None:
    body = b"secret content" * 1000
    record = recorder.rejection(
        ID, AT, 1, "authzen", "bad_request", peer="192.0.2.1", raw=body, size=len(body), count=7
    )
    valid(decode(record))
    assert b"secret" not in record
    assert b"192.0.2.1" not in record
    assert len(record) < 1024
    named = decode(recorder.rejection(ID, AT, 1, "authzen", "bad_request", gateway="gw-1"))
    valid(named)
    assert named["gateway"] == "gw-1"


def test_events_fit_the_schema(recorder, valid, revision) -> None:
    digest = "p1." + "A" * 43
    events: dict[str, dict[str, object]] = {
        "log.opened": {"origin": "pdp.local/decisions/2026/n1-0"},
        "log.recovered": {"bytes": 436, "sha256": "ab" * 32},
        "log.closed": {},
        "rulebook.activated": recorder.activation(),
        "rulebook.refused": {"why": "rego/access/rules/x/x.rego:3: unknown fact; use a fact of facts.yaml"},
        "clock.stepped": {"back_ms": 2000},
        "store.stale": {"age_ms": 900_001, "limit_ms": 900_000, "store": "ledger"},
        "person.erased": {"person": digest},
    }
    for kind, members in events.items():
        valid(decode(recorder.event(ID, AT, 1, kind, members)))
    activated = decode(recorder.event(ID, AT, 1, "rulebook.activated", recorder.activation()))
    assert activated["revision"]["set"] == revision_set(asdict(revision))


def test_the_age_of_the_ledger_is_written_in_whole_milliseconds_and_early_records_without_it_stay_valid(
    recorder, permit, valid
) -> None:
    inquiry = replace(permit.inquiry, age=timedelta(days=1, microseconds=1999))
    record = decode(replace(permit, inquiry=inquiry).record(recorder))
    valid(record)
    assert record["revision"]["age_ms"] == 86_400_001
    for damage in (-1, 1.5, "1"):
        with pytest.raises(ValidationError):
            valid({**record, "revision": {**record["revision"], "age_ms": damage}})
    del record["revision"]["age_ms"]
    valid(record)


def test_the_schema_refuses_members_it_does_not_know(recorder, permit, valid) -> None:
    record = decode(permit.record(recorder))
    for holder in (record, record["request"], record["revision"], record["findings"]):
        holder["unknown"] = 1
        with pytest.raises(ValidationError):
            valid(record)
        del holder["unknown"]
    valid(record)


def test_instants_are_utc_with_six_digits() -> None:
    assert utc(AT) == "2026-11-24T00:30:11.123456Z"
    assert utc(AT.replace(microsecond=0)) == "2026-11-24T00:30:11.000000Z"


@given(st.integers(0, 7 * 10**15), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_the_end_of_validity_can_be_read_back_to_the_microsecond(since: int, span: timedelta) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=since)
    assert later(utc(at), microseconds(span)) == utc(at + span)


@given(st.integers(0, 7 * 10**15), st.integers(-720, 840))
def test_instants_are_what_the_calendar_says(microseconds: int, minutes: int) -> None:
    since = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    at = since.astimezone(timezone(timedelta(minutes=minutes)))
    assert utc(at) == at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_every_fact_has_its_value_in_the_order_that_the_log_itself_states(recorder, permit, vocabulary) -> None:
    shown = decode(permit.record(recorder))["facts"]
    named = recorder.activation()["facts"]
    assert named == list(vocabulary.facts)
    assert dict(zip(named, vector_of(shown), strict=True)) == {
        name: permit.inquiry.groups[0].facts[name] for name in named
    }
    assert len(named) == 37
