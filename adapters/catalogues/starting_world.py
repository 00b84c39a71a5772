"""The starting world: Xicheng's 25 public bodies and 161 data sets as published, made runnable by marked assumptions.

Whatever the sources do not say is named in the statement's `assumed`: a member's own name where the member is assumed,
and the word for the act (`approved`, `aggregated`, `agreed`) where the act itself is.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from adapters.catalogues.csv_rows import csv_rows
from adapters.files.assumptions import load_assumptions
from adapters.files.mappings import load_mapping
from adapters.settings import shipped_policies
from pdp.catalogue.mapping import Row, Unmapped
from pdp.catalogue.persons import person_fields
from pdp.errors import PolicyError
from pdp.ledger.admit import statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pdp.catalogue.assumptions import Assumptions
    from pdp.catalogue.entry import Entry
    from pdp.ledger.statement import Statement

_CATALOGUES = ("examples", "catalogues")
_DISTRICT = "西城区"


def starting_world(root: Path | None = None) -> list[Statement]:
    """Return the statements of the starting world, in the order to record them.

    Args:
        root: the folder that holds `policies/` and `examples/`; None: the one that is shipped.

    Raises:
        PolicyError: a file of the world cannot be used.
    """
    root = root or shipped_policies()
    assumed = load_assumptions(root / "examples" / "world" / "assumptions.yaml", root / "examples")
    entries = xicheng_entries(root)
    return [
        *_bodies(root, assumed),
        *assumed.before,
        *(said for entry in entries for said in _dataset(entry, assumed)),
        *assumed.after,
    ]


def xicheng_entries(root: Path) -> list[Entry]:
    """Return the 161 data sets, oldest update first, with the 信息项 of `xicheng_items.csv` in their order."""
    folder = root.joinpath(*_CATALOGUES)
    mapping = load_mapping(root / "policies" / "mappings" / "xicheng.yaml", root / "policies")
    entries = []
    for row in csv_rows(folder / "xicheng_open_catalogue.csv"):
        entry = row if isinstance(row, Unmapped) else mapping.entry(row, Counter())
        if isinstance(entry, Unmapped):
            raise PolicyError(entry.place, 1, "a row of the world cannot be read", "take the published file as it is")
        entries.append(entry)
    return sorted(entries, key=lambda entry: (str(entry.updated), entry.id))


def _bodies(root: Path, assumed: Assumptions) -> Iterator[Statement]:
    for row in csv_rows(root.joinpath(*_CATALOGUES) / "beijing_public_bodies_uscc.csv"):
        if isinstance(row, Unmapped) or row.cells["region"] != _DISTRICT:
            continue
        yield _body(row, assumed)


def _body(row: Row, assumed: Assumptions) -> Statement:
    code = row.cells["uscc"]
    if code not in assumed.bodies:
        raise PolicyError(row.place, 1, f"{code} is a body without an assumption", "add it to assumptions.yaml")
    body = assumed.bodies[code]
    members: dict[str, object] = {
        "id": body.id,
        "name": row.cells["name"],
        "level": "district",
        "basis": body.basis,
        "uscc": code,
        "observer": {"post": "数据观察员"},
        "source": f"北京市公共数据开放平台:{row.cells['seen_in_datasets']}",
        "assumed": ["id", "level", "basis", "observer"],
    }
    if body.functions:
        assumption = ["id", "level", "basis", "basis_text", "functions", "observer"]
        members |= {"functions": list(body.functions), "basis_text": "授权依据为假设", "assumed": assumption}
    return statement("body.registered", members, assumed.since, "registrar")


def _dataset(entry: Entry, assumed: Assumptions) -> Iterator[Statement]:
    """Yield what is said of one data set, all at its last update: the only date that the source states."""
    provider, at = assumed.provider(entry), entry.updated or assumed.since
    unclear = bool(person_fields(entry.fields))
    said: list[tuple[str, dict[str, object]]] = [
        ("dataset.catalogued", _catalogued(entry, provider)),
        ("dataset.mapped", _mapped(entry)),
        *([] if unclear else _assessed_harmless()),
        ("dataset.graded", {"grade": "general", "assumed": ["grade"]}),
        ("dataset.regime_marked", {"regime": "none", "assumed": ["regime"]}),
        ("dataset.linked", {"assumed": ["linked"]}),
        ("dataset.refreshed", {}),
    ]
    for kind, members in said:
        yield statement(kind, {"id": entry.id, **members}, at, provider)
    classes = _classes(entry, assumed, open_to_all=not unclear)
    yield statement("dataset.approved", {"id": entry.id, **classes}, at, assumed.regulator)
    yield statement("opening.aggregated", {"dataset": entry.id, "assumed": ["aggregated"]}, at, provider)
    yield statement("opening.published", {"dataset": entry.id}, at, assumed.platform)


def _catalogued(entry: Entry, provider: str) -> dict[str, object]:
    return {
        "provider": provider,
        "title": entry.title,
        "fields": list(entry.distinct_fields),
        "theme": entry.theme,
        "formats": entry.formats,
        "source": entry.source,
        "assumed": ["provider"],
    }


def _mapped(entry: Entry) -> dict[str, object]:
    """Return the four levels of the directory chain, which no public catalogue shows. Source: art_3__para_3."""
    levels = {"resource_entry": "zy", "data_entry": "sj", "system_entry": "xt", "table": "kb"}
    own = entry.id.partition(":")[2]
    said: dict[str, object] = {level: f"{short}-{own}" for level, short in levels.items()}
    return said | {"assumed": list(levels)}


def _classes(entry: Entry, assumed: Assumptions, *, open_to_all: bool) -> dict[str, object]:
    """Return the classes to approve; a set whose fields point to persons gets no opening class at all."""
    classes: dict[str, object] = {"sharing": "unconditional"}
    if entry.id in assumed.conditional:
        classes = {"sharing": "conditional", "sharing_conditions": {"text": assumed.conditional[entry.id]}}
    if open_to_all:
        classes["opening"] = "unconditional"
    return {**classes, "assumed": ["approved", *classes]}


def _assessed_harmless() -> list[tuple[str, dict[str, object]]]:
    bans: dict[str, object] = {"law": "no", "security": "no", "identity": "no"}
    return [
        ("dataset.ban_assessed", {**bans, "assumed": list(bans)}),
        ("dataset.personal_assessed", {"personal": "none", "assumed": ["personal"]}),
    ]
