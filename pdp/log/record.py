"""The record of one decision, error, rejection or event: canonical bytes, every fact, no person in clear.

A record is written by joining members that are already canonical, in the order of their names. Tests hold the bytes
equal to what a plain encoder makes of the same members, and hold them against `record.schema.json`.
Source: the decision log's format, § 1; art_3__para_3.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from pdp.errors import UnavailableError
from pdp.log.canonical import dumps, encode
from pdp.log.consequences import ConsequenceWriter
from pdp.log.entry import ENTRY_LIMIT, FRAMING
from pdp.log.gathered import GatheringWriter
from pdp.log.instants import microseconds, milliseconds, utc
from pdp.log.masking import Masker
from pdp.log.overlays import overlays_json
from pdp.log.question import QuestionWriter
from pdp.log.revision import digests, revision_set
from pdp.log.verdicts import VerdictWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from pdp.log.attempt import Attempt
    from pdp.log.revision import Revision
    from pdp.model import AccessRequest, Decision, Inquiry
    from pdp.ports import PersonKeys
    from pdp.vocabulary import Vocabulary

RECORD_LIMIT: Final = ENTRY_LIMIT - FRAMING  # bytes
_JOINED: Final = '"joined":true,'


class RecordTooLargeError(UnavailableError):
    """A question whose record does not fit: it is recorded as an error, `record_too_large`, and not answered."""

    code = "record_too_large"
    who_must_act = "caller"

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the record of this question would have {size} bytes, at most {RECORD_LIMIT} fit; "
            "ask about fewer fields at a time"
        )


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the node, its slot on it, this process (16 hex digits, new each start), the service's version."""

    node: str
    slot: int
    boot: str
    version: str


