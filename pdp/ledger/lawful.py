"""Which acts are lawful in the state they meet, family by family. Who may do them is `pdp.ledger.speakers`' question.

Sources: art_20 to art_25, art_27, art_30 to art_32, art_37, art_40 to art_42, and the state machines of their folds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import TransitionError
from pdp.ledger import application, lawful_data, measure, objection, opening, rectification, sanction, subject
from pdp.ledger.answers import ANSWERS
from pdp.ledger.body import nearest
from pdp.ledger.scope import stated
from pdp.ledger.speakers import OFFICES, REGISTRAR
from pdp.ledger.words import mapping, text, texts
from pdp.workdays import civil

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View

Check = "Callable[[Statement, View, frozenset[str]], None]"

_ROUTES = "see art_22 (coordination), art_23 (reclassification)"


def check(statement: Statement, view: View, held: frozenset[str]) -> None:
    """Return if `statement` is lawful in the ledger seen by `view`, which looks at the instant it takes effect.

    Args:
        statement: with its `recorded_at`.
        view: the ledger at `statement.at`.
        held: the roles in which the speaker speaks.

    Raises:
        TransitionError: it is not; the message says what stands in its way.
    """
    _in_order(statement, view)
    family = statement.kind.split(".")[0]
    _CHECKS[_FAMILY.get(statement.kind, family)](statement, view, held)


def _in_order(statement: Statement, view: View) -> None:
    """Refuse what takes effect before the last statement about the same entity: history is not rewritten."""
    for ref in statement.about[: 2 if statement.kind.startswith("coordination.") else 1]:
        last = next((said for said in reversed(view.source.about(ref)) if _same(said, statement, ref)), None)
        if last is not None and statement.at < last.at:
            fault = f"takes effect before statement {last.seq} ({last.kind}, {last.at.isoformat()})"
            raise TransitionError(statement.kind, f"{fault} about {ref}", "say it with effect from then or later")


def _same(said: Statement, statement: Statement, ref: str) -> bool:
    if statement.kind == "combination.assessed":
        return frozenset(said.about) == frozenset(statement.about)
    return said.about[0] == ref


def _refuse(statement: Statement, fault: str, remedy: str) -> TransitionError:
    return TransitionError(statement.kind, fault, remedy)


def _kind_of(view: View, name: str) -> str:
    return subject.kind(view, name)


def _register(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check the registration of a subject. Source: art_2__para_1, art_3__para_5."""
    name = text(statement, "id")
    if name == REGISTRAR:
        raise _refuse(statement, f'registers the reserved id "{REGISTRAR}"', "choose another id")
    before, state = _kind_of(view, name), subject.KIND[statement.kind]
    if (before, statement.kind) not in subject.TRANSITIONS:
        raise _refuse(statement, f'would turn the {before} "{name}" into a {state}', "register it under another id")
    for office in texts(statement, "offices"):
        if office not in OFFICES:
            raise _refuse(statement, f'names "{office}", which is no office', nearest(office, OFFICES))


