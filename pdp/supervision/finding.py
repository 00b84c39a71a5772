"""One finding with its evidence, and the table of what neither the ledger nor the decision log can show.

A finding is evidence for a person who decides. Nothing in this package makes a statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from pdp.ledger.words import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from pdp.ledger.statement import Statement


FOUNDING: Final = {
    "application": "application.received",
    "dataset": "dataset.catalogued",
    "objection": "objection.raised",
    "opening": "opening.applied",
}
"""Family of refs -> the kind of statement without which there is nothing to find out about one of them."""
_BATCH: Final = 500  # statements that are read at a time


class Reader(Protocol):
    """A ledger that finds the statements with which entities begin."""

    def entities_of(self, kind: str, after: int, limit: int) -> Sequence[Statement]:
        """Return at most `limit` statements of `kind` later than the seq `after`, by seq; fewer: there are no more.

        Raises:
            UnavailableError: the store cannot be read. Never an empty sequence instead.
        """
        ...

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What speaks for one item of art_41__para_1 or art_42__para_1, and on what that rests.

    `since` is the instant since which it has been so; None where the evidence does not say.

    Raises:
        ValueError: it names neither a statement nor a decision.
    """

    article: str  # for example art_41__para_1__item_5
    subject: str
    zh: str
    statements: tuple[int, ...] = ()  # seqs
    decisions: tuple[str, ...] = ()  # ids of records in the decision log
    since: datetime | None = None
    dataset: str = ""  # that decisions under it were about, or an opening application; empty: about no single one

    def __post_init__(self) -> None:
        if not self.statements and not self.decisions:
            message = f"the finding under {self.article} names no evidence"
            raise ValueError(message)


def entities(ledger: Reader, family: str) -> list[str]:
    """Return the ids of all entities of a family of `FOUNDING`, in the order in which they began."""
    return list(dict.fromkeys(text(said, "id") for said in _founding(ledger, FOUNDING[family])))


def _founding(ledger: Reader, kind: str) -> Iterator[Statement]:
    after = 0
    while batch := ledger.entities_of(kind, after, _BATCH):
        yield from batch
        after = batch[-1].seq


NOT_COMPUTED: dict[str, str] = {
    "art_41__para_1__item_1": "只核对送来核查的信息项;没有送来核查的表单和线下收集,账本和日志都看不到",
    "art_41__para_1__item_2": (
        "没有进入目录、也没有提供单位的数据,无从知道应当由谁编目;目录内容与实际数据是否相符,账本没有记录"
    ),
    "art_41__para_1__item_3": (
        "汇聚数据的内容和质量是否符合规范,账本没有记录;没有标明是否属于四大基础数据的条目不作判断"
    ),
    "art_41__para_1__item_4": (
        "汇通数据的内容和质量是否符合要求,账本没有记录;行政机关以外的公共机构参照执行,未汇通的不作判断"
    ),
    "art_41__para_1__item_5": (
        "拒绝的理由是否成立由有关部门判断;开放申请没有答复期限;第十个工作日以后才同意的,细则没有另定办结期限"
    ),
    "art_41__para_1__item_6": "开放数据的异议没有期限,是否及时由主管部门判断;没有报备的共享异议,按现行读法不起算",
    "art_41__para_1__item_7": "日志只记录请求,不记录取得数据以后的实际使用;被拒绝的请求只是核查线索",
    "art_41__para_1__item_8": "安全事件和安全管理措施没有记录,不能由账本和日志判断是否履行职责",
    "art_41__para_1__item_9": "其他情形由主管部门依据本细则认定,不能由系统推断",
    "art_42__para_1__item_1": "日志只记录请求,不记录取得数据以后的实际使用;无条件开放的数据没有规定使用范围",
    "art_42__para_1__item_2": "没有登记的安全保障措施,账本和日志都看不到;尚未证明已采取,不等于未采取",
    "art_42__para_1__item_3": "市公共数据开放平台的安全管理规范及其执行情况不在本系统记录之内",
    "art_42__para_1__item_4": "其他情形由公共机构按照职责认定,不能由系统推断",
}
"""Item -> what of it cannot be seen here, in Chinese; where nothing was found, this says what silence does not mean.

Every item has an entry, also those that are computed in part.
"""
