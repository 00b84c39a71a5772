"""How long logs are kept, and how a closed one goes: whole, when its time is certainly over, two people agreeing.

What goes are the entries. Hash tiles, checkpoints and cosignatures stay, so that old receipts still verify. Source:
网络安全法 (network logs are kept for six months at least), 网络数据安全管理条例 art. 12 (three years);
the decision log's format, § 11.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import yaml

from adapters.device.system_calls import replace_file, sync_folder
from adapters.stores.journal_recovery import CUT
from adapters.stores.log_reader import CHECKPOINT, PRUNED, LogReader
from adapters.stores.log_time import vouched_age
from adapters.stores.segments import segment_paths
from adapters.stores.slots import is_closed, last_record, slots_of
from pdp.errors import PDPError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from adapters.device.system_calls import SystemCalls

FLOOR: Final = timedelta(days=180)  # whatever is set
COLUMNS: Final = "columns"  # below the data folder: a folder a log, made from its entries
HOLDS: Final = "holds"  # below the data folder: one file a legal hold


class RetentionError(PDPError):
    """The entries of a log must stay; whoever keeps the log must wait, or have a hold lifted."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One log, and how it stands with its time."""

    name: str
    state: str  # open | closed | pruned
    last: datetime | None = None  # when its last record was written
    age: timedelta = timedelta(0)  # since then, for certain
    due: datetime | None = None  # from when it may go
    size: int = 0  # bytes that would go
    refusal: str = ""  # why it may not go now, empty if it may
    why: str = ""  # the same in a word: open | pruned | empty | held | young | unsigned


def kept_logs(data: Path, node: str, retention: timedelta, now: datetime) -> list[Kept]:
    """Return how each log of a writer stands with its time, oldest first.

    Args:
        data: the data folder.
        node: the writer.
        retention: how long entries are kept; less than the floor counts as the floor.
        now: what the clock says.

    Raises:
        JournalDamagedError: a log cannot be read.
    """
    holds = _holds(data)
    return [_kept(data, node, f"{node}-{slot}", max(retention, FLOOR), now, holds) for slot in slots_of(data, node)]


def check(data: Path, name: str, retention: timedelta, now: datetime) -> LogReader:
    """Return the log called `name`, whose entries may go now.

    Raises:
        RetentionError: they may not, and why.
        UnavailableError: it cannot be told.
    """
    node = name.rpartition("-")[0]
    found = {kept.name: kept for kept in kept_logs(data, node, retention, now)}.get(name)
    if found is None:
        message = f"{data}: there is no log {name} here; see which there are without naming one"
        raise RetentionError(message)
    if found.refusal:
        message = f"{name}: {found.refusal}"
        raise RetentionError(message)
    return LogReader(data / name)


def pruned_members(log: LogReader, confirmed: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """Return what `log.pruned` says of `log`, which was agreed to by `confirmed`: role, and digest of the person."""
    checkpoint = log.checkpoint
    return {
        "origin": checkpoint.origin,
        "root": checkpoint.root.hex(),
        "size": checkpoint.size,
        "confirmed": [{"person": one["person"], "role": one["role"]} for one in confirmed],
    }


def prune(data: Path, name: str, retention: timedelta, now: datetime, calls: SystemCalls = os) -> int:
    """Remove the entries of the log called `name`; return the bytes that went. Doing it again completes it.

    That it is done was recorded before. The mark is on the device before the first segment goes, so that a stop in
    between leaves a log that says why it has no entries.

    Raises:
        RetentionError: its time is not over.
        OSError: the device fails; it may be half done, and is completed by doing it again.
    """
    folder = data / name
    if not (folder / PRUNED).exists():
        log = check(data, name, retention, now)
        said = {"at": now.isoformat(), "size": log.checkpoint.size, "root": log.checkpoint.root.hex()}
        replace_file(calls, folder / PRUNED, json.dumps(said, sort_keys=True).encode() + b"\n")
    gone = 0
    for path in segment_paths(folder / "journal"):
        gone += path.stat().st_size
        calls.unlink(path)
    places = [(folder / "journal", "*.*"), (folder / "journal" / CUT, "*"), (data / COLUMNS / name, "*.*")]
    derived = [path for place, names in places for path in place.glob(names)]
    for path in derived:  # other forms of segments, cuts, columns: whatever else repeats entries
        gone += path.stat().st_size
        calls.unlink(path)
    for parent in {folder / "journal", *(path.parent for path in derived)}:
        sync_folder(calls, parent)
    return gone


def _kept(  # noqa: PLR0913, PLR0917  # one log, and all that decides
    data: Path, node: str, name: str, retention: timedelta, now: datetime, holds: Mapping[str, str]
) -> Kept:
    folder = data / name
    if (folder / PRUNED).exists():
        return Kept(name, "pruned", refusal="its entries have gone already", why="pruned")
    if not is_closed(folder):
        return Kept(name, "open", refusal="it is written to; only closed logs go", why="open")
    last = last_record(folder)
    if last is None:
        return Kept(name, "closed", refusal="it has no records", why="empty")
    at = datetime.fromisoformat(str(last["at"]))
    age = vouched_age(data, node, at, now)
    size = sum(path.stat().st_size for path in segment_paths(folder / "journal"))
    return Kept(name, "closed", at, age, at + retention, size, *_refusal(folder, age, retention, holds))


def _refusal(folder: Path, age: timedelta, retention: timedelta, holds: Mapping[str, str]) -> tuple[str, str]:
    """Return why a closed log may not go, in words and in a word; both empty if it may."""
    held = holds.get(folder.name) or holds.get("")
    if held:
        return f"a legal hold keeps it ({held})", "held"
    if age < retention or age < FLOOR:
        kept = max(retention, FLOOR).days
        return f"its last record is {age.days} days old for certain; it is kept for {kept} days", "young"
    if not (folder / CHECKPOINT).exists():
        return "nothing of it has been signed; receipts could not be verified any more", "unsigned"
    return "", ""


def _holds(data: Path) -> dict[str, str]:
    """Return which logs are held, by name, and by which file; the empty name: all of them.

    A hold that names logs holds those. One that names anything else, such as a body or a dataset, holds them all, as
    does one that cannot be read: any of them may have what it is about.
    """
    held: dict[str, str] = {}
    for path in sorted((data / HOLDS).glob("*")) if (data / HOLDS).is_dir() else ():
        try:
            said = yaml.safe_load(path.read_text(encoding="utf-8"))
            logs = said.get("logs") if isinstance(said, dict) else None
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            logs = None
        names = logs if isinstance(logs, list) and logs and all(isinstance(name, str) for name in logs) else [""]
        held |= dict.fromkeys(names, f"{HOLDS}/{path.name}")
    return held
