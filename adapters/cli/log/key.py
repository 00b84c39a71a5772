"""`pdp log key`: list the keys that sign the log, show them for auditors, rotate them, make the next log's ahead."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from adapters.settings import Settings
from adapters.signers.key_ring import OVERLAP, KeyRing, witness_ring
from adapters.signers.ring_file import RING, ring_in
from adapters.signers.suites import SUITES
from adapters.stores.log_reader import logs_in
from pdp.errors import UnavailableError
from pdp.log.instants import utc
from pdp.log.note import KeyKind
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.signers.ring_file import Ring, RingKey

app = typer.Typer(name="key", help="签名密钥:列出、出示、轮换、预备。", no_args_is_help=True)

KEYS: Final = "keys"  # below the data folder

_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]
_Log = Annotated[str | None, typer.Option("--log", help="哪个日志的密钥,例如 n1-0;只有一个时可以不写")]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]


@app.command("list", help="列出全部密钥:正在签名的、即将停用的、已经停用的。")
def list_(data: _Data = None, log: _Log = None, *, as_json: _Json = False) -> None:
    """List every key that signs or ever signed."""
    now = datetime.now(UTC)
    rings = _rings(data, log)
    if as_json:
        listed = [{"log": folder.name, "name": ring.name, "keys": _plain(ring, now)} for folder, ring in rings]
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=1))
        return
    for folder, ring in rings:
        table = Table(
            "代", "算法", "编号", "启用", "状态", title=f"{folder.name}  {ring.name}", title_justify="left", box=None
        )
        for key in ring.keys:
            suite = SUITES[key.key.kind].title
            table.add_row(str(key.generation), suite, key.key.id.hex(), _day(key.added), _standing(key, now))
        Console().print(table)


@app.command("show", help="出示验证用的公钥,一行一个,可以直接写入审计方的信任策略文件。")
def show(
    data: _Data = None,
    log: _Log = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="包括已经停用的:核验旧签名时需要")] = False,
    as_json: _Json = False,
) -> None:
    """Show the public keys as verifiers read them."""
    now = datetime.now(UTC)
    shown = [key.key for _, ring in _rings(data, log) for key in ring.keys if everything or key.signs(now)]
    if as_json:
        typer.echo(json.dumps([{"name": key.name, "kind": _kind(key.kind), "vkey": str(key)} for key in shown]))
    else:
        typer.echo("\n".join(map(str, shown)))


@app.command("rotate", help="换用新的密钥;服务不必停止。七日之内新旧密钥同时签名,其后旧密钥停用并删除。")
def rotate(
    data: _Data = None,
    log: _Log = None,
    *,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="旧密钥立即停用并撤销,审计方不再信任:已经泄露时才这样做")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Add a generation of keys; a running service notices within its next second."""
    rings = _rings(data, log)
    if len(rings) > 1:
        message = f"--log: {', '.join(folder.name for folder, _ in rings)} have keys here; name the one to rotate"
        raise UnavailableError(message)
    ((folder, ring),) = rings
    now = datetime.now(UTC)
    made = _opened(folder, ring, now).rotate(now, timedelta(0) if at_once else OVERLAP)
    if as_json:
        typer.echo(json.dumps({"log": folder.name, "vkeys": [str(key) for key in made]}))
        return
    ends = (
        "旧密钥已经停用、删除并撤销;此前出具的证明请重新出具"
        if at_once
        else f"旧密钥签名至 {_day(now + OVERLAP)},其后删除"
    )
    typer.echo("\n".join(map(str, made)))
    Console(stderr=True).print(f"[green]已启用新密钥[/];{ends}。请把以上公钥交给审计方,写入其信任策略文件。")


@app.command("prepare", help="预先制作下一个日志的密钥,以便先交给见证方和审计方;当前日志关闭之后启用。")
def prepare(data: _Data = None, *, as_json: _Json = False) -> None:
    """Make the keys of the log that comes after the newest one, and show them; doing it again shows the same."""
    root, now = data or Settings().data, datetime.now(UTC)
    made = [key.key for ring in _next_rings(root, now) for key in ring.keys]
    if as_json:
        typer.echo(json.dumps([{"name": key.name, "kind": _kind(key.kind), "vkey": str(key)} for key in made]))
        return
    typer.echo("\n".join(map(str, made)))
    Console(stderr=True).print("[green]下一个日志的密钥已经备好[/];请先交给见证方和审计方,再关闭当前日志。")


def _next_rings(data: Path, now: datetime) -> Iterator[KeyRing]:
    """Yield the keys of each writer's next log, and of its twin; made where they were not."""
    for log in logs_in(data):
        following = f"{log.name.rpartition('-')[0]}-{log.slot + 1}"
        if (data / following / "journal").is_dir():
            continue
        for folder, ring in _rings(data, log.name) + _twin(data, log.name):
            name = ring.name.replace(f"/{log.name}", f"/{following}", 1)
            place = folder.with_name(folder.name.replace(log.name, following, 1))
            sm2 = any(key.key.kind is KeyKind.NATIONAL for key in ring.signing(now))
            yield KeyRing.open(place, name, now, sm2=sm2, create=True)


def _twin(data: Path, log: str) -> list[tuple[Path, Ring]]:
    folder = data / KEYS / f"{log}.sm3"
    ring = ring_in(folder)
    return [(folder, ring)] if ring else []


def _rings(data: Path | None, log: str | None) -> list[tuple[Path, Ring]]:
    """Return the folders of keys below a data folder with what they hold; only those of `log`, if one is named.

    Raises:
        UnavailableError: there is none.
    """
    root = (data or Settings().data) / KEYS
    folders = sorted(path.parent for path in (root / (log or "")).rglob(RING))
    rings = [(folder, ring) for folder in folders if (ring := ring_in(folder))]
    if not rings:
        message = (
            f"{root}: no keys{f' of {log}' if log else ''} are here; name the data folder of a service with --data"
        )
        raise UnavailableError(message)
    return rings


def _opened(folder: Path, ring: Ring, now: datetime) -> KeyRing:
    """Return the ring to be rotated, with the kinds of keys that it signs with now."""
    kinds = {key.key.kind for key in ring.signing(now)}
    if KeyKind.COSIGNATURE in kinds:
        return witness_ring(folder, ring.name, now, create=False)
    return KeyRing.open(folder, ring.name, now, sm2=KeyKind.NATIONAL in kinds, create=False)


def _plain(ring: Ring, now: datetime) -> list[dict[str, object]]:
    return [
        {
            "generation": key.generation,
            "kind": _kind(key.key.kind),
            "id": key.key.id.hex(),
            "vkey": str(key.key),
            "signs": key.signs(now),
            "added": utc(key.added),
            "withdrawn": key.withdrawn,
        }
        | ({"retires": utc(key.retires)} if key.retires else {})
        for key in ring.keys
    ]


def _kind(kind: KeyKind) -> str:
    return kind.name.lower()


def _standing(key: RingKey, now: datetime) -> str:
    if not key.signs(now):
        return f"[dim]{_day(key.retires or now)} 停用[/]" + ("[red],已撤销[/]" if key.withdrawn else "")
    return f"[yellow]签名至 {_day(key.retires)}[/]" if key.retires else "[green]正在签名[/]"


def _day(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
