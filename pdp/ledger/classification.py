"""分类: which sharing and opening attributes are in force, for an entry and for its fields, version by version.

Sources: art_11__para_1 (核定), art_19, art_23__para_1 (adjustment), art_26__para_1, art_27__para_2 (列为开放数据).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pdp.ledger.states import Attributes
from pdp.ledger.words import mapping, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pdp.ledger.statement import Statement
    from pdp.ledger.terms import Law
    from pdp.ledger.view import View
    from pdp.readings import Readings

STRICTNESS = {
    "unconditional": 0, "conditional": 1, "not_shareable": 2, "not_openable": 2, "": 3,
}  # fmt: skip  # unset gives nothing, so whatever is set loosens it
AXES = ("sharing", "opening")

UNSET = Attributes()

Place = tuple[str, str]  # (field or "" for the entry, axis)

_NOTHING: Mapping[str, Any] = {}  # one object for the members that most versions of most entries leave empty


@dataclass(frozen=True, slots=True)
class Classes:
    """One version of an entry's classification, in force from `at` until the next one."""

    at: datetime
    seq: int
    entry: Attributes = UNSET
    fields: Mapping[str, Attributes] = field(default_factory=dict)
    listed: tuple[str, ...] = ()  # 信息项 of the entry, as approved
    approved: bool = False
    pending: bool = False  # a change waits for 核定
    retired: bool = False
    relisted: bool = False  # listed as open again after treatment, and approved where the reading asks for it
    conditions: Mapping[str, Mapping[str, object]] = field(default_factory=dict)  # axis -> as approved
    said: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def of(self, name: str, axis: str) -> str:
        """Return the class of field `name` on `axis`: its own, or else that of the entry; empty where unset."""
        own = self.fields.get(name)
        return (getattr(own, axis) if own else "") or getattr(self.entry, axis)

    def across(self, fields: frozenset[str] | None, axis: str) -> dict[str, str]:
        """Return the class of each of `fields` (None: of all listed); an entry that lists none has the key ""."""
        names: Iterable[str] = (self.listed if fields is None else fields) or ("",)
        return {name: self.of(name, axis) for name in names}


def versions(view: View, dataset: str) -> tuple[Classes, ...]:
    """Return every version of the classification of `dataset`, oldest first."""
    return view.folded(_versions, f"dataset/{dataset}")


def _versions(statements: Sequence[Statement], law: Law) -> tuple[Classes, ...]:
    return tuple(history(statements, law.readings))


def history(statements: Iterable[Statement], readings: Readings) -> list[Classes]:
    """Return every version that `statements` about one entry make, oldest first."""
    register, versions = _Register(readings), []
    for statement in statements:
        if register.retired and statement.kind == "dataset.catalogued":
            register = _Register(readings)  # an entry that returns starts anew
        if register.takes(statement):
            versions.append(register.version(statement))
    return versions


def named(statement: Statement) -> dict[Place, str]:
    """Return the classes that a statement names, by place."""
    found = {("", axis): text(statement, axis) for axis in AXES if text(statement, axis)}
    for name, classes in mapping(statement, "fields").items():
        if isinstance(classes, dict):
            found |= {(name, axis): str(classes[axis]) for axis in AXES if axis in classes}
    return found


def _conditions(statement: Statement) -> dict[str, Mapping[str, object]]:
    stated = {axis: mapping(statement, f"{axis}_conditions") for axis in AXES}
    return {axis: conditions for axis, conditions in stated.items() if conditions}


