"""`pdp serve`: answer access questions over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from adapters.cli.pack import Policies, Rego  # noqa: TC001 -- typer reads the annotations at run time
from adapters.gateways.evaluation_door import PATH
from adapters.server import Process
from adapters.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.assemble import Installation
    from adapters.settings import Settings

_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹:账本、决策日志、密钥", file_okay=False)]
_Config = Annotated[Path | None, typer.Option("--config", help="设置文件(YAML)", dir_okay=False)]


def command(  # noqa: PLR0913 -- the options of one command
    host: Annotated[str | None, typer.Option(help="监听地址;默认只在本机 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="监听端口;默认 8180,0 为任意空闲端口")] = None,
    data: _Data = None,
    policies: Policies = None,
    config: _Config = None,
    *,
    rego: Rego = None,
) -> None:
    """启动访问决策服务。收到 SIGHUP 时重新载入规则;决策日志无法写入时以退出码 70 结束。"""  # noqa: D415  # as Chinese ends
    flags = {"host": host, "port": port, "data": data, "policies": policies, "rego": rego}
    settings = load_settings(flags, os.environ, config)
    console = Console(stderr=True)
    raise typer.Exit(Process(settings, lambda made, listening: _banner(console, settings, made, listening)).run())


def _banner(console: Console, settings: Settings, made: Installation, port: int) -> None:
    """Say what is loaded, where to ask, and what has not been proved."""
    table = Table.grid(padding=(0, 2))
    for name, said in _loaded(settings, made, port):
        table.add_row(f"[bold]{name}[/]", said)
    console.print(Panel(table, title="公共数据访问决策服务 · public-data-pdp", expand=False))


def _loaded(settings: Settings, made: Installation, port: int) -> Iterator[tuple[str, str]]:
    policy, rulebook = made.service.policy, made.service.rulebook
    law, revision = policy.instrument, rulebook.revision
    datasets = made.ledger.entities("dataset.catalogued")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    rows = sum(len(table.rows) for table in (policy.permissions, policy.purposes))
    yield "依据", f"《{law.title}》({law.document_number}),{law.in_force_from.isoformat()} 起施行"
    yield "规则", f"{len(rulebook.rules)} 条 Rego 规则,{rows} 行 Casbin 表,{len(policy.vocabulary.facts)} 个事实"
    if policy.deriving is None:
        yield "数据", f"{datasets} 个数据集;账本 {made.ledger.head()} 条陈述"
    else:
        yield "事实", f"由 rego/facts.rego 逐次推导({settings.engine}),{len(policy.deriving.data)} 项数据"
    yield "版本", f"规则集 {revision.rulebook[:16]},规则 {revision.rego[:16]},解释 {revision.readings[:16]}"
    yield "日志", f"{made.journal.origin},{made.journal.size} 条;文件夹 {settings.data.resolve()}"
    yield "磁盘", f"同步一次写入:中位 {made.sync.p50:.2f} 毫秒,p99 {made.sync.p99:.2f} 毫秒{_slow(made)}"
    if settings.overlays:
        yield "附加限制", "、".join(f"{overlay.id}({overlay.body})" for overlay in settings.overlays)
    if settings.log.quorum:
        names = "、".join(witness.name for witness in settings.log.witnesses)
        yield "见证", f"{names} 之中至少 {settings.log.quorum} 方副署"
    if made.witness is not None:
        yield "副署", f"以 {settings.log.witness_name} 之名为 {len(made.witness.origins)} 个日志副署"
    yield "请求", f"POST http://{host}:{port}{PATH}"
    yield "文档", f"http://{host}:{port}/docs"
    for doubt in _unproved(settings, made):
        yield "未证明", doubt


def _slow(made: Installation) -> str:
    return " [bold red]过慢:每次答复都要等它[/]" if made.sync.slow else ""


def _unproved(settings: Settings, made: Installation) -> Iterator[str]:
    """Yield what this installation takes on trust."""
    if settings.engine == "rego_embedded":
        yield "两个 Rego 引擎是否一致,本次启动没有核对:pdp policy check --against-opa"
    if settings.any_filesystem:
        yield "数据文件夹所在的文件系统能否在断电后保全记录:生产环境请设 allow_any_filesystem: false"
    if settings.starting_world and made.service.policy.deriving is None:
        yield "起始数据取自公开目录并含标明的假定:生产环境请设 starting_world: false"
    if not settings.log.quorum:
        yield "日志没有见证方副署,对本机的主人不构成证明:请在 log.witnesses 中列出其他部门,见 docs/witnesses.md"
    if not settings.callers:
        yield "调用方的身份:没有登记调用方,本机的任何程序都可以提问"