class Recorder:
    """Writes the records of one revision. Belongs to one event loop."""

    def __init__(  # noqa: PLR0913  # everything a record rests on, each named once, wired in one place
        self,
        vocabulary: Vocabulary,
        revision: Revision,
        writer: Writer,
        persons: PersonKeys,
        *,
        key: bytes,
        registered: Callable[[str], bool],
    ) -> None:
        """Prepare what all records share.

        Args:
            vocabulary: the facts, in the order of vectors.
            revision: what verdicts rest on; `activation` puts it into the log, records name its digest, `set`.
            writer: who writes.
            persons: keyed digests of people.
            key: the log's request key, 32 random bytes.
            registered: is this id a public body or a unit on record, and so may stand in clear?
        """
        masker = Masker(persons, key, registered)
        self._masker = masker
        self._question = QuestionWriter(masker)
        self._verdicts = VerdictWriter(vocabulary, masker, self._question)
        self._consequences = ConsequenceWriter(masker, self._question)
        self._revision = digests(revision)
        self._facts = list(vocabulary.facts)
        self._writer = f'"writer":{encode(asdict(writer)).decode()}'
        self._boot = f'"writer":"{writer.boot}"'
        self.set = revision_set(self._revision)
        self._pinned = f'"set":"{self.set}"'
        self.gathered = GatheringWriter(masker, self._question, self.set)

    def request_digest(self, raw: bytes) -> str:
        """Return the keyed digest of a question's bytes as they arrived, as its record has it."""
        return self._masker.request_digest(raw)

    def decision(  # noqa: PLR0913, PLR0917  # the walk's own values; a record is where they all meet
        self,
        record_id: str,
        at: datetime,
        mono_ns: int,
        request: AccessRequest,
        inquiry: Inquiry,
        decision: Decision,
        facts_us: int,
        decide_us: int,
        raw: bytes = b"",
    ) -> bytes:
        """Return the record of one decision.

        Args:
            record_id: UUIDv7.
            at: when the verdict was fixed, aware.
            mono_ns: monotonic clock, comparable within one `writer.boot`.
            request: the question.
            inquiry: the facts it was decided on.
            decision: the answer.
            facts_us: microseconds that the facts took.
            decide_us: microseconds that the verdict took.
            raw: bytes of the question as they arrived; the record keeps a keyed digest.

        Raises:
            RecordTooLargeError: the question names too much.
            UnavailableError: a person's key cannot be stored.
        """
        masked: list[str] = []
        write, parameters = self._consequences, inquiry.parameters
        question = self._question.write(request, self._masker.request_digest(raw) if raw else "", masked)
        granted = terms = withheld = ""
        if decision.outcome.permits:
            granted, terms = write.granted(decision, inquiry, request, masked), write.terms(inquiry, masked)
        if decision.withheld:
            withheld = write.withheld(decision, masked)
        rests = ask = remedies = ""
        if "application" in parameters:
            rests = f'"application":{self._masker.word(str(parameters["application"]), "/application", masked)},'
        if decision.remedies:
            ask, remedies = write.ask(decision.remedies, masked), write.remedies(decision.remedies)
        verdict = self._verdicts.groups(inquiry, decision, masked)
        until = f'"valid_us":{microseconds(decision.valid_until - at)},' if decision.valid_until else ""
        overlays = overlays_json(inquiry.overlaid, self._question, masked) if inquiry.overlaid else ""
        kept = f'"cache_s":{decision.cache},' if decision.cache else ""
        return self._whole(
            f'{{{rests}{ask}"at":"{utc(at)}",{kept}"cost_us":[{facts_us},{decide_us}],{verdict[0]}{granted}{verdict[1]}'
            f'"id":"{record_id}",{_JOINED if inquiry.joined else ""}"kind":"decision",{_masked(masked)}'
            f'"mono_ns":{mono_ns},"outcome":"{decision.outcome.value}",{overlays}{remedies}"request":{question},'
            f'"revision":{{"age_ms":{milliseconds(inquiry.age)},"ledger":{inquiry.ledger},{self._pinned}}},'
            f"{terms}{until}{withheld}{self._boot}}}"
        )

    def question(self, request: AccessRequest) -> str:
        """Return the canonical JSON of `request` as a record has it, with persons and free text as digests.

        Raises:
            UnavailableError: a person's key cannot be stored.
        """
        return self._question.write(request, "", [])

    def told(
        self, request: AccessRequest, inquiry: Inquiry, at: datetime, catalogued: Collection[str]
    ) -> dict[str, object]:
        """Return what others may be told of a question: as the record will have it, with every fact by its name.

        Where the client is stays here: no rule may rest on it.

        Args:
            request: the question.
            inquiry: the facts.
            at: the instant, aware.
            catalogued: data sets on record, whose ids stand in clear even where they look like a person's number.

        Raises:
            UnavailableError: a person's key cannot be stored.
        """

        def named(dataset: str) -> object:
            return dataset if dataset in catalogued else json.loads(self._masker.word(dataset, "", []))

        asked = json.loads(self.question(replace(request, client=None)))
        question: object = {**asked, "dataset": named(request.dataset)}
        groups = [
            {
                "dataset": named(group.dataset or request.dataset),
                "fields": json.loads(self._question.names(group.asked, "", [])),
                "facts": dict(zip(self._facts, group.facts.vector, strict=True)),
            }
            for group in inquiry.groups
        ]
        return {"at": utc(at), "request": question, "groups": groups}

    def names_told(self, inquiry: Inquiry) -> dict[str, str]:
        """Return the fields asked for, by the names under which `told` has them."""
        names = {name for group in inquiry.groups for name in group.asked}
        return {json.loads(self._question.names((name,), "", []))[0]: name for name in names}

    def error(  # noqa: PLR0913, PLR0917  # as `decision`
        self,
        record_id: str,
        at: datetime,
        mono_ns: int,
        request: AccessRequest,
        code: str,
        who_must_act: str,
        raw: bytes = b"",
    ) -> bytes:
        """Return the record of a question that was understood and not decided (503).

        Args:
            record_id: UUIDv7.
            at: when it failed, aware.
            mono_ns: monotonic clock.
            request: the question; its lists and filters are left out, the digest of its bytes stands for them.
            code: a word such as `record_too_large`.
            who_must_act: caller | recorder | legal | operator.
            raw: bytes of the question as they arrived.
        """
        masked: list[str] = []
        digest = self._masker.request_digest(raw) if raw else ""
        question = self._question.write(request, digest, masked, brief=True)
        failed = encode({"code": code, "who_must_act": who_must_act}).decode()
        return self._whole(
            f'{{"at":"{utc(at)}","error":{failed},"id":"{record_id}","kind":"error",{_masked(masked)}'
            f'"mono_ns":{mono_ns},"request":{question},{self._boot}}}'
        )

    def rejection(  # noqa: PLR0913  # as `decision`
        self,
        record_id: str,
        at: datetime,
        mono_ns: int,
        door: str,
        code: str,
        *,
        gateway: str | None = None,
        peer: str | None = None,
        size: int = 0,
        raw: bytes = b"",
        count: int = 1,
        attempt: Attempt | None = None,
    ) -> bytes:
        """Return the record of bytes that never became a question, or of a refused act; no part of them is kept.

        Args:
            record_id: UUIDv7.
            at: when they were refused, aware.
            mono_ns: monotonic clock.
            door: which door they came to.
            code: a word such as `bad_request`.
            gateway: the caller's authenticated name.
            peer: its address where it has no name; an address may be a person's, so a digest is kept.
            size: bytes received.
            raw: what was received, as far as it was read.
            count: rejections that this record stands for.
            attempt: which act was refused, where it was one.
        """
        masked: list[str] = []
        tried = f'"act":{attempt.written(self._masker, masked)},' if attempt else ""
        why = self._masker.word(code, "/code", masked)
        parts = [f'{{{tried}"at":"{utc(at)}","bytes":{size},"code":{why},"count":{count},']
        if raw:
            parts.append(f'"digest":"{self._masker.request_digest(raw)}",')
        parts.append(f'"door":{self._masker.word(door, "/door", masked)},')
        if gateway is not None:
            parts.append(f'"gateway":{self._masker.word(gateway, "/gateway", masked)},')
        if peer is not None and gateway is None:
            peer = self._masker.request_digest(peer.encode("utf-8", "surrogatepass"))
            masked.append("/peer")
        said = f'"peer":"{peer}",' if peer is not None and gateway is None else ""
        parts.append(f'"id":"{record_id}","kind":"rejection",{_masked(masked)}"mono_ns":{mono_ns},{said}{self._boot}}}')
        return self._whole("".join(parts))

    def event(self, record_id: str, at: datetime, mono_ns: int, kind: str, members: Mapping[str, object]) -> bytes:
        """Return the record of an event of the log itself, such as `log.opened`; `members` are the event's own.

        Raises:
            NotCanonicalError: a member has no canonical form.
        """
        common = {"id": record_id, "at": utc(at), "mono_ns": mono_ns, "kind": kind}
        parts = [f'"{name}":{dumps(value)}' for name, value in sorted({**members, **common}.items())]
        encode(members)
        return self._whole(f"{{{','.join(parts)},{self._writer}}}")

    def activation(self) -> dict[str, object]:
        """Return the members of `rulebook.activated` for this revision: its digests, and the order of its facts.

        Decisions name them by the digest `set`.
        """
        return {"facts": self._facts, "revision": {**self._revision, "set": self.set}}

    def _whole(self, text: str) -> bytes:
        record = text.encode()
        if len(record) > RECORD_LIMIT:
            raise RecordTooLargeError(len(record))
        return record


def _masked(pointers: list[str]) -> str:
    return f'"masked":{dumps(sorted(pointers))},' if pointers else ""
