"""Well-formed acts of every kind, by anybody: two in three by whoever may do them, else by whoever comes along."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pdp.errors import TransitionError
from pdp.ledger.admit import statement
from pdp.ledger.kinds import KINDS
from pdp.ledger.speakers import default_speaker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from random import Random

    from pdp.ledger.statement import Statement
    from pdp.ledger.world import World

FIELDS = ("a", "b", "c")
DATASETS = ("R1", "R2", "R3")
PROVIDERS = {"R1": ("A",), "R2": ("C",), "R3": ("A", "C")}
SPEAKERS = ("A", "B", "C", "N1", "X", "P", "regulator", "cyberspace", "city", "registrar", "nobody")
BEGIN = {
    "application.received": "A", "opening.applied": "O", "coordination.opened": "K", "objection.raised": "Y",
    "sanction.suspended": "S", "rectification.ordered": "Z", "measure.declared": "M",
}  # fmt: skip
"""Kinds that begin a matter -> how the ids of such matters begin."""
FIRST = {letter: kind for kind, letter in BEGIN.items()}
PREFIX = {kind.partition(".")[0]: letter for kind, letter in BEGIN.items()} | {"safeguards": "O"}
IDS = {
    "body.registered": ("N1", "N2", "N3", "X"), "body.succeeded": ("N1", "N2", "N3"),
    "unit.registered": ("X", "Y", "A"), "onward.basis_recorded": ("o1",),
    "person.registered": ("P", "Q"), "duty.registered": ("d1", "d2"), "staff.mapped": ("s1",),
    "system.registered": ("s2",), "entrustment.recorded": ("e1",), "carrier.registered": ("zone-1", "zone-2"),
    "route.registered": ("r1", "r2", "r3"), "route.withdrawn": ("r1", "r2", "r3"),
    "query_user.registered": ("u1", "u2"), "query_user.withdrawn": ("u1", "u2"),
    "table.mapped": ("hive.town.t1", "hive.town.t2"), "table.unmapped": ("hive.town.t1", "hive.town.t2"),
}  # fmt: skip
CHOICES: dict[str, tuple[object, ...]] = {
    "applicant": ("B", "B", "B", "X", "X", "A"), "objector": ("B", "B", "C", "X"), "subject": ("X", "P", "B"),
    "body": ("A", "B", "C", "X"), "successor": ("A", "B", "N1", "N2"), "principal": ("A", "B"), "agent": ("X", "C"),
    "dataset": (*DATASETS, *DATASETS, "unheard"), "datasets": (["R1"], ["R2", "R3"], ["R3"], []),
    "carrier": ("zone-1", "zone-2"),
    "gateway": ("edge", "edge", "unheard"), "method": ("GET",), "host": ("data.example",), "action": ("read",),
    "path": ("/a/{dataset}", "/b/{dataset}", "/{dataset}/c"), "mode": ("api",), "channel": ("bigdata_platform",),
    "reads": ({"fields": {"query": "fields"}},), "rows_at": ("/rows",), "envelope": (["next"],),
    "workload": ("spiffe://x/b", "spiffe://x/c"), "system": ("s2", "s2", "unheard"),
    "engine": ("trino",), "columns": ({"col_a": "a"},),
    "scenario": ("sc-1",), "scenarios": (["sc-1"],), "duties": (["d1"],), "scenario_text": ("城市治理",),
    "functions": (["public_service"],), "sharing": ("conditional", "conditional", "unconditional", "not_shareable"),
}  # fmt: skip
FIELD_CLASSES = tuple(
    {field: {"sharing": word}} for field in FIELDS for word in ("unconditional", "conditional", "not_shareable")
)
SIMPLE: dict[str, tuple[object, ...]] = {
    "text": ("文",),
    "texts": (["文"],),
    "id": ("d1",),
    "bool": (True, False),
    "count": (1, 60),
}
WEIGHT = {"dataset.retired": 1, "dataset.class_tightened": 6}  # one ends much of what can happen, one is seldom lawful
OFTEN = tuple(
    kind for kind in sorted(KINDS) for _ in range(WEIGHT.get(kind, 6 if kind.partition(".")[0] in PREFIX else 2))
)
"""Every kind; those that are steps of a matter more often, so that a matter lives to see more than its beginning."""
NEVER = {"assumed", "observer", "offices", "affiliates", "derived_from", "sharing_conditions", "opening_conditions"}
"""Optional members that move no machine."""


class Acts:
    """Makes acts; it counts the matters it began so that later ones meet those of late."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self.random = random
        self._begun = dict.fromkeys(BEGIN.values(), 0)

    def any(self, now: datetime) -> Statement:
        """Return some act; where no matter of its family has begun, one that begins it."""
        kind = self.random.choice(OFTEN)
        letter = PREFIX.get(kind.partition(".")[0], "")
        begun = not letter or self._begun[letter] or "id" not in KINDS[kind].members
        return self.one(kind if begun else FIRST[letter], now)

    def one(self, kind: str, now: datetime) -> Statement:
        """Return an act of `kind`, with members of its form."""
        members: dict[str, object] = {}
        for name, wanted in KINDS[kind].members.items():
            if name not in NEVER and not (wanted.endswith("?") and self.random.random() < 1 / 3):
                members[name] = self._member(kind, name, now, members)
        return statement(kind, members, now, self._speaker(kind, members, now))

    def accepted(self, act: Statement) -> None:
        """Learn that an act was lawful: the next matter that begins has another id."""
        prefix = BEGIN.get(act.kind)
        if prefix and act.body["id"] == f"{prefix}{self._begun[prefix] + 1}":
            self._begun[prefix] += 1

    def _speaker(self, kind: str, members: dict[str, object], now: datetime) -> str:
        if self.random.random() < 1 / 3:
            return self.random.choice(SPEAKERS)
        try:
            return default_speaker(kind, members, self._world, now)
        except TransitionError:
            return self.random.choice(SPEAKERS)

    def _member(self, kind: str, name: str, now: datetime, members: dict[str, object]) -> object:
        if name == "id":
            return self._id(kind)
        if name == "application":
            return self._recent("A")
        if kind == "route.registered" and name in {"dataset", "carrier"}:
            return "{dataset}"
        if name in {"provider", "joint_providers"}:
            lead, *joint = PROVIDERS[str(members["id"])]
            return lead if name == "provider" else joint
        return self.random.choice(self._choices(kind, name, now))

    def _choices(self, kind: str, name: str, now: datetime) -> Sequence[object]:
        wanted = KINDS[kind].members[name].rstrip("?")
        if name == "scope":
            return self._scopes(kind, now)
        if name == "fields":
            return ([*FIELDS], ["a", "b"]) if wanted == "texts" else FIELD_CLASSES
        if wanted in {"day", "instant"}:
            return [_day(now, ahead) for ahead in (-2, 0, 9, 40)]
        return CHOICES.get(name) or (wanted.split("|") if "|" in wanted else SIMPLE[wanted])

    def _scopes(self, kind: str, now: datetime) -> Sequence[object]:
        if kind == "measure.declared":
            return ({"datasets": ["R1"]}, {"providers": ["A"]}, {"all": True}, {})
        if kind == "application.agreed_in_part":
            return ({"fields": ["a"]}, {"fields": ["a"], "until": _day(now, 9)})
        return ({"fields": ["a", "b"]}, {"fields": ["a"], "until": _day(now, 15)}, {"fields": ["a", "z"]})

    def _id(self, kind: str) -> str:
        family = kind.partition(".")[0]
        if kind in IDS:
            return self.random.choice(IDS[kind])
        if family == "dataset":
            return self.random.choice(DATASETS if kind == "dataset.catalogued" else (*DATASETS, *DATASETS, "unheard"))
        if kind in BEGIN and self.random.random() < 3 / 4:
            return f"{BEGIN[kind]}{self._begun[BEGIN[kind]] + 1}"
        return self._recent(PREFIX[family])

    def _recent(self, prefix: str) -> str:
        return f"{prefix}{max(1, self._begun[prefix] - self.random.choice((0, 0, 1, 2)))}"


def _day(now: datetime, ahead: int) -> str:
    return (now + timedelta(days=ahead)).date().isoformat()
