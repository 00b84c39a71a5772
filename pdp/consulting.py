"""Ask overlays about a question, all at once; whatever keeps one from answering is a doubt, never a permit."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pdp.errors import OverlayError
from pdp.model import Overlaid, Unheard
from pdp.overlay import concerned, heard, unheard

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pdp.model import FieldGroup, Inquiry
    from pdp.ports import Overlay

ROUNDS: Final = 2  # how often one question is put, where its facts change meanwhile


async def consult(
    overlays: Sequence[Overlay],
    question: Mapping[str, object],
    duties: Mapping[str, tuple[str, ...]],
    mono_ns: Callable[[], int],
    told: Mapping[str, str] | None = None,
) -> tuple[Overlaid, ...]:
    """Return what each of `overlays` says of `question`, in their order.

    Args:
        overlays: those that it concerns.
        question: as an overlay is told of it, plain JSON.
        duties: those that an overlay may name, each with its articles.
        mono_ns: monotonic clock.
        told: the fields asked for, by the names under which `question` has them; None: it names none.
    """
    return tuple(
        await asyncio.gather(*[_asked(overlay, question, duties, mono_ns, told or {}) for overlay in overlays])
    )


def concerning(overlays: Sequence[Overlay], datasets: Collection[str], providers: Collection[str]) -> list[Overlay]:
    """Return the overlays that a question about `datasets` of `providers` concerns."""
    return [overlay for overlay in overlays if concerned(overlay.limits, datasets, providers)]


def same_facts(before: Inquiry, after: Inquiry) -> bool:
    """Return whether two inquiries about one question tell an overlay the same."""
    return [_told(group) for group in before.groups] == [_told(group) for group in after.groups]


def overtaken(overlaid: Sequence[Overlaid]) -> tuple[Overlaid, ...]:
    """Return the doubt that is left where every answer was about facts that no longer stood."""
    reason = Unheard.FACTS_CHANGED
    return tuple([Overlaid(one.limits, unheard(one.limits), reason, one.took_us) for one in overlaid])


async def _asked(
    overlay: Overlay,
    question: Mapping[str, object],
    duties: Mapping[str, tuple[str, ...]],
    mono_ns: Callable[[], int],
    told: Mapping[str, str],
) -> Overlaid:
    began = mono_ns()
    try:
        said = heard(overlay.limits, await overlay.ask(question), duties, told)
    except OverlayError as failure:
        said = Overlaid(overlay.limits, unheard(overlay.limits), failure.reason)
    return replace(said, took_us=(mono_ns() - began) // 1000)


def _told(group: FieldGroup) -> tuple[object, ...]:
    return group.dataset, group.asked, group.facts.vector
