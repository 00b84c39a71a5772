"""`pdp policy`: check the policy files, compile them, and hold the embedded engine against a real OPA server."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adapters.cli.fact_check import check_facts
from adapters.cli.pack import Policies, Rego  # noqa: TC001 -- typer reads the annotations at run time
from adapters.engines.casbin_tables import CasbinTables
from adapters.engines.opa_process import opa_process
from adapters.engines.opa_server import OpaServer
from adapters.engines.rego_embedded import EmbeddedRego
from adapters.files.policy_set import load_policy_set
from adapters.settings import Settings
from pdp.rulebook.build import Answers, build, questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pdp.routing.route_map import RouteMap
    from pdp.rulebook.build import Questions
    from pdp.rulebook.rule import PolicyTable
    from pdp.rulebook.rulebook import Rulebook
    from pdp.rulebook.table import TruthTable

EFFECTS = {
    "forbid": "禁止", "refer": "转出", "doubt": "存疑", "permit": "授予", "admit": "用途",
    "oblige": "义务", "advise": "提示",
}  # fmt: skip
_TABLES = {"administration": "哪个机构可以作出哪种行为", "posts": "哪个岗位可以作出哪种行为"}
_DOERS = {"administration": "身份", "posts": "岗位"}
app = typer.Typer(name="policy", help="政策文件:检查、编译、对照。", no_args_is_help=True)

_Against = Annotated[bool, typer.Option("--against-opa", help="与真实的 OPA 服务器逐表对照")]
_Url = Annotated[str | None, typer.Option("--opa-url", envvar="PDP_OPA_URL", help="已在本机运行的 OPA;不写则自行启动")]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]


@app.callback()
def _policy() -> None:
    """Keep `check` a command of its own."""


@app.command(help="读取并编译全部规则,逐条报告;有错即停,指出文件和行。")
def check(
    *,
    policies: Policies = None,
    rego: Rego = None,
    against_opa: _Against = False,
    opa_url: _Url = None,
    as_json: _Json = False,
) -> None:
    """Compile a policy root and report each rule: facts read, combinations, time."""
    begun = time.perf_counter()
    found = load_policy_set(policies or Settings().policies, rego)
    asked = questions(found)
    with _progress(len(asked.rules) * (2 if against_opa else 1)) as told:
        times = _Times(told)
        rules = EmbeddedRego(answered=times).evaluate(asked.rules)
        difference = _difference(asked, rules, opa_url, told) if against_opa else None
    if difference is not None:
        typer.secho(difference, fg=typer.colors.RED, err=True)
        raise typer.Exit(1)
    if found.deriving is not None:
        check_facts(found.deriving, found.vocabulary, opa_url, against_opa=against_opa)
    rulebook = build(found, asked, Answers(rules, CasbinTables().matches(asked.tables)))
    spent = time.perf_counter() - begun
    acting = [table for table in (found.administration, found.posts) if not table.is_left_out]
    report = _Report(rulebook, acting, found.routes, _evaluations(asked), times.seconds, spent, agreed=against_opa)
    if as_json:
        typer.echo(report.json())
    else:
        report.show(Console(width=None if os.isatty(1) else 200))


class _Times:
    """Hears of each rule as its table arrives, and keeps how long it took; the first bears the engine's start."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self.seconds: dict[str, float] = {}
        self._told = told
        self._last = time.perf_counter()

    def __call__(self, path: str) -> None:
        now = time.perf_counter()
        self.seconds[path], self._last = now - self._last, now
        self._told(path)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("编译", total=total)
        yield lambda path: progress.update(task, advance=1, description=Path(path).stem)


def _difference(
    asked: Questions, ours: Sequence[Sequence[bool]], url: str | None, told: Callable[[str], None]
) -> str | None:
    """Return the first row in which the real server says otherwise, None where all tables are equal."""
    with nullcontext(url) if url else opa_process() as place:
        theirs = OpaServer(place, answered=told).evaluate(asked.rules)
    for job, our, their in zip(asked.rules, ours, theirs, strict=True):
        for facts, embedded, server in zip(job.inputs, our, their, strict=True):
            if embedded != server:
                row = ", ".join(f"{fact} = {value}" for fact, value in facts.items())
                return f"{job.path}: {row}: rego_embedded {embedded}, opa_server {server}"
    return None


