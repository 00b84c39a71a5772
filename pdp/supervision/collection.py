"""The collection check: may a body ask people for an item of information that it could obtain by sharing?

Source: art_10__para_1: 公共机构办理公共管理和服务事项,能够通过共享方式获取公共数据的,
原则上不得要求单位或者自然人重复提供.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from pdp.ledger import subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pdp.ledger.states import Dataset, Measures
    from pdp.ledger.world import World

_ROUTES: Final = {"unconditional": "art_20__para_1", "conditional": "art_21__para_1"}
_IN_FORCE: Final = frozenset({"approved", "change_pending"})
_OUT: Final = frozenset({"retired", "uncatalogued"})


class FieldIndex(Protocol):
    """Which catalogue entries have a 信息项 of a given name."""

    def datasets_with(self, field_name: str) -> Iterable[str]:
        """Return the ids of all entries with a field whose `named` form is `field_name`; more of them do no harm."""
        ...


@dataclass(frozen=True, slots=True)
class Obtainable:
    """One entry that has the field, and how the body could obtain it now."""

    dataset: str
    field: str  # as the entry spells it
    route: str  # unconditional | conditional: by application


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check says of one item that `body` would ask for."""

    body: str
    item: str  # as it was given
    verdict: str  # conforming | non_conforming | excepted | unknown
    obtainable: tuple[Obtainable, ...]
    articles: tuple[str, ...]
    statements: tuple[int, ...]  # seqs behind `obtainable`
    reason: str = ""  # of an exception


def named(name: str) -> str:
    """Return the form in which names are compared: NFKC, trimmed. Nothing else makes two names equal."""
    return unicodedata.normalize("NFKC", name).strip()


def check(  # noqa: PLR0913  # each is a different thing that the check rests on
    body: str,
    items: Sequence[str],
    index: FieldIndex,
    world: World,
    now: datetime,
    *,
    synonyms: Iterable[Iterable[str]] = (),
    exceptions: Mapping[str, str] | None = None,
) -> list[Checked]:
    """Return for each of `items`, in order, whether `body` may ask for it.

    `non_conforming`: an entry of another body has the field, its class lets it be shared, unconditionally or by
    application, and nothing stops that now. `excepted`: the same, with a reason on record (原则上). `unknown`: an entry
    has the field and it is not settled whether it can be shared, or `body` is no registered body, or the item has no
    name. `conforming`: otherwise. What only `body` itself holds is not obtained by sharing and is not counted.

    Args:
        body: the body that would ask.
        items: names of 信息项.
        index: of the fields of the catalogue.
        world: bodies, entries and measures.
        now: the instant, aware.
        synonyms: groups of names that mean the same item; not carried on from group to group.
        exceptions: item -> reason; an empty reason is none.

    Raises:
        UnavailableError: the ledger cannot be read.

    Source: art_10__para_1, art_20__para_1, art_21__para_1, art_41__para_1__item_1.
    """
    groups = [frozenset(map(named, group)) for group in synonyms]
    reasons = {named(item): reason.strip() for item, reason in (exceptions or {}).items()}
    look = _Look(subject.now_held_by(world.view(now), body), index, world, now)
    known = subject.kind(world.view(now), body) == "body"
    return [
        look.checked(item, _names(item, groups), reasons)
        if known and named(item)
        else Checked(body, item, "unknown", (), ("art_10__para_1",), ())
        for item in items
    ]


def _names(item: str, groups: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return the names by which `item` goes, itself included."""
    own = named(item)
    return frozenset({own}).union(*(group for group in groups if own in group))


class _Look:
    """One body's look through the catalogue at one instant."""

    def __init__(self, body: str, index: FieldIndex, world: World, now: datetime) -> None:
        self._body = body
        self._index = index
        self._world = world
        self._now = now
        self._measures = world.measures(now)

    def checked(self, item: str, names: frozenset[str], reasons: Mapping[str, str]) -> Checked:
        """Return the result for one item that goes by any of `names`."""
        ids = {id_ for name in sorted(names) for id_ in self._index.datasets_with(name)}
        entries = [self._world.dataset(id_, self._now) for id_ in sorted(ids)]
        found = [
            (entry, field, self._route(entry, field))
            for entry in entries
            if self._body not in {entry.provider, *entry.joint_providers}
            for field in entry.fields
            if named(field) in names
        ]
        ways = tuple(Obtainable(entry.id, field, route) for entry, field, route in found if route in _ROUTES)
        said = {seq for entry, _, route in found if route in _ROUTES for seq in _behind(entry)}
        reason = reasons.get(named(item), "") if ways else ""
        verdict = _verdict({route for _, _, route in found}, reason)
        grounds = ["art_10__para_1", *sorted({_ROUTES[way.route] for way in ways})]
        if verdict == "non_conforming":
            grounds.append("art_41__para_1__item_1")
        return Checked(self._body, item, verdict, ways, tuple(grounds), tuple(sorted(said)), reason)

    def _route(self, entry: Dataset, field: str) -> str:
        """Return unconditional or conditional, `closed`, or `unsettled` where nobody can say yet."""
        own = entry.field_attributes.get(field)
        sharing = (own.sharing if own else "") or entry.attributes.sharing
        if entry.catalogue_state in _OUT or sharing == "not_shareable" or entry.regime not in {"none", "unknown"}:
            return "closed"
        settled = entry.catalogue_state in _IN_FORCE and sharing in _ROUTES and entry.regime == "none"
        return sharing if settled and not _stopped(entry, self._measures) else "unsettled"


def _verdict(routes: set[str], reason: str) -> str:
    if routes & _ROUTES.keys():
        return "excepted" if reason else "non_conforming"
    return "unknown" if "unsettled" in routes else "conforming"


def _behind(entry: Dataset) -> set[int]:
    attributes = ("fields", "sharing", "catalogue_state", "regime")
    return {seq for attribute in attributes for seq in entry.said.get(attribute, ())}


def _stopped(entry: Dataset, measures: Measures) -> bool:
    """Return whether an emergency measure stops the entry now; it ends, so nothing is settled by it."""
    providers = {entry.provider, *entry.joint_providers}
    return (
        measures.district_all
        or entry.id in measures.district_datasets | measures.provider_datasets
        or bool(providers & (measures.district_providers | measures.provider_all))
    )
