"""Who speaks: in which roles a speaker records a statement, and who does where a case does not say.

Roles are what `policies/tables/administration.csv` names. A 数据观察员 collects opinions and holds none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import TransitionError
from pdp.ledger import application, dataset, measure, objection, opening, rectification, sanction, subject
from pdp.ledger.kinds import KINDS
from pdp.ledger.words import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View
    from pdp.ledger.world import World

ROLES = (
    "registrar", "provider", "applicant", "regulator", "cyberspace", "city_platform", "bigdata_platform", "issuer",
    "subject", "objector", "principal",
)  # fmt: skip
REGISTRAR = "registrar"  # keeps the registers of subjects, duties, staff, systems, routes, carriers; no subject's id
OFFICES = ("regulator", "cyberspace", "city_platform", "bigdata_platform")

BY_DEFAULT = {
    "dataset": "provider",
    "application": "provider",
    "opening": "provider",
    "objection": "provider",
    "sanction": "provider",
    "safeguards": "provider",
    "procurement": "provider",
    "onward": "provider",
    "combination": "provider",
    "entrustment": "principal",
    "dataset.approved": "regulator",
    "application.received": "applicant",
    "application.completed": "applicant",
    "application.withdrawn": "applicant",
    "coordination.opened": "applicant",
    "coordination.concluded": "regulator",
    "opening.applied": "applicant",
    "opening.accepted": "city_platform",
    "opening.published": "city_platform",
    "opening.withdrawn": "city_platform",
    "objection.raised": "objector",
    "objection.extended": "regulator",
    "sanction.corrected": "subject",
    "sanction.lifted": "issuer",
    "sanction.terminated": "issuer",
    "rectification": "regulator",
    "measure.lifted": "issuer",
}
"""Kind, or family of kinds, -> the role that speaks where nobody is named; the rest is the registrar's."""


def roles(statement: Statement, view: View, entitled: Iterable[str]) -> frozenset[str]:
    """Return those of the roles `entitled` to record the statement that its speaker holds, succession considered."""
    about = _About(statement.kind, statement.body, view)
    return frozenset([role for role in entitled if about.held(role, statement.by)])


def default_speaker(kind: str, members: Mapping[str, object], world: World, at: datetime) -> str:
    """Return the lawful actor of a statement that does not say who makes it.

    Raises:
        TransitionError: it cannot be inferred; the message says what is missing.
    """
    view = world.view(at)
    about = _About(kind, members, view)
    if kind == "measure.declared":
        return subject.holder(view, "cyberspace") or _first(kind, about.providers(), "the providers of its scope")
    if kind == "objection.filed":
        shared = objection.fold(view, str(members.get("id", ""))).side == "shared"
        return _first(kind, about.party("objector") if shared else about.providers(), "the objection")
    role = BY_DEFAULT.get(kind) or BY_DEFAULT.get(kind.split(".", maxsplit=1)[0], "registrar")
    if role == "registrar":
        return REGISTRAR
    if role in OFFICES:
        return _office(kind, view, role)
    speakers = about.providers() if role == "provider" else about.party(role)
    return _first(kind, speakers, f"its {role}")


def _office(kind: str, view: View, office: str) -> str:
    """Return the body that holds `office`; for the city, the regulator that docks with it (art_30__para_2)."""
    found = subject.holder(view, office) or (subject.holder(view, "regulator") if office == "city_platform" else "")
    if not found:
        fault = f'has no speaker, for no body holds the office "{office}"'
        raise TransitionError(kind, fault, f"register a body with offices: [{office}], or say who makes it")
    return found


def _first(kind: str, speakers: Iterable[str], missing: str) -> str:
    found = next((speaker for speaker in speakers if speaker), "")
    if not found:
        raise TransitionError(kind, f"has no speaker, for the ledger does not know {missing}", "say who makes it")
    return found


