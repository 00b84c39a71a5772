"""`pdp log prune`: which logs may go and when; let the entries of one go, two people of different roles agreeing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from adapters.cli.log.ordering import confirmed, have_done, may_do, retention_of, settings_of
from adapters.stores.agreement import POST_OF, PRUNE, confirmations
from adapters.stores.retention import Kept, check, kept_logs
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from adapters.settings import Settings

_Log = Annotated[str | None, typer.Argument(help="哪个日志,例如 n1-0;不写则列出全部", metavar="[LOG]")]
_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]
_Config = Annotated[Path | None, typer.Option("--config", help="设置文件(YAML)", dir_okay=False)]
_By = Annotated[
    list[str] | None,
    typer.Option("--confirmed-by", help=f"同意的人:角色:姓名;两人,角色不同,岗位表准许。角色:{'、'.join(POST_OF)}"),
]
_WHY = {
    "open": "仍在写入,先关闭",
    "pruned": "已经清除",
    "empty": "没有记录",
    "held": "有法律保留",
    "young": "保存期未满",
    "unsigned": "还没有签名",
}
_STATES = {"open": "在写", "closed": "已关闭", "pruned": "已清除"}


def command(  # noqa: PLR0913  # what the operator says
    log: _Log = None,
    data: _Data = None,
    config: _Config = None,
    confirmed_by: _By = None,
    *,
    carry_out: Annotated[bool, typer.Option("--carry-out", help="真的清除;不写则只说明会清除什么")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """清除保存期满的日志:只清除条目,散列、检查点和副署留下,旧回执仍可核验。保存期不满,任何选项都不能提前。"""  # noqa: D415
    settings = settings_of(data, config)
    now = datetime.now(UTC)
    if not carry_out:
        found = kept_logs(settings.data, settings.node, retention_of(settings), now)
        _show([kept for kept in found if log in {None, kept.name}], settings, as_json=as_json)
        return
    if log is None:
        raise typer.BadParameter("写明要清除哪个日志,例如 n1-0", param_hint="LOG")  # noqa: EM101, TRY003  # for people
    agreed = confirmations(confirmed_by or [], PRUNE, may_do(settings))
    checked = check(settings.data, log, retention_of(settings), now)
    size, console = checked.checkpoint.size, Console(stderr=True, highlight=False)
    have_done(settings, "log.pruned", {"log": log, "confirmed": confirmed(settings, agreed)}, console)
    if as_json:
        typer.echo(json.dumps({"log": log, "entries": size, "pruned": True}))
    else:
        Console(highlight=False).print(f"日志 {log} 的 {size:,} 条条目已清除,log.pruned 记录已写入当前日志。")


def _show(found: list[Kept], settings: Settings, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([_plain(kept) for kept in found], ensure_ascii=False, indent=1))
        return
    title = f"保存 {settings.log.retention_days} 天;以下只是说明,没有清除任何东西"
    table = Table("日志", "状态", "最后一条", "确已过去", "可清除之日", "会清除", "现在能否清除", box=None, title=title)
    for kept in found:
        may = "[green]能[/]" if not kept.why else f"[yellow]否[/]:{_WHY[kept.why]}"
        age = f"{kept.age.days} 天" if kept.last else ""
        size = f"{kept.size / 2**20:,.1f} MiB" if kept.size else ""
        table.add_row(kept.name, _STATES[kept.state], _day(kept.last), age, _day(kept.due), size, may)
    Console(highlight=False).print(table)


def _plain(kept: Kept) -> dict[str, object]:
    return {
        "log": kept.name,
        "state": kept.state,
        "last": kept.last.isoformat() if kept.last else None,
        "age_days": kept.age.days,
        "due": kept.due.isoformat() if kept.due else None,
        "bytes": kept.size,
        "may_go": not kept.refusal,
        "refusal": kept.refusal,
    }


def _day(at: datetime | None) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d") if at else ""
