"""On which application the question rests, how much of it that covers, and what has been used up.

Sources: art_19__para_3, art_21, art_22__para_1, art_24__para_1, art_31__para_2, art_44__para_1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.facts.situation import GRANTED, NOT_APPLICABLE, Found, Situation, said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pdp.ledger.mask import Mask
    from pdp.ledger.states import Application

_OUTLIVES_THE_CLASS = frozenset({"void", "void_while_pending"})
_NEAREST_TO_A_GRANT = (
    "agreed", "agreed_in_part", "deemed", "pending", "calendar_unknown", "unknown", "incomplete", "refused_defectively",
    "refused", "void_while_pending", "void", "expired", "predates", "withdrawn", "none",
)  # fmt: skip
_RANK = {state: rank for rank, state in enumerate(_NEAREST_TO_A_GRANT)}


def settle(situation: Situation) -> None:
    """Choose the application the question rests on, and the state of authority that follows from it.

    Where the caller names none, the one for its scenario stands before others, then the one nearest to a grant, then
    the one that covers most of what is asked, then the latest.
    """
    candidates = _candidates(situation)
    for candidate in candidates:
        situation.read(candidate)  # one that is not chosen now may be the next to be deemed
    situation.application = chosen = _choose(situation, candidates)
    situation.authority = _authority(situation, chosen)
    situation.covered = _covered(situation, chosen)


def _candidates(situation: Situation) -> Sequence[Application]:
    """Return the subject's applications for this dataset on the axis of the relation; of those, the one it names."""
    subject, world, now = situation.subject, situation.setting.world, situation.now
    if subject is None or situation.relation not in {"sharing", "opening"}:
        return ()
    sharing, dataset, named = situation.relation == "sharing", situation.dataset.id, situation.request.application
    if named is None:
        applied = world.applications if sharing else world.openings
        return applied(dataset, subject.id, now)
    one = (world.application if sharing else world.opening)(named, now)
    return (one,) if (one.dataset, one.applicant) == (dataset, subject.id) else ()


def _choose(situation: Situation, candidates: Sequence[Application]) -> Application | None:
    if len(candidates) < 2:  # noqa: PLR2004  # nothing to choose between
        return candidates[0] if candidates else None
    scenario = situation.request.scenario

    def preference(numbered: tuple[int, Application]) -> tuple[bool, int, int, int]:
        position, application = numbered
        uncovered = len(set(situation.asked) - _inside(application, situation.asked))
        return scenario not in application.scenarios, _RANK[application.state or "none"], uncovered, -position

    return min(enumerate(candidates), key=preference)[1]


def _authority(situation: Situation, application: Application | None) -> str:
    """Return the value of `authority`; it is needed on a conditional axis only."""
    if situation.operation == "query_catalogue" or situation.relation not in {"sharing", "opening"}:
        return "not_needed"
    state = (application.state if application else "") or "none"
    if situation.own_class == "conditional" or state in _OUTLIVES_THE_CLASS:
        return state
    return "not_needed"


def _inside(application: Application, asked: tuple[str, ...]) -> set[str]:
    limit = application.scope.fields
    return set(asked) if limit is None else set(asked) & limit


def _covered(situation: Situation, application: Application | None) -> tuple[str, ...]:
    """Return the fields asked for that lie inside the authority, in the order asked."""
    if situation.authority not in GRANTED or application is None or application.scope.fields is None:
        return situation.asked
    limit = application.scope.fields
    return tuple(field for field in situation.asked if field in limit) if situation.asked else tuple(sorted(limit))


def authority(situation: Situation) -> Found:
    """Return the state of the application the question rests on. Source: art_21, art_31__para_2."""
    application = situation.application
    if application is None or situation.authority in {"not_needed", "none"}:
        return situation.authority, ()
    return situation.authority, said(application, "authority")


def fulfilment(situation: Situation) -> Found:
    """Return whether the 10th working day ended without completion. Source: art_21__para_2."""
    application = situation.application
    if situation.relation != "sharing" or situation.authority not in GRANTED or application is None:
        return NOT_APPLICABLE
    return application.fulfilment, said(application, "fulfilment")


def coordination(situation: Situation) -> Found:
    """Return whether the matter is before the regulator; never a grant. Source: art_22__para_1."""
    application = situation.application
    if application is None:
        return "none", ()
    return application.coordination, said(application, "coordination")


def field_coverage(situation: Situation) -> Found:
    """Return how much of what is asked lies inside the authority. Source: art_19__para_3, art_24__para_1."""
    if situation.operation == "query_catalogue":
        return NOT_APPLICABLE
    application = situation.application
    if situation.authority not in GRANTED or application is None:
        return ("all", ()) if situation.own_class == "unconditional" else NOT_APPLICABLE
    evidence = said(application, "scope")
    if situation.asked and not situation.covered:
        return "none", evidence
    whole = len(situation.covered) == len(situation.asked) if situation.asked else application.scope.fields is None
    return ("all" if whole and not narrows_rows(situation) and not masks(situation) else "some"), evidence


def masks(situation: Situation) -> Mapping[str, Mask]:
    """Return the masks under which the authority releases fields that are asked for. Source: art_19__para_3."""
    application = situation.application
    if application is None or not application.scope.masks or situation.authority not in GRANTED:
        return {}
    held = application.scope.masks
    return (
        {name: held[name] for name in situation.covered if name in held}
        if situation.asked or situation.covered
        else held
    )


def narrows_rows(situation: Situation) -> bool:
    """Return whether the authority holds for fewer rows than are asked for.

    Only an equal predicate is known to ask for no more; whether another one does is not decided here.
    """
    application = situation.application
    if application is None or application.scope.rows is None or situation.authority not in GRANTED:
        return False
    return situation.request.rows != application.scope.rows


def quota(situation: Situation) -> Found:
    """Return whether the quantity stated in the 使用范围 is used up. Source: art_21__para_1, art_24__para_1."""
    application = situation.application
    if application is None or application.scope.quota is None or situation.authority not in GRANTED:
        return "no_limit", ()
    used = situation.setting.usage.used(application.id)
    if used is None:
        return "unknown", ()
    return ("within" if used < application.scope.quota else "exceeded"), said(application, "scope")


def enforcement(situation: Situation) -> Found:
    """Return whether the caller can carry out the limits of this group of fields; who can do nothing is unable.

    What the groups need together is known when they are judged: see `pdp.rulebook.merge`. Source: art_19__para_3.
    """
    declared = situation.request.enforces
    if declared is None:
        return "undeclared", ()
    partly = situation.authority in GRANTED and len(situation.covered) != len(situation.asked)
    needed = {"mask_fields"} if partly or masks(situation) else set()
    if narrows_rows(situation):
        needed.add("filter_rows")
    return ("able" if declared and needed <= set(declared) else "unable"), ()


def safeguards(situation: Situation) -> Found:
    """Return whether the safeguards that the approval makes a condition are taken. Source: art_26__para_3."""
    application = situation.application
    if situation.relation != "opening" or application is None or situation.authority not in GRANTED:
        return "no_condition", ()
    return application.safeguards, said(application, "safeguards")
