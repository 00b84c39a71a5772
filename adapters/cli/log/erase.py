"""`pdp log erase`: erase a person by deleting the key of all digests, or set the key aside while a law keeps it.

The identifier is typed or piped in, never put on the command line, where others would see it.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from adapters.cli.log.ordering import (
    carry_out,
    confirmed,
    have_done,
    may_do,
    persons_of,
    retention_of,
    settings_of,
)
from adapters.stores.agreement import ERASE, POST_OF, confirmations
from adapters.stores.log_reader import logs_in
from adapters.stores.log_time import vouched_age
from adapters.stores.orders import ERASED, LOCKED
from pdp.errors import RequestError
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from adapters.settings import Settings

_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]
_Config = Annotated[Path | None, typer.Option("--config", help="设置文件(YAML)", dir_okay=False)]
_By = Annotated[
    list[str] | None,
    typer.Option("--confirmed-by", help=f"同意的人:角色:姓名;两人,角色不同,岗位表准许。角色:{'、'.join(POST_OF)}"),
]
_EVERY = 2000  # entries between two movements of the bar


class Kind(StrEnum):
    """What an identifier is."""

    ACCOUNT = "account"
    CN_ID = "cn_id"
    PHONE = "phone"
    ADDRESS = "address"
    OTHER = "other"


class _Erasure(NamedTuple):
    """What will be done about a person."""

    digest: str
    last: datetime | None  # when the newest record about the person was written
    until: datetime | None  # until when the key is to be set aside; None: it goes at once


def command(  # noqa: PLR0913  # what the operator says
    data: _Data = None,
    config: _Config = None,
    kind: Annotated[Kind, typer.Option(help="标识的种类")] = Kind.ACCOUNT,
    confirmed_by: _By = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问")] = False,
    due: Annotated[bool, typer.Option("--due", help="只处理封存期满的人;服务运行时自动处理")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """删除一个人:销毁其摘要的密钥,此后无法再与本人对应;法定保存期未满的先封存。标识从标准输入读取。"""  # noqa: D415
    settings = settings_of(data, config)
    if due:
        _tell({"carried_out": carry_out(settings)}, as_json=as_json)
        return
    agreed = confirmations(confirmed_by or [], ERASE, may_do(settings))
    identifier, console = _identifier(), Console(stderr=True, highlight=False)
    found = _found(settings, kind, identifier, console)
    if not isinstance(found, _Erasure):
        _tell(found, as_json=as_json)
        raise typer.Exit(1)
    if not yes:
        _confirm(found, console)
    token = _marked(settings, kind, identifier)
    work = {"token": token, "person": found.digest, "confirmed": confirmed(settings, agreed)}
    if found.until is None:
        have_done(settings, ERASED, work, console)
    else:
        have_done(settings, LOCKED, {**work, "until": found.until.isoformat()}, console)
    _tell(_said(found), as_json=as_json)


def _identifier() -> str:
    """Return the identifier, typed unseen or piped in."""
    typed = typer.prompt("标识", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not typed:
        place, fault = "standard input", "has no identifier; pipe it in, or type it when asked"
        raise RequestError(place, fault)
    return str(typed)


def _found(settings: Settings, kind: Kind, identifier: str, console: Console) -> _Erasure | dict[str, object]:
    """Return what is to be done, or what to say where nothing is."""
    persons = persons_of(settings)
    try:
        digest, locked = persons.known(kind, identifier), persons.locked(kind, identifier)
    finally:
        persons.close()
    if digest is None:
        return {"known": False, "locked_until": [one.until.isoformat() for one in locked]}
    last, now = _last_record(settings, digest, console), datetime.now(UTC)
    if last is None:
        return _Erasure(digest, None, None)
    left = retention_of(settings) - vouched_age(settings.data, settings.node, last, now)
    return _Erasure(digest, last, now + left if left > timedelta(0) else None)


def _marked(settings: Settings, kind: Kind, identifier: str) -> str:
    """Return the token by which whoever writes the log finds the person's key."""
    persons = persons_of(settings)
    try:
        marked = persons.mark(kind, identifier)
    finally:
        persons.close()
    if marked is None:
        place, fault = "standard input", "names a person who has been erased meanwhile; nothing is left to do"
        raise RequestError(place, fault)
    return marked[1]


def _last_record(settings: Settings, digest: str, console: Console) -> datetime | None:
    """Return when the newest record that names `digest` was written; None: no record does."""
    logs = [log for log in logs_in(settings.data) if not log.pruned and (log.folder / "state" / "checkpoint").exists()]
    wanted, last = digest.encode(), None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        for log in logs:
            bar = progress.add_task(f"查找 {log.name}", total=log.checkpoint.size)
            for index, entry in log.records():
                if wanted in entry:
                    at = datetime.fromisoformat(json.loads(entry)["record"]["at"])
                    last = at if last is None else max(last, at)
                if index % _EVERY == 0:
                    progress.update(bar, completed=index)
    return last


def _confirm(erasure: _Erasure, console: Console) -> None:
    """Ask once more; only a typed yes goes on."""
    console.print(_words(_said(erasure), done=False))
    if not sys.stdin.isatty() or not typer.confirm("确定吗?不能撤销", default=False, err=True):
        console.print("没有做任何改动。标准输入不是终端时,请写 --yes。")
        raise typer.Exit(1)


def _said(erasure: _Erasure) -> dict[str, object]:
    return {
        "known": True,
        "person": erasure.digest,
        "done": "locked" if erasure.until else "erased",
        "last_record": erasure.last.isoformat() if erasure.last else None,
        "locked_until": [erasure.until.isoformat()] if erasure.until else [],
    }


def _tell(said: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        Console(highlight=False).print(_words(said, done=True))


def _words(said: dict[str, object], *, done: bool) -> str:
    if "carried_out" in said:
        return f"封存期满而删除的、以及此前排队的:{said['carried_out']} 项"
    until = "、".join(
        datetime.fromisoformat(str(one)).astimezone(SHANGHAI).strftime("%Y-%m-%d")
        for one in said["locked_until"]  # type: ignore[attr-defined]  # a list, as `_said` makes it
    )
    if not said["known"]:
        return f"没有这个人的密钥。{f'此前的密钥封存至 {until},期满自动删除。' if until else ''}"
    doing = "已" if done else "将"
    if said["done"] == "locked":
        return f"{doing}封存密钥至 {until}(法定保存期):只存储,不再使用;期满自动删除。此人再来时使用新的密钥。"
    return f"{doing}删除密钥:记录与证明不变,其中的摘要此后无法再与本人对应。"
