"""The texts of duties are read whole or not at all, and every fault is named at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.files.duties import load_duties
from pdp.errors import PolicyError

ROOT = Path(__file__).parents[3] / "policies"
GOOD = """\
obligations:
  purpose_bound:
    zh: 仅限依法履职或者提供服务
    en: Use the data for duty or service only
    bearer: recipient
    articles: [art_24__para_1]
    parameters: [purpose, scenario]
advisories:
  stale_data:
    zh: 该数据逾期未更新
    en: The data is past its update cycle
    articles: [art_16__para_1, art_7__para_1__item_2]
remedies:
  other_regime:
    zh: 适用其他规定
    en: Other rules govern
    articles: [art_1__para_1]
    ask: regulator
    see_also:
      core_data: 中华人民共和国数据安全法
  await_answer:
    zh: 等待答复
    en: Wait for the answer
    articles: [art_21__para_1]
    ask: observer
"""
EXECUTED = {"limit_to_granted", "limit_to_approved", "api_only", "quota_counted", "access_recorded"}


def read(folder, text):
    path = folder / "policies" / "duties.yaml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return load_duties(path, path.parent)


def test_every_text_is_kept_as_written(tmp_path):
    duties = read(tmp_path, GOOD)

    bound = duties.obligations["purpose_bound"]
    assert (bound.id, bound.zh, bound.bearer) == ("purpose_bound", "仅限依法履职或者提供服务", "recipient")
    assert bound.parameters == ("purpose", "scenario")
    assert duties.advisories["stale_data"].articles == ("art_16__para_1", "art_7__para_1__item_2")
    assert duties.remedies["other_regime"].see_also == {"core_data": "中华人民共和国数据安全法"}
    assert duties.remedies["await_answer"].see_also == {}


def test_the_shipped_texts_can_be_read():
    duties = load_duties(ROOT / "duties.yaml", ROOT)

    assert (len(duties.obligations), len(duties.advisories), len(duties.remedies)) == (17, 21, 27)


def test_what_a_gateway_can_execute_binds_the_gateway_and_all_else_the_recipient():
    duties = load_duties(ROOT / "duties.yaml", ROOT)

    assert {name for name, duty in duties.obligations.items() if duty.bearer == "gateway"} == EXECUTED


@pytest.mark.parametrize(
    ("written", "instead", "line", "says"),
    [
        ("bearer: recipient", "bearer: recipents", 5, 'did you mean "recipient"?'),
        ("[purpose, scenario]", "[purpose, scenarios]", 7, 'did you mean "scenario"?'),
        ("[purpose, scenario]", "[purpose, purpose]", 7, "listed twice"),
        ("ask: regulator", "ask: regulators", 18, 'did you mean "regulator"?'),
        ("art_24__para_1", "art_24_para_1", 6, "is no unit of the law"),
        ("[art_24__para_1]", "[]", 6, "no article is cited"),
        ("[art_24__para_1]", "art_24__para_1", 6, "a list"),
        ("    bearer: recipient\n", "", 2, '"bearer" is missing'),
        ("    ask: observer\n", "    ask: observer\n    contact: observer\n", 26, '"contact" is no key here'),
        ("en: Wait for the answer", "en:", 23, "nothing stands where a text is meant"),
        ("en: Wait for the answer", "en: no", 23, "put it in quotes"),
        ("  stale_data:", "  Stale Data:", 9, "is no id"),
        ("      core_data:", "      core data:", 20, "is no id"),
        ("  await_answer:", "  other_regime:", 21, "stands here twice"),
        ("advisories:", "notes:", 8, '"notes" is no key here'),
    ],
)
def test_a_fault_is_named_at_its_line(tmp_path, written, instead, line, says):
    assert written in GOOD

    with pytest.raises(PolicyError) as found:
        read(tmp_path, GOOD.replace(written, instead, 1))

    assert (found.value.path, found.value.line) == ("policies/duties.yaml", line), str(found.value)
    assert says in str(found.value)


TABLES = (
    GOOD
    + """\
generalisations:
  day_to_year: {zh: 只留年份, en: The year remains, form: day, keep: year}
  to_district: {zh: 只留到区, en: The district remains, form: one_of, values: [西城区]}
  tens: {zh: 十为一段, en: Tens, form: steps, step: 10}
"""
)


@pytest.mark.parametrize(
    ("written", "instead", "says"),
    [
        ("form: day,", "form: hour,", "form"),
        ("keep: year", "keep: hour", "part of a day"),
        ("keep: year", "step: 10", "keep"),
        ("values: [西城区]", "values: []", "no name is listed"),
        ("step: 10", "step: 1", "whole number from 2"),
        ("step: 10", "step: ten", "whole number from 2"),
    ],
)
def test_a_table_of_coarser_values_that_nobody_could_use_is_refused(tmp_path, written, instead, says):
    path = tmp_path / "policies" / "duties.yaml"
    path.parent.mkdir()
    path.write_text(TABLES, encoding="utf-8")
    assert load_duties(path, path.parent)

    path.write_text(TABLES.replace(written, instead), encoding="utf-8")
    with pytest.raises(PolicyError, match=says):
        load_duties(path, path.parent)
