"""How `pdp log witness` shows cosignatures: tables for people, plain values for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from adapters.cli.log.cosigned import Standing
from pdp.log.instants import utc
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.cli.log.cosigned import OfOthers, OfOurs
    from adapters.witnesses.state import Evidence

_WORDS: Final = {
    Standing.CURRENT: "[green]正常[/]",
    Standing.LATE: "[red]迟到[/]",
    Standing.NEVER: "[red]从未副署[/]",
    Standing.WRONG: "[red]不是有效的副署[/]",
    Standing.UNKNOWN: "[yellow]未核验:设置中没有它的公钥,请用 --config 指明设置文件[/]",
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def show(ours: Sequence[OfOurs], theirs: Sequence[OfOthers], evidence: Sequence[Evidence], now: int) -> None:
    """Print the tables."""
    console = Console(highlight=False)
    if ours:
        table = Table(
            "日志", "见证方", "副署至", "未副署", "何时", "状态", title="为我们副署", title_justify="left", box=None
        )
        for each in ours:
            signed = (f"{each.size} 条", f"{each.behind} 条", _ago(each.at, now)) if each.at else ("—", "—", "—")
            table.add_row(each.log, each.witness, *signed, _WORDS[each.standing])
        console.print(table)
    if theirs:
        table = Table("日志", "副署至", "何时", title="我们为他方副署", title_justify="left", box=None)
        for other in theirs:
            table.add_row(other.checkpoint.origin, f"{other.checkpoint.size} 条", _ago(other.at, now))
        console.print(table)
    for found in evidence:
        console.print(f"[red]疑似分叉[/] {_day(found.at)}:", end="")
        console.print(f"{found.origin}:{found.why}", markup=False)
    if evidence:
        console.print("证据(两份均由该日志签名)见 --json;请向该日志的主管部门核实。")


def plain(
    ours: Sequence[OfOurs], theirs: Sequence[OfOthers], evidence: Sequence[Evidence]
) -> dict[str, list[dict[str, object]]]:
    """Return everything as JSON holds it; times are UTC."""
    return {
        "cosigned_for_us": [
            {"log": each.log, "newest": each.newest, "witness": each.witness, "standing": each.standing.value}
            | ({"size": each.size, "behind": each.behind, "at": _utc(each.at)} if each.at else {})
            for each in ours
        ],
        "cosigned_by_us": [
            {"origin": other.checkpoint.origin, "size": other.checkpoint.size, "at": _utc(other.at)} for other in theirs
        ],
        "evidence": [
            {
                "origin": found.origin,
                "why": found.why,
                "at": _utc(found.at),
                "cosigned": found.cosigned.decode(),
                "sent": found.sent.decode(),
            }
            for found in evidence
        ],
    }


def _ago(at: int, now: int) -> str:
    """Return an instant, and how long ago it was."""
    ago = max(0, now - at)
    if ago < _MINUTE:
        said = f"{ago} 秒前"
    elif ago < _HOUR:
        said = f"{ago // _MINUTE} 分钟前"
    else:
        said = f"{ago // _HOUR} 小时前" if ago < _DAY else f"{ago // _DAY} 天前"
    return f"{_day(at)}({said})"


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def _utc(at: int) -> str:
    return utc(datetime.fromtimestamp(at, UTC))
