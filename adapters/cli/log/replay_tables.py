"""How `pdp log replay` says what came of it: tables in Chinese, or one JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from adapters.cli.log.replay_jobs import ByAnother
from adapters.cli.log.replay_today import LATE, OTHERWISE
from adapters.gateways.act_words import ACT_WORDS
from pdp.explanation import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from adapters.cli.log.replaying import Group, Job, Tally
    from adapters.stores.log_reader import LogReader

Json = dict[str, Any]
SHOWN: Final = 20  # findings that people are shown; programs get all that were kept
_TITLES: Final = {
    "recorded": "按记录的事实与版本重放",
    "today": "按账本今天所知重放",
    "revision": "按另一版本重放",
}
_OUTCOMES: Final = {outcome.value: zh for outcome, (zh, _) in OUTCOMES.items()}
_WHY: Final = {
    LATE: "事后记录的陈述",
    OTHERWISE: "账本或者设置与当时不同",
}


def plain(by: str, tally: Tally, job: Job, readers: Sequence[LogReader]) -> Json:
    """Return everything that was counted and found as plain JSON."""
    said: Json = {
        "as": by,
        "decisions": tally.decisions,
        "equal": tally.equal,
        "differing": tally.found,
        "not_recovered": tally.lost,
        "not_loaded": dict(tally.others),
        "findings": tally.findings,
    }
    if by == "today":
        said["groups"] = [
            {"why": why, "then": then, "now": now, "count": group.count, "examples": group.examples}
            for (why, then, now), group in tally.groups.items()
        ]
        said["kept"] = dict(tally.notes)
    if isinstance(job, ByAnother):
        said["groups"] = [_comparison(key, group) for key, group in _largest_first(tally.groups)]
        said["values_unknown_to_the_other"] = dict(tally.notes)
        said["vocabularies"] = _vocabularies(tally, job, readers)
    return said


def show(console: Console, by: str, tally: Tally, job: Job, readers: Sequence[LogReader]) -> None:
    """Print it for people."""
    differing = "翻转" if by == "revision" else "不同"
    table = Table("决定", "相同", differing, "无法复原", "其他版本(未载入)", box=None, padding=(0, 2))
    figures = (tally.decisions, tally.equal, tally.found, tally.lost, sum(tally.others.values()))
    table.add_row(*(f"{figure:,}" for figure in figures))
    console.print(Text(_TITLES[by], style="bold"), table)
    for revision, count in tally.others.most_common():
        console.print(f"  版本 {revision[:16]} 的 {count:,} 项未重放;用 --policies 给出该版本的规则。", highlight=False)
    if isinstance(job, ByAnother):
        _show_comparison(console, tally, job, readers)
    elif by == "today":
        _show_today(console, tally)
    else:
        _show_differences(console, tally)


def _show_differences(console: Console, tally: Tally) -> None:
    for found in tally.findings[:SHOWN]:
        console.print(Text(f"\n{found['log']} 第 {found['index']} 条 {found['id']}", style="red"))
        console.print(Text(f"  {found['pointer'] or '/'}\n    记录:{found['recorded']}\n    重放:{found['replayed']}"))
    _show_rest(console, tally)


def _show_today(console: Console, tally: Tally) -> None:
    for pointer, count in tally.notes.most_common():
        console.print(f"  {pointer}:{count:,} 项无法复原,按记录的值。", highlight=False)
    for found in tally.findings[:SHOWN]:
        then, now = found["then"]["outcome"], found["now"]["outcome"]
        style = "red" if found["flips"] else "yellow"
        console.print(Text(f"\n{found['id']}  {_outcome(then)} → {_outcome(now)}({_WHY[found['why']]})", style=style))
        for change in found["facts"]:
            console.print(Text(f"  {change['fact']}:{change['then']} → {change['now']}"))
        if not found["same_fields"]:
            console.print(Text("  提供的字段不同"))
        for said in found["statements"]:
            kind = ACT_WORDS.get(said["kind"], said["kind"])
            console.print(
                Text(f"  账本第 {said['seq']} 条:{said['by']} {kind},{said['at']} 生效,{said['recorded_at']} 记录")
            )
    _show_rest(console, tally)


def _show_rest(console: Console, tally: Tally) -> None:
    if tally.found > SHOWN:
        console.print(f"\n另有 {tally.found - SHOWN:,} 项;用 --json 查看。", highlight=False)


def _show_comparison(console: Console, tally: Tally, job: ByAnother, readers: Sequence[LogReader]) -> None:
    for matched in _vocabularies(tally, job, readers):
        for words, names in (("新增", matched["added"]), ("不再有", matched["lacking"])):
            if names:
                doubt = ";其值按不明处理" if words == "新增" else ""
                console.print(Text(f"  相对于版本 {matched['revision'][:16]},{words}事实:{'、'.join(names)}{doubt}。"))
    for value, count in tally.notes.most_common():
        console.print(Text(f"  {value}:另一版本没有这个值,{count:,} 项按不明处理。"))
    if not tally.groups:
        return
    table = Table("当时", "另一版本", "当时所依规则", "另一版本所依规则", "项数", "例", padding=(0, 1))
    for key, group in _largest_first(tally.groups):
        then, then_rules, now, now_rules = key
        style = "" if then == now else "red"
        rules = ("\n".join(map(str, ids)) for ids in (then_rules, now_rules))  # type: ignore[call-overload]
        row = (_outcome(str(then)), _outcome(str(now)), *rules, f"{group.count:,}", "\n".join(group.examples))
        table.add_row(*row, style=style)
    console.print(table)


def _vocabularies(tally: Tally, job: ByAnother, readers: Sequence[LogReader]) -> list[Json]:
    """Return how the facts of each revision that was read match those of the other one."""
    said = []
    for revision in tally.read:
        matched = next(filter(None, (job.matching(revision, reader) for reader in readers)))
        said.append({"revision": revision, "added": list(matched.added), "lacking": list(matched.lacking)})
    return said


def _comparison(key: tuple[object, ...], group: Group) -> Json:
    then, then_rules, now, now_rules = key
    return {
        "then": {"outcome": then, "rules": then_rules},
        "now": {"outcome": now, "rules": now_rules},
        "flips": then != now,
        "count": group.count,
        "examples": group.examples,
    }


def _largest_first(groups: Mapping[tuple[object, ...], Group]) -> Iterator[tuple[tuple[object, ...], Group]]:
    """Yield groups, those that flip first, then by their size."""
    yield from sorted(groups.items(), key=lambda item: (item[0][0] == item[0][2], -item[1].count))


def _outcome(outcome: str) -> str:
    return _OUTCOMES.get(outcome, outcome)
