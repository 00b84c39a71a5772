"""What must hold of every step: what an act may change, and what time may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger.classification import STRICTNESS, named
from pdp.workdays import day_after, due_date
from tests.pdp.ledger.machines_states import GRANTED, KNOWN, changed

if TYPE_CHECKING:
    from datetime import date, datetime

    from pdp.ledger.statement import Statement
    from pdp.workdays import Calendar
    from tests.pdp.ledger.machines_states import Standing

ANSWERS = {"application.agreed", "application.agreed_in_part", "application.refused"}
WAITING = {"pending", "calendar_unknown", "predates"}
REFUSED = {"refused", "refused_defectively"}  # an agreement may follow a coordination, art_22__para_1
FROM = {
    "application.received": {""},
    "application.completed": {"incomplete"},
    "application.withdrawn": WAITING | {"incomplete"},
    "application.agreed": WAITING | REFUSED | {"deemed"},
    "application.agreed_in_part": WAITING | REFUSED,
    "application.refused": WAITING,  # what is deemed is not taken back, art_21__para_4
}
"""Act that moves an application -> the states from which it does (8.1)."""
BEFORE_LOSS = {"void": GRANTED, "void_while_pending": WAITING, "not_needed": GRANTED | WAITING}
ENDS = {"sanction.lifted", "sanction.terminated", "measure.lifted"}


def known(standing: Standing) -> None:
    """Every state is one that the law knows."""
    for machine, states in standing.states.items():
        assert set(states.values()) <= KNOWN[machine], machine
    for (_, _, axis), word in standing.classes.items():
        assert word in KNOWN["sharing" if axis == "sharing" else "opening_class"]


def by_act(before: Standing, after: Standing, act: Statement) -> None:
    """An act changes its own matter, as far as its kind goes, and only one of the class reaches into others."""
    known(after)
    _applications(before, after, act)
    _openings(before, after, act)
    _classes(before, after, act)
    for machine in ("objection", "sanction", "rectification", "measure"):
        for name, (was, now) in changed(before, after, machine).items():
            assert (act.kind.partition(".")[0], act.body["id"]) == (machine, name)
            if was and now in {"clear", "none", "terminated"}:
                _ended(before, act, machine, name)
    for name in changed(before, after, "publication"):
        assert act.kind in {"opening.aggregated", "opening.published", "opening.withdrawn"}
        assert act.body["dataset"] == name
    for name in changed(before, after, "entry"):
        assert act.kind.startswith("dataset.")
        assert act.body["id"] == name


def _ended(before: Standing, act: Statement, machine: str, name: str) -> None:
    """A suspension or a measure ends by its issuer alone, an order to rectify by the regulator."""
    if machine == "rectification":
        assert (act.kind, act.by) == ("rectification.verified", "regulator")
    else:
        assert act.kind in ENDS or act.kind == "measure.declared"  # its issuer may set a measure's end anew
        assert act.by == before.issuers[name]


def _applications(before: Standing, after: Standing, act: Statement) -> None:
    for name, (was, now) in changed(before, after, "application").items():
        if act.kind.startswith("dataset."):
            assert after.dataset_of[name] == act.body["id"]
            assert was in BEFORE_LOSS[now]
            continue
        assert was in FROM[act.kind]
        assert act.body["id"] == name
        if act.kind in ANSWERS:
            assert act.by in before.providers[before.dataset_of[name]]
        joint = len(after.providers[after.dataset_of[name]]) > 1  # the silence of another may have deemed before
        assert now != "deemed" or was in GRANTED or joint, "no act deems"
        assert now not in GRANTED or act.kind in ANSWERS, "only an answer agrees"


def _openings(before: Standing, after: Standing, act: Statement) -> None:
    for name, (was, now) in changed(before, after, "opening").items():
        if now == "void":
            assert was in GRANTED
            assert act.kind.startswith("dataset.")
            assert after.dataset_of[name] == act.body["id"]
            continue
        assert act.kind in {"opening.applied", "opening.approved", "opening.rejected"}
        assert act.body["id"] == name
        if act.kind != "opening.applied":
            assert act.by in before.providers[before.dataset_of[name]]


def _classes(before: Standing, after: Standing, act: Statement) -> None:
    """A loosening waits for 核定 by the regulator, a tightening is in force at once."""
    looser = [place for place, word in after.classes.items() if STRICTNESS[word] < STRICTNESS[before.classes[place]]]
    if looser:
        assert (act.kind, act.by) == ("dataset.approved", "regulator")
        assert {place[0] for place in looser} == {act.body["id"]}
    if act.kind == "dataset.class_tightened":
        for (field, axis), word in named(act).items():
            assert after.classes[str(act.body["id"]), field, axis] == word


def by_time(before: Standing, after: Standing) -> None:
    """Time alone deems, expires, makes late and ends measures; it closes and opens nothing else."""
    known(after)
    assert after.classes == before.classes
    for machine in ("sanction", "objection", "publication", "entry"):
        assert changed(before, after, machine) == {}
    for was, now in changed(before, after, "application").values():
        assert now in {"deemed", "expired", "calendar_unknown"}
        assert was in GRANTED | {"pending"}
        assert now != "calendar_unknown" or was == "pending"
    for was, now in changed(before, after, "opening").values():
        assert was in {"agreed", "agreed_in_part"}
        assert now == "expired"
    assert set(changed(before, after, "rectification").values()) <= {("ordered", "overdue")}
    assert {now for _, now in changed(before, after, "measure").values()} <= {"none"}


def term_ended(received: date | None, now: datetime, calendar: Calendar) -> None:
    """What is deemed now was received at least five working days ago, all of which the calendar covers."""
    assert received is not None
    assert now >= day_after(due_date(received, 5, calendar))
