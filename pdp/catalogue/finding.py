"""What a reviewer would raise about a catalogue: the kinds of finding, each with its articles and its weight."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs; the order is that of the list shown."""

    ERROR = "error"  # 应当处理: what the text forbids, or a contradiction
    WARNING = "warning"  # 应当核实
    NOTICE = "notice"  # 来源未载明: nothing wrong is shown, something is missing


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of finding: its Chinese title, and the articles it rests on, the ground first."""

    code: str
    severity: Severity
    title: str
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about one entry; `field` is empty where it is about the entry as a whole."""

    code: str
    severity: Severity
    articles: tuple[str, ...]
    sentence: str  # Chinese
    place: str
    entry: str  # id
    title: str
    field: str = ""


def _question(code: str, severity: Severity, title: str, *articles: str) -> Question:
    return Question(code, severity, title, articles)


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTICE

QUESTIONS = {
    question.code: question
    for question in (
        _question("person_fields_open", _E, "无条件开放而信息项指向自然人", "art_27__para_1__item_3", "art_26__para_1"),
        _question("person_fields_unclear", _W, "信息项可能涉及自然人,开放前应当认定", "art_27__para_1__item_3"),
        _question("classes_contradict", _E, "向社会开放而不予共享", "art_19__para_1", "art_26__para_1"),
        _question("opening_contradicts", _E, "属性为禁止开放而列在开放目录", "art_27__para_1", "art_26__para_1"),
        _question("attribute_misplaced", _W, "开放属性栏写的是共享属性或者级别", "art_26__para_1", "art_19__para_1"),
        _question("opening_unset", _W, "开放属性未定", "art_26__para_1"),
        _question("sharing_unset", _N, "共享属性未载明", "art_19__para_1"),
        _question("basis_missing", _W, "不予共享而没有依据", "art_19__para_4"),
        _question("sharing_conditions_missing", _W, "有条件共享而没有写明条件", "art_19__para_3", "art_21__para_1"),
        _question("opening_conditions_missing", _N, "有条件开放而没有写明条件", "art_26__para_3"),
        _question("update_overdue", _W, "逾期未更新", "art_16__para_1", "art_7__para_1__item_2"),
        _question("title_repeated", _W, "同一提供单位有同名条目", "art_11__para_1"),
        _question("field_repeated", _N, "信息项重复", "art_11__para_1"),
        _question("fields_missing", _N, "没有信息项", "art_11__para_1"),
        _question("provider_unknown", _W, "提供单位不明", "art_6__para_1", "art_11__para_1"),
        _question("row_unreadable", _W, "不能读作目录条目的行", "art_11__para_1"),
        _question("provider_code_wrong", _W, "提供单位的统一社会信用代码不正确", "art_11__para_1"),
    )
}
