"""What a gateway, or the data API behind it, must carry out: the canonical form, and that of the obligations profile.

Only a partial answer has measures. The canonical form always says what it releases: a `kind` that is missing would be
read as "all" by somebody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from pdp.model import Outcome
from pdp.rulebook.measures import FILTER_ROWS, MASK_FIELDS, masks_of, measures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pdp.model import AccessRequest, Answer, Decision, Inquiry

VENDOR: Final = "public-data-pdp"


class Canonical(NamedTuple):
    """What is released, and how."""

    row_filter: Mapping[str, object]  # {"kind": "all" | "none"} or {"kind": "conditional", "ast": …}
    fields: Sequence[str] | None  # None: every field of an entry that lists none
    masks: Sequence[Mapping[str, object]]
    measures: tuple[str, ...]  # of mask_fields, filter_rows; empty: nothing has to be carried out

    def plain(self) -> dict[str, object]:
        """Return it as JSON has it; what is not named in `fields` is not released."""
        return {
            "row_filter": self.row_filter, "fields": self.fields, "masks": self.masks, "default_field": "deny",
        }  # fmt: skip

    def spelled(self) -> bytes:
        """Return it as the one JSON text whose digest a token names."""
        return orjson.dumps(self.plain(), default=dict, option=orjson.OPT_SORT_KEYS)


def canonical(decision: Decision, inquiry: Inquiry) -> Canonical:
    """Return what `decision` releases; nothing for a refusal."""
    if not decision.outcome.permits:
        return Canonical({"kind": "none"}, [], [], ())
    rows = inquiry.parameters.get("rows") if decision.outcome is Outcome.PARTIAL else None
    row_filter = {"kind": "all"} if rows is None else {"kind": "conditional", "ast": rows}
    return Canonical(row_filter, decision.granted or None, masks_of(decision, inquiry), measures(decision, inquiry))


def as_asked(released: Canonical, request: AccessRequest) -> Canonical:
    """Return what is released of that which was asked for: a permit for certain rows is none for all of them."""
    return _within(released, request.rows)


def to_carry_out(answer: Answer, request: AccessRequest) -> Canonical:
    """Return what is released of that which was asked for, by whoever answers a gateway.

    Raises:
        RuntimeError: it has limits that nobody has declared to carry out; the rules refuse that, so this is a defect.
    """
    released = as_asked(canonical(answer.decision, answer.inquiry), request)
    if not set(released.measures) <= set(request.enforces or ()):
        fault = "a permit needs measures that nobody behind this gateway has declared"
        raise RuntimeError(fault)
    return released


def of_record(record: Mapping[str, Any]) -> Canonical | None:
    """Return what a recorded decision releases; None where the record has digests in place of what that says."""
    if record["outcome"] not in {Outcome.PERMIT, Outcome.PARTIAL}:
        return Canonical({"kind": "none"}, [], [], ())
    asked = record["request"].get("scope", {})
    if any(pointer.startswith(("/granted/", "/request/scope/")) for pointer in record.get("masked", ())):
        return None
    granted = record.get("granted", asked)
    rows = granted.get("rows")
    row_filter = {"kind": "all"} if rows is None else {"kind": "conditional", "ast": rows}
    fields = granted.get("fields")
    masks = [mask for mask in granted.get("masks", ()) if fields is None or mask["field"] in fields]
    return _within(Canonical(row_filter, fields, masks, ()), asked.get("rows"))


def _within(released: Canonical, rows: Mapping[str, object] | None) -> Canonical:
    """Return `released` for those rows only that were asked for; None: all of them."""
    kind = released.row_filter["kind"]
    if rows is None or kind == "none" or released.row_filter.get("ast") == rows:
        return released
    ast = rows
    if kind == "conditional":
        ast = {"type": "compound", "operator": "and", "value": [released.row_filter["ast"], rows]}
    measures = tuple(dict.fromkeys((*released.measures, FILTER_ROWS)))
    return released._replace(row_filter={"kind": "conditional", "ast": ast}, measures=measures)


def custom_obligations(decision: Decision, inquiry: Inquiry) -> bytes:
    """Return the measures in the words of the obligations profile, as JSON."""
    if decision.outcome is not Outcome.PARTIAL:
        return b"[]"
    released = canonical(decision, inquiry)
    said: dict[str, dict[str, object]] = {
        MASK_FIELDS: {"fields": decision.granted, "masks": released.masks, "default_field": "deny"},
        FILTER_ROWS: {"row_filter": released.row_filter},
    }
    return orjson.dumps(
        [
            {"id": f"o{number}", "type": "custom", "properties": {"vendor": VENDOR, "action": name, **said[name]}}
            for number, name in enumerate(released.measures, 1)
        ],
        default=dict,
    )
