"""Which steps of applications, disputes and objections are lawful in the state they meet.

Sources: art_21, art_22__para_1, art_25, art_26__para_3, art_31__para_2, art_32__para_1.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pdp.errors import TransitionError
from pdp.ledger import application as applications
from pdp.ledger import classification, lawful_data, subject
from pdp.ledger import objection as objections
from pdp.ledger import opening as openings
from pdp.ledger.answers import ANSWERS
from pdp.ledger.proceeding import ALLOWED
from pdp.ledger.scope import narrowed, stated
from pdp.ledger.words import text
from pdp.workdays import civil

if TYPE_CHECKING:
    from pdp.ledger.proceeding import Proceeding
    from pdp.ledger.statement import Statement
    from pdp.ledger.states import Application
    from pdp.ledger.view import View

_ROUTES = "see art_22 (coordination), art_23 (reclassification)"


def application(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check an act about a share application. Source: art_21."""
    kind, name = statement.kind, text(statement, "id")
    course = applications.proceeding(view, name)
    if kind == "application.received":
        _apply(statement, view, new=course is None, wanted=("body",))
    elif course is None:
        raise TransitionError(kind, f'is about "{name}", for which nobody applied', "record its receipt first")
    elif kind in ANSWERS:
        _answer(statement, view, course)
    elif (state := course.application().state) not in ALLOWED[kind]:
        raise TransitionError(kind, f"is not allowed when {state}", _ROUTES)
    elif kind == "application.completed":
        lawful_data.has_fields(statement, view, course.dataset, "art_21__para_1")


def _apply(statement: Statement, view: View, *, new: bool, wanted: tuple[str, ...]) -> None:
    """Check that an application is new, that its applicant may apply, and that there is data to apply for."""
    applicant = text(statement, "applicant")
    if not new:
        raise TransitionError(statement.kind, f'repeats "{text(statement, "id")}"', "give a new application a new id")
    found = subject.kind(view, applicant)
    if not found:
        raise TransitionError(statement.kind, f'names "{applicant}", which is not registered', "register it first")
    if found not in wanted:
        remedy = "bodies apply for sharing (art_21__para_1), units and persons for opening (art_31__para_2)"
        raise TransitionError(statement.kind, f'names as applicant the {found} "{applicant}"', remedy)
    dataset = text(statement, "dataset")
    lawful_data.known(statement, view, dataset)
    article = "art_21__para_1" if statement.kind == "application.received" else "art_31__para_2"
    lawful_data.has_fields(statement, view, dataset, article)


def _answer(statement: Statement, view: View, course: Proceeding) -> None:
    """Check an answer: in a state that takes one, told before consent was deemed, and no wider than applied for."""
    over, known, told = course.term.over, course.receipt.recorded_at, statement.recorded_at
    if over and known and told and known < over <= told and statement.at < over:
        fault = f"was recorded after consent had been deemed at {over.isoformat()}, for an earlier instant"
        raise TransitionError(statement.kind, fault, f"an answer counts when it is recorded; {_ROUTES}")
    speaker = subject.now_held_by(view, statement.by)
    if not course.takes(speaker, statement.kind):
        raise TransitionError(statement.kind, f"is not allowed when {course.answered(speaker)}", _ROUTES)
    granted = stated(statement.body.get("scope"))
    if statement.kind == "application.agreed_in_part" and granted is None:
        raise TransitionError(statement.kind, "does not say which part is agreed to", "state its scope")
    if granted and granted.fields and course.asked.fields is not None and not granted.fields <= course.asked.fields:
        beyond = ", ".join(sorted(granted.fields - course.asked.fields))
        raise TransitionError(statement.kind, f"grants fields that were not applied for: {beyond}", "grant a part")
    lawful_data.has_fields(statement, view, course.dataset, "art_21__para_1")


