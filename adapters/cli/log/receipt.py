"""`pdp log receipt`: the proof that a decision or an entry is in the log, to be kept and checked offline by anyone."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from adapters.cli.log.sources import DataOption, KeyOption, NameOption, UrlOption, folder_log, remote_log
from adapters.publishing.folder_log import folder_logs
from adapters.settings import Settings
from pdp.errors import RequestError, UnavailableError

if TYPE_CHECKING:
    from adapters.publishing.folder_log import FolderLog
    from pdp.log.receipt import ProofOfInclusion

NOT_COVERED: Final = 1  # exit code
WAIT: Final = 5.0  # seconds that a service is given to cover a decision it has just made
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

_What = Annotated[str, typer.Argument(help="决定的编号(UUID),或者记录在日志中的序号", metavar="ID|INDEX")]
_Out = Annotated[Path | None, typer.Option("--out", help="写入文件;默认写到标准输出", dir_okay=False)]


def command(  # noqa: PLR0913, PLR0917  # the options of the command
    what: _What,
    out: _Out = None,
    data: DataOption = None,
    url: UrlOption = None,
    log: NameOption = None,
    key_file: KeyOption = None,
    *,
    compact: Annotated[bool, typer.Option("--compact", help="略去抗量子签名:小得多,其余不变")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON:序号、大小、根、哈希与原文")] = False,
) -> None:
    """出具一条记录的证明(.tlog-proof),可以离线核验。退出码:0 已出具,1 尚未被签名覆盖或者没有。"""  # noqa: D415  # as Chinese ends
    proof = _remote(what, url, log, key_file) if url else _local(what, data, log)
    if proof is None:
        Console(stderr=True).print("没有这条已签名的记录;刚作出的决定,一两秒之后即可出具。", style="yellow")
        raise typer.Exit(NOT_COVERED)
    proof = proof.compact() if compact else proof
    text = json.dumps(_plain(proof), ensure_ascii=False, indent=1) + "\n" if as_json else str(proof)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as fault:
        message = f"{out}: the receipt cannot be written ({fault.strerror}); choose another file with --out"
        raise UnavailableError(message) from fault
    checkpoint = proof.note.checkpoint
    Console(stderr=True).print(f"{out}: {checkpoint.origin} 第 {proof.index} 条,在 {checkpoint.size} 条之中。")


def _local(what: str, data: Path | None, name: str | None) -> ProofOfInclusion | None:
    """Return the receipt out of a data folder."""
    if not _ID.fullmatch(what):
        return folder_log(data, name).receipt(_index(what))
    logs = [folder_log(data, name)] if name else folder_logs(data or Settings().data)[::-1]
    for log in logs:
        index = _found(log, what)
        if index is not None:
            return log.receipt(index)
    return None


def _remote(what: str, url: str, name: str | None, key_file: Path | None) -> ProofOfInclusion | None:
    """Return the receipt from a service, or, for an index, from wherever the log is published."""
    with remote_log(url, name, key_file) as log:
        return log.receipt_of(what, WAIT) if _ID.fullmatch(what) else log.receipt(_index(what))


def _found(log: FolderLog, decision_id: str) -> int | None:
    """Return where a record is in a log; one whose entries are gone has none."""
    if log.reader.pruned or log.published() is None:
        return None
    found = log.reader.find(decision_id)
    return found[0] if found else None


def _index(what: str) -> int:
    if not what.isascii() or not what.isdigit():
        place, fault = "ID|INDEX", f'"{what}" 既不是决定的编号,也不是序号'
        raise RequestError(place, fault)
    return int(what)


def _plain(proof: ProofOfInclusion) -> dict[str, object]:
    checkpoint = proof.note.checkpoint
    return {
        "log": checkpoint.origin,
        "index": proof.index,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "hashes": [hashed.hex() for hashed in proof.hashes],
        "signed_by": [line.name for line in proof.note.lines],
        "receipt": str(proof),
    }
