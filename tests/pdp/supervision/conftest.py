"""The scribe of the ledger's tests, and decision records as the log shows them."""

from __future__ import annotations

from pdp.ledger.scope import moment
from pdp.supervision import misconduct, misuse
from tests.pdp.ledger.conftest import Scribe, scribe, told

__all__ = ["Index", "article_41", "article_42", "decision", "scribe", "told"]


def article_41(scribe: Scribe, at: str, decisions=(), checks=(), item: int | None = None):
    """Return the findings of art_41 at an instant, of one item where it is named."""
    found = misconduct.findings(scribe.ledger, scribe.world, moment(at), decisions, checks)
    return [one for one in found if item is None or one.article == f"art_41__para_1__item_{item}"]


def article_42(scribe: Scribe, at: str, decisions=()):
    """Return the findings of art_42 at an instant."""
    return list(misuse.findings(scribe.ledger, scribe.world, moment(at), decisions))


def decision(  # noqa: PLR0913  # the members that supervision reads
    id_: str,
    *rules: str,
    subject: str = "B",
    relation: str = "sharing",
    outcome: str = "DENY",
    at: str = "2026-03-01T02:00:00.000000Z",
    dataset: str = "R",
):
    """Return a decision record in its readable form, cut to what supervision reads."""
    asker = {"person" if subject.startswith("p1.") else "body": subject} if subject else {}
    return {
        "kind": "decision",
        "id": id_,
        "at": at,
        "outcome": outcome,
        "request": {"subject": asker, "dataset": dataset},
        "facts": {"relation": relation},
        "findings": [{"rule": rule, "effect": "forbid", "articles": []} for rule in rules],
    }


class Index:
    """A real index of field names over the entries that one scribe has told of."""

    def __init__(self, scribe: Scribe, at: str, *ids: str) -> None:
        self._fields = {name: scribe.world.dataset(name, moment(at)).fields for name in ids}

    def datasets_with(self, field_name: str) -> list[str]:
        """Return the entries with a field of that name."""
        return [name for name, fields in self._fields.items() if field_name in fields]
