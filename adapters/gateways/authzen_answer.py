"""AuthZEN 1.0, the answer: a decision with every ground, every duty, the way on, and the receipt.

What depends on the facts alone is written once for each vector and kept; a request adds its own ids, times, evidence,
parameters and contact between the pieces.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from adapters.callers import Detail
from adapters.gateways.access_offer import further, offered
from adapters.gateways.obligations import custom_obligations
from adapters.gateways.verdict_words import admin_reason, user_reason
from adapters.gateways.words_in_force import decisive_facts
from pdp.law import cite
from pdp.overlay import speaker, titles
from pdp.rulebook.next_action import APPLY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.gateways.access_offer import Offer
    from pdp.law import Instrument
    from pdp.model import Answer, Contact, Decision, Duty, FieldGroup, Finding, Inquiry, Overlaid, Remedy, Withheld
    from pdp.rulebook.rulebook import Rulebook

REMEMBERED: Final = 4096  # frames, some 5 KB each


class Frame(NamedTuple):
    """What one set of vectors makes the answer say, with gaps for the evidence of a fact in a group."""

    head: bytes  # up to the id
    gaps: tuple[tuple[bytes, int, str], ...]  # text up to the gap, group, fact
    tail: bytes  # from the last gap up to the duties


class AnswerWriter:
    """Writes the answers of one revision. Belongs to one event loop."""

    def __init__(self, rulebook: Rulebook, instrument: Instrument, requests: str | None = None) -> None:
        """Write answers of `rulebook`; `requests` is the address where access is requested, None: nowhere."""
        self._rulebook = rulebook
        self._requests = requests
        self._instrument = instrument
        self._reads = decisive_facts(rulebook)
        self._frames: dict[tuple[object, ...], Frame] = {}
        revision = rulebook.revision
        pinned = {name: f"sha256:{getattr(revision, name)}" for name in ("policy", "readings", "calendar", "rulebook")}
        self._revision = orjson.dumps(pinned)[:-1] + b',"ledger":'
        self._duty = {
            duty.id: _open(
                {"id": duty.id, "bearer": duty.bearer, "zh": duty.zh, "en": duty.en, **_cited(duty.articles)}
            )
            for duty in rulebook.duties.obligations.values()
        }
        self._remedy = {
            remedy.id: _open({"id": remedy.id, "zh": remedy.zh, "en": remedy.en, **_cited(remedy.articles)})
            for remedy in rulebook.duties.remedies.values()
        }

    def render(self, answer: Answer, detail: Detail) -> bytes:
        """Return the body of the answer, as much of it as `detail` says."""
        decision, inquiry = answer.decision, answer.inquiry
        until = (
            b"" if decision.valid_until is None else b',"valid_until":"%b"' % decision.valid_until.isoformat().encode()
        )
        obligations = custom_obligations(decision, inquiry)
        name = answer.id.encode()
        if detail is Detail.NONE:
            return b'{"decision":%b,"context":{"id":"%b","outcome":"%b","obligations":%b%b}}' % (
                _BOOLEAN[decision.outcome.permits], name, decision.outcome.value.encode(), obligations, until,
            )  # fmt: skip
        frame = self._frame(decision, inquiry, detail)
        receipt = answer.receipt
        offer = None if self._requests is None else offered(answer, self._requests)
        return b"".join((
            frame.head, name, b'","evaluation_id":"', name, b'","evaluated_at":"', answer.at.isoformat().encode(), b'"',
            *_filled(frame, inquiry.groups), frame.tail,
            b',"obligations":', obligations,
            b',"duties":[', b",".join([self._bound(duty) for duty in decision.duties]),
            b'],"withheld":', self._withheld(decision.withheld) if decision.withheld else b"[]",
            b',"remedies":[', b",".join([self._way(remedy, offer) for remedy in decision.remedies]), b"]",
            until,
            b',"revision":', self._revision, b"%d" % inquiry.ledger,
            b'},"receipt":{"log":"%b","index":%d,"leaf":"%b"}' % (
                receipt.log.encode(), receipt.index, receipt.leaf.encode(),
            ),
            further(answer, offer), b"}}",
        ))  # fmt: skip

    def _frame(self, decision: Decision, inquiry: Inquiry, detail: Detail) -> Frame:
        overlaid = [(one.limits.id, one.findings, one.limited, one.reason) for one in inquiry.overlaid]
        key = (detail, decision.outcome, *overlaid, *[group.facts.vector for group in inquiry.groups])
        frame = self._frames.get(key)
        if frame is None:
            if len(self._frames) >= REMEMBERED:
                self._frames.clear()  # forgetting all at once costs nothing on the look-ups in between
            frame = self._frames[key] = self._framed(decision, inquiry, full=detail is Detail.FULL)
        return frame

    def _framed(self, decision: Decision, inquiry: Inquiry, *, full: bool) -> Frame:
        """Return the frame: the text is written with a mark at every gap, and cut there."""
        grounds = decision.grounds
        said: dict[str, object] = {
            "outcome": decision.outcome.value,
            "reason": grounds[0].rule if grounds else "silence",
        }
        said["reason_user"] = user_reason(decision, inquiry, self._rulebook)
        if full:
            said["reason_admin"] = admin_reason(decision, inquiry, self._rulebook, self._reads)
        text = b"," + orjson.dumps(said)[1:-1] + b',"grounds":['
        gaps: list[tuple[bytes, int, str]] = []
        overlays = {one.limits.id: one for one in inquiry.overlaid}
        for place, ground in enumerate(grounds):
            overlay = overlays.get(speaker(ground.rule))
            text += b"," * (place > 0) + self._ground(ground, overlay)
            if full and overlay is None:
                text = self._facts(text + b',"facts":{', ground, decision, inquiry, gaps) + b"}"
            text += b"}"
        notes = [self._note(rule) for rule in decision.advisories]
        head = b'{"decision":%b,"context":{"id":"' % _BOOLEAN[decision.outcome.permits]
        return Frame(head, tuple(gaps), text + b'],"advisories":' + orjson.dumps(notes))

    def _facts(
        self, text: bytes, ground: Finding, decision: Decision, inquiry: Inquiry, gaps: list[tuple[bytes, int, str]]
    ) -> bytes:
        """Return `text` with the facts that `ground` read; what stands before a gap goes to `gaps`."""
        group = next(
            place for place, verdict in enumerate(decision.verdicts) if ground in verdict.findings
        )  # the first group of fields of which the rule spoke
        facts = inquiry.groups[group].facts
        for place, name in enumerate(self._reads[ground.rule]):
            text += b'%b"%b":{"value":"%b"' % (b"," * (place > 0), name.encode(), facts[name].encode())
            gaps.append((text, group, name))
            text = b"}"
        return text

    def _ground(self, finding: Finding, overlay: Overlaid | None) -> bytes:
        """Return a ground, for further members; one of an overlay says whose it is and what else it rests on."""
        units = self._instrument.units
        title = titles([overlay])[finding.rule][0] if overlay else self._rulebook.grounds[finding.rule].title
        return _open(
            {
                "rule": finding.rule,
                "effect": finding.effect.value,
                "title": title,
                **_cited(finding.articles),
                "texts": [units[article].text for article in finding.articles if article in units],
                **(_whose(overlay) if overlay else {}),
            }
        )

    def _note(self, rule: str) -> Mapping[str, object]:
        note = self._rulebook.duties.advisories[rule]
        return {"id": note.id, "zh": note.zh, "en": note.en, **_cited(note.articles)}

    def _bound(self, duty: Duty) -> bytes:
        """Return a duty as it binds here, with its parameters."""
        if not duty.parameters:
            return self._duty[duty.id] + b"}"
        return self._duty[duty.id] + b',"parameters":' + orjson.dumps(duty.parameters, default=dict) + b"}"

    def _way(self, remedy: Remedy, offer: Offer | None) -> bytes:
        """Return a way on, whom to ask, and how to go it where that can be done here."""
        how = b',"how":' + offer.how if offer is not None and remedy.id == APPLY else b""
        if remedy.contact is None:
            return self._remedy[remedy.id] + how + b"}"
        return self._remedy[remedy.id] + b',"contact":' + _contact(remedy.contact) + how + b"}"

    def _withheld(self, withheld: tuple[Withheld, ...]) -> bytes:
        return orjson.dumps(
            [
                {
                    "fields": part.fields,
                    "grounds": [{"rule": ground.rule, **_cited(ground.articles)} for ground in part.grounds],
                }
                for part in withheld
            ]
        )


def _whose(overlaid: Overlaid) -> dict[str, str]:
    limits = overlaid.limits
    whose = {"overlay": limits.id, "body": limits.body, "basis": limits.basis, "reason": overlaid.reason}
    return {name: said for name, said in whose.items() if said}


def _filled(frame: Frame, groups: tuple[FieldGroup, ...]) -> Iterator[bytes]:
    """Yield the pieces of `frame` with what each fact rests on."""
    for text, group, fact in frame.gaps:
        yield text
        resting = groups[group].facts.evidence.get(fact)
        if resting:
            yield b',"evidence":' + orjson.dumps(resting)


@lru_cache(maxsize=REMEMBERED)
def _contact(contact: Contact) -> bytes:
    """Return whom to ask: a body and a post, never a person. Source: art_8__para_1."""
    known = {"name": contact.name, "phone": contact.phone, "email": contact.email}
    return orjson.dumps({"body": contact.body, "role": contact.post, **{k: v for k, v in known.items() if v}})


def _cited(articles: tuple[str, ...]) -> dict[str, list[str]]:
    return {"articles": list(articles), "cite": [cite(article) for article in articles]}


def _open(members: Mapping[str, object]) -> bytes:
    """Return an object that further members may follow: its closing brace is left out."""
    return orjson.dumps(members)[:-1]


_BOOLEAN: Final = {True: b"true", False: b"false"}
