"""What the digests in records stand for, as far as the ledger and the keys of this installation tell.

Nobody gets a key by being looked for, and who was erased is not found: the key that made the digest is gone.
"""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Final

from adapters.device.secret_file import secret
from adapters.stores.person_keys import SqlitePersonKeys
from pdp.ledger.kinds import KINDS
from pdp.log.masking import Masker
from pdp.log.questioned import Recovered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pdp.ledger.statement import Statement

_NOBODY: Final = "p1."  # the digest of no one


class _Known:
    """Implements `pdp.ports.PersonKeys` for people who have a key already."""

    def __init__(self, keys: SqlitePersonKeys) -> None:
        self._keys = keys

    def digest(self, kind: str, value: str) -> str:
        """Return the digest, or that of no one."""
        return self._keys.known(kind, value) or _NOBODY


def recovered(data: Path, statements: Iterable[Statement]) -> Recovered:
    """Return what digests in the logs of the data folder stand for: ids and row filters that `statements` name.

    Raises:
        UnavailableError: the keys cannot be read.
    """
    store, key = data / "keys" / "persons.sqlite", data / "keys" / "request.key"
    if not store.exists() or not key.exists():
        return Recovered()
    with closing(SqlitePersonKeys(store)) as keys:
        masker = Masker(_Known(keys), secret(key), lambda _: False)
        ids: set[str] = set()
        filters: dict[str, Mapping[str, object]] = {}
        for statement in statements:
            ids.update(_ids(statement))
            for rows in _filters(statement):
                filters[masker.filter(rows, "", [])] = rows
        persons = {json.loads(masker.person(id_, "", [])): id_ for id_ in sorted(ids)}
    return Recovered({digest: id_ for digest, id_ in persons.items() if digest != _NOBODY}, filters)


def _ids(statement: Statement) -> Iterator[str]:
    """Yield every id that a statement names, and who says it."""
    yield statement.by
    for name, kind in KINDS[statement.kind].members.items():
        value = statement.body.get(name)
        if kind.rstrip("?") == "id" and isinstance(value, str):
            yield value
        elif kind.rstrip("?") == "ids" and isinstance(value, list):
            yield from value


def _filters(statement: Statement) -> Iterator[Mapping[str, object]]:
    """Yield the row filter that the scope of an application states."""
    scope = statement.body.get("scope")
    if isinstance(scope, dict) and isinstance(scope.get("rows"), dict):
        yield scope["rows"]
