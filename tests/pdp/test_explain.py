"""Promises of explanations: everything the record says, in words, and every article word for word."""

import copy
from datetime import date

import pytest

from pdp.explain import explain
from pdp.explanation import Words, fact_words
from pdp.law import Instrument, Unit
from pdp.model import Outcome
from pdp.rulebook.duties import AdvisoryText, DutyText, RemedyText
from pdp.vocabulary import Fact, Value, Vocabulary


def fact(name, label, **values: str) -> Fact:
    return Fact(name, label, {value: Value(value, words) for value, words in values.items()}, (), "")


VOCABULARY = Vocabulary.of({
    "sharing_class": fact("sharing_class", "共享属性", conditional="有条件共享", unset="未定"),
    "authority": fact("authority", "授权状态", none="未申请", deemed="视为同意"),
    "grade": fact("grade", "数据级别", general="一般"),
})  # fmt: skip
WORDS = Words(
    instrument=Instrument(
        "xicheng-2023-4",
        "细则",
        "",
        "",
        date(2023, 5, 25),
        None,
        {"art_21__para_4": Unit("art_21__para_4", "逾期未答复的,视为同意共享。", coded=True)},
    ),
    vocabulary=VOCABULARY,
    titles={"share_deemed": "逾期未答复的,视为同意共享", "no_application": "未申请的,不予提供"},
    meanings={"no_application": "Without an application it is refused."},
    reads={"share_deemed": ("authority", "sharing_class"), "no_application": ("authority",)},
    obligations={"purpose_bound": DutyText("purpose_bound", "仅限用途", "Bound", "recipient", ("art_24__para_1",), ())},
    advisories={"superior_law_review": AdvisoryText("superior_law_review", "须复核", "Review", ("art_21__para_4",))},
    remedies={"apply": RemedyText("apply", "申请", "Apply", ("art_21__para_1",), "observer", {})},
    other_laws={"no_application": "《政务数据共享条例》"},
)
PERMIT = {
    "kind": "decision",
    "id": "019c9785",
    "outcome": "PERMIT",
    "request": {"subject": {"body": "B"}, "dataset": "R", "action": "read", "scenario": "sc-1", "purpose": "duty"},
    "facts": {"sharing_class": "conditional", "authority": "deemed", "grade": "general"},
    "evidence": {"authority": ["s:118", "c:2026.yaml"], "sharing_class": ["s:97"]},
    "findings": [
        {"rule": "share_deemed", "effect": "permit", "articles": ["art_21__para_4", "art_9"]},
        {"rule": "conditional_for_duty", "effect": "admit", "articles": ["art_24__para_1"]},
        {"rule": "purpose_bound", "effect": "oblige", "articles": ["art_24__para_1"]},
    ],
    "granted": {"fields": ["name", "phone"]},
    "duties": [{"id": "purpose_bound", "parameters": {"scenario": "sc-1"}}],
    "advisories": ["superior_law_review"],
    "valid_until": "2026-02-26T01:00:30.250000Z",
    "revision": {"set": "f" * 64, "ledger": 18233},
}
REFUSAL = {
    **{name: PERMIT[name] for name in ("kind", "id", "request", "facts", "evidence", "valid_until", "revision")},
    "outcome": "DENY",
    "facts": {"sharing_class": "conditional", "authority": "none", "grade": "general"},
    "findings": [{"rule": "no_application", "effect": "forbid", "articles": ["art_19__para_3"]}],
    "remedies": [{"id": "apply", "ask": "A"}],
}


def section(record, name):
    return explain(record, WORDS).plain()[name]


def test_the_conclusion_says_what_happens_to_the_data():
    assert section(PERMIT, "conclusion")["zh"] == ["予以提供(PERMIT)。", "提供的字段:name、phone。"]
    assert section(REFUSAL, "conclusion")["en"] == ["DENY: the data is not provided."]


def test_a_ground_quotes_its_articles_word_for_word():
    (ground,) = section(PERMIT, "grounds")["zh"]

    assert ground == (
        "逾期未答复的,视为同意共享(可以提供,规则 share_deemed)。"
        "第二十一条第四款:「逾期未答复的,视为同意共享。」第九条。"
    )


