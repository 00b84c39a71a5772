"""Where every matter stands at one instant, and the states that the law knows for each machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdp.ledger import application, dataset, measure, objection, opening, rectification, sanction
from pdp.ledger.classification import AXES, history
from tests.pdp.ledger.machines_acts import DATASETS, FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pdp.ledger.view import View

GRANTED = {"agreed", "agreed_in_part", "deemed"}
APPLICATION = GRANTED | {
    "pending", "incomplete", "refused", "refused_defectively", "calendar_unknown", "withdrawn", "void_while_pending",
    "not_needed", "predates", "void", "expired",
}  # fmt: skip
KNOWN = {
    "application": APPLICATION,
    "opening": {"pending", "agreed", "agreed_in_part", "refused", "expired", "void"},
    "objection": {"raised", "handled", "fed_back"},
    "sanction": {"suspended", "clear", "terminated"},
    "rectification": {"ordered", "overdue", "none"},
    "measure": {"district", "provider", "none"},
    "publication": {"marked", "aggregated", "published", "withdrawn"},
    "entry": {"uncatalogued", "not_approved", "unmapped", "approved", "change_pending", "retired"},
    "sharing": {"", "unconditional", "conditional", "not_shareable"},
    "opening_class": {"", "unconditional", "conditional", "not_openable"},
}
"""Machine -> every state of it (8.1 to 8.7)."""

Matter = tuple[str, str]  # family, id
Matters = dict[str, str]


@dataclass(frozen=True)
class Standing:
    """The states at one instant: machine -> id -> state, and who ordered what."""

    states: dict[str, Matters]
    classes: dict[tuple[str, str, str], str]  # (dataset, field or "" for the entry, axis) -> class in force
    issuers: dict[str, str]
    providers: dict[str, tuple[str, ...]]
    dataset_of: dict[str, str]  # application or opening -> dataset


def standing(view: View, matters: Iterable[Matter]) -> Standing:
    """Fold all `matters` and the three datasets."""
    states: dict[str, Matters] = {machine: {} for machine in KNOWN}
    issuers, dataset_of = {}, {}
    for family, name in matters:
        if family == "application":
            applied = application.fold(view, name)
            states[family][name], dataset_of[name] = applied.state, applied.dataset
        elif family == "opening":
            asked = opening.fold(view, name)
            states[family][name], dataset_of[name] = asked.state, asked.dataset
        elif family == "objection":
            states[family][name] = objection.fold(view, name).state
        elif family == "measure":
            taken = measure.one(view, name)
            states[family][name] = ("district" if taken.district else "provider") if taken.running else "none"
            issuers[name] = taken.issuer
        else:
            order = (sanction if family == "sanction" else rectification).fold(view, name)
            states[family][name], issuers[name] = order.state, order.issuer
    for name in DATASETS:
        entry = dataset.fold(view, name)
        states["publication"][name], states["entry"][name] = entry.publication, entry.catalogue_state
    providers = {name: dataset.providers(view, name) for name in DATASETS}
    return Standing(states, classes(view), issuers, providers, dataset_of)


def classes(view: View) -> dict[tuple[str, str, str], str]:
    """Return the class in force of every entry and field on both axes."""
    found: dict[tuple[str, str, str], str] = {}
    for name in DATASETS:
        version = history(view.about(f"dataset/{name}"), view.law.readings)[-1]
        found |= {(name, field, axis): version.of(field, axis) for field in ("", *FIELDS) for axis in AXES}
    return found


def changed(before: Standing, after: Standing, machine: str) -> dict[str, tuple[str, str]]:
    """Return each matter of `machine` whose state differs, with both; a matter that is new was nothing before."""
    was, now = before.states[machine], after.states[machine]
    return {name: (was.get(name, ""), state) for name, state in now.items() if was.get(name, "") != state}
