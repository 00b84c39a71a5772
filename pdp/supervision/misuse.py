"""What speaks for a case of art_42__para_1: evidence that a body may rest a sanction on, against a unit or person.

The article: 单位和自然人有下列情形之一的,公共机构应当按照职责责令改正,并暂时关闭其获取相关公共数据的权限.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger import opening, subject
from pdp.ledger.opening import APPROVED
from pdp.supervision.decided import decided, gathered
from pdp.supervision.finding import Finding, entities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pdp.ledger.world import World
    from pdp.supervision.decided import Record
    from pdp.supervision.finding import Reader

BEYOND = "art_42__para_1__item_1"
SAFEGUARDS = "art_42__para_1__item_2"

_BEYOND = {
    "opening_purpose_outside": "请求的用途超出批准的范围,被拒绝",
    "opening_fields_outside": "请求的内容超出批准的范围,被拒绝",
    "opening_quota_exceeded": "请求超出批准的额度,被拒绝",
}
_SAFEGUARDS = {
    "opening_condition_unmet": "批准所附的安全保障条件未满足时仍提出请求",
    "safeguards_lacking": "未采取安全保障措施时仍提出请求",
}
RULES = frozenset({*_BEYOND, *_SAFEGUARDS})  # of which decisions are looked for
_ATTESTED = {"unmet": "批准所附的安全保障条件经认定未满足", "lacking": "经认定未采取安全保障措施"}


def findings(ledger: Reader, world: World, now: datetime, decisions: Iterable[Record] = ()) -> tuple[Finding, ...]:
    """Return what is known of items 1 and 2 at `now`, by item; items 3 and 4 are in `finding.NOT_COMPUTED`.

    Item 1: 超出规定范围使用公共数据的.
    Item 2: 未按照公共数据开放相关规定采取安全保障措施的.
    Item 3 (违反市公共数据开放平台相关安全管理规范的) and item 4 (违反本细则规定的其他情形) need what nobody records
    here. A body is never named: its case is art_41.

    Args:
        ledger: the one that `world` sees.
        world: subjects and opening applications.
        now: the instant, aware.
        decisions: records of the decision log in their readable form; persons are named as the log names them.

    Raises:
        UnavailableError: the ledger cannot be read.

    Source: art_42__para_1.
    """
    view = world.view(now)
    asked = [
        group
        for group in decided(decisions, now)
        if group.relation == "opening" and subject.kind(view, group.subject) != "body"
    ]
    refused = [group for group in asked if group.outcome == "DENY"]
    found = [
        *gathered(BEYOND, refused, _BEYOND),
        *gathered(SAFEGUARDS, asked, _SAFEGUARDS),
        *_attested(ledger, world, now),
    ]
    return tuple(sorted(found, key=lambda finding: finding.article))


def _attested(ledger: Reader, world: World, now: datetime) -> Iterator[Finding]:
    """Yield a finding for each approved applicant who was last attested not to take the safeguards."""
    for name in entities(ledger, "opening"):
        view = world.view(now)
        case = opening.fold(view, name)
        zh = _ATTESTED.get(case.safeguards)
        if zh and case.state in APPROVED and subject.kind(view, case.applicant) != "body":
            seqs = case.said["safeguards"]
            since = max(said.at for said in view.about(f"opening/{name}") if said.seq in seqs)
            yield Finding(SAFEGUARDS, case.applicant, f"开放申请 {name}:{zh}", seqs, (), since, case.dataset)