def _succeed(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check a succession of bodies: offices and data go over whole, once, and not in a circle."""
    name, successor = text(statement, "id"), text(statement, "successor")
    for body in (name, successor):
        if _kind_of(view, body) != "body":
            raise _refuse(statement, f'names "{body}", which is no registered body', "register it first")
    if subject.fold(view, name).successor:
        raise _refuse(statement, f'names "{name}", which has a successor', "name the successor's successor")
    if name == successor or subject.now_held_by(view, successor) == name:
        raise _refuse(statement, "would make a body succeed itself", "name another successor")


def _belongs_to_body(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check a duty, an acting person or a system: the body it belongs to is registered. Source: art_40__para_1."""
    body = text(statement, "body")
    if _kind_of(view, body) != "body":
        raise _refuse(statement, f'names "{body}", which is no registered body', "register it first: body.registered")


def _entrust(statement: Statement, view: View, _: frozenset[str]) -> None:
    principal = text(statement, "principal")
    if not _kind_of(view, principal):
        raise _refuse(statement, f'names the principal "{principal}", which is not registered', "register it first")


def _free(_: Statement, __: View, ___: frozenset[str]) -> None:
    """Nothing stands in the way of registering a carrier: the list of art_26__para_3 ends with 等."""


def _application(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check an act about a share application. Source: art_21."""
    kind = statement.kind
    case = application.course(view, text(statement, "id"))
    state = case.application.state
    if kind == "application.received":
        _apply(statement, view, state, wanted=("body",))
    elif not state:
        raise _refuse(statement, f'is about "{text(statement, "id")}", for which nobody applied', "record its receipt")
    elif kind in ANSWERS:
        _answer(statement, view, case)
    elif state not in application.ALLOWED[kind]:
        raise _refuse(statement, f"is not allowed when {state}", _ROUTES)


def _apply(statement: Statement, view: View, state: str, wanted: tuple[str, ...]) -> None:
    """Check that an application is new, that its applicant may apply, and that there is data to apply for."""
    applicant, entry = text(statement, "applicant"), text(statement, "dataset")
    if state not in {"", "none"}:
        raise _refuse(statement, f'repeats the application "{text(statement, "id")}"', "give a new application a new id")
    found = _kind_of(view, applicant)
    if found not in wanted:
        who = f'the {found} "{applicant}"' if found else f'"{applicant}", which is not registered'
        remedy = "bodies apply for sharing (art_21__para_1), units and persons for opening (art_31__para_2)"
        raise _refuse(statement, f"names as applicant {who}", remedy if found else "register it first")
    lawful_data.known(statement, view, entry)


def _answer(statement: Statement, view: View, case: application.Course) -> None:
    """Check an answer: in a state that takes one, told before consent was deemed, and no wider than applied for."""
    state = case.application.state
    over, known = case.term.over, case.known_since
    told = statement.recorded_at
    if over and known and told and known < over <= told and statement.at < over:
        fault = f"was recorded after consent had been deemed at {over.isoformat()}, for an earlier instant"
        raise _refuse(statement, fault, f"an answer counts when it is recorded; {_ROUTES}")
    speaker = subject.now_held_by(view, statement.by)
    concluded = case.application.coordination == "concluded"
    if not case.takes(speaker, statement.kind, coordinated=concluded):
        raise _refuse(statement, f"is not allowed when {case.answered(speaker) or state}", _ROUTES)
    granted, asked = stated(statement.body.get("scope")), case.asked.fields
    if granted and granted.fields is not None and asked is not None and not granted.fields <= asked:
        beyond = ", ".join(sorted(granted.fields - asked))
        raise _refuse(statement, f"grants fields that were not applied for: {beyond}", "grant a part of the scope")
    if statement.kind == "application.agreed_in_part" and granted is None:
        raise _refuse(statement, "does not say which part is agreed to", "state its scope")


def _coordination(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check that a dispute can be brought before the regulator, and that what is concluded is open. Source: art_22."""
    case = application.fold(view, text(statement, "application"))
    if statement.kind == "coordination.concluded":
        opened = any(said.kind == "coordination.opened" for said in view.about(statement.about[0]))
        if not opened or case.coordination != "open":
            raise _refuse(statement, "is not allowed when no coordination is open", "record coordination.opened first")
    elif case.state not in application.ALLOWED["coordination.opened"]:
        raise _refuse(statement, f"is not allowed when {case.state or 'nobody applied'}", "await the provider's answer")


def _opening(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check an act about an opening application. Source: art_26__para_3, art_31__para_2."""
    case = opening.fold(view, text(statement, "id"))
    if statement.kind == "opening.applied":
        _apply(statement, view, case.state, wanted=("unit", "person"))
        return
    if (case.state, statement.kind) not in opening.TRANSITIONS:
        raise _refuse(statement, f"is not allowed when {case.state}", "an opening application is answered once")
    if statement.kind == "opening.approved":
        carrier = text(statement, "carrier")
        if not view.about(f"carrier/{carrier}"):
            raise _refuse(statement, f'names the carrier "{carrier}", which is not registered', "register it first")


def _objection(statement: Statement, view: View, held: frozenset[str]) -> None:
    """Check a step of an objection, and who takes it: the objector files for shared data, the provider for open."""
    case = objection.fold(view, text(statement, "id"))
    if statement.kind == "objection.raised":
        lawful_data.known(statement, view, text(statement, "dataset"))
        _object(statement, view)
    fault = objection.refusal(case, statement.kind)
    if fault:
        raise _refuse(statement, fault, "see art_25 for shared data, art_32 for open data")
    if case.dataset and text(statement, "dataset") != case.dataset:
        raise _refuse(statement, f'names another dataset than the objection, "{case.dataset}"', "name that one")
    if statement.kind == "objection.filed":
        files = "objector" if case.side == "shared" else "provider"
        if files not in held:
            article = "art_25__para_2" if case.side == "shared" else "art_32__para_1"
            raise _refuse(statement, f'is for the {files} to record, not for "{statement.by}"', f"see {article}")


def _object(statement: Statement, view: View) -> None:
    side, objector = text(statement, "side"), text(statement, "objector")
    found = _kind_of(view, objector)
    if (found == "body") != (side == "shared") or not found:
        remedy = "bodies object to shared data (art_25__para_1), units and persons to open data (art_32__para_1)"
        raise _refuse(statement, f'has the objector "{objector}" ({found or "not registered"}) for {side} data', remedy)


def _sanction(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check an order of art_42__para_1: against a unit or person, over named data, and ended by its issuer only."""
    case = sanction.fold(view, text(statement, "id"))
    if (case.state, statement.kind) not in sanction.TRANSITIONS:
        state = case.state if case.issuer else "not ordered"
        raise _refuse(statement, f"is not allowed when the sanction is {state}", "see art_42__para_1")
    name = text(statement, "subject")
    if case.subject and case.subject != name:
        raise _refuse(statement, f'names another subject than the order, "{case.subject}"', "name that one")
    if statement.kind != "sanction.suspended":
        return
    found = _kind_of(view, name)
    if found not in {"unit", "person"}:
        remedy = "order a body to rectify: rectification.ordered (art_41__para_1)" if found else "register it first"
        raise _refuse(statement, f'is directed against "{name}" ({found or "not registered"})', remedy)
    datasets = texts(statement, "datasets")
    if not datasets:
        raise _refuse(statement, "names no datasets", "name the data that is 相关; nothing beyond it is closed")
    for entry in datasets:
        lawful_data.known(statement, view, entry)


def _rectification(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check an order of art_41__para_1: against a body, with a term."""
    case = rectification.fold(view, text(statement, "id"))
    if (case.state, statement.kind) not in rectification.TRANSITIONS:
        raise _refuse(statement, f"is not allowed when the order is {case.state}", "see art_41__para_1")
    body = text(statement, "body")
    if case.body and case.body != body:
        raise _refuse(statement, f'names another body than the order, "{case.body}"', "name that one")
    if _kind_of(view, body) != "body":
        remedy = "units and persons are sanctioned: sanction.suspended (art_42__para_1)"
        raise _refuse(statement, f'is directed against "{body}", which is no registered body', remedy)
    if statement.kind == "rectification.ordered" and text(statement, "due") < civil(statement.at).isoformat():
        raise _refuse(statement, "sets a term that is over", "set a day to come")


def _measure(statement: Statement, view: View, held: frozenset[str]) -> None:
    """Check a measure: what it covers is said, and a provider stops its own data only. Source: art_37__para_2."""
    case = measure.one(view, text(statement, "id"))
    if statement.kind == "measure.lifted":
        if not case.running:
            raise _refuse(statement, "is not allowed when the measure is not running", "nothing is left to lift")
        return
    scope = mapping(statement, "scope")
    covered = [name for name in ("datasets", "providers", "all") if scope.get(name)]
    if len(covered) != len(scope) or not covered:
        raise _refuse(statement, "does not say what it covers", "say datasets, providers or all: true")
    if "cyberspace" not in held and "all" in covered:
        raise _refuse(statement, "covers more than the speaker's own data", "name the provider or its datasets")
    if case.issuer and subject.now_held_by(view, case.issuer) != statement.by:
        raise _refuse(statement, f'changes a measure of "{case.issuer}"', "declare another one under its own id")


_FAMILY = {
    "body.registered": "registration",
    "unit.registered": "registration",
    "person.registered": "registration",
    "body.succeeded": "succession",
    "opening.aggregated": "publication",
    "opening.published": "publication",
    "opening.withdrawn": "publication",
    "safeguards.attested": "opening",
}
_CHECKS: dict[str, Callable[[Statement, View, frozenset[str]], None]] = {
    "registration": _register,
    "succession": _succeed,
    "duty": _belongs_to_body,
    "staff": _belongs_to_body,
    "system": _belongs_to_body,
    "entrustment": _entrust,
    "carrier": _free,
    "dataset": lawful_data.entry,
    "combination": lawful_data.combination,
    "onward": lawful_data.onward,
    "publication": lawful_data.publication,
    "procurement": lawful_data.procurement,
    "application": _application,
    "coordination": _coordination,
    "opening": _opening,
    "objection": _objection,
    "sanction": _sanction,
    "rectification": _rectification,
    "measure": _measure,
}
