"""What speaks for a case of art_41__para_1: evidence that the regulator may rest an order to rectify on.

The article: 公共机构有下列行为之一的,由区科技和信息化局(区大数据局)会同相关单位督促限期整改.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger import subject
from pdp.supervision import delays, entries
from pdp.supervision.decided import decided, gathered
from pdp.supervision.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pdp.ledger.world import World
    from pdp.supervision.collection import Checked
    from pdp.supervision.decided import Decided, Record
    from pdp.supervision.finding import Reader

COLLECTION = "art_41__para_1__item_1"
OTHER_PURPOSE = "art_41__para_1__item_7"

_OTHER_PURPOSE = {
    "purpose_outside": "请求的场景超出申请时明确的应用场景,被拒绝",
    "onward_supply": "请求向他人提供而没有记录的依据,被拒绝",
    "fields_outside_scope": "请求的内容超出申请时明确的使用范围,被拒绝",
}
RULES = frozenset({*_OTHER_PURPOSE, entries.IN_USE})  # of which decisions are looked for


def findings(
    ledger: Reader,
    world: World,
    now: datetime,
    decisions: Iterable[Record] = (),
    checks: Iterable[Checked] = (),
) -> tuple[Finding, ...]:
    """Return what is known of items 1 to 7 at `now`, by item; items 8 and 9 are in `finding.NOT_COMPUTED`.

    Item 8 (未依法依规履行公共数据安全管理职责的) and item 9 (违反本细则规定的其他情形) need what nobody records here.

    Args:
        ledger: the one that `world` sees.
        world: bodies, datasets and applications.
        now: the instant, aware.
        decisions: records of the decision log in their readable form; what they do not hold is not found.
        checks: results of `pdp.supervision.collection.check`.

    Raises:
        UnavailableError: the ledger cannot be read.

    Source: art_41__para_1.
    """
    groups = decided(decisions, now)
    found = [
        *_collection(checks),
        *entries.findings(ledger, world, now, groups),
        *delays.findings(ledger, world, now),
        *_other_purpose(world, now, groups),
    ]
    return tuple(sorted(found, key=lambda finding: finding.article))


def _collection(checks: Iterable[Checked]) -> list[Finding]:
    """Item 1: 违反规定重复收集数据的. An item with a recorded exception is none (原则上, art_10__para_1)."""
    return [
        Finding(COLLECTION, checked.body, _obtainable(checked), checked.statements)
        for checked in checks
        if checked.verdict == "non_conforming"
    ]


def _obtainable(checked: Checked) -> str:
    names = "、".join(dict.fromkeys(way.dataset for way in checked.obtainable))
    return f"要求提供“{checked.item}”,而该信息项能够通过共享方式获取(数据 {names})"


def _other_purpose(world: World, now: datetime, groups: Iterable[Decided]) -> list[Finding]:
    """Item 7: 违反规定将共享获取的公共数据用于其他目的的. A request that was refused is a lead, no proof of use."""
    view = world.view(now)
    refused = [group for group in groups if group.relation == "sharing" and group.outcome == "DENY"]
    return gathered(OTHER_PURPOSE, refused, _OTHER_PURPOSE, lambda body: subject.now_held_by(view, body))
