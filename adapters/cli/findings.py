"""`pdp findings`: what the ledger and the decision log show of the cases of art_41 and art_42, and what they cannot."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path  # noqa: TC003 -- the framework reads annotations
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from adapters.assemble import open_ledger
from adapters.exports.articles import article_id
from adapters.gateways.finding_pages import DAYS, beginning, told
from adapters.settings import Settings
from adapters.stores.decision_leads import DecisionLeads
from adapters.stores.finding_reports import make
from pdp.errors import RequestError
from pdp.law import cite
from pdp.supervision.report import NOTICE, check_article, not_computed
from pdp.workdays import SHANGHAI, civil

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pdp.supervision.finding import Finding
    from pdp.supervision.report import Report

_NONE = 1
_SHOWN = 3  # statements, and decisions, of a finding; --json has more


def command(
    subject: Annotated[str, typer.Option(help="关于谁:机构、单位的编号,或者自然人的摘要")] = "",
    article: Annotated[str, typer.Option(help="条、款、项:第四十一条第一款第五项、41.1.5 或者 art_41")] = "",
    since: Annotated[str | None, typer.Option(help=f"自哪一日起的决定;默认最近 {DAYS} 日")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="数据文件夹;服务运行与否均可", file_okay=False)] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """第四十一条、第四十二条情形的线索和证据;都不是处置。退出码:0 有,1 没有,2 请求有误或者无法读取。"""  # noqa: D415  # as Chinese ends
    unit = article_id(article) if article else ""
    check_article(unit)
    report = _made(data or Settings().data, _day(since))
    found = report.chosen(unit, subject)
    if as_json:
        typer.echo(json.dumps(told(report, unit, found), ensure_ascii=False, indent=1))
    else:
        _show(Console(), report, unit, found)
    raise typer.Exit(0 if found else _NONE)


def _made(data: Path, since: date | None) -> Report:
    """Return the report on a data folder as it stands now; the log is read with a bar."""
    now, bar = datetime.now(UTC).astimezone(SHANGHAI), Console(stderr=True)

    def watched(entries: Iterable[tuple[int, bytes]], size: int) -> Iterable[tuple[int, bytes]]:
        return track(entries, "通读日志", size, console=bar, transient=True)

    begin = beginning(since, now)
    with open_ledger(data) as ledger:
        leads = DecisionLeads(data, watched).since(begin)
        with bar.status("核对账本"):
            return make(ledger, ledger.admission, leads, now, begin)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        place, fault = "--since", f'"{text}" 不是日期;请写 2026-03-24'
        raise RequestError(place, fault) from None


def _show(console: Console, report: Report, article: str, found: Sequence[Finding]) -> None:
    """Print what was found, what cannot be seen, and that none of it is a sanction."""
    console.print(Text(f"线索和证据 {len(found)} 项(截至 {report.at:%Y-%m-%d %H:%M})", style="bold"))
    if found:
        console.print(_table("主体、情形、依据", ((one.article, _told(one)) for one in found)))
    blind = ((item, Text(why, style="dim")) for item, why in not_computed(article).items())
    console.print(_table("看不到的", blind))
    console.print(f"决定自 {civil(report.since)} 起核对{_missed(report)}。")
    console.print(Text(NOTICE, style="bold"))


def _table(title: str, rows: Iterable[tuple[str, Text]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("条款", no_wrap=True)
    table.add_column(title, overflow="fold")
    for article, words in rows:
        table.add_row(cite(article), words)
    return table


def _told(found: Finding) -> Text:
    """Return on whom, since when, what, and on what it rests, the first few by name."""
    begun = f",自 {civil(found.since)}" if found.since else ""
    rests = [*_few([f"#{seq}" for seq in found.statements], "账本"), *_few(list(found.decisions), "决定")]
    return Text.assemble((f"{found.subject}{begun}\n", "bold"), (found.zh, "yellow"), (f"\n{';'.join(rests)}", "dim"))


def _few(names: list[str], of: str) -> list[str]:
    more = f" 等 {len(names)} 条" if len(names) > _SHOWN else ""
    return [f"{of} {'、'.join(names[:_SHOWN])}{more}"] if names else []


def _missed(report: Report) -> str:
    left = f",较早的 {report.left_out} 条未列入" if report.left_out else ""
    return left + (f",{report.unreadable} 条不可读" if report.unreadable else "")
