"""Writes the table of faults: what is done to the service, what it must do, and what was counted.

Run by `make faults`: `python -m tests.faults.table FIGURES [DOCUMENT]`. FIGURES is what the tests noted, a JSON object
a line; of a test that ran twice the figures are added up. The table is printed, and replaces the one in DOCUMENT.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

HEAD = "| Fault | How it is made | What must happen | Rounds | Acknowledged | Lost | Beside that |"
RULE = "|---|---|---|--:|--:|--:|---|"
TOLD = {  # what else was counted, in the order it is told
    "injected": "faults met",
    "died": "ended with 70",
    "refused": "refused",
    "dropped": "late answers dropped",
    "late": "late answers told",
    "sealed": "segments sealed",
    "cuts": "torn tails cut",
    "notes": "checkpoints seen",
    "tiles": "tiles checked",
    "found": "found by the reader",
    "verifier": "found by the verifier",
    "went on": "made good, or harmless",
    "stopped": "stopped when it was found",
    "stepped": "steps recorded",
}


class Row(NamedTuple):
    """One line of the table."""

    tests: tuple[str, ...]  # by the names under which they note figures
    fault: str
    made: str
    required: str


CALLS = ("openat", "pwrite64", "fdatasync", "fsync", "rename")
SAME = "as above"
ROWS = (
    Row(
        ("service_kill",),
        "`kill -9`, of the whole service",
        "at a random moment of starting, recovering, answering, publishing, sealing; one folder all along",
        "every 200 has its record, with the id and leaf that were told; the log goes on",
    ),
    Row(
        ("journal_power_cut",),
        "power cut, of the journal",
        "a FUSE device that keeps what was synced, of each write what chance keeps by sectors, of names a first part",
        "nothing acknowledged lost; the next start recovers",
    ),
    Row(
        ("service_power_cut",),
        "power cut, of the whole service",
        SAME,
        "likewise, and what was signed for all to see is signed afterwards",
    ),
    Row(
        ("lying_device", "eaten_syncs"),
        "syncs that do nothing",
        "the same device answers syncs and keeps nothing; `eatmydata` takes the syncs away",
        "**the test must find receipts lost**",
    ),
    *(
        Row(
            (f"journal_{call}",),
            f"`{call}` fails, of the journal",
            "`strace` fails the n-th call, every n of a life: EIO"
            + {"pwrite64": ", ENOSPC, short", "openat": ", EMFILE"}.get(call, ""),
            "exit 70 or a start refused in words; nothing acknowledged lost",
        )
        for call in CALLS
    ),
    *(
        Row(
            (f"service_{call}",),
            f"`{call}` fails, of the whole service",
            "likewise, some n chosen by chance",
            "likewise, or it goes on with all promises kept; every answer 200 or 503",
        )
        for call in CALLS
    ),
    Row(
        ("device_EROFS", "device_ENOSPC", "device_EIO", "device_EDQUOT"),
        "the device takes no more",
        "FUSE device: every change fails, read-only, full, broken, over quota",
        "503, exit 70; a start names the file; once mended it goes on",
    ),
    Row(("short_write",), "short write", "FUSE device: half of a group is taken, no error", "503, exit 70"),
    Row(("volume_crowded",), "volume 95 % full", "tmpfs and ballast", "503; answers again once there is room"),
    Row(("volume_full",), "volume full", "tmpfs and ballast", "503, exit 70; starts once there is room"),
    Row(("closed_folder",), "folder without write permission", "`chmod`, a root that permissions bind", "exit 70"),
    Row(("descriptors",), "no more open files", "`prlimit` under load", "no wrong answer; as before without a restart"),
    Row(("sync_slow",), "a sync takes 2 s (limit 0.2 s)", "`strace` delays its return", "503 meanwhile, then on"),
    Row(("sync_stalled",), "syncs hang, of all threads", "`strace` delays their return", "503, exit 70"),
    Row(("paused",), "the process stands still for 5 s", "SIGSTOP under load", "late answers are dropped"),
    Row(
        ("clock",),
        "clock ±10 years, back-steps",
        "`faketime`",
        "order and chain untouched, instants as the clock said, steps back recorded",
    ),
    Row(("two_writers",), "second service on the folder", "started under load", "refused, told which process"),
    Row(
        ("cloned",),
        "cloned folder, no witness",
        "copied and started beside the original",
        "both start; no proof makes one log of the two checkpoints",
    ),
    Row(
        ("flips_sealed", "flips_open"),
        "a bit turned over in a segment",
        "one at a time, in either form",
        "a reader names the segment, or all entries are as they were",
    ),
    Row(
        ("flips_published",),
        "a bit turned over in notes and tiles",
        "one at a time, then a start",
        "refused, made good, or named by the verifier; no second story",
    ),
)


def main(figures: Path, document: Path | None) -> int:
    """Write the table; return 1 where a fault has no figures."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in figures.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        counted[found.pop("fault")].update({name: n for name, n in found.items() if isinstance(n, int)})
    lines = [HEAD, RULE]
    for row in ROWS:
        total = sum((counted[test] for test in row.tests), Counter())
        lines.append(_line(row, total))
    missing = [test for row in ROWS for test in row.tests if test not in counted or not counted[test]]
    sys.stdout.write("\n".join(lines) + "\n")
    if document is not None and not missing:
        _replace(document, lines)
    if missing:
        sys.stderr.write(f"no figures of {', '.join(missing)}\n")
    return 1 if missing else 0


def _line(row: Row, total: Counter[str]) -> str:
    rounds = total["rounds"] or total["lives"]
    beside = ", ".join(f"{total[name]:,} {words}" for name, words in TOLD.items() if total[name])
    figures = f"{rounds:,} | {total['acknowledged']:,} | {total['lost']:,} | {beside}"
    return f"| {row.fault} | {row.made} | {row.required} | {figures} |"


def _replace(document: Path, lines: list[str]) -> None:
    """Put the table in place of the one in `document`."""
    text = document.read_text(encoding="utf-8").split("\n")
    first = text.index(HEAD)
    last = next(place for place in range(first, len(text)) if not text[place].startswith("|"))
    document.write_text("\n".join([*text[:first], *lines, *text[last:]]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
