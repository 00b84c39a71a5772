"""`pdp cases`: run the law's examples, one line a file, every failure in full."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adapters.cli.pack import Policies, Rego  # noqa: TC001 -- typer reads the annotations at run time
from adapters.files.cases import case_files
from adapters.files.pack_folders import pack_folders
from adapters.settings import shipped_policies
from adapters.testing.under_test import UnderTest
from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapters.files.case import Case
    from adapters.testing.runner import Result

_Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="案例文件或者文件夹;不写则为规则自带的全部案例", exists=True, metavar="[PATH]..."),
]


@dataclass(slots=True)
class _Run:
    """The results of one file."""

    path: Path
    results: list[Result]

    def count(self) -> Counter[str]:
        """Return how many cases passed, failed or are open."""
        return Counter(_standing(result) for result in self.results)


def command(
    paths: _Paths = None,
    policies: Policies = None,
    rego: Rego = None,
    article: Annotated[int | None, typer.Option(min=1, help="只运行这一条的案例")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """运行条文的案例;有案例与规则不一致时,退出码为 1。"""  # noqa: D415  # the help text ends as Chinese does
    root = policies or shipped_policies()
    with UnderTest.of(root, rego) as tried:
        files = _files(paths or [pack_folders(root, rego).policies / "cases"])
        cases = [(path, [case for case in tried.read(path) if article in {None, case.article}]) for path in files]
        runs = [_Run(path, results) for path, results in _watched(tried, cases)]
    if as_json:
        typer.echo(json.dumps(_plain(runs), ensure_ascii=False, indent=2))
    else:
        _show(runs, tried)
    if any(run.count()["failed"] for run in runs):
        raise typer.Exit(1)


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return the case files among `paths` and under the folders among them, each once.

    Raises:
        RequestError: there is none; a run of no cases proves nothing.
    """
    found = [file for path in paths for file in (case_files(path) if path.is_dir() else [path])]
    if not found:
        place = " ".join(str(path) for path in paths)
        raise RequestError(place, "holds no case file; case files are named art_NN.yaml")
    return list(dict.fromkeys(found))


def _watched(tried: UnderTest, cases: Sequence[tuple[Path, Sequence[Case]]]) -> Iterator[tuple[Path, list[Result]]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("案例", total=sum(len(found) for _, found in cases))
        for path, found in cases:
            results = []
            for case in found:
                results.append(tried.run(case))
                progress.advance(task)
            if results:
                yield path, results


def _standing(result: Result) -> str:
    if result.case.status == "open":
        return "open"
    return "passed" if result.passed else "failed"


def _show(runs: Sequence[_Run], tried: UnderTest) -> None:
    console = Console(highlight=False)
    table = Table("文件", "通过", "不一致", "待定", box=None, pad_edge=False)
    total: Counter[str] = Counter()
    for run in runs:
        count = run.count()
        total += count
        table.add_row(run.path.name, *_figures(count))
    table.add_row("合计", *_figures(total), style="bold")
    console.print(table)
    for run in runs:
        for result in run.results:
            if not result.passed:
                console.print(f"\n{'待定' if result.case.status == 'open' else '不一致'}:", style="red", end="")
                console.print(tried.shown(result), markup=False, soft_wrap=True)


def _figures(count: Counter[str]) -> tuple[str, str, str]:
    return str(count["passed"]), str(count["failed"]), str(count["open"])


def _plain(runs: Sequence[_Run]) -> dict[str, object]:
    results = [result for run in runs for result in run.results]
    return {
        "files": [{"file": run.results[0].case.path, **{name: run.count()[name] for name in _COUNTED}} for run in runs],
        "total": {name: sum(_standing(result) == name for result in results) for name in _COUNTED},
        "differing": [
            {
                "case": result.case.name,
                "file": result.case.path,
                "line": result.case.line,
                "articles": list(result.case.articles),
                "status": result.case.status,
                "fault": result.fault,
                "differences": [asdict(difference) for difference in result.differences],
            }
            for result in results
            if not result.passed
        ],
    }


_COUNTED = ("passed", "failed", "open")