class _About:
    """Whom a statement concerns, found through the entities that its body names."""

    def __init__(self, kind: str, body: Mapping[str, object], view: View) -> None:
        self._kind = kind
        self._family = kind.split(".", maxsplit=1)[0]
        self._body = body
        self._view = view

    def held(self, role: str, speaker: str) -> bool:
        """Return whether `speaker` holds `role` for this statement."""
        if role == "registrar" or speaker == REGISTRAR:
            return role == speaker
        if role in OFFICES:
            return role in subject.offices(self._view, speaker)
        return speaker in (self.providers() if role == "provider" else self.party(role))

    def _member(self, name: str) -> str:
        value = self._body.get(name)
        return value if isinstance(value, str) else ""

    def providers(self) -> tuple[str, ...]:
        """Return those who answer for all data that the statement is about, the lead first."""
        if self._kind == "dataset.catalogued":
            return dataset.providers(self._view, self._member("id")) or (self._member("provider"),)
        named = self._datasets()
        if self._family == "measure":
            return self._providers_in_scope()
        if self._family == "application" and self._view.law.readings["joint_providers"] == "lead_provider":
            return dataset.providers(self._view, named[0])[:1] if named else ()
        answering = [dataset.providers(self._view, name) for name in named]
        return tuple(one for one in answering[0] if all(one in others for others in answering)) if answering else ()

    def _datasets(self) -> list[str]:
        """Return the datasets that the statement is about."""
        listed = self._body.get("datasets")
        if isinstance(listed, list):
            return [str(name) for name in listed]
        if self._kind.startswith("dataset."):
            return [self._member("id")]
        if "dataset" in KINDS[self._kind].members:
            return [self._member("dataset")]
        named = self._case_dataset()
        return [named] if named else []

    def _case_dataset(self) -> str:
        if self._family == "application":
            return self._of_application(self._member("id"), "dataset")
        if self._family == "coordination":
            return self._of_application(self._member("application"), "dataset")
        if self._family in {"opening", "safeguards"}:
            return opening.fold(self._view, self._member("id")).dataset
        return ""

    def _of_application(self, name: str, member: str) -> str:
        """Return what the receipt of an application names: no later statement changes it, so nothing is folded."""
        received = application.received(self._view, name)
        return text(received, member) if received else ""

    def _providers_in_scope(self) -> tuple[str, ...]:
        """Return the provider whose own data, and no other, a measure's scope covers. Source: art_39__para_1."""
        scope = self._body.get("scope")
        if not isinstance(scope, dict) or scope.get("all"):
            return ()
        listed, named = scope.get("datasets"), scope.get("providers")
        answering = [dataset.providers(self._view, str(name)) for name in listed] if isinstance(listed, list) else []
        answering += [(str(name),) for name in named] if isinstance(named, list) else []
        return tuple(one for one in answering[0] if all(one in others for others in answering)) if answering else ()

    def party(self, role: str) -> tuple[str, ...]:
        """Return the holder of a role that the statement, or the case it belongs to, names."""
        named = self._named(role)
        return (subject.now_held_by(self._view, named),) if named else ()

    def _named(self, role: str) -> str:
        if role in KINDS[self._kind].members and role != "subject":
            return self._member(role)
        name = self._member("id")
        if role == "applicant":
            return self._applicant(name)
        if role == "objector" and self._family == "objection":
            return objection.fold(self._view, name).objector
        if role == "subject" and self._family == "sanction":
            return sanction.fold(self._view, name).subject or self._member("subject")
        return self._issuer(name) if role == "issuer" else ""

    def _applicant(self, name: str) -> str:
        if self._family == "coordination":
            return self._of_application(self._member("application"), "applicant")
        if self._family == "application":
            return self._of_application(name, "applicant")
        return opening.fold(self._view, name).applicant if self._family in {"opening", "safeguards"} else ""

    def _issuer(self, name: str) -> str:
        if self._family == "sanction":
            return sanction.fold(self._view, name).issuer
        if self._family == "rectification":
            return rectification.fold(self._view, name).issuer
        return measure.one(self._view, name).issuer if self._family == "measure" else ""
