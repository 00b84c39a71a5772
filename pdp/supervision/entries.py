"""Catalogue entries of which art_41__para_1 items 2 to 4 may be true, by provider, as the ledger shows them.

Sources: art_11__para_1, art_15__para_1, art_16__para_1, art_19__para_4, art_30__para_1, art_41__para_1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.supervision.finding import Finding, entities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pdp.ledger.states import Dataset
    from pdp.ledger.world import World
    from pdp.supervision.decided import Decided
    from pdp.supervision.finding import Reader

CATALOGUE = "art_41__para_1__item_2"
AGGREGATION = "art_41__para_1__item_3"
LINKING = "art_41__para_1__item_4"
IN_USE = "catalogue_finding"  # the rule that holds where an entry is used that is not as it should be

_BASE_SETS = frozenset({"population", "legal_entity", "geospatial", "macro_economy"})
_APPROVED = frozenset({"approved", "change_pending", "unmapped"})  # its classes are in force
_UNFINISHED = {"not_approved": "目录条目未经核定", "unmapped": "目录条目未贯通四级目录"}
_RELEASED = frozenset({"PERMIT", "PARTIAL"})


def findings(ledger: Reader, world: World, now: datetime, decisions: Iterable[Decided]) -> list[Finding]:
    """Return what entries show of items 2 to 4.

    Item 2: 未按照规定编制、更新公共数据目录的.
    Item 3: 未及时向区大数据平台汇聚公共数据或者汇聚的公共数据不符合规范要求的.
    Item 4: 未按照规定依托区目录链汇通公共数据或者汇通的公共数据不符合规定要求的.
    No term is stated for any of them, so a finding says what stands now, against the lead provider.

    Raises:
        UnavailableError: the ledger cannot be read.
    """
    used: dict[str, list[str]] = {}
    for group in decisions:
        if group.outcome in _RELEASED and IN_USE in group.rules:
            used.setdefault(group.dataset, []).append(group.id)
    found: list[Finding] = []
    for name in entities(ledger, "dataset"):
        entry = world.dataset(name, now)
        if entry.provider:
            found += _Entry(ledger, world, now, entry).findings(tuple(dict.fromkeys(used.get(name, ()))))
    return found


class _Entry:
    """One entry while it is looked through."""

    def __init__(self, ledger: Reader, world: World, now: datetime, entry: Dataset) -> None:
        self._at = {statement.seq: statement.at for statement in ledger.about(f"dataset/{entry.id}")}
        self._world = world
        self._now = now
        self._entry = entry

    def findings(self, used: tuple[str, ...]) -> Iterator[Finding]:
        """Yield the findings about this entry; `used` are the decisions that released it in spite of its state."""
        yield from self._catalogue(used)
        if self._entry.catalogue_state in _APPROVED:
            yield from self._aggregation()
            yield from self._linking()

    def _catalogue(self, used: tuple[str, ...]) -> Iterator[Finding]:
        entry = self._entry
        unfinished = _UNFINISHED.get(entry.catalogue_state)
        in_use = used or entry.linked or entry.aggregated or entry.publication in {"aggregated", "published"}
        if unfinished and in_use:
            behind = ("provider", "catalogue_state", "linked", "aggregated", "publication")
            yield self._finding(CATALOGUE, f"{unfinished},数据已在使用", *behind, decisions=used)
        if entry.catalogue_state in _APPROVED and self._shut() and not entry.not_shareable_basis:
            yield self._finding(CATALOGUE, "列为不予共享而没有记录法律法规等依据", "sharing")

    def _shut(self) -> bool:
        """Return whether the entry or one of its fields is not to be shared. Source: art_19__para_4."""
        own = self._entry.field_attributes.values()
        return "not_shareable" in {self._entry.attributes.sharing, *(field.sharing for field in own)}

    def _aggregation(self) -> Iterator[Finding]:
        entry = self._entry
        if entry.base_set in _BASE_SETS and not entry.aggregated:
            yield self._finding(AGGREGATION, "属于四大基础数据,尚未向区大数据平台汇聚", "base_set")
        if entry.base_set in _BASE_SETS and entry.aggregated and entry.freshness == "overdue":
            yield self._finding(AGGREGATION, "已汇聚的数据逾期未更新", "freshness", dated=False)
        if entry.attributes.opening == "unconditional" and entry.publication == "marked":
            yield self._finding(AGGREGATION, "列为无条件开放,尚未汇聚拟开放的数据", "opening")

    def _linking(self) -> Iterator[Finding]:
        entry = self._entry
        if entry.base_set == "none" and not entry.linked and self._organ():
            yield self._finding(LINKING, "尚未依托区目录链汇通", "base_set")
        if entry.base_set not in _BASE_SETS and entry.linked and entry.freshness == "overdue":
            yield self._finding(LINKING, "已汇通的数据逾期未更新", "freshness", "linked", dated=False)

    def _organ(self) -> bool:
        """Return whether the provider is bound by the chain's rules; others may follow them. Source: art_15__para_3."""
        return self._world.subject(self._entry.provider, self._now).basis == "administrative_organ"

    def _finding(
        self, article: str, zh: str, *behind: str, decisions: tuple[str, ...] = (), dated: bool = True
    ) -> Finding:
        """Return a finding that rests on what was `said` of the attributes `behind`, and on the entry itself."""
        entry = self._entry
        said = {seq for attribute in (*behind, "catalogue_state") for seq in entry.said.get(attribute, ())}
        seqs = tuple(sorted(said | set(entry.said["provider"])))
        since = max(self._at[seq] for seq in seqs) if dated else None
        return Finding(article, entry.provider, f"数据 {entry.id} {zh}", seqs, decisions, since)
