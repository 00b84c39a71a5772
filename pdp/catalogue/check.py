"""Check a catalogue: what a reviewer would raise, entry by entry. A finding asks a question; it decides nothing."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from pdp.catalogue.finding import QUESTIONS, Finding, Severity
from pdp.catalogue.mapping import REASONS
from pdp.catalogue.persons import IDENTIFYING, person_fields
from pdp.catalogue.uscc import fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pdp.catalogue.entry import Entry
    from pdp.catalogue.mapping import Unmapped

_OPEN = frozenset({"unconditional", "conditional"})
_SHARING_WORDS = ("共享", "脱敏")  # what a value of the opening column should not speak of
_TELLING = frozenset({"identifier", "name"})  # kinds beside which a trait belongs to somebody
_ABSENT = {"sharing": "sharing_unset", "opening": "opening_unset", "fields": "fields_missing"}
_SEVERITIES = list(Severity)
_WEIGHT = {
    code: (_SEVERITIES.index(question.severity), place) for place, (code, question) in enumerate(QUESTIONS.items())
}


def check(
    entries: Iterable[Entry], at: datetime, unmapped: Iterable[Unmapped] = (), absent: frozenset[str] = frozenset()
) -> list[Finding]:
    """Return the findings about `entries` as they stand at the instant `at`, heaviest first, then in their order.

    Args:
        entries: one catalogue or several, repetitions included; titles are compared within one.
        at: aware; from it update cycles are judged.
        unmapped: rows that are no entries, because they name no title or no provider.
        absent: members of an entry that the source has no column for; they are raised once, not for every row.
    """
    kept = list(entries)
    titles = Counter((entry.portal, entry.provider, entry.title) for entry in kept)
    found = [finding for entry in kept for finding in _entry(entry, at, titles)]
    found = [finding for finding in found if finding.code not in {_ABSENT.get(member) for member in absent}]
    found += [_row(row) for row in unmapped]
    found += [_column(code, len(kept)) for member, code in _ABSENT.items() if member in absent]
    return sorted(found, key=lambda finding: _WEIGHT[finding.code])


def _entry(entry: Entry, at: datetime, titles: Counter[tuple[str, str, str]]) -> Iterator[Finding]:
    yield from _persons(entry)
    yield from _classes(entry)
    yield from _conditions(entry)
    yield from _fields(entry)
    yield from _provider(entry)
    yield from _freshness(entry, at)
    count = titles[entry.portal, entry.provider, entry.title]
    if count > 1:
        yield _finding(entry, "title_repeated", f"{entry.provider}有{count}个条目同名“{entry.title}”")


def _persons(entry: Entry) -> Iterator[Finding]:
    """Ask about fields that point to persons where anybody may take them. Source: art_27__para_1__item_3."""
    if entry.opening not in _OPEN and not (entry.on_open_portal and not entry.opening):
        return
    listed = person_fields(entry.distinct_fields)
    identified = any(group.kind in _TELLING for group in listed.values())
    for name, group in listed.items():
        if group.kind == "trait" and not identified:
            continue
        certain = entry.opening == "unconditional" and group.kind in IDENTIFYING
        code = "person_fields_open" if certain else "person_fields_unclear"
        yield _finding(entry, code, f"信息项“{name}”属于{group.label}:{group.why}", name)


def _classes(entry: Entry) -> Iterator[Finding]:
    if entry.sharing == "not_shareable" and entry.opening in _OPEN:
        yield _finding(entry, "classes_contradict", "不予共享,却向社会开放:公众可得而公共机构不可得")
    if entry.opening == "not_openable" and entry.on_open_portal:
        yield _finding(entry, "opening_contradicts", f"开放属性为“{entry.opening_text}”,却列在开放目录")
    if any(word in entry.opening_text for word in _SHARING_WORDS):
        yield _finding(entry, "attribute_misplaced", f"开放属性栏写“{entry.opening_text}”,不是开放属性")
    if not entry.opening:
        stated = f"“{entry.opening_text}”不能对应到开放属性" if entry.opening_text else "来源没有写明开放属性"
        yield _finding(entry, "opening_unset", stated)
    if not entry.sharing:
        yield _finding(entry, "sharing_unset", "来源没有写明共享属性")


def _conditions(entry: Entry) -> Iterator[Finding]:
    if entry.sharing == "not_shareable" and not entry.sharing_basis:
        yield _finding(entry, "basis_missing", "不予共享,没有写明法律、行政法规或者国家政策依据")
    if entry.sharing == "conditional" and not entry.sharing_conditions:
        yield _finding(entry, "sharing_conditions_missing", "有条件共享,没有写明共享条件")
    if entry.opening == "conditional" and not entry.opening_conditions:
        yield _finding(entry, "opening_conditions_missing", "有条件开放,没有写明开放条件")


def _fields(entry: Entry) -> Iterator[Finding]:
    if not entry.fields:
        yield _finding(entry, "fields_missing", "没有列出信息项")
    for name, count in Counter(entry.fields).items():
        if count > 1:
            yield _finding(entry, "field_repeated", f"信息项“{name}”列了{count}次", name)


def _provider(entry: Entry) -> Iterator[Finding]:
    if entry.provider_code and fault(entry.provider_code):
        yield _finding(
            entry, "provider_code_wrong", f"统一社会信用代码“{entry.provider_code}”{fault(entry.provider_code)}"
        )


def _freshness(entry: Entry, at: datetime) -> Iterator[Finding]:
    """Ask whether the update cycle is kept. Source: art_16__para_1."""
    cycle, updated = entry.cycle, entry.updated
    if cycle is None or cycle.days is None or updated is None:
        return
    late = at - (updated + timedelta(days=cycle.days))
    if late > timedelta(0):
        sentence = f"更新周期“{cycle.text}”,最后更新{updated:%Y-%m-%d},已逾期{late.days}天"
        yield _finding(entry, "update_overdue", sentence)


def _column(code: str, count: int) -> Finding:
    question = QUESTIONS[code]
    sentence = f"来源没有这一栏,全部{count}个条目都没有写明"
    return Finding(code, question.severity, question.articles, sentence, "", "", question.title)


def _row(row: Unmapped) -> Finding:
    code = "provider_unknown" if row.reason.startswith("provider") else "row_unreadable"
    question = QUESTIONS[code]
    return Finding(code, question.severity, question.articles, REASONS[row.reason], row.place, "", row.title)


def _finding(entry: Entry, code: str, sentence: str, name: str = "") -> Finding:
    question = QUESTIONS[code]
    return Finding(code, question.severity, question.articles, sentence, entry.place, entry.id, entry.title, name)
