"""Rows of the first sheet of an XLSX workbook, read as a stream: a header row, then one row an entry."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from pdp.catalogue.mapping import Row
from pdp.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def xlsx_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of the first sheet of `path`; formulas count as the value stored with them, empty rows as none.

    Raises:
        PolicyError: the file is no workbook, or has no header row.
    """
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, InvalidFileException) as error:
        raise PolicyError(path.name, 1, "is no XLSX workbook", "save it as .xlsx, or export it as CSV") from error
    try:
        lines = book.worksheets[0].iter_rows(values_only=True)
        header = [_text(cell).strip() for cell in next(lines, ())]
        if not any(header):
            raise PolicyError(path.name, 1, "the sheet has no header row", "name the columns in the first row")
        for number, cells in enumerate(lines, start=2):
            texts = [_text(cell) for cell in cells]
            if any(texts):
                yield Row(dict(zip(header, texts, strict=False)), f"{path.name}:{number}")
    finally:
        book.close()


def _text(cell: object) -> str:
    """Return a cell as text; dates as ISO dates, and whole numbers without the `.0` that a sheet stores."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