def coordination(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check that a dispute can be brought before the regulator, and that what is concluded is open. Source: art_22."""
    case = applications.fold(view, text(statement, "application"))
    if statement.kind == "coordination.concluded":
        opened = any(said.kind == "coordination.opened" for said in view.about(statement.about[0]))
        if not opened or case.coordination != "open":
            raise TransitionError(
                statement.kind, "is not allowed when no coordination is open", "record coordination.opened first"
            )
    elif case.state not in ALLOWED["coordination.opened"]:
        raise TransitionError(
            statement.kind, f"is not allowed when {case.state or 'nobody applied'}", "await the provider's answer"
        )


def opening(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check an act about an opening application. Source: art_26__para_3, art_31__para_2."""
    case = openings.fold(view, text(statement, "id"))
    if statement.kind == "opening.applied":
        _apply(statement, view, new=case.state == "none", wanted=("unit", "person"))
        return
    if (case.state, statement.kind) not in openings.TRANSITIONS:
        raise TransitionError(
            statement.kind, f"is not allowed when {case.state}", "an opening application is answered once"
        )
    if statement.kind == "opening.approved":
        _approve(statement, view, case)


def _approve(statement: Statement, view: View, case: Application) -> None:
    """Check an approval: a known carrier, listed fields, and some that may be opened. Source: art_26__para_3."""
    carrier = text(statement, "carrier")
    if not view.about(f"carrier/{carrier}"):
        raise TransitionError(
            statement.kind, f'names the carrier "{carrier}", which is not registered', "register it first"
        )
    lawful_data.has_fields(statement, view, case.dataset, "art_26__para_3")
    versions = classification.versions(view, case.dataset)
    granted = stated(statement.body.get("scope"))
    fields = narrowed(case.scope, granted).fields if granted else case.scope.fields
    if versions and not lawful_data.OPEN & set(versions[-1].across(fields, "opening").values()):
        fault = "approves data none of which is in an open class"
        raise TransitionError(statement.kind, fault, "reject it, or have the class approved first (art_26__para_1)")


def objection(statement: Statement, view: View, held: frozenset[str]) -> None:
    """Check a step of an objection, and who takes it: the objector files for shared data, the provider for open."""
    case = objections.fold(view, text(statement, "id"))
    if statement.kind == "objection.raised":
        lawful_data.known(statement, view, text(statement, "dataset"))
        _object(statement, view)
    fault = objections.refusal(case, statement.kind)
    if fault:
        raise TransitionError(statement.kind, fault, "see art_25 for shared data, art_32 for open data")
    if case.dataset and text(statement, "dataset") != case.dataset:
        raise TransitionError(
            statement.kind, f'names another dataset than the objection, "{case.dataset}"', "name that one"
        )
    if statement.kind == "objection.extended":
        _extend(statement, view, case)
    if statement.kind == "objection.filed":
        files = "objector" if case.side == "shared" else "provider"
        if files not in held:
            article = "art_25__para_2" if case.side == "shared" else "art_32__para_1"
            raise TransitionError(
                statement.kind, f'is for the {files} to record, not for "{statement.by}"', f"see {article}"
            )


def _extend(statement: Statement, view: View, case: objections.Objection) -> None:
    """Check that an extension ends after the term it extends, and is not over itself. Source: art_25__para_2."""
    until, due = date.fromisoformat(text(statement, "until")), objections.due(view, case)
    if until < civil(statement.at) or (due is not None and until <= due):
        term = f", for the term runs to {due.isoformat()}" if due else ""
        fault = f"adds no day to come by {until.isoformat()}{term}"
        raise TransitionError(statement.kind, fault, "name a later day (art_25__para_2)")


def _object(statement: Statement, view: View) -> None:
    side, objector = text(statement, "side"), text(statement, "objector")
    found = subject.kind(view, objector)
    if (found == "body") != (side == "shared") or not found:
        remedy = "bodies object to shared data (art_25__para_1), units and persons to open data (art_32__para_1)"
        raise TransitionError(
            statement.kind, f'has the objector "{objector}" ({found or "not registered"}) for {side} data', remedy
        )
