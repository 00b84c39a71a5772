"""收到申请: from which day the answer term runs, and what it means that a provider has not answered.

Sources: art_21__para_1, art_21__para_4, art_44__para_1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from pdp.ledger import subject
from pdp.ledger.terms import ANSWER_TERM, NO_TERM, Term
from pdp.workdays import civil

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdp.ledger.terms import Law
    from pdp.ledger.view import View

REGULATION_809 = date(2025, 8, 1)  # 政务数据共享条例 in force; see reading deemed_consent_today
GOVERNED_BY_809 = frozenset({"administrative_organ", "authorised_organisation"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """How an application was received, and since when both of its terms run."""

    day: date  # civil day of receipt, or of its completion
    complete: bool  # 场景 and 范围 are both stated; how vaguely does not matter
    noticed: bool = False  # the provider gave notice that something is missing
    recorded_at: datetime | None = None  # when the ledger learned of it

    def term(self, law: Law) -> Term:
        """Return the term of the answer; none runs for what is incomplete, or was received before the law."""
        if self.day < law.in_force_from:
            return NO_TERM
        if not self.complete and (self.noticed or law.readings["incomplete_application"] == "no_clock"):
            return NO_TERM
        return law.term(self.day, ANSWER_TERM)

    def silence(self, view: View, lead: str, reached: Callable[[datetime], bool]) -> str:
        """Return the state that silence makes, given which instants have come.

        Args:
            view: the ledger, for the kind of body that the lead provider is.
            lead: the lead provider; empty: nobody.
            reached: whether an instant has come.
        """
        if self.day < view.law.in_force_from:
            return "predates"
        term, waiting = self.term(view.law), "pending" if self.complete else "incomplete"
        if term.over is not None:
            return "deemed" if reached(term.over) and _deems(view, lead, term.over) else waiting
        beyond = term.known_until is not None and reached(term.known_until)
        return "calendar_unknown" if beyond else waiting


def _deems(view: View, lead: str, over: datetime) -> bool:
    """Return whether silence deems consent at `over` (reading deemed_consent_today)."""
    if view.law.readings["deemed_consent_today"] == "keep_with_review" or civil(over) < REGULATION_809:
        return True
    return bool(lead) and subject.fold(view, lead).basis not in GOVERNED_BY_809
