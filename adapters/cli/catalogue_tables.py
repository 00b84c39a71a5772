"""What `pdp catalogue` shows to people: the result of an import, and findings by kind."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from pdp.catalogue.finding import QUESTIONS, Severity
from pdp.catalogue.mapping import REASONS
from pdp.catalogue.persons import person_fields
from pdp.law import cite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from adapters.catalogues.importer import Import
    from pdp.catalogue.finding import Finding
    from pdp.catalogue.mapping import CatalogueMapping

_WORDS = {Severity.ERROR: "应当处理", Severity.WARNING: "应当核实", Severity.NOTICE: "未载明"}
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "dim"}
_MOST_NOTES = 12  # values left unset that are named; the rest are counted together


def show_import(console: Console, mapping: CatalogueMapping, done: Import, *, recorded: bool) -> None:
    """Print what became of the rows; `recorded` says whether the ledger was told."""
    reading = done.reading
    table = Table(title=escape(mapping.title), show_header=False)
    for label, count in (
        ("读取的行", reading.read),
        ("导入的条目", len(reading.entries)),
        ("与同一条目合并的行", reading.merged),
        ("未导入的行", len(reading.unmapped)),
    ):
        table.add_row(label, f"{count:,}")
    reasons = Counter(row.reason for row in reading.unmapped)
    for reason, count in reasons.most_common():
        table.add_row(f"  其中:{REASONS[reason]}", f"{count:,}")
    table.add_row("重复的行属性不一、未设属性的条目", f"{len(reading.contradicted):,}")
    pointing = [entry for entry in reading.entries if entry.on_open_portal and person_fields(entry.distinct_fields)]
    table.add_row("开放而信息项可能指向自然人的条目", f"{len(pointing):,}", style="yellow" if pointing else None)
    table.add_row("写入账本的陈述" if recorded else "将写入账本的陈述(未写入)", f"{len(done.statements):,}")
    console.print(table)
    _show_notes(console, reading.notes)


def _show_notes(console: Console, notes: Counter[str]) -> None:
    if not notes:
        return
    table = Table("映射没有列出、因而未设的值", "行数", title="未设的值")
    listed = notes.most_common(_MOST_NOTES)
    for value, count in listed:
        table.add_row(escape(value), f"{count:,}")
    rest = notes.total() - sum(count for _, count in listed)
    if rest:
        table.add_row(f"另有{len(notes) - len(listed)}种", f"{rest:,}")
    console.print(table)


def show_findings(console: Console, findings: Iterable[Finding], limit: int) -> None:
    """Print findings by kind, at most `limit` of each (0: all), and how many there are of each severity."""
    severities = Counter[Severity]()
    for code, group in groupby(findings, key=lambda finding: finding.code):
        found = list(group)
        severities[found[0].severity] += len(found)
        console.print(_kind(code, found, limit))
    total = ",".join(f"{_WORDS[severity]}{severities[severity]:,}项" for severity in Severity)
    console.print(f"合计:{total}")


def _kind(code: str, found: list[Finding], limit: int) -> Table:
    question = QUESTIONS[code]
    cites = "、".join(cite(article) for article in question.articles)
    colour = _COLOURS[question.severity]
    table = Table(
        "条目", "问题", "位置",
        title=f"[{colour}]{_WORDS[question.severity]}[/] {question.title}({len(found):,}项;{cites})",
        title_justify="left",
    )  # fmt: skip
    shown = found[:limit] if limit else found
    for finding in shown:
        table.add_row(escape(finding.title), escape(finding.sentence), escape(finding.place))
    if len(shown) < len(found):
        table.caption = f"另有{len(found) - len(shown):,}项未列出"
    return table
