"""What a gateway hands on with its answer: six headers, each on every answer, `none` where there is nothing to say.

A header that we leave out is one that a client can supply. Values are visible ASCII, and all of them together, with the
status line and whatever else an answer has, fit into the smallest buffer that a gateway keeps for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pdp.model import Answer, Decision

NOTHING: Final = "none"
ID: Final = "x-decision-id"
OUTCOME: Final = "x-decision-outcome"
OBLIGATIONS: Final = "x-obligations"
TOKEN: Final = "x-decision-token"  # noqa: S105 -- the name of a header
GROUNDS: Final = "x-decision-grounds"
REASON: Final = "x-decision-reason"
MAX_BLOCK: Final = 3584  # bytes of status line and headers together
MAX_TOKEN: Final = 2560
MAX_GROUNDS: Final = 512
MAX_REASON: Final = 900
NO_STORE: Final = ("cache-control", "no-store")

Headers = tuple[tuple[str, str], ...]

UNDECIDED: Final[Headers] = tuple((name, NOTHING) for name in (ID, OUTCOME, OBLIGATIONS, TOKEN, GROUNDS, REASON))


def decision_headers(
    answer: Answer, measures: Sequence[str] = (), token: str | None = None, reason: str | None = None
) -> Headers:
    """Return the headers of a recorded decision.

    Args:
        answer: the decision.
        measures: what must be carried out before anything is released.
        token: the decision token of a permit that a data API stands behind.
        reason: why, in Chinese, for the end user of a refusal; None: the caller is told neither reason nor grounds.
    """
    decision = answer.decision
    grounds = [] if reason is None else [ground.rule for ground in decision.grounds]
    refused = not decision.outcome.permits
    return (
        (ID, answer.id),
        (OUTCOME, decision.outcome.value),
        (OBLIGATIONS, ",".join(measures) or NOTHING),
        (TOKEN, token or NOTHING),
        (GROUNDS, _as_many_as_fit(grounds) or NOTHING),
        (REASON, (_encoded(reason) if refused and reason else "") or NOTHING),
    )


def caching(decision: Decision, varies: Sequence[str]) -> Headers:
    """Return for how long the answer to a decision may be kept: not at all, or a few seconds by whoever asked so.

    Args:
        decision: the decision.
        varies: headers with which the answer is another; the end user's credential stands first.
    """
    if not decision.cache:
        return (NO_STORE,)
    return ("cache-control", f"private, max-age={decision.cache}"), ("vary", ", ".join(varies))


def _as_many_as_fit(rules: list[str]) -> str:
    """Return the ids of `rules`, whole ones only, as many as 512 bytes hold."""
    said = ""
    for rule in rules:
        longer = f"{said},{rule}" if said else rule
        if len(longer) > MAX_GROUNDS:
            break
        said = longer
    return said


def _encoded(text: str) -> str:
    """Return `text` percent-encoded, cut between two characters where 900 bytes end."""
    said = ""
    for character in text:
        longer = said + quote(character, safe="")
        if len(longer) > MAX_REASON:
            break
        said = longer
    return said