class _Register:
    """The classification while it is folded."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._in_force: dict[Place, str] = {}
        self._pending: dict[Place, str] = {}
        self._offered: tuple[str, ...] = ()  # fields as last catalogued
        self._listed: tuple[str, ...] = ()
        self._approved = self._relisted = self._content_pending = self.retired = False
        self._relisting = ""  # opening class of a relisting that waits for approval
        self._conditions: dict[str, Mapping[str, object]] = {}
        self._proposed_conditions: dict[str, Mapping[str, object]] = {}
        self._said: dict[str, tuple[int, ...]] = {}

    def takes(self, statement: Statement) -> bool:
        """Take `statement` in; return whether it bears on the classification."""
        act = _ACTS.get(statement.kind)
        if act is None:
            return False
        act(self, statement)
        return True

    def version(self, statement: Statement) -> Classes:
        """Return the classification as it stands after `statement`."""
        return Classes(
            at=statement.at,
            seq=statement.seq,
            entry=self._attributes(""),
            fields={name: self._attributes(name) for name, _ in self._in_force if name} or _NOTHING,
            listed=self._listed,
            approved=self._approved,
            pending=bool(self._pending) or self._content_pending,
            retired=self.retired,
            relisted=self._relisted,
            conditions=dict(self._conditions) or _NOTHING,
            said=dict(self._said) or _NOTHING,
        )

    def _attributes(self, name: str) -> Attributes:
        return Attributes(self._in_force.get((name, "sharing"), ""), self._in_force.get((name, "opening"), ""))

    def catalogue(self, statement: Statement) -> None:
        """Enter the entry, or its new content; what an approved entry adds waits for 核定, what it drops is gone."""
        self._offered = texts(statement, "fields")
        alone = self._readings["class_change"] == "body_alone"
        if not self._approved or alone:
            self._listed = self._offered
            return
        known = set(self._listed)
        self._listed = tuple(name for name in self._offered if name in known)
        self._content_pending = True

    def propose(self, statement: Statement) -> None:
        """Take a proposal; it is in force at once only where the body may adjust alone (reading class_change)."""
        if self._approved and self._readings["class_change"] == "body_alone":
            self._enforce(named(statement), statement)
            self._conditions |= _conditions(statement)
        else:
            self._pending |= named(statement)
            self._proposed_conditions |= _conditions(statement)

    def tighten(self, statement: Statement) -> None:
        """Tighten at once, and let 核定 follow; or wait for it (reading class_change)."""
        reading = self._readings["class_change"]
        if reading != "approval_for_both":
            self._enforce(named(statement), statement)
        if reading != "body_alone":
            self._pending |= named(statement)

    def approve(self, statement: Statement) -> None:
        """Approve what the statement names, or else the pending proposal as a whole. Source: art_11__para_1."""
        classes = named(statement) or dict(self._pending)
        for place in classes:
            self._pending.pop(place, None)
        self._enforce(classes, statement)
        self._conditions |= self._proposed_conditions | _conditions(statement)
        self._proposed_conditions = {}
        if self._relisting and classes.get(("", "opening")) == self._relisting:
            self._relisted, self._relisting = True, ""
            self._said["relisted"] = (*self._said.get("relisted", ()), statement.seq)
        self._approved, self._listed, self._content_pending = True, self._offered, False
        self._said["approved"] = (statement.seq,)

    def treat(self, statement: Statement) -> None:
        """Take a treatment: what was listed before it was other data. Source: art_27__para_2."""
        self._relisted, self._relisting = False, ""
        self._said["treated"] = (statement.seq,)

    def relist(self, statement: Statement) -> None:
        """List treated data as open; in force on approval, or at once (reading relisting_act)."""
        opening = text(statement, "opening")
        self._said["relisted"] = (statement.seq,)
        if self._readings["relisting_act"] == "provider":
            self._relisted = True
            self._enforce({("", "opening"): opening}, statement)
        else:
            self._relisting = self._pending["", "opening"] = opening

    def retire(self, statement: Statement) -> None:
        """Take the entry out of the catalogue. Source: art_16__para_1."""
        self.retired = True
        self._said["retired"] = (statement.seq,)

    def _enforce(self, classes: Mapping[Place, str], statement: Statement) -> None:
        self._in_force |= classes
        for name, axis in classes:
            self._said[f"{name}/{axis}"] = (statement.seq,)


_ACTS = {
    "dataset.catalogued": _Register.catalogue,
    "dataset.class_proposed": _Register.propose,
    "dataset.class_tightened": _Register.tighten,
    "dataset.approved": _Register.approve,
    "dataset.treated": _Register.treat,
    "dataset.relisted": _Register.relist,
    "dataset.retired": _Register.retire,
}


def pending(statements: Iterable[Statement], readings: Readings) -> dict[Place, str]:
    """Return the classes that wait for 核定, by place."""
    register = _Register(readings)
    for statement in statements:
        register.takes(statement)
    return dict(register._pending)  # noqa: SLF001  # the register is this module's own
