"""`pdp log verify`: the verifier that auditors copy, with what this installation knows: its folders and its keys."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.cli.log.audited import TWIN, check_segments, kept_entry, logs_of, origin_of, own_policy
from adapters.cli.log.verify_view import Outcome, tell
from adapters.settings import load_settings
from adapters.stores.damage import JournalDamagedError
from adapters.stores.log_reader import logs_in
from pdp.errors import UnavailableError
from pdp.log import verify as auditor
from pdp.log.verify import RefusedError, UnreadableError, Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.cli.log.audited import AuditedLog
    from adapters.settings import Settings


_Source = Annotated[str | None, typer.Argument(help="数据文件夹、镜像文件夹、网址或者凭证;默认为本机的数据文件夹")]
_Policy = Annotated[Path | None, typer.Option("--policy", help="信任策略文件;默认信任本机的密钥与所设的见证方")]
_Level = Annotated[str, typer.Option("--level", help="tree:哈希树;chain:并逐条检查内容;tiles:仅哈希")]
_Since = Annotated[Path | None, typer.Option("--since", help="较早的检查点:核验其后只有增加,只看新增的条目")]
_Entry = Annotated[str | None, typer.Option("--entry", help="凭证所证明的条目文件;- 为标准输入")]
_Leaf = Annotated[str | None, typer.Option("--leaf", help="答复中给出的叶哈希")]
_Key = Annotated[Path | None, typer.Option("--key-file", help="调用方密钥所在的文件;源为网址时用", exists=True)]
_Log = Annotated[str | None, typer.Option("--log", help="只核验数据文件夹中的哪个日志,例如 n1-0")]
_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]
_Config = Annotated[Path | None, typer.Option("--config", help="设置文件(YAML)", dir_okay=False)]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]


@dataclass
class Asked:
    """What the command line asks for."""

    settings: Settings
    policy: Path | None  # None: the installation's own word is taken for its keys
    level: str
    since: bytes | None

    def policy_for(self, note: bytes, data: Path | None = None) -> auditor.Policy:
        """Return whom to trust for the log that `note` says to be of."""
        if self.policy is not None:
            return auditor.policy_in(self.policy.read_bytes())
        text = own_policy(data or self.settings.data, self.settings.log, origin_of(note))
        return auditor.policy_in(text.encode())


def command(  # noqa: PLR0913, PLR0917  # options are a command's arguments
    source: _Source = None,
    policy: _Policy = None,
    level: _Level = auditor.TREE,
    since: _Since = None,
    entry: _Entry = None,
    leaf: _Leaf = None,
    log: _Log = None,
    key_file: _Key = None,
    data: _Data = None,
    config: _Config = None,
    *,
    as_json: _Json = False,
) -> None:
    """核验决策日志或者凭证。全部相符:退出码 0;有不符:1,并指出第一条;有读不到的:2。"""  # noqa: D415  # as Chinese ends
    if level not in auditor.LEVELS:
        message = f'--level: "{level}" is none of {", ".join(auditor.LEVELS)}'
        raise typer.BadParameter(message)
    asked = Asked(load_settings({"data": data}, os.environ, config), policy, level, _bytes(since))
    if source is not None and source.startswith(("http://", "https://")):
        outcomes = [_address(asked, source, key_file)]
    elif source is not None and Path(source).is_file():
        outcomes = [_receipt(asked, Path(source), entry, leaf)]
    elif source is not None and (Path(source) / "checkpoint").is_file():
        outcomes = [_mirror(asked, Path(source))]
    else:
        outcomes = _folder(asked, Path(source) if source else asked.settings.data, log)
    tell(outcomes, own=asked.policy is None, as_json=as_json)
    codes = {outcome.code for outcome in outcomes}
    raise typer.Exit(1 if 1 in codes else max(codes))  # what is wrong counts before what could not be read


def _folder(asked: Asked, data: Path, log: str | None) -> list[Outcome]:
    """Return what came of every log in a data folder, or of the one that is named."""
    readers = [reader for reader in logs_in(data) if log in {None, reader.name}]
    if not readers:
        message = f"{data}: no log {log} is here; pdp log key list --data {data} names those that have keys"
        raise UnavailableError(message)
    logs = logs_of(readers)
    older = [found for found in logs if asked.since and found.origin == origin_of(asked.since)]
    if asked.since and not older:
        message = f"--since: a note of {origin_of(asked.since)!r}, which is no log of {data}; name its log's own"
        raise UnavailableError(message)
    return [_of_folder(asked if found in older else replace(asked, since=None), found, data) for found in logs]


def _of_folder(asked: Asked, log: AuditedLog, data: Path) -> Outcome:
    def verified(outcome: Outcome, seen: auditor.Seen) -> Verified:
        wanted = replace(asked, level=auditor.TILES) if log.reader.pruned else asked
        said = _checked(wanted, log.read, seen, map, data)
        if not said.origin.endswith(f"/{log.name}"):
            raise RefusedError(None, "checkpoint", f"of {said.origin}, which is another log than {log.name}")
        if not log.reader.pruned and not log.name.endswith(TWIN):
            outcome.segments = check_segments(log.reader.folder, said.origin)
        return said

    return _outcome(log.name, verified)


def _mirror(asked: Asked, top: Path) -> Outcome:
    return _outcome(str(top), lambda _, seen: _checked(asked, auditor.folder(top), seen, map))


def _address(asked: Asked, url: str, key_file: Path | None) -> Outcome:
    place = (
        url if urlsplit(url).path.strip("/") else url.rstrip("/") + "/log"
    )  # an installation publishes its log there
    proof = {"Authorization": f"Bearer {key_file.read_text('utf-8').strip()}"} if key_file else {}
    with closing(auditor.Address(place, proof)) as address:
        return _outcome(url, lambda _, seen: _checked(asked, address.read, seen, auditor.ahead))


def _receipt(asked: Asked, path: Path, entry: str | None, leaf: str | None) -> Outcome:
    def verified(_: Outcome, __: auditor.Seen) -> Verified:
        data = path.read_bytes()
        policy = asked.policy_for(data.partition(b"\n\n")[2])
        named = auditor.entry_in(entry) if entry else None
        if not entry and not leaf:
            named = kept_entry(asked.settings.data, data)
        said = auditor.verify_receipt(data, policy, entry=named, leaf=auditor.leaf_in(leaf))
        if named is not None and not entry:
            said.notices.append("the entry was taken from the data folder of this installation")
        return said

    return _outcome(path.name, verified)


def _checked(
    asked: Asked, read: auditor.Read, seen: auditor.Seen, each: auditor.Each, data: Path | None = None
) -> Verified:
    policy = asked.policy_for(auditor.note(read, "checkpoint"), data)
    return auditor.verify(read, policy, level=asked.level, since=asked.since, each=each, seen=seen)


def _outcome(name: str, verified: Callable[[Outcome, auditor.Seen], Verified]) -> Outcome:
    """Return what comes of verifying, with a bar on a terminal while it lasts."""
    outcome = Outcome(name)
    try:
        with _bar(name) as seen:
            outcome.verified = verified(outcome, seen)
    except (RefusedError, JournalDamagedError) as fault:
        outcome.code, outcome.index, outcome.fault = 1, fault.index, str(fault)
    except (UnreadableError, UnavailableError, OSError) as fault:
        damage = _damage(fault)
        outcome.code, outcome.fault = (1, str(damage)) if damage else (2, str(fault))
        outcome.index = damage.index if damage else getattr(fault, "index", None)
    return outcome


def _damage(fault: BaseException | None) -> JournalDamagedError | None:
    """Return the damage in the journal because of which something could not be read, if that is why."""
    while fault is not None and not isinstance(fault, JournalDamagedError):
        fault = fault.__cause__
    return fault


@contextmanager
def _bar(name: str) -> Iterator[auditor.Seen]:
    columns = (TextColumn("核验 {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def _bytes(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as fault:
        message = f"{path}: cannot be read ({fault.strerror}); name an older checkpoint with --since"
        raise UnavailableError(message) from fault
