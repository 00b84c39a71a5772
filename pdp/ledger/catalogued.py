"""编入目录: what the last cataloguing of an entry says of its providers and fields, and whether it is still there.

Sources: art_11__para_1, art_16__para_1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger.words import text, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pdp.ledger.statement import Statement
    from pdp.ledger.terms import Law
    from pdp.ledger.view import View


def entries(view: View, dataset: str) -> tuple[Statement, ...]:
    """Return the statements that catalogued `dataset`, oldest first; the last one counts."""
    return view.folded(_entries, f"dataset/{dataset}")


def fields(view: View, dataset: str) -> frozenset[str]:
    """Return the fields that the entry lists; empty where it lists none, or is in no catalogue."""
    return view.folded(_fields, f"dataset/{dataset}")


def retired(view: View, dataset: str) -> bool:
    """Return whether the entry was retired and not catalogued again."""
    return view.folded(_retired, f"dataset/{dataset}")


def named_providers(entry: Statement) -> tuple[str, ...]:
    """Return the bodies that `entry` names as providers, the lead first, as they were called then."""
    return text(entry, "provider"), *texts(entry, "joint_providers")


def _entries(statements: Sequence[Statement], _: Law) -> tuple[Statement, ...]:
    return tuple(said for said in statements if said.kind == "dataset.catalogued")


def _fields(statements: Sequence[Statement], law: Law) -> frozenset[str]:
    catalogued = _entries(statements, law)
    return frozenset(texts(catalogued[-1], "fields")) if catalogued else frozenset()


def _retired(statements: Sequence[Statement], _: Law) -> bool:
    kept = [said.kind for said in statements if said.kind in {"dataset.catalogued", "dataset.retired"}]
    return bool(kept) and kept[-1] == "dataset.retired"
