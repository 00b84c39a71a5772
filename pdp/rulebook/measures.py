"""What the gateway, or the data API behind it, must carry out of a partial answer, for its limits to be kept at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdp.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pdp.model import Decision, Inquiry

MASK_FIELDS: Final = "mask_fields"
FILTER_ROWS: Final = "filter_rows"


def measures(decision: Decision, inquiry: Inquiry) -> tuple[str, ...]:
    """Return the measures that `decision` needs, of mask_fields and filter_rows; only a partial answer needs any.

    Source: art_19__para_3.
    """
    if decision.outcome is not Outcome.PARTIAL:
        return ()
    rows = "rows" in inquiry.parameters
    narrowed = decision.withheld or any(group.covered != group.asked for group in inquiry.groups)
    # Never none at all: a part without a limit would be the whole.
    masks = (MASK_FIELDS,) if narrowed or masks_of(decision, inquiry) or not rows else ()
    return (*masks, FILTER_ROWS) if rows else masks


def masks_of(decision: Decision, inquiry: Inquiry) -> Sequence[Mapping[str, object]]:
    """Return the masks of the fields that `decision` releases."""
    masks = inquiry.parameters.get("masks")
    if decision.outcome is not Outcome.PARTIAL or not isinstance(masks, list):
        return []
    return [mask for mask in masks if not decision.granted or mask["field"] in decision.granted]
