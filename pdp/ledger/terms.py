"""The law as folds need it: working-day terms, the readings that act on states, and since when it is in force."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from pdp.errors import CalendarGapError, PolicyError
from pdp.readings import Reading, Readings
from pdp.workdays import SHANGHAI, Calendar, day_after, due_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.routing.route_map import RouteMap

ANSWER_TERM = 5  # working days, art_21__para_1
FULFILMENT_TERM = 10  # working days, art_21__para_2
OBJECTION_TERM = 5  # working days, art_25__para_2
CLOSE_OF_BUSINESS = time(18)  # where end_of_day is close_of_business: office hours of public bodies in Beijing

READ_HERE: dict[str, tuple[str, ...]] = {
    "class_change": ("tighten_at_once_loosen_on_approval", "approval_for_both", "body_alone"),
    "class_after_grant": ("void", "revives"),
    "incomplete_application": ("no_clock", "clock_unless_noticed_within_5_wd"),
    "end_of_day": ("midnight", "close_of_business"),
    "working_day": ("state_council_arrangement", "monday_to_friday"),
    "deemed_consent_today": ("keep_with_review", "no_effect_where_809_applies"),
    "partial_answer": ("whole", "part_only"),
    "joint_providers": ("weakest_state", "lead_provider"),
    "coordination_effect": ("none_until_provider_acts",),
    "relisting_act": ("provider_and_approval", "provider"),
    "sanction_exit": ("explicit_act_of_issuer_for_both", "on_correction"),
    "objection_clock_start": ("filing", "notice"),
    "incident_without_measure": ("no",),
    "interpreter": ("successor_statement", "named_office_only"),
}
"""The readings that act in a fold, each with the options that a fold can carry out, the default first."""


def without_ledger(own: Readings) -> Readings:
    """Return the readings of a pack that records no statements: its own, and the default of each that a fold asks."""
    unasked = {
        name: Reading(name, name, (), dict.fromkeys(options, name), options[0], "", "", "")
        for name, options in READ_HERE.items()
    }
    return Readings({**unasked, **own.entries})


@dataclass(frozen=True, slots=True)
class Term:
    """A term of working days. `over` is the first instant after it; unknown where the calendar ends too early."""

    due: date | None = None
    over: datetime | None = None
    known_until: datetime | None = None  # 00:00 of the first day that no calendar covers


NO_TERM = Term()


@dataclass(frozen=True, slots=True)
class Law:
    """What a fold needs of the law besides statements.

    Raises:
        PolicyError: a reading has an option that no fold carries out; it is never ignored silently.
    """

    calendar: Calendar
    readings: Readings
    in_force_from: date
    routes: Mapping[str, RouteMap] = field(default_factory=dict, repr=False)  # those of files, by gateway
    _terms: dict[tuple[date, int], Term] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for reading, options in READ_HERE.items():
            chosen = self.readings[reading]
            if chosen not in options:
                remedy = f"choose one of: {', '.join(options)}"
                path = f"readings/{reading}.yaml"
                raise PolicyError(path, 1, f'no fold carries out the option "{chosen}"', remedy)
        if self.readings["working_day"] == "monday_to_friday":
            object.__setattr__(self, "calendar", _monday_to_friday(self.calendar))

    def term(self, received: date, days: int) -> Term:
        """Return the term of `days` working days after `received`, which is day 0. Source: art_21, art_25__para_2."""
        known = self._terms.get((received, days))
        if known is None:
            known = self._terms[received, days] = self._count(received, days)
        return known

    def _count(self, received: date, days: int) -> Term:
        try:
            due = due_date(received, days, self.calendar)
        except CalendarGapError as gap:
            return Term(known_until=datetime.combine(gap.day, time.min, SHANGHAI))
        return Term(due, self.end_of(due))

    def end_of(self, day: date) -> datetime:
        """Return the instant at which `day` ends for a term (reading end_of_day)."""
        if self.readings["end_of_day"] == "midnight":
            return day_after(day)
        return datetime.combine(day, CLOSE_OF_BUSINESS, SHANGHAI)


def _monday_to_friday(calendar: Calendar) -> Calendar:
    works: Mapping[date, bool] = {day: day.isoweekday() <= 5 for day in calendar.works}  # noqa: PLR2004  # Friday
    return Calendar(works, calendar.files, calendar.notices, calendar.digest)
