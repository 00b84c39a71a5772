"""For which purpose, and by whom: scenario, kind of use, acting person, processor.

Sources: art_19__para_3, art_21__para_1, art_24__para_1, art_26__para_3, art_38__para_2, art_40__para_1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pdp.facts.situation import NOT_APPLICABLE, Found, Situation, said, seqs

if TYPE_CHECKING:
    from pdp.ledger.states import RegisteredDuty, Subject

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_APPROVED = frozenset({"agreed", "agreed_in_part"})
_BY_BODIES = frozenset({"own_use", "sharing"})


def purpose(situation: Situation) -> Found:
    """Return whether the declared scenario lies inside the application's, or the registered ones.

    Ids are compared, never texts: a scenario in words matches nothing. Source: art_21__para_1, art_24__para_1.
    """
    if situation.relation == "sharing" and situation.operation != "query_catalogue":
        return _shared_purpose(situation)
    if situation.relation == "opening" and situation.own_class == "conditional" and situation.authority in _APPROVED:
        return _opened_purpose(situation)
    return NOT_APPLICABLE


def _shared_purpose(situation: Situation) -> Found:
    scenario, application, subject = situation.request.scenario, situation.application, situation.subject
    if not scenario:
        return "unstated", ()
    if not _ID.fullmatch(scenario):
        return "unknown", ()
    rests_on_it = situation.own_class == "conditional" or situation.request.application is not None
    if application is not None and application.scenarios and rests_on_it:
        within = scenario in application.scenarios
        return ("within" if within else "outside"), said(application, "scenario")
    covering = _covering(subject, scenario)
    return ("within", seqs((covering[0].seq,))) if covering else ("unknown", ())


def _opened_purpose(situation: Situation) -> Found:
    application, scenario = situation.application, situation.request.scenario
    if application is None or not application.scenarios:
        return "within", ()  # the approval limits no scenario
    if not scenario:
        return "unstated", ()
    if not _ID.fullmatch(scenario):
        return "unknown", ()
    return ("within" if scenario in application.scenarios else "outside"), said(application, "scenario")


def _covering(subject: Subject | None, scenario: str | None) -> list[RegisteredDuty]:
    """Return the registered duties of `subject` that cover `scenario`."""
    if subject is None or scenario is None:
        return []
    return [duty for duty in subject.duties.values() if scenario in duty.scenarios]


def settle(situation: Situation) -> None:
    """Find the registered duties that stand behind the scenario; `purpose_kind` and `staff_duty` rest on them."""
    if situation.relation in _BY_BODIES:
        situation.behind = _behind(situation)


def _behind(situation: Situation) -> list[RegisteredDuty]:
    """Return the registered duties that stand behind the scenario: those covering it, or the application's own.

    A scenario that is no id, or none at all, is behind no duty in particular: all of the subject's are returned, and
    the fact `purpose` says what is missing.
    """
    subject, scenario = situation.subject, situation.request.scenario
    if subject is None:
        return []
    if scenario is None or not _ID.fullmatch(scenario):
        return list(subject.duties.values())
    found = _covering(subject, scenario)
    application = situation.application
    if application is not None and scenario in application.scenarios and application.duty in subject.duties:
        named = subject.duties[application.duty]
        if named not in found:
            found.append(named)
    return found


def purpose_kind(situation: Situation) -> Found:
    """Return what the use is for, and whether a recorded duty stands behind it. Source: art_24__para_1."""
    if situation.relation not in _BY_BODIES or situation.operation == "query_catalogue":
        return NOT_APPLICABLE
    asked = situation.request.purpose
    if not asked:
        return "unstated", ()
    if asked not in {"duty", "service"}:
        return "other", ()
    founded = [duty for duty in situation.behind if duty.basis and duty.purpose == "duty"]
    evidence = seqs(tuple(duty.seq for duty in founded))
    if asked == "duty":
        return ("duty" if founded else "unfounded"), evidence
    return ("service" if founded else "service_only"), evidence


def staff_duty(situation: Situation) -> Found:
    """Return whether the acting person or system is mapped to the duty behind the scenario. Source: art_40__para_1."""
    if situation.relation not in _BY_BODIES:
        return NOT_APPLICABLE
    actor, subject = situation.actor, situation.subject
    if actor is None:
        return "no_person", ()
    if subject is None or actor.body != subject.id:
        return "unmapped", said(actor, "actor")
    behind = {duty.id for duty in situation.behind} or set(subject.duties)
    return ("mapped" if actor.duties & behind else "unmapped"), said(actor, "actor")


def entrustment(situation: Situation) -> Found:
    """Return whether a processor that calls for its principal is on record. Source: art_40__para_1."""
    agent, subject = situation.request.agent, situation.subject
    if agent is None:
        return "none", ()
    if subject is None:
        return "missing", ()
    state = situation.read(situation.setting.world.entrustment(subject.id, agent, situation.now))
    return ("recorded" if state.recorded else "missing"), said(state, "entrustment")


def assurance(situation: Situation) -> Found:
    """Return the strength of authentication against what the relation requires. Source: art_38__para_2.

    A subject that a weaker way disputes is known with less than any strength.
    """
    strength = situation.request.assurance
    if strength is None:
        return "unknown", ()
    if strength == 0:
        return "unauthenticated", ()
    if situation.request.disputed:
        return "insufficient", ()
    relation = situation.relation
    asked = f"opening_{situation.own_class}" if relation == "opening" else relation
    required = situation.setting.required_assurance.get(asked, 1)
    return ("sufficient" if strength >= required else "insufficient"), ()
