"""Who need not be looked at in a search for subjects: whoever no row of the permissions table could grant anything.

Where a data set is neither shared nor opened unconditionally, only its holders and those who applied for it can be
permitted. That is not taken for granted: the tables in force are asked, with everything else left open, and only if
none of their rows can hold for a stranger is the search narrowed. So it finds what looking at everybody would find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdp.facts.channel import CARRIERS
from pdp.ledger.words import text
from pdp.model import Effect
from pdp.search import behind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from pdp.ledger.world import World
    from pdp.model import AccessRequest, Facts, Inquiry
    from pdp.ports import Register
    from pdp.rulebook.rulebook import Rulebook
    from pdp.rulebook.table import TruthTable

_UNAPPLIED: Final = ("none", "not_needed")  # of `authority`, where there is no application
_FACTS: Final = ("relation", "authority", "sharing_class", "opening_class", "channel")


def strangers_excluded(request: AccessRequest, inquiry: Inquiry, rulebook: Rulebook) -> bool:
    """Return whether nobody can be permitted what `request` asks but holders of the data and those who applied for it.

    Args:
        request: a question that leaves its subject open.
        inquiry: its facts, of which those count that no subject changes.
        rulebook: in force.
    """
    if request.combined_with or any(fact not in rulebook.vocabulary.index for fact in _FACTS):
        return False
    relations = rulebook.vocabulary.facts["relation"].values.keys() - {"own_use"}
    tables = [table for table in rulebook.tables if table.finding.effect is Effect.PERMIT]
    stranger = {"relation": relations, "authority": _UNAPPLIED}
    return not any(
        _may_hold(table, {**stranger, **_of_the_data(group.facts, request)})
        for group in inquiry.groups
        for table in tables
    )


def holders_and_applicants(dataset: str, register: Register, world: World, at: datetime) -> list[str]:
    """Return the ids of all who hold `dataset`, whose place a holder took, or who ever applied for it; in order."""
    entry = world.dataset(dataset, at)
    found = _with_predecessors({entry.provider, *entry.joint_providers} - {""}, world, at)
    for start in (f"applications/{dataset}/", f"openings/{dataset}/"):
        found.update(behind(start, register, world.seq()))
    return sorted(found)


def _of_the_data(facts: Facts, request: AccessRequest) -> Mapping[str, Collection[str]]:
    """Return the facts that are the same whoever asks; the channel is, unless it is an approval that names it."""
    classes = {name: (facts[name],) for name in ("sharing_class", "opening_class")}
    return classes if request.channel in CARRIERS else {**classes, "channel": (facts["channel"],)}


def _may_hold(table: TruthTable, allowed: Mapping[str, Collection[str]]) -> bool:
    """Return whether `table` holds for any vector whose facts have the `allowed` values; others have any."""
    limits = [
        (place, {table.alike[fact][value] for value in allowed[fact]})
        for place, fact in enumerate(table.reads)
        if fact in allowed
    ]
    return any(holds and all(row[place] in some for place, some in limits) for row, holds in table.rows.items())


def _with_predecessors(bodies: set[str], world: World, at: datetime) -> set[str]:
    view, found, waiting = world.view(at), set(bodies), list(bodies)
    while waiting:
        body = waiting.pop()
        for statement in view.about(f"subject/{body}"):
            if statement.kind == "body.succeeded" and text(statement, "successor") == body:
                before = text(statement, "id")
                if before not in found:
                    found.add(before)
                    waiting.append(before)
    return found
