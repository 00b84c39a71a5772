"""How `pdp log show` is printed: the story for people, the record, its story and its proof for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pdp.explanation import OUTCOMES, Paragraph, Section
from pdp.explanation import plain as sections_plain
from pdp.log.incident import KINDS
from pdp.log.story import local
from pdp.model import Outcome
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from adapters.cli.log.activated import Activation
    from adapters.cli.log.finding import Entry
    from adapters.cli.log.proving import Proof, Vouched

Json = dict[str, Any]
COLOURS: Final = {"PERMIT": "green", "PARTIAL": "yellow", "DENY": "red", "REFER": "cyan", "INDETERMINATE": "magenta"}


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that is known of one record."""

    entry: Entry
    record: Json  # as it stands
    leaf: str  # hex
    spelled: Json  # a decision in full; any other record as it stands
    sections: tuple[Section, ...]  # empty: the log does not say how it is read
    own_words: bool  # the policy files of its revision were at hand
    activation: Activation | None
    proof: Proof
    history: list[Json] | None  # None: nobody asked for it

    def neighbour(self, step: int) -> Json | None:
        """Return index, kind and id of the entry before or after, None where there is none."""
        index = self.entry.place + step
        data = self.entry.reader.entry(index) if index >= 0 else None
        if data is None:
            return None
        record = orjson.loads(data)["record"]
        return {"index": index, "kind": record["kind"], "id": record["id"], "at": record["at"]}


def plain(shown: Shown) -> Json:
    """Return everything as plain JSON values."""
    activation = shown.activation
    return {
        "log": shown.entry.reader.name,
        "index": shown.entry.place,
        "leaf": shown.leaf,
        "prev": orjson.loads(shown.entry.data)["prev"],
        "record": shown.spelled,
        "told": sections_plain(shown.sections),
        "policies_at_hand": shown.own_words,
        "activated": {"index": activation.place, "id": activation.record["id"], "at": activation.record["at"]}
        if activation is not None
        else None,
        "before": shown.neighbour(-1),
        "after": shown.neighbour(1),
        "proof": shown.proof.plain(),
        **({"history": shown.history} if shown.history is not None else {}),
    }


def show(console: Console, shown: Shown, *, english: bool) -> None:
    """Print everything for people."""
    if not shown.own_words:
        console.print(Text(_said(_NOT_AT_HAND, english=english), style="yellow"))
    if not shown.sections:
        console.print(Text(_said(_NOT_READABLE, english=english), style="yellow"))
    for section in (*shown.sections, _revision(shown), _proof(shown)):
        if section.paragraphs:
            _section(console, section, shown, english=english)
    if shown.history is not None:
        _history(console, shown, english=english)


_NOT_AT_HAND: Final = Paragraph(
    "该决定所依版本的规则文件不在手边:事实与规则仅以编号列出,为日志本身所载;可用 --policies 指明该版本的文件夹。",
    "The policy files of this decision's revision are not at hand: facts and rules are given by id, as the log has "
    "them; name their folder with --policies.",
)
_NOT_READABLE: Final = Paragraph(
    "该记录无法逐项读出:日志中没有其版本生效的记录,或者记录的形式与其版本不符。",
    "The record cannot be read: the log does not say that its revision came into force, or it has another form.",
)


def _said(paragraph: Paragraph, *, english: bool) -> str:
    return paragraph.en if english else paragraph.zh


def _section(console: Console, section: Section, shown: Shown, *, english: bool) -> None:
    lines, title = [_said(line, english=english) for line in section.paragraphs], _said(section.title, english=english)
    if section.id in {"conclusion", "proof"}:
        colour = COLOURS.get(shown.record.get("outcome", ""), "blue")
        if section.id == "proof":
            colour = "green" if shown.proof.holds else "red"
        console.print(Panel(Text("\n".join(lines), overflow="fold"), title=title, border_style=colour))
        return
    console.print(Text(title, style="bold"))
    listed = Table.grid(padding=(0, 1))
    for line in lines:
        listed.add_row(" -", Text(line, overflow="fold"))
    console.print(listed)


