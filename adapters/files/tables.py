"""The strict door in front of Casbin: tables and models are read here, and reach the engine from memory."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from adapters.files.models import check_model
from adapters.files.yaml_node import nearest
from pdp.errors import PolicyError
from pdp.law import cite
from pdp.rulebook.rule import PolicyTable, TableRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CELL = re.compile(r"\*|[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
_GROUP = re.compile(r"# (art_\w+(?:, art_\w+)*) (\S.*)")
_FORM = "write `p, <value>, …, <rule>` with one value or * in each column"


def read_table(name: str, files: Mapping[str, bytes], columns: Mapping[str, Sequence[str]]) -> PolicyTable:
    """Return the table policies/tables/<name>.csv with its model policies/models/<name>.conf.

    Args:
        name: of the table.
        files: bytes by path relative to the policy root.
        columns: the columns the table must have, in order, each with the values a cell may have besides `*`.

    Raises:
        PolicyError: anything that Casbin would read otherwise than a lawyer; path, line, remedy.
    """
    path, model = f"policies/tables/{name}.csv", f"policies/models/{name}.conf"
    for needed in (path, model):
        if needed not in files:
            raise PolicyError(needed, 1, "is missing", "add the file")
    starred = check_model(model, _text(model, files[model]), tuple(columns))
    rows, articles, titles = _Door(path, columns, starred).read(_text(path, files[path]))
    return PolicyTable(name, tuple(columns), rows, articles, titles, _text(model, files[model]), path)


def _text(path: str, data: bytes) -> str:
    """Return the text of a file that ends with a line feed and holds nothing that an eye or a parser could misread."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise PolicyError(path, data.count(b"\n", 0, error.start) + 1, "is not UTF-8", "save as UTF-8") from error
    for line, row in enumerate(text.split("\n"), 1):
        if not row.isprintable():
            raise PolicyError(
                path, line, "holds a control character or an odd line end", "delete it; lines end with LF"
            )
    if not text.endswith("\n"):
        raise PolicyError(path, text.count("\n") + 1, "the last line is cut off", "end the file with a line feed")
    return text


class _Door:
    """Reads the lines of one table; remembers the group a row stands in."""

    def __init__(self, path: str, columns: Mapping[str, Sequence[str]], starred: frozenset[str]) -> None:
        self.path = path
        self.columns = columns
        self.starred = starred  # columns where * matches every value
        self.rows: list[TableRow] = []
        self.articles: dict[str, tuple[str, ...]] = {}
        self.titles: dict[str, str] = {}
        self._group: tuple[tuple[str, ...], str] | None = None
        self._rule: str | None = None  # of the group's rows so far

    def read(self, text: str) -> tuple[tuple[TableRow, ...], dict[str, tuple[str, ...]], dict[str, str]]:
        """Return the rows, and the articles and title of each rule."""
        head, *lines = text.removesuffix("\n").split("\n")
        wanted = ["# p", *self.columns, "rule"]
        if [cell.strip() for cell in head.split(",")] != wanted:
            raise self._wrong(1, "the first line does not name the columns", f"write: {', '.join(wanted)}")
        for line, row in enumerate(lines, 2):
            if row.startswith("#"):
                self._open(line, row)
            else:
                self._add(line, row)
        if self._group is not None and self._rule is None:
            raise self._wrong(len(lines) + 1, "a group without rows", "add its rows, or delete the comment")
        if not self.rows:
            raise self._wrong(1, "the table has no row", "add the rows; an empty table grants nothing")
        self._check_overlap()
        return tuple(self.rows), self.articles, self.titles

    def _open(self, line: int, row: str) -> None:
        """Begin a group: `# art_21__para_4, art_21__para_1 逾期未答复的,视为同意共享`."""
        found = _GROUP.fullmatch(row)
        if found is None:
            raise self._wrong(line, "the comment opens no group", "write: # art_21__para_4, art_21__para_1 <sentence>")
        if self._group is not None and self._rule is None:
            raise self._wrong(line, "the group above has no rows", "add its rows, or delete the comment")
        articles = tuple(found[1].split(", "))
        for unit in articles:
            try:
                cite(unit)
            except ValueError as error:
                raise self._wrong(line, f'"{unit}" is no unit of the law', "write it as art_21__para_4") from error
        self._group, self._rule = (articles, found[2].strip()), None

    def _add(self, line: int, row: str) -> None:
        kind, *cells = [cell.strip(" ") for cell in row.split(",")]
        if kind != "p" or row.startswith(" "):
            raise self._wrong(line, f'"{kind}" is no kind of row' if kind else "the line is blank", _FORM)
        if len(cells) != len(self.columns) + 1:
            raise self._wrong(line, f"{len(cells)} cells, {len(self.columns) + 1} are due", _FORM)
        *values, rule = cells
        for column, cell in zip(self.columns, values, strict=True):
            self._check_cell(line, column, cell)
        if not _CELL.fullmatch(rule) or rule == "*" or "." in rule:
            raise self._wrong(line, f'"{rule}" is no rule id', "write small letters, digits and underscores")
        self._enter(line, rule)
        self.rows.append(TableRow(tuple(values), rule, line))

    def _check_cell(self, line: int, column: str, cell: str) -> None:
        if not _CELL.fullmatch(cell):
            raise self._wrong(line, f'"{cell}" cannot stand in a cell', "write one value of the column, or *")
        if cell == "*" and column not in self.starred:
            raise self._wrong(
                line, f"* matches nothing in {column}", "name the value, or let the model compare p with *"
            )
        if cell != "*" and cell not in self.columns[column]:
            raise self._wrong(line, f'"{cell}" is no value of {column}', nearest(cell, self.columns[column]))

    def _enter(self, line: int, rule: str) -> None:
        if self._group is None:
            raise self._wrong(line, "the row stands in no group", "write the articles and a sentence above it")
        if self._rule is None and rule in self.articles:
            raise self._wrong(line, f"{rule} has a group already", "put its rows together")
        if self._rule not in {None, rule}:
            raise self._wrong(line, f"{rule} stands in the group of {self._rule}", "give each rule a group of its own")
        self._rule = rule
        self.articles[rule], self.titles[rule] = self._group

    def _check_overlap(self) -> None:
        for above, below in combinations(self.rows, 2):
            if all("*" in pair or pair[0] == pair[1] for pair in zip(above.cells, below.cells, strict=True)):
                fault = f"granted twice: row {above.line} matches the same facts"
                raise self._wrong(below.line, fault, "keep one row a combination")

    def _wrong(self, line: int, fault: str, remedy: str) -> PolicyError:
        return PolicyError(self.path, line, fault, remedy)
