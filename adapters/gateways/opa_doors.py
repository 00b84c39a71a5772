"""Which documents there are: the doors of the OPA Data API, opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.gateways.opa_data import PREFIXES, OpaDataDoor
from adapters.gateways.opa_filters import FiltersDocument
from adapters.gateways.opa_gateway import GatewayDocument, QuestionReader
from adapters.gateways.opa_health import PATHS, OpaHealthDoor
from adapters.gateways.trino import (
    AllowDocument,
    BatchDocument,
    ColumnMasksDocument,
    RowFiltersDocument,
    TrinoReader,
)

if TYPE_CHECKING:
    from adapters.gateways.http import Doors, RawDoor
    from adapters.gateways.opa_document import Document


def opa_doors(doors: Doors) -> tuple[dict[str, RawDoor], list[tuple[str, RawDoor]]]:
    """Return the doors at one exact path, and those under a prefix."""
    service = doors.service
    questions = QuestionReader(doors.service, doors.calls)
    documents: dict[str, Document] = {
        "gateway/authz": GatewayDocument(service, questions, doors.tokens),
        "gateway/authz/allow": GatewayDocument(service, questions, bare=True),
    }
    trino = TrinoReader(service)
    documents |= {
        "trino/allow": AllowDocument(trino),
        "trino/batch": BatchDocument(trino),
        "trino/rowFilters": RowFiltersDocument(trino),
        "trino/batchColumnMasks": ColumnMasksDocument(trino),
    }
    filters = {"filters/include": FiltersDocument(questions)}
    data = OpaDataDoor(service, doors.callers, doors.log, doors.deadline, documents, filters)
    health = OpaHealthDoor(service)
    return dict.fromkeys(PATHS, health), [(prefix, data) for prefix in PREFIXES]
