"""From a catalogue file to statements: rows are read under a mapping, and what the ledger knows is not said again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.catalogues.csv_rows import csv_rows
from adapters.catalogues.xlsx_rows import xlsx_rows
from pdp.catalogue.reading import Reading, read
from pdp.catalogue.statements import Act, spoken
from pdp.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pdp.catalogue.mapping import CatalogueMapping, Provider, Row, Unmapped
    from pdp.ledger.statement import Statement
    from pdp.ports import StatementSource

_READERS = {".csv": csv_rows, ".gz": csv_rows, ".xlsx": xlsx_rows}


@dataclass(frozen=True, slots=True)
class Import:
    """What a file says, and what the ledger is to be told of it."""

    reading: Reading
    statements: tuple[Statement, ...]


def rows(path: Path) -> Iterable[Row | Unmapped]:
    """Return the rows of a CSV file (plain or gzipped) or of a workbook's first sheet.

    Raises:
        PolicyError: the file is of another kind, or cannot be read; the latter while it is read.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise PolicyError(path.name, 1, "is no .csv, .csv.gz or .xlsx file", "save it as one of them")
    return reader(path)


def prepare(
    lines: Iterable[Row | Unmapped], mapping: CatalogueMapping, ledger: StatementSource, approver: str | None = None
) -> Import:
    """Return what `lines` say and the statements about it that `ledger` does not hold yet.

    Args:
        lines: the rows of one file.
        mapping: how to read them.
        ledger: what is known; nothing is recorded.
        approver: id of a registered body that approves the classes, which is assumed; None: the mapping's, if any.

    Raises:
        PolicyError: `approver` is not registered, or a row cannot be read.
    """
    reading = read(lines, mapping, lambda entry: _first(ledger, f"dataset/{entry}") is not None)
    acts = (_approver(mapping, ledger, approver), _act(mapping.platform, ledger, "city_platform"))
    statements = spoken(reading.entries, mapping, lambda body: _first(ledger, f"subject/{body}") is not None, *acts)
    return Import(reading, tuple(statements))


def _approver(mapping: CatalogueMapping, ledger: StatementSource, named: str | None) -> Act | None:
    if named is None:
        return _act(mapping.approver, ledger, "regulator")
    known = _first(ledger, f"subject/{named}")
    if known is None:
        raise PolicyError(mapping.name, 1, f"{named} is not registered", "register the body first, or leave it out")
    return Act(named, known.at, None)


def _act(body: Provider | None, ledger: StatementSource, office: str) -> Act | None:
    if body is None:
        return None
    known = _first(ledger, f"subject/{body.id}")
    return Act(body.id, known.at, None) if known else Act(body.id, None, (body, office))


def _first(ledger: StatementSource, ref: str) -> Statement | None:
    return next(iter(ledger.about(ref)), None)
