"""What whoever was refused can do next: apply for a share, or, with an approval at hand, ask anew, wait, or let it be.

An application is the way on only where nothing else stands in the way: between public bodies, for data of conditional
sharing, and for want of authority alone; it lifts no limit of an overlay. The opening side has other ways
(art_31__para_2), and what is referred to another regime is not applied for here. Sources: art_19__para_3,
art_21__para_1, art_24__para_1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pdp.model import Outcome
from pdp.overlay import speaker

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pdp.model import Decision, Facts, Inquiry, Rested

APPLY: Final = "apply_to_provider"
WIDEN: Final = "ask_within_scope"  # within what was applied for; what lies beyond takes another application
ASKABLE: Final = timedelta(hours=1)
"""How long after a refusal it can be answered with an application that refers to it."""
PAUSE: Final = 2  # seconds in which a node that is behind will have learned of a grant
_ALWAYS: Final = "contact_observer"
_READ: Final = ("relation", "sharing_class", "operation")
_WAITING: Final = frozenset({"pending", "incomplete", "calendar_unknown", "predates"})
_GRANTED: Final = frozenset({"agreed", "agreed_in_part", "deemed"})


@dataclass(frozen=True, slots=True)
class NextAction:
    """What to do with a refusal that was asked for on an approval."""

    action: str  # request | retry | none
    reason: str  # out_of_scope | approval_expired | grant_pending | policy_denied | approval_unverifiable
    retry_after: int | None = None  # seconds


def requestable(decision: Decision, inquiry: Inquiry, *, wider: bool = False) -> bool:
    """Return whether a share application is the remedy of `decision`; see `applies`."""
    ways = {remedy.id for remedy in decision.remedies}
    groups = [_facts(group.facts) for group in inquiry.groups]
    alone = not inquiry.joined and not any(speaker(ground.rule) for ground in decision.grounds)
    return alone and applies(decision.outcome, ways, groups, wider=wider)


def applies(outcome: str, ways: Collection[str], groups: Iterable[Mapping[str, str]], *, wider: bool = False) -> bool:
    """Return whether a share application is the remedy of a refusal.

    Args:
        outcome: of the decision.
        ways: ids of its remedies.
        groups: the facts of each group of fields.
        wider: whether it is the remedy too where an authority there is does not reach so far.
    """
    leading = set(ways) - {_ALWAYS}
    wanted = {APPLY, WIDEN} if wider else {APPLY}
    return outcome == Outcome.DENY and bool(leading) and leading <= wanted and all(map(_may_be_applied_for, groups))


def next_action(decision: Decision, inquiry: Inquiry, rested: Rested) -> NextAction | None:
    """Return what to do where an approval was named and the answer is no; None where it is yes."""
    if decision.outcome.permits:
        return None
    if rested.state in _WAITING or (not rested.state and inquiry.age > timedelta()):
        return NextAction("retry", "grant_pending", PAUSE)
    if not rested.state:
        return NextAction("none", "approval_unverifiable")
    if rested.state in _GRANTED and rested.until is not None:
        beyond = requestable(decision, inquiry, wider=True)
        return NextAction("request", "out_of_scope") if beyond else NextAction("none", "policy_denied")
    over = requestable(decision, inquiry, wider=True)
    return NextAction("request", "approval_expired") if over else NextAction("none", "policy_denied")


def _may_be_applied_for(facts: Mapping[str, str]) -> bool:
    return (
        facts.get("relation") == "sharing"
        and facts.get("sharing_class") == "conditional"
        and facts.get("operation") != "onward_supply"  # supplying on is another matter than getting the data
    )


def _facts(facts: Facts) -> dict[str, str]:
    return {name: facts[name] for name in _READ if name in facts.index}
