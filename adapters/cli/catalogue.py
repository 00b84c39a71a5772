"""`pdp catalogue`: import a catalogue into the ledger, and check one as a reviewer would."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from adapters.assemble import open_shared_ledger
from adapters.catalogues.importer import Import, prepare, rows
from adapters.cli.catalogue_tables import show_findings, show_import
from adapters.files.mappings import load_mapping
from adapters.settings import Settings, shipped_policies
from pdp.catalogue.check import check
from pdp.catalogue.mapping import REASONS, Unmapped
from pdp.catalogue.reading import each
from pdp.catalogue.recorded import recorded
from pdp.errors import PolicyError
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pdp.catalogue.finding import Finding
    from pdp.catalogue.mapping import CatalogueMapping
    from pdp.ledger.statement import Statement

Item = TypeVar("Item")

app = typer.Typer(name="catalogue", help="目录:导入、检查。", no_args_is_help=True)

_Map = Annotated[str, typer.Option("--map", help="映射:policies/mappings/ 中的名称,或者 YAML 文件的路径")]
_File = Annotated[Path, typer.Argument(help="目录文件:.csv、.csv.gz 或者 .xlsx", exists=True, dir_okay=False)]
_Data = Annotated[Path | None, typer.Option("--data", help="账本所在的文件夹", file_okay=False)]


class _Nothing:
    """A ledger that knows nothing: what a trial run compares with where there is no data folder yet."""

    def about(self, _ref: str) -> Sequence[Statement]:
        return ()

    def head(self) -> int:
        return 0

    def changed_since(self, _seq: int) -> Sequence[str]:
        return ()


@app.command("import", help="导入一份目录:每一行或者导入,或者与同一条目合并,或者列入未导入清单并写明原因。")
def import_(  # noqa: PLR0913  # each is an option of the command line
    file: _File,
    mapping: _Map,
    data: _Data = None,
    unmapped: Annotated[Path | None, typer.Option(help="把未导入的行及原因写入这个 CSV 文件")] = None,
    approver: Annotated[str | None, typer.Option(help="假设由哪个已登记的机构核定属性;默认按映射")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只读、只报告,不写入账本")] = False,
) -> None:
    """Import a catalogue: a row is imported, merged, or listed as unmapped with its reason."""
    console = Console(stderr=True)
    ways = _mapping(mapping)
    folder = data or Settings().data
    if dry_run and not folder.exists():
        done = prepare(_watched(rows(file), console, "读取"), ways, _Nothing(), approver)
    else:
        with open_shared_ledger(folder) as ledger:
            done = prepare(_watched(rows(file), console, "读取"), ways, ledger, approver)
            if not dry_run:
                ledger.record(_watched(done.statements, console, "写入账本", len(done.statements)))
    if unmapped:
        _write_unmapped(unmapped, done)
    show_import(Console(), ways, done, recorded=not dry_run)


@app.command("check", help="检查一份目录或者账本中的目录;有应当处理的问题时,退出码为 1。")
def check_(  # noqa: PLR0913  # each is an option of the command line
    file: Annotated[Path | None, typer.Argument(help="目录文件;不写则检查账本", exists=True, dir_okay=False)] = None,
    mapping: Annotated[str | None, typer.Option("--map", help="映射:名称或者 YAML 文件的路径")] = None,
    data: _Data = None,
    at: Annotated[str | None, typer.Option(help="按哪个时点检查,例如 2026-03-24;默认现在")] = None,
    limit: Annotated[int, typer.Option(min=0, help="每类最多列出几条;0 为全部")] = 5,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """Check a catalogue file, or the catalogue in the ledger."""
    instant = _instant(at)
    found = _of_file(file, mapping, instant) if file else _of_ledger(data or Settings().data, instant)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=1))
    else:
        show_findings(Console(), found, limit)
    raise typer.Exit(1 if any(finding.severity == "error" for finding in found) else 0)


def _of_file(file: Path, mapping: str | None, at: datetime) -> list[Finding]:
    if mapping is None:
        fault, remedy = "no mapping says how to read it", "name one with --map"
        raise PolicyError(file.name, 1, fault, remedy)
    ways = _mapping(mapping)
    read = list(each(rows(file), ways))
    entries = [row for row in read if not isinstance(row, Unmapped)]
    absent = frozenset({"sharing", "opening", "fields"} - set(ways.columns) - set(ways.constants))
    return check(entries, at, [row for row in read if isinstance(row, Unmapped)], absent)


def _of_ledger(folder: Path, at: datetime) -> list[Finding]:
    with open_shared_ledger(folder) as ledger:
        return check(recorded(ledger, ledger.world, at), at)


def _mapping(named: str) -> CatalogueMapping:
    path = Path(named)
    if path.suffix in {".yaml", ".yml"}:
        return load_mapping(path, path.parent)
    root = shipped_policies() / "policies"
    return load_mapping(root / "mappings" / f"{named}.yaml", root)


def _instant(text: str | None) -> datetime:
    """Return the instant that `text` names; a day is its end, an instant without offset is in Asia/Shanghai."""
    if text is None:
        return datetime.now(UTC).astimezone(SHANGHAI)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        place, remedy = "--at", "write 2026-03-24 or 2026-03-24T09:00:00"
        raise PolicyError(place, 1, f'"{text}" is no instant', remedy) from error
    if len(text) == len("2026-03-24"):
        instant = datetime.combine(instant, time.max)
    return instant if instant.tzinfo else instant.replace(tzinfo=SHANGHAI)


def _watched(items: Iterable[Item], console: Console, label: str, total: int | None = None) -> Iterator[Item]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(items, total=total, description=label)


def _write_unmapped(path: Path, done: Import) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["位置", "名称", "原因代码", "原因"])
        writer.writerows([row.place, row.title, row.reason, REASONS[row.reason]] for row in done.reading.unmapped)
