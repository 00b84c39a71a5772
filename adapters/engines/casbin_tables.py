"""Casbin tables: pycasbin in a child process, fed from memory; it reads and writes no file."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

from adapters.engines.child import Child
from adapters.engines.worker import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pdp.ports import TableEngineJob

_NONE = -1  # how the child says that no row matches


@dataclass(frozen=True, slots=True)
class CasbinTables:
    """A `TableEngine`."""

    child: Child = field(default_factory=lambda: Child.of("casbin_tables"))
    name: str = "casbin_tables"
    version: str = field(default_factory=lambda: version("pycasbin"))

    def matches(self, jobs: Sequence[TableEngineJob]) -> Sequence[Sequence[int | None]]:
        """Return the row that matches each request; see `TableEngine`."""
        work = {"jobs": [_plain(job) for job in jobs]}
        most = max((len(job.rows) for job in jobs), default=0)
        said = self.child.ask(self.name, work, [len(job.requests) for job in jobs], range(_NONE, most))
        return [[None if row == _NONE else row for row in answer] for answer in said]


def _plain(job: TableEngineJob) -> dict[str, object]:
    return {"path": job.path, "model": job.model, "rows": job.rows, "requests": job.requests}


def answers(work: Mapping[str, object]) -> Iterator[list[int]]:
    """Answer every job of `work`: the index of the row that Casbin reports, or -1. Runs in the child."""
    import casbin  # noqa: PLC0415 - only the child may load an engine

    logging.disable()  # the library would log whole tables
    for job in work["jobs"]:  # type: ignore[attr-defined] # JSON that our own parent wrote
        try:
            model = casbin.Model()
            model.load_model_from_text(job["model"])
            enforcer = casbin.Enforcer(model)
            added = enforcer.model.add_policies("p", "p", job["rows"])
        except Exception as error:  # the library raises bare exceptions
            raise Refusal(job["path"], 1, str(error)) from error
        if not added or enforcer.model.get_policy("p", "p") != job["rows"]:
            raise Refusal(job["path"], 1, "the rows it keeps are not the rows it was given")
        places = {tuple(row): place for place, row in enumerate(job["rows"])}
        yield [_answer(enforcer.enforce_ex(*request), places) for request in job["requests"]]


def _answer(said: tuple[object, Sequence[str]], places: Mapping[tuple[str, ...], int]) -> int:
    """Return the index of the row reported; a grant without a row, or a row without a grant, raises."""
    granted, row = said
    if granted is False and not row:
        return _NONE
    if granted is not True:
        message = f"granted is {granted!r} for row {row!r}"
        raise ValueError(message)
    return places[tuple(row)]