def _evaluations(asked: Questions) -> int:
    return sum(len(job.inputs) for job in asked.rules) + sum(len(job.requests) for job in asked.tables)


@dataclass(frozen=True, slots=True)
class _Report:
    """What was compiled, for people and for machines."""

    rulebook: Rulebook
    acting: Sequence[PolicyTable]  # who may do what; their rows decide no question
    routes: Mapping[str, RouteMap]  # by gateway
    evaluations: int  # questions that the engines answered
    seconds: Mapping[str, float]  # by path of the rule; rows are asked a table at a time
    total: float
    agreed: bool

    def json(self) -> str:
        revision = {name: getattr(self.rulebook.revision, name) for name in self.rulebook.revision.__slots__}
        report = {
            "rules": [self._plain(table) for table in self.rulebook.tables],
            "routes": {gateway: [route.name for route in known.routes] for gateway, known in self.routes.items()},
            "grants": [grant for table in self.acting for grant in _grants(table)],
            "totals": {"rules": len(self.rulebook.tables), "evaluations": self.evaluations},
            "seconds": round(self.total, 3),
            "agrees_with_opa": self.agreed or None,
            "revision": revision,
        }
        return json.dumps(report, ensure_ascii=False, indent=1)

    def show(self, console: Console) -> None:
        table = Table("规则", "作用", "标题", "读取的事实")
        for heading in ("组合", "毫秒"):
            table.add_column(heading, justify="right")
        for compiled in self.rulebook.tables:
            ground, spent = self.rulebook.grounds[compiled.finding.rule], self._spent(compiled)
            reads = " ".join(compiled.reads)
            shown = "–" if spent is None else f"{spent:.1f}"
            table.add_row(ground.id, EFFECTS[ground.effect], ground.title, reads, str(len(compiled.rows)), shown)
        console.print(table)
        for acting in self.acting:
            console.print(_shown(acting))
        for gateway, known in self.routes.items():
            console.print(f"网关 {gateway}:{len(known.routes)} 条路由,请求方由 {'、'.join(sorted(known.subject))} 证明")
        counts = f"{len(self.rulebook.tables)} 条规则,{len(self.rulebook.vocabulary.facts)} 个事实"
        agreed = ";与 OPA 服务器逐表一致" if self.agreed else ""
        console.print(f"{counts},引擎回答 {self.evaluations} 次,用时 {self.total:.2f} 秒{agreed}")
        console.print(f"规则集 {self.rulebook.revision.rulebook}")

    def _plain(self, table: TruthTable) -> dict[str, object]:
        ground = self.rulebook.grounds[table.finding.rule]
        return {
            "rule": ground.id,
            "effect": ground.effect.value,
            "title": ground.title,
            "articles": ground.articles,
            "reads": table.reads,
            "combinations": len(table.rows),
            "ms": self._spent(table),
        }

    def _spent(self, table: TruthTable) -> float | None:
        rule = self.rulebook.rules.get(table.finding.rule)
        return round(1000 * self.seconds[rule.path], 1) if rule else None


def _grants(table: PolicyTable) -> Iterator[dict[str, object]]:
    """Yield each rule of a table that says who may do what, with the pairs that it grants."""
    for rule, articles in table.articles.items():
        pairs = [row.cells for row in table.rows if row.rule == rule]
        yield {"table": table.name, "rule": rule, "title": table.titles[rule], "articles": articles, "grants": pairs}


def _shown(table: PolicyTable) -> Table:
    shown = Table("规则", "标题", _DOERS[table.name], "行为", title=f"{_TABLES[table.name]}({len(table.rows)} 行)")
    for rule, title in table.titles.items():
        cells = [row.cells for row in table.rows if row.rule == rule]
        doers, acts = (" ".join(dict.fromkeys(pair[place] for pair in cells)) for place in (0, 1))
        shown.add_row(rule, title, doers, acts)
    return shown