def _revision(shown: Shown) -> Section:
    """Return which revision and which ledger the decision rests on."""
    lines = []
    named = shown.record.get("revision", {})
    if shown.record["kind"] == "decision":
        zh = f"规则版本 {named['set'][:16]},账本已知至第 {named['ledger']} 条。"
        lines.append(Paragraph(zh, f"Revision {named['set'][:16]}, ledger known up to statement {named['ledger']}."))
        age = named.get("age_ms", 0)
        if age:
            told = f"The copy was level with the ledger {age} ms before."
            lines.append(Paragraph(f"账本副本最近一次与账本一致,是在 {age} 毫秒之前。", told))
        if shown.activation is not None:
            at, index = local(shown.activation.record["at"]), shown.activation.place
            lines.append(Paragraph(f"该版本于 {at} 生效(第 {index} 条)。", f"In force since {at} (entry {index})."))
    return Section("revision", Paragraph("当时的版本", "Revision in force then"), tuple(lines))


def _proof(shown: Shown) -> Section:
    return Section("proof", Paragraph("证明", "Proof"), tuple(_proving(shown)))


def _proving(shown: Shown) -> Iterator[Paragraph]:
    """Yield where the record lies, under which checkpoint, and who vouches for that."""
    proof, checkpoint, name = shown.proof, shown.proof.note.checkpoint, shown.entry.reader.name
    yield Paragraph(
        f"日志 {name} 第 {shown.entry.place} 条,编号 {shown.record['id']}",
        f"log {name}, entry {shown.entry.place}, id {shown.record['id']}",
    )
    yield Paragraph(f"叶哈希 {shown.leaf}", f"leaf {shown.leaf}")
    for step, zh, en in ((-1, "前一条", "before"), (1, "后一条", "after")):
        beside = shown.neighbour(step)
        if beside is not None:
            kind = KINDS.get(beside["kind"], (beside["kind"], beside["kind"]))[0]
            yield Paragraph(
                f"{zh}:第 {beside['index']} 条,{kind},{beside['id']}",
                f"{en}: entry {beside['index']}, {beside['kind']}, {beside['id']}",
            )
    root = checkpoint.root.hex()
    yield Paragraph(
        f"检查点:{checkpoint.origin},共 {checkpoint.size} 条,根 {root}",
        f"checkpoint: {checkpoint.origin}, {checkpoint.size} entries, root {root}",
    )
    yield from map(_signature, proof.vouched)
    if proof.unknown:
        named = "、".join(proof.unknown)
        yield Paragraph(f"另有签名,其公钥不在手边:{named}", f"further signatures, keys not at hand: {named}")
    yield _inclusion(proof)


def _signature(one: Vouched) -> Paragraph:
    who_zh, who_en = ("见证方联署", "co-signed by") if one.witness else ("日志签名", "signed by")
    word = {True: ("有效", "valid"), False: ("无效", "NOT VALID"), None: ("此处不能核验", "cannot be checked here")}
    at = f"{datetime.fromtimestamp(one.time, UTC).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if one.time else ""
    zh, en = word[one.valid]
    return Paragraph(
        f"{who_zh}:{one.name}({one.kind}){f',签于 {at}' if at else ''},{zh}",
        f"{who_en} {one.name} ({one.kind}){f' at {at}' if at else ''}: {en}",
    )


def _inclusion(proof: Proof) -> Paragraph:
    if proof.receipt is None:
        return Paragraph(
            "包含证明不成立:日志所签的树中,该位置是另一条记录。",
            "No proof of inclusion: the tree that was signed has another entry at this place.",
        )
    steps = len(proof.receipt.hashes)
    how = ("由日志条目重新计算", "from the entries") if proof.rebuilt else ("由哈希分片", "from the tiles")
    zh = f"包含证明:{how[0]},经 {steps} 个哈希值推得检查点的根,已当场核对。"
    if not proof.holds:
        zh += "但没有可以核验的日志签名。"
    return Paragraph(
        zh, f"Proof of inclusion {how[1]}: {steps} hashes lead to the checkpoint's root; checked just now."
    )


def _history(console: Console, shown: Shown, *, english: bool) -> None:
    title = "The same question, before and after" if english else "同一请求前后的决定"
    table = Table(*(("at", "outcome", "rules", "id") if english else ("时间", "结论", "规则", "编号")), title=title)
    for one in shown.history or ():
        outcome = one["outcome"] if english else OUTCOMES[Outcome(one["outcome"])][0]
        style = "bold" if one["id"] == shown.record["id"] else ""
        table.add_row(local(one["at"]), outcome, "\n".join(one["rules"]), one["id"], style=style)
    console.print(table)
