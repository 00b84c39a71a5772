"""What overlays said, as a record keeps it: an input of the decision, which replay takes from there and asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pdp.log.canonical import dumps
from pdp.log.spelling import findings_members, findings_of
from pdp.model import Effect, Finding, Limits, Overlaid
from pdp.overlay import MOST, SPOKEN, name_of, speaker, unheard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json = dict[str, Any]
_SPOKEN: Final = frozenset(effect.value for effect in SPOKEN)


class UnlawfulOverlayError(ValueError):
    """A record has an overlay say what none may say; `pointer` is the JSON Pointer."""

    def __init__(self, place: int) -> None:
        self.pointer = f"/overlays/{place}/findings"
        super().__init__(f"{self.pointer}: no overlay may say this; verify the log")


def overlays_json(overlaid: Iterable[Overlaid]) -> str:
    """Return the member `overlays`, with a comma behind it."""
    return f'"overlays":{dumps([_member(one) for one in overlaid])},'


def overlaid_in(record: Json) -> tuple[Overlaid, ...]:
    """Return what overlays said of a decoded decision.

    Raises:
        UnlawfulOverlayError: the record has one say what it may not.
    """
    return tuple([_read(one, place) for place, one in enumerate(record.get("overlays", ()))])


def limits_in(record: Json) -> tuple[Overlaid, ...]:
    """Return what overlays said of a decoded decision, as far as it bears on how it ends: nothing that obliges.

    Raises:
        UnlawfulOverlayError: the record has one say what it may not.
    """
    said = overlaid_in(record)
    limiting = [tuple([found for found in one.findings if found.effect is not Effect.OBLIGE]) for one in said]
    return tuple([Overlaid(one.limits, findings) for one, findings in zip(said, limiting, strict=True)])


def overlays_told(record: Mapping[str, Any]) -> list[Json]:
    """Return the member `overlays` of a decoded decision, its findings in full."""
    return [{**one, "findings": findings_of(one["findings"])} for one in record.get("overlays", ())]


def _member(one: Overlaid) -> Json:
    limits, spoken = one.limits, {name_of(found.rule) for found in one.findings}
    said = {
        "id": limits.id,
        "body": limits.body,
        "findings": findings_members(one.findings),
        "us": one.took_us,
        "basis": limits.basis,
        "reason": one.reason,
        "titles": {rule: title for rule, title in limits.titles.items() if rule in spoken},
    }
    return {name: value for name, value in said.items() if value or name in {"findings", "us"}}


def _read(one: Json, place: int) -> Overlaid:
    limits = Limits(one["id"], one["body"], basis=one.get("basis", ""), titles=one.get("titles", {}))
    findings = tuple(
        Finding(str(found["rule"]), Effect(found["effect"]), tuple(found["articles"]))  # type: ignore[arg-type]  # words
        for found in findings_of(one["findings"])
    )
    (silence,) = unheard(limits)
    lawful = one["findings"].keys() <= _SPOKEN and len(findings) <= MOST
    own = all(speaker(found.rule) == ("" if found.effect is Effect.OBLIGE else limits.id) for found in findings)
    said = [(found.rule, found.effect) for found in findings]
    in_doubt = said == [(silence.rule, silence.effect)]
    if not (lawful and own and ("reason" in one) == in_doubt and (in_doubt or silence.rule not in dict(said))):
        raise UnlawfulOverlayError(place)
    return Overlaid(limits, findings, one.get("reason", ""), one["us"])
