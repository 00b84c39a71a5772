"""How `pdp log verify` tells what it found: in words, or as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from pdp.log import verify as auditor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdp.log.verify import Verified

LEVELS = {auditor.TREE: "哈希树", auditor.CHAIN: "哈希树与逐条内容", auditor.TILES: "仅哈希", "receipt": "凭证"}


@dataclass
class Outcome:
    """What came of one log or receipt; `code` as the verifier's exit code."""

    name: str
    code: int = 0
    verified: Verified | None = None
    segments: int | None = None
    index: int | None = None
    fault: str = ""

    def plain(self) -> dict[str, object]:
        """Return it for programs."""
        said: dict[str, object] = {"log": self.name, "verified": self.code == 0}
        if self.verified is not None and not self.code:
            said |= auditor.as_json(self.verified)
        else:
            said |= {"index": self.index, "fault": self.fault}
        return said | ({"segments": self.segments} if self.segments is not None else {})


def tell(outcomes: list[Outcome], *, own: bool, as_json: bool) -> None:
    """Say what came of verifying; `own`: by keys for which the installation's own word was taken."""
    if as_json:
        said: dict[str, Any] = {"verified": not any(outcome.code for outcome in outcomes)}
        said |= {"own_keys": own, "checked": [outcome.plain() for outcome in outcomes]}
        typer.echo(json.dumps(said, ensure_ascii=False, indent=1))
        return
    console = Console()
    for outcome in outcomes:
        console.print(Text("\n").join(_lines(outcome)), soft_wrap=True)
    if own:
        console.print("[dim]公钥取自本机数据文件夹;审计方应以自己保存的信任策略核验(--policy)。[/]")


def _lines(outcome: Outcome) -> Iterator[Text]:
    """Yield what is said of one log, for people."""
    said = outcome.verified
    if outcome.code == 1:
        where = "" if outcome.index is None else f",自第 {outcome.index} 条起未获证明"
        yield Text(f"✗ {outcome.name} 与签名不符{where}", "bold red")
        yield Text(f"  {outcome.fault}")
    elif said is None:
        yield Text(f"? {outcome.name} 无法核验", "bold yellow")
        yield Text(f"  {outcome.fault}")
    else:
        yield Text(f"✓ {outcome.name} 核验无误({LEVELS[said.level]})", "bold green")
        yield from map(Text, _details(outcome, said))


def _details(outcome: Outcome, said: Verified) -> Iterator[str]:
    if said.index is not None:
        yield f"  第 {said.index} 条在 {said.origin} 之中"
    seen = "经法定数目的见证方签名" if said.witnessed else "没有见证方签名"
    yield f"  {said.size:,} 条,{seen},根 {said.root.hex()}"
    if said.since:
        yield f"  与较早的检查点({said.since:,} 条)一致,其后只有增加"
    if outcome.segments is not None:
        yield f"  日志分段 {outcome.segments} 个,首尾相接"
    for key, _ in said.signatures:
        yield f"  签名:{key.name}({auditor.KINDS_OF_KEYS[key.kind]},{key.id.hex()})"
    yield from (f"  未核验:{line}" for line in said.not_checked)
    yield from (f"  注意:{line}" for line in said.notices)
