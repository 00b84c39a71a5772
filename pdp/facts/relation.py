"""Does the instrument apply, who asks whom, and for what operation.

Sources: art_2__para_1, art_3__para_1, art_3__para_4, art_3__para_5, art_15__para_2, art_20__para_1, art_24__para_1,
art_44__para_1.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pdp.facts.situation import Found, Situation, said, seqs
from pdp.model import UNPROVEN, UNREGISTERED
from pdp.workdays import begins

if TYPE_CHECKING:
    from pdp.ledger.states import Subject
    from pdp.readings import Readings

OPERATIONS = {
    "read": "obtain",
    "obtain": "obtain",
    "query_catalogue": "query_catalogue",
    "onward_supply": "onward_supply",
    "self_access": "obtain",
    "information_request": "obtain",
}
_ASKING_FOR_ANOTHER_REGIME = frozenset({"self_access", "information_request"})


def in_force(situation: Situation) -> Found:
    """Return whether the instrument is in force at the instant asked about. Source: art_44__para_1."""
    law = situation.setting.instrument
    register = _register(law.id)
    if situation.now < begins(law.in_force_from):
        return "not_yet", register
    if law.in_force_until is not None and situation.now >= begins(law.in_force_until):
        return "ended", register
    return "yes", register


def operation(situation: Situation) -> Found:
    """Return what is asked; onward supply is lawful only with a recorded basis. Source: art_24__para_1."""
    request = situation.request
    asked = OPERATIONS.get(request.action, "unknown")
    if asked != "onward_supply" or request.subject is None:
        return asked, ()
    basis = situation.setting.world.onward_basis(request.dataset, request.subject, situation.now)
    return ("onward_supply_lawful", seqs(basis)) if basis else ("onward_supply", ())


def relation(situation: Situation) -> Found:
    """Return who asks whom. The ledger's knowledge of a subject stands against anything the caller claims."""
    subject, provider = situation.subject, situation.provider
    resting = _resting_on(subject, provider)
    held = _held(situation)
    if held != "body":
        return ("unresolved" if held in {"unresolved", "unknown"} else "outside"), resting
    if subject is None:
        unproven = situation.request.established == UNPROVEN  # somebody; not one who needs to be nobody
        return ("unresolved" if unproven else _public_side(situation)), resting
    asking = status(subject, situation.setting.readings)
    if asking == "unknown":
        # A citizen need not be registered to be a citizen; nobody becomes a public body by saying so.
        claimed = situation.request.subject_kind
        return (_public_side(situation) if claimed in {"unit", "natural_person"} else "unresolved"), resting
    if asking == "unit":
        return _public_side(situation), resting
    if asking != "body":
        return asking, resting
    return _between_bodies(situation, subject), resting


def status(subject: Subject, readings: Readings) -> str:
    """Return what a subject is under art_2__para_1: body, unit, cross_level, unresolved, or unknown (not registered).

    A natural person counts as `unit` here: both stand on the opening side (art_3__para_5).
    """
    if subject.kind != "body":
        return "unknown" if subject.kind is None else "unit"
    if subject.level == "other":
        return "unresolved"
    if subject.basis == "none":
        return "unit"
    return _of_the_district(subject, readings) if subject.level == "district" else _of_elsewhere(readings)


def _of_elsewhere(readings: Readings) -> str:
    return "body" if readings["cross_level_consumers"] == "sharing" else "cross_level"


def _of_the_district(subject: Subject, readings: Readings) -> str:
    if subject.basis == "administrative_organ":
        return "body"
    if subject.basis == "state_organ":
        return readings["state_organs"]
    return "body" if _authorised(subject, readings) else "unit"


def _authorised(subject: Subject, readings: Readings) -> bool:
    """Return whether a recorded authorisation makes an organisation a 公共机构 (reading public_service_conjunction)."""
    functions = subject.functions & {"public_affairs", "public_service"}
    needed = 2 if readings["public_service_conjunction"] == "both" else 1
    return bool(subject.basis_text) and len(functions) >= needed


def _held(situation: Situation) -> str:
    """Return what holds the data; of data that no catalogue lists, a body; of a call without a route, nobody knows."""
    if situation.request.route == UNREGISTERED:
        return "unresolved"
    return "body" if situation.provider is None else status(situation.provider, situation.setting.readings)


def _public_side(situation: Situation) -> str:
    """Return the relation of anyone who is no public body: opening, or the regime the question itself names."""
    action = situation.request.action
    return action if action in _ASKING_FOR_ANOTHER_REGIME else "opening"


def _between_bodies(situation: Situation, subject: Subject) -> str:
    """Return own use, sharing, or opening where a body may take open data like anyone else."""
    dataset = situation.dataset
    holders = {dataset.provider, *dataset.joint_providers}
    if subject.id in holders or (subject.successor and subject.successor in holders):
        return "own_use"
    on_city_platform = situation.request.channel == "city_open_platform"
    if on_city_platform and situation.setting.readings["body_on_open_platform"] == "either":
        return "opening"
    return "sharing"


@cache
def _register(law: str) -> tuple[str, ...]:
    return (f"f:law/{law}.yaml",)


def _resting_on(subject: Subject | None, provider: Subject | None) -> tuple[str, ...]:
    asking = said(subject, "subject") if subject is not None else ()
    holding = said(provider, "subject") if provider is not None else ()
    return asking if asking == holding else asking + holding
