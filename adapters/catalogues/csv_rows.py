"""Rows of a CSV file, plain or gzipped: UTF-8, a header row, every row as wide as the header."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING

from pdp.catalogue.mapping import Row, Unmapped
from pdp.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def csv_rows(path: Path) -> Iterator[Row | Unmapped]:
    """Yield the rows of `path`, each with its line; a row of another width is handed on as such, never mended.

    Raises:
        PolicyError: the file cannot be read as CSV in UTF-8, or its header names a column twice.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = _header(path, next(reader, []))
            for cells in reader:
                place = f"{path.name}:{reader.line_num}"
                if len(cells) == len(header):
                    yield Row(dict(zip(header, cells, strict=True)), place)
                else:
                    yield Unmapped(place, cells[0] if cells else "", "row_broken")
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise PolicyError(path.name, 1, f"is no CSV file in UTF-8: {error}", "save it as CSV in UTF-8") from error


def _header(path: Path, names: list[str]) -> list[str]:
    header = [name.strip() for name in names]
    if not any(header):
        raise PolicyError(path.name, 1, "the file has no header row", "name the columns in the first row")
    doubled = next((name for name in header if header.count(name) > 1), None)
    if doubled is not None:
        raise PolicyError(path.name, 1, f'column "{doubled}" stands there twice', "rename one of them")
    return header
