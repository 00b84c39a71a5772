"""编入目录: what the last cataloguing of an entry says of its providers and fields, and whether it is still there.

Sources: art_11__para_1, art_16__para_1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pdp.ledger.words import text, texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pdp.ledger.statement import Statement
    from pdp.ledger.terms import Law
    from pdp.ledger.view import View


class Cataloguing(NamedTuple):
    """One cataloguing of an entry: when, by which statement, and whom it names as providers, the lead first."""

    at: datetime
    seq: int
    providers: tuple[str, ...]  # as they were called then


def entries(view: View, dataset: str) -> tuple[Cataloguing, ...]:
    """Return every cataloguing of `dataset`, oldest first; the last one counts."""
    return view.folded(_catalogued, f"dataset/{dataset}").entries


def retired(view: View, dataset: str) -> bool:
    """Return whether the entry was retired and not catalogued again."""
    return view.folded(_catalogued, f"dataset/{dataset}").retired


def fields(view: View, dataset: str) -> frozenset[str]:
    """Return the fields that the entry lists; empty where it lists none, or is in no catalogue."""
    return view.folded(_fields, f"dataset/{dataset}")


class _Catalogued(NamedTuple):
    entries: tuple[Cataloguing, ...]
    retired: bool


def _catalogued(statements: Sequence[Statement], _: Law) -> _Catalogued:
    entries, retired = list[Cataloguing](), False
    for said in statements:
        if said.kind == "dataset.catalogued":
            retired = False
            entries.append(Cataloguing(said.at, said.seq, (text(said, "provider"), *texts(said, "joint_providers"))))
        elif said.kind == "dataset.retired":
            retired = True
    return _Catalogued(tuple(entries), retired)


def _fields(statements: Sequence[Statement], _: Law) -> frozenset[str]:
    listed = next((said for said in reversed(statements) if said.kind == "dataset.catalogued"), None)
    return frozenset(texts(listed, "fields")) if listed else frozenset()
