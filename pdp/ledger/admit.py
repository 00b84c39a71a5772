"""Admission: only a lawful act of one who may do it becomes a statement of the ledger.

Whoever writes a ledger passes every statement through `admit`, in order, against the ledger as it stands with its
predecessors; a refusal is a `TransitionError`, and nothing is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pdp.errors import SpeakerError
from pdp.ledger.body import ID, nearest, statement
from pdp.ledger.lawful import check
from pdp.ledger.lawful_sources import sourced
from pdp.ledger.speakers import OFFICES, REGISTRAR, ROLES, default_speaker, roles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from pdp.ledger.statement import Statement
    from pdp.ledger.world import World
    from pdp.readings import Readings
    from pdp.routing.route_map import RouteMap
    from pdp.workdays import Calendar

__all__ = ["ID", "OFFICES", "REGISTRAR", "ROLES", "Admission", "admit", "default_speaker", "nearest", "statement"]


@dataclass(frozen=True, slots=True)
class Admission:
    """What a ledger needs to judge a statement: the law, and who may record what.

    `may(role, kind)` is compiled from `policies/tables/administration.csv`.
    """

    calendar: Calendar
    readings: Readings
    in_force_from: date
    may: Callable[[str, str], bool]
    routes: Mapping[str, RouteMap] = field(default_factory=dict, repr=False)  # those of files, by gateway
    _entitled: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def entitled(self, kind: str) -> tuple[str, ...]:
        """Return the roles in which a statement of `kind` may be recorded."""
        known = self._entitled.get(kind)
        if known is None:
            known = self._entitled[kind] = tuple(role for role in ROLES if self.may(role, kind))
        return known


def admit(statement: Statement, world: World, entitled: Callable[[str], tuple[str, ...]]) -> None:
    """Return if `statement` is a lawful act in `world`, by one of those `entitled` to do it.

    Its `recorded_at` is set. Raises:
        TransitionError: an illegal transition, or a date before what is known.
        SpeakerError: no role of the speaker may record it.
    """
    view = world.view(statement.at)
    held = roles(statement, view, entitled(statement.kind))
    check(statement, view, held)
    if not held:
        who = " or ".join(entitled(statement.kind)) or "nobody"
        fault = f'is for the {who} to record, and "{statement.by}" is not that'
        raise sourced(SpeakerError(statement.kind, fault, "see policies/tables/administration.csv for who may"))
