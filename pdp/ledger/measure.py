"""Emergency measures: by 区委网信办 for the district, or by a provider for its own data. They only restrict.

Sources: art_37__para_2, art_39__para_1__item_5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pdp.ledger import subject
from pdp.ledger.scope import end
from pdp.ledger.states import Measures
from pdp.ledger.view import View
from pdp.ledger.words import mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdp.ledger.statement import Statement

TRANSITIONS = {
    ("none", "measure.declared"): "declared",
    ("declared", "measure.declared"): "declared",  # the issuer changes scope or end
    ("declared", "measure.lifted"): "none",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure; `running` ends when it is lifted or its end passes."""

    id: str
    running: bool = False
    issuer: str = ""
    district: bool = False
    scope: Mapping[str, object] = field(default_factory=dict)
    seqs: tuple[int, ...] = ()


def fold(view: View) -> Measures:
    """Return all measures in force, put together."""
    running = [case for case in _all(view, view.about("measures")) if case.running]
    district = [case for case in running if case.district]
    own = [case for case in running if not case.district]
    said = {
        "district": tuple(seq for case in district for seq in case.seqs),
        "provider": tuple(seq for case in own for seq in case.seqs),
    }
    return Measures(
        district_datasets=_listed(district, "datasets"),
        district_providers=_listed(district, "providers"),
        district_all=any(case.scope.get("all") is True for case in district),
        provider_datasets=_listed(own, "datasets"),
        provider_all=frozenset(
            subject.now_held_by(view, case.issuer)
            for case in own
            if case.scope.get("all") is True or case.issuer in _names(case, "providers")
        ),
        said={attribute: seqs for attribute, seqs in said.items() if seqs},
        until=view.changes,
    )


def one(view: View, measure: str) -> Measure:
    """Return one measure as it stands; it has no issuer where nobody declared it."""
    return next(iter(_all(view, view.about(f"measure/{measure}"))), Measure(measure))


def _all(view: View, statements: Iterable[Statement]) -> list[Measure]:
    cases: dict[str, Measure] = {}
    for statement in statements:
        name = text(statement, "id")
        before = cases.get(name, Measure(name))
        seqs = (*before.seqs, statement.seq)
        if statement.kind == "measure.lifted":
            cases[name] = Measure(name, running=False, issuer=before.issuer, seqs=seqs)
            continue
        ends = text(statement, "until")
        cases[name] = Measure(
            name,
            running=not ends or not view.reached(end(ends)),
            issuer=statement.by,
            district=_by_district(view, statement),
            scope=mapping(statement, "scope"),
            seqs=seqs,
        )
    return list(cases.values())


def _by_district(view: View, statement: Statement) -> bool:
    """Return whether its speaker held the office of 区委网信办 when it spoke."""
    then = View(view.source, view.law, statement.at)
    held = "cyberspace" in subject.offices(then, statement.by)
    view.refs |= then.refs
    return held


def _names(case: Measure, member: str) -> frozenset[str]:
    listed = case.scope.get(member)
    return frozenset(map(str, listed)) if isinstance(listed, list) else frozenset()


def _listed(cases: Iterable[Measure], member: str) -> frozenset[str]:
    return frozenset(name for case in cases for name in _names(case, member))
