"""What the doors of acts, lists, findings and collection checks rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.gateways.finding_pages import Reports
    from adapters.gateways.matters import Matters
    from pdp.supervision.form import PagedIndex


@dataclass(frozen=True, slots=True)
class Supervision:
    """What the doors of findings and of collection checks rest on: a ledger opened for them alone."""

    reports: Reports
    matters: Matters
    fields: PagedIndex


@dataclass(frozen=True, slots=True)
class Procedures:
    """What the doors of acts and lists rest on."""

    matters: Matters
    person: Callable[[str], str]  # how a person stands in a statement: a keyed digest
    used: Callable[[str], int | None]  # how often an application was used; None: not known
    supervision: Supervision | None = None  # None: nothing is looked for here
