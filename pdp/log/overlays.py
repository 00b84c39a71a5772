"""What overlays said, as a record keeps it: an input of the decision, which replay takes from there and asks nobody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pdp.log.canonical import dumps
from pdp.log.spelling import findings_members, findings_of
from pdp.model import Effect, FieldLimit, Finding, Limits, Overlaid
from pdp.overlay import MOST, SPOKEN, applying, name_of, speaker, unheard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdp.log.question import QuestionWriter

Json = dict[str, Any]
LIMITED: Final = "limited"  # the member with what is said of single fields
_SPOKEN: Final = frozenset(effect.value for effect in SPOKEN)


class UnlawfulOverlayError(ValueError):
    """A record has an overlay say what none may say; `pointer` is the JSON Pointer."""

    def __init__(self, place: int) -> None:
        self.pointer = f"/overlays/{place}/findings"
        super().__init__(f"{self.pointer}: no overlay may say this; verify the log")


def overlays_json(overlaid: Iterable[Overlaid], question: QuestionWriter, masked: list[str]) -> str:
    """Return the member `overlays`, with a comma behind it; names of fields that are not in clear go to `masked`."""
    members = []
    for place, one in enumerate(overlaid):
        members.append(_member(one))
        if one.limited:
            members[-1][LIMITED] = _limited(one, f"/overlays/{place}/{LIMITED}", question, masked)
    return f'"overlays":{dumps(members)},'


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
    said = []
    for one in overlaid_in(record):
        limited = [FieldLimit(limit.fields, _limiting(limit.findings)) for limit in one.limited]
        held = tuple([limit for limit in limited if limit.findings])
        said.append(Overlaid(one.limits, _limiting(one.findings), limited=held))
    return tuple(said)


def overlays_told(record: Mapping[str, Any]) -> list[Json]:
    """Return the member `overlays` of a decoded decision, its findings in full."""
    return [_told(one) for one in record.get("overlays", ())]


def findings_told(overlay: Mapping[str, Any]) -> list[Json]:
    """Return all that an overlay said which is told of in full, of single fields too."""
    return [*overlay["findings"], *(found for limit in overlay.get(LIMITED, ()) for found in limit["findings"])]


def _told(one: Mapping[str, Any]) -> Json:
    told = {**one, "findings": findings_of(one["findings"])}
    if LIMITED in one:
        told[LIMITED] = [{**limit, "findings": findings_of(limit["findings"])} for limit in one[LIMITED]]
    return told


def _limiting(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple([found for found in findings if found.effect is not Effect.OBLIGE])


def _limited(one: Overlaid, pointer: str, question: QuestionWriter, masked: list[str]) -> list[Json]:
    """Return what an overlay said of single fields, each list of them with its findings."""
    return [
        {
            "fields": json.loads(question.names(limit.fields, f"{pointer}/{place}/fields", masked)),
            "findings": findings_members(limit.findings),
        }
        for place, limit in enumerate(one.limited)
    ]


def _member(one: Overlaid) -> Json:
    limits, (whole,) = one.limits, applying((one,), None)
    spoken = {name_of(found.rule) for found in whole.findings}
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
    parts = one.get(LIMITED, ())
    findings = _findings(one["findings"])
    limited = tuple([FieldLimit(tuple(part["fields"]), _findings(part["findings"])) for part in parts])
    everything = [*findings, *(found for limit in limited for found in limit.findings)]
    (silence,) = unheard(limits)
    effects = {effect for said in (one, *parts) for effect in said["findings"]}
    lawful = effects <= _SPOKEN and len(everything) <= MOST
    own = all(speaker(found.rule) == ("" if found.effect is Effect.OBLIGE else limits.id) for found in everything)
    said = [(found.rule, found.effect) for found in everything]
    in_doubt = not limited and said == [(silence.rule, silence.effect)]
    known = ("reason" in one) == in_doubt and (in_doubt or silence.rule not in dict(said))
    if not (lawful and own and known and all(limit.fields and limit.findings for limit in limited)):
        raise UnlawfulOverlayError(place)
    return Overlaid(limits, findings, one.get("reason", ""), one["us"], limited)


def _findings(members: Mapping[str, str]) -> tuple[Finding, ...]:
    return tuple(
        Finding(str(found["rule"]), Effect(found["effect"]), tuple(found["articles"]))  # type: ignore[arg-type]  # words
        for found in findings_of(members)
    )