def test_only_what_decided_is_a_ground():
    assert [len(section(record, "grounds")["zh"]) for record in (PERMIT, REFUSAL)] == [1, 1]
    assert "forbids" in section(REFUSAL, "grounds")["en"][0]


def test_facts_that_decided_come_first_with_what_they_rest_on():
    assert section(PERMIT, "facts")["zh"] == [
        "共享属性=有条件共享(依据:账本第 97 条)",
        "授权状态=视为同意(依据:账本第 118 条、工作日历 2026.yaml)",
        "其他事实:数据级别=一般。",
    ]


def test_duties_and_notes_carry_their_articles_and_parameters():
    assert section(PERMIT, "duties")["zh"] == ["仅限用途(第二十四条第一款)[scenario=sc-1]"]
    assert section(PERMIT, "advisories")["en"] == ["Review (art_21__para_4)"]


def test_a_refusal_says_the_way_on_whom_to_ask_and_the_other_law():
    assert section(REFUSAL, "remedies")["zh"] == ["申请。询问 A 的数据观察员。", "另见:《政务数据共享条例》"]


def test_the_end_of_validity_is_in_local_time_and_never_later_than_recorded():
    assert section(PERMIT, "valid_until")["zh"] == ["2026-02-26T09:00:30+08:00;此后须重新请求。"]


def test_the_revision_is_named_with_the_last_statement_that_was_known():
    assert section(REFUSAL, "revision")["zh"] == [f"版本 {'f' * 16},账本至第 18233 条。"]


def test_the_age_of_a_copy_of_the_ledger_is_told_where_there_is_one():
    aged = {**REFUSAL, "revision": {**REFUSAL["revision"], "age_ms": 1250}}

    assert section(aged, "revision")["zh"][1:] == ["账本副本最近一次与账本一致,是在 1250 毫秒之前。"]
    level = {**REFUSAL, "revision": {**REFUSAL["revision"], "age_ms": 0}}
    assert section(level, "revision") == section(REFUSAL, "revision")


def test_a_partial_answer_says_what_it_keeps_back_and_why():
    record = {
        **PERMIT,
        "outcome": "PARTIAL",
        "granted": {"fields": ["name"]},
        "withheld": [{"fields": ["phone"], "findings": REFUSAL["findings"]}],
    }

    assert section(record, "conclusion")["zh"][-1] == "不提供的字段:phone(规则 no_application)。"
    assert len(section(record, "grounds")["zh"]) == 2


def test_several_groups_of_fields_are_told_apart():
    record = {
        **{name: PERMIT[name] for name in ("kind", "id", "request", "granted", "revision")},
        "outcome": "PARTIAL",
        "groups": [
            {"fields": ["name"], "outcome": "PERMIT", **{name: PERMIT[name] for name in ("facts", "findings")}},
            {"fields": ["phone"], "outcome": "DENY", **{name: REFUSAL[name] for name in ("facts", "findings")}},
        ],
    }

    said = explain(record, WORDS).plain()

    assert len(said["grounds"]["zh"]) == 2
    assert [line for line in said["facts"]["zh"] if line.startswith("就字段")] == ["就字段 name:", "就字段 phone:"]


def test_silence_is_said_aloud():
    record = {**REFUSAL, "findings": []}

    assert section(record, "grounds")["en"] == ["No rule grants this request."]


@pytest.mark.parametrize("record", [PERMIT, REFUSAL], ids=["permit", "refusal"])
def test_what_the_policy_files_no_longer_know_is_given_by_its_id(record):
    known = copy.deepcopy(record)
    known["findings"] = [{**found, "rule": "gone"} for found in record["findings"]]
    known["duties"] = [{"id": "gone"}]
    known["advisories"] = ["gone"]
    known["remedies"] = [{"id": "gone"}]
    known["facts"] = {**record["facts"], "authority": "a_value_of_long_ago"}

    explained = explain(known, WORDS)

    assert explained.outcome is Outcome(record["outcome"])
    assert "gone" in str(explained.plain()["grounds"])
    assert "authority=a_value_of_long_ago" in str(explained.plain()["facts"])


def test_a_fact_is_said_with_its_label_and_its_value():
    assert fact_words(VOCABULARY, "authority", "deemed") == "授权状态=视为同意"
    with pytest.raises(KeyError):
        fact_words(VOCABULARY, "authority", "granted")
