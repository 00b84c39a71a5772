"""`pdp log export`: the log in the formats of others, with the signed checkpoint and a manifest."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from adapters.cli.log.columns import columns_of, instant, watched
from adapters.exports.database import Database
from adapters.exports.delivery import Period, deliver
from adapters.exports.questions import BEGINNING, END
from adapters.exports.told import span
from adapters.settings import Settings


class Form(StrEnum):
    """The formats."""

    OPA = "opa"
    OCSF = "ocsf"
    PARQUET = "parquet"
    JSONL = "jsonl"


_Folder = Annotated[
    Path, typer.Argument(help="写到哪个文件夹;每个日志一个子文件夹,须尚不存在或者为空", file_okay=False)
]
_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]
_Form = Annotated[
    Form, typer.Option("--format", help="opa:OPA 决策日志;ocsf:OCSF 1.5.0 API Activity;parquet:列;jsonl:逐条展开")
]


def command(
    folder: _Folder,
    form: _Form = Form.JSONL,
    since: Annotated[str | None, typer.Option(help="自何时起(北京时间),例如 2026-03-24")] = None,
    until: Annotated[str | None, typer.Option(help="至何时止(北京时间);只写日期的,含当日")] = None,
    data: _Data = None,
) -> None:
    """导出已签名的记录,附签名检查点与清单;从不读取未签名的部分。"""  # noqa: D415  # as Chinese ends
    period = Period(instant("--since", since) or BEGINNING, instant("--until", until, end=True) or END)
    table = Table("日志", "条数", "文件", "完整至", "位置", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    with columns_of(data or Settings().data) as logs:
        for columns in logs:
            target = folder / columns.log.folder.name
            with Database([columns]) as database:
                found = span(database, columns, period.since, period.until)
                with watched(f"导出 {target.name}", found[1] + 1 - found[0] if found else 0) as progress:
                    made = deliver(columns, database, period, form.value, target, progress.tell)
            table.add_row(
                made["log"], f"{made['entries']:,}", str(len(made["files"])), f"{made['complete_to']:,}", str(target)
            )
    Console().print(table)
