"""Acting persons and registered systems of a body, and the duties they are mapped to. Source: art_40__para_1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger.states import Actor
from pdp.ledger.words import text, texts

if TYPE_CHECKING:
    from pdp.ledger.view import View


def fold(view: View, actor: str) -> Actor:
    """Return `actor` as last mapped; its body is empty where nobody mapped it."""
    statements = view.about(f"staff/{actor}")
    if not statements:
        return Actor(actor, until=view.changes)
    last = statements[-1]
    return Actor(
        id=actor,
        body=text(last, "body"),
        system=last.kind == "system.registered",
        duties=frozenset(texts(last, "duties")),
        said={"actor": (last.seq,), "duties": (last.seq,)},
        until=view.changes,
    )
