"""The walk of one question: facts, verdict, record, answer. An unrecorded decision never leaves."""

from __future__ import annotations

from asyncio import gather, sleep
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from pdp.consulting import ROUNDS, concerning, consult, overtaken, same_facts
from pdp.errors import UnavailableError
from pdp.facts.approval import rest
from pdp.facts.asked import AskedDeriver
from pdp.ledger.age import LIMIT, OnThisMachine
from pdp.log.following import Following
from pdp.log.gathered import BATCH
from pdp.log.use import use_of
from pdp.model import Answer, Batch
from pdp.recall import Recall
from pdp.rulebook.caching import cached
from pdp.rulebook.merge import settle
from pdp.walk import Derived, InForce, Moment, RevisedError, Walked

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from pdp.facts.derive import Deriver
    from pdp.ledger.age import LedgerAge
    from pdp.ledger.world import World
    from pdp.log.attempt import Attempt
    from pdp.log.statements import StatementTeller
    from pdp.model import AccessRequest, Decision, Gathering, Inquiry, Overlaid, Receipt
    from pdp.ports import Clock, DecisionLog, Freshness, Overlay, Usage
    from pdp.rulebook.policy_set import PolicySet
    from pdp.rulebook.rulebook import Rulebook

    Deriving = Callable[[AccessRequest, datetime, LedgerAge], Inquiry]

AHEAD: Final = 16  # questions of a batch that are put to overlays at once
TURN_NS: Final = 1_000_000  # of work that does not wait, after which others have their turn
_STEP = timedelta(seconds=1)  # by which a clock may go back without a word
_HERE = OnThisMachine()
_KINDS = {"body": "public_body", "unit": "unit", "person": "natural_person"}  # of the ledger -> of a question


class Service:
    """Answers questions. Belongs to one event loop."""

    def __init__(  # noqa: PLR0913, PLR0917  # the ports of the walk, each named once, wired in one place
        self,
        in_force: InForce,
        log: DecisionLog,
        usage: Usage,
        clock: Clock,
        new_id: Callable[[datetime], str],
        teller: StatementTeller,
        valid_for: timedelta = timedelta(seconds=30),
        refusal: Callable[[], UnavailableError | None] = lambda: None,
        freshness: Freshness = _HERE,
        staleness_limit: timedelta = LIMIT,
        overlays: Sequence[Overlay] = (),
    ) -> None:
        """Take the ports of the walk.

        Args:
            in_force: the revision that decides.
            log: where every decision is recorded first.
            usage: counts of use.
            clock: the time.
            new_id: makes ids of records.
            teller: tells the log of the ledger's statements.
            valid_for: the longest that an answer holds.
            refusal: why nothing may be answered now, although it could be recorded; None: it may.
            freshness: how old the copy of the ledger is.
            staleness_limit: how old it may be.
            overlays: what bodies add of their own limits.
        """
        self._in_force = in_force
        self._log = log
        self._usage = usage
        self._clock = clock
        self._new_id = new_id
        self._following = Following(teller, freshness, staleness_limit)
        self._valid_for = valid_for
        self._refusal = refusal
        self._overlays = overlays
        self._recall = Recall(log, lambda: self._in_force)
        self._latest: datetime | None = None  # instant of the last record

    @property
    def in_force(self) -> InForce:
        """Return the revision that decides."""
        return self._in_force

    @property
    def policy(self) -> PolicySet:
        """Return the policy files in force."""
        return self._in_force.policy

    @property
    def rulebook(self) -> Rulebook:
        """Return the rulebook in force."""
        return self._in_force.rulebook

    def ready(self) -> bool:
        """Return whether questions can be answered and recorded."""
        return self._log.ready and self._refusal() is None

    def fresh(self) -> bool:
        """Return whether what is known of the ledger is no older than it may be."""
        return self._following.fresh

    def subject_kind(self, subject: str) -> str | None:
        """Return as what the ledger has `subject` registered, in the words of a question; None: it knows nobody so."""
        return _KINDS.get(self._in_force.world.subject(subject, self._clock.now()).kind or "")

    async def answer(self, request: AccessRequest, raw: bytes = b"") -> Answer:
        """Decide, record, then release.

        Args:
            request: the question.
            raw: its bytes as they arrived, of which the record keeps a keyed digest.

        Raises:
            UnavailableError: a store or the log is down; nothing is released.
        """
        walked = await self._walk_or_record(self._in_force, request, raw)
        return walked.answer(await self._log.append(walked.record))

    async def answer_all(self, questions: Iterable[AccessRequest | str], asked: Gathering, raw: bytes) -> Batch:
        """Decide questions asked together under one revision, record them by one commit, then release all or none.

        Args:
            questions: taken one by one, and not beyond the last that is to be answered; a word such as `bad_request`
                stands for what is no question, and counts as refused.
            asked: who asked, where, and when no more of them are to be answered.
            raw: the bytes of the whole request, of which the record keeps a keyed digest.

        Raises:
            UnavailableError: a store or the log is down; nothing is released.
        """
        law, now = self._in_force, self._now()
        batch, walked = self._new_id(now), await self._walk_all(law, questions, last=asked.last)
        if law is not self._in_force:
            raise RevisedError
        items = [one if isinstance(one, str) else one.id for one in walked]
        together = law.recorder.event(
            batch, now, self._clock.mono_ns(), BATCH, law.recorder.gathered.batch(asked, items, raw)
        )
        records = [one.record for one in walked if not isinstance(one, str)]
        _, *receipts = await gather(*self._log.append_all([together, *records]))
        earned = iter(receipts)
        return Batch(batch, tuple([one if isinstance(one, str) else one.answer(next(earned)) for one in walked]))

    async def _walk_all(
        self, law: InForce, questions: Iterable[AccessRequest | str], *, last: bool | None
    ) -> list[Walked | str]:
        """Walk questions one by one up to the last to be answered; others have their turn in between."""
        walked: list[Walked | str] = []
        began, remaining = self._clock.mono_ns(), iter(questions)
        ahead = AHEAD if self._overlays and last is None else 1  # while overlays think, the next can be put to them
        while some := list(islice(remaining, ahead)):
            walked += await self._walk_some(law, some)
            if last is (not isinstance(one := walked[-1], str) and one.decision.outcome.permits):
                break
            if self._clock.mono_ns() - began > TURN_NS:
                await sleep(0)
                began = self._clock.mono_ns()
        return walked

    async def _walk_some(self, law: InForce, questions: list[AccessRequest | str]) -> list[Walked | str]:
        """Walk questions at once; the first failure is raised when all have ended."""
        if len(questions) == 1:
            (one,) = questions
            return [one if isinstance(one, str) else await self._walk_or_record(law, one)]
        asked = [self._walk_or_record(law, one) for one in questions if not isinstance(one, str)]
        ended = await gather(*asked, return_exceptions=True)
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure
        walked = iter([one for one in ended if not isinstance(one, BaseException)])
        return [one if isinstance(one, str) else next(walked) for one in questions]

    async def _walk_or_record(self, law: InForce, request: AccessRequest, raw: bytes = b"") -> Walked:
        """Walk one question; a failure is recorded, and raised."""
        try:
            derived = await (self._limited(request) if self._overlays else self._found(law, request))
            return self._walk(derived, raw)
        except UnavailableError as failure:
            await self._record_failure(request, raw, failure)
            raise

    async def _found(self, law: InForce, request: AccessRequest) -> Derived:
        """Find the facts of a question; only a pack that derives them from the question itself is waited for."""
        began = self._clock.mono_ns()
        if not isinstance(law.derive, AskedDeriver):
            return self._derive(law, request, law.derive, began)
        derive = await law.derive.ask(request)
        if law is not self._in_force:
            raise RevisedError
        return self._derive(law, request, derive, began)

    def _derive(self, law: InForce, request: AccessRequest, derive: Deriving, began: int) -> Derived:
        """Find the facts of a question, under a revision and the ledger as it is known now."""
        _, now, known = self._moment(law, began)
        request, rested = rest(request, law.world, now)
        inquiry = derive(request, now, known)
        return Derived(law, now, began, self._clock.mono_ns(), request, rested, inquiry)

    async def _limited(self, request: AccessRequest) -> Derived:
        """Find the facts, with what the overlays say of these very facts.

        Time passes while they are asked: what they answer counts only if nothing they were told of has changed, the
        revision in force included, so that no limit is missed, and no quota overdrawn by a race.
        """
        found = await self._found(self._in_force, request)
        for _ in range(ROUNDS):
            law, asked = found.law, found.inquiry
            said = await self._said(law, found.at, found.request, asked)
            if not said:
                return found
            found = await self._found(self._in_force, request)
            if found.law is law and same_facts(asked, found.inquiry):
                return found._replace(inquiry=replace(found.inquiry, overlaid=said))
        return found._replace(inquiry=replace(found.inquiry, overlaid=overtaken(said)))

    async def _said(self, law: InForce, at: datetime, request: AccessRequest, inquiry: Inquiry) -> tuple[Overlaid, ...]:
        """Return what the overlays say that a question concerns; nothing where it concerns none."""
        datasets = (request.dataset, *request.combined_with)
        providers = {dataset: law.world.dataset(dataset, at).provider for dataset in datasets}
        overlays = concerning(self._overlays, datasets, providers.values())
        if not overlays:
            return ()
        catalogued = {dataset for dataset, provider in providers.items() if provider}
        question = law.recorder.told(request, inquiry, at, catalogued)
        duties = {duty.id: duty.articles for duty in law.rulebook.duties.obligations.values()}
        return await consult(overlays, question, duties, self._clock.mono_ns, law.recorder.names_told(inquiry))

    def _walk(self, derived: Derived, raw: bytes) -> Walked:
        """Decide, and write the record that must be durable before anyone hears of it."""
        law, now, began, ended, request, rested, inquiry = derived
        inquiry, decision = settle(inquiry, law.rulebook, now + self._valid_for)
        decision = cached(request, inquiry, decision, now)
        self._count(decision, inquiry, law, request, now, raw)
        decided, new_id = self._clock.mono_ns(), self._new_id(now)
        record = law.recorder.decision(
            new_id, now, began, request, inquiry, decision, (ended - began) // 1000, (decided - ended) // 1000, raw
        )
        return Walked(new_id, now, inquiry, decision, record, rested)

    def moment(self) -> Moment:
        """Return this instant, under the revision in force, with the ledger as it is known now.

        Raises:
            UnavailableError: a store or the log is down.
        """
        return self._moment(self._in_force, self._clock.mono_ns())

    def judge(
        self, moment: Moment, world: World, derive: Deriver | AskedDeriver
    ) -> Callable[[AccessRequest], Awaitable[tuple[Inquiry, Decision]]]:
        """Return what answers questions as of `moment`, by what `derive` finds in `world`; nothing is recorded."""
        law, now, known = moment

        async def judged(request: AccessRequest) -> tuple[Inquiry, Decision]:
            request = rest(request, world, now)[0]
            found = await derive.ask(request) if isinstance(derive, AskedDeriver) else derive
            inquiry = found(request, now, known)
            return settle(inquiry, law.rulebook, now + self._valid_for)

        return judged

    async def confirmed(self, moment: Moment, request: AccessRequest, inquiry: Inquiry) -> bool:
        """Return whether what `judge` permits as of `moment` is permitted by the overlays too; nothing is recorded."""
        if not self._overlays:
            return True
        law, now, _ = moment
        said = await self._said(law, now, request, inquiry)
        return settle(replace(inquiry, overlaid=said), law.rulebook, now)[1].outcome.permits

    def _moment(self, law: InForce, began: int) -> Moment:
        now, refusal = self._now(), self._refusal()
        if refusal is not None:
            raise refusal
        return Moment(law, now, self._following.learn(law.world, began, self._append))

    async def _record_failure(self, request: AccessRequest, raw: bytes, failure: UnavailableError) -> None:
        """Record that a question was understood and not decided; where the log is down too, its alarm says so."""
        now = self._now()
        said = failure.code, failure.who_must_act
        record = self._in_force.recorder.error(self._new_id(now), now, self._clock.mono_ns(), request, *said, raw)
        with suppress(UnavailableError):
            await self._log.append(record)

    async def reject(  # noqa: PLR0913  # what a record of a rejection holds
        self, door: str, code: str, *, gateway: str | None, peer: str | None, size: int, raw: bytes, count: int,
        attempt: Attempt | None = None,
    ) -> None:  # fmt: skip
        """Record `count` requests that never became a question, or a refused act; no part of their content is kept.

        Raises:
            UnavailableError: the log is down.
        """
        now = self._now()
        record = self._in_force.recorder.rejection(
            self._new_id(now), now, self._clock.mono_ns(), door, code,
            gateway=gateway, peer=peer, size=size, raw=raw, count=count, attempt=attempt,
        )  # fmt: skip
        await self._log.append(record)

    async def activate(self, in_force: InForce | None = None) -> None:
        """Record which revision decides from now on, then let it; without one, that of the start.

        Raises:
            UnavailableError: the log is down; the revision in force stays.
        """
        coming = in_force or self._in_force
        await self._log.append(self._event("rulebook.activated", coming.recorder.activation(), coming))
        self._in_force = coming
        self._following.learn(coming.world, self._clock.mono_ns(), self._append)

    async def record(self, kind: str, members: Mapping[str, object]) -> Receipt:
        """Record an event of the log or of its keeping, such as `key.added`; return its receipt.

        Raises:
            UnavailableError: the log is down.
        """
        return await self._log.append(self._event(kind, members))

    def known(self) -> tuple[World, datetime]:
        """Return what is known now: the world, level with what other processes have recorded, and the instant.

        Raises:
            UnavailableError: the ledger or the log is down.
        """
        world = self._in_force.world
        self._following.learn(world, self._clock.mono_ns(), self._append)
        return world, self._clock.now()

    def look_again(self) -> None:
        """Let the next decision know of what was just recorded on this machine."""
        self._following.look_again()

    def decision(self, decision_id: str) -> Mapping[str, object] | None:
        """Return the record of a decision, spelled out, or None where there is none; see `Recall.decision`."""
        return self._recall.decision(decision_id)

    def as_recorded(self, request: AccessRequest) -> Mapping[str, object]:
        """Return the member `request` of the record that `request` would have; see `Recall.as_recorded`."""
        return self._recall.as_recorded(request)

    def _now(self) -> datetime:
        """Return the instant of the next record; the log tells of a clock that was set back, and never smooths it."""
        now = self._clock.now()
        latest, self._latest = self._latest, now
        if latest is not None and latest - now > _STEP:
            self._append("clock.stepped", {"back_ms": (latest - now) // timedelta(milliseconds=1)})
        return now

    def _event(self, kind: str, members: Mapping[str, object], law: InForce | None = None) -> bytes:
        now = self._now()
        return (law or self._in_force).recorder.event(self._new_id(now), now, self._clock.mono_ns(), kind, members)

    def _append(self, kind: str, members: Mapping[str, object]) -> None:
        """Put an event in front of the record that comes next; whoever waits for that one waits for both."""
        pending = self._log.append(self._event(kind, members))
        pending.add_done_callback(_heard)

    def _count(  # noqa: PLR0913, PLR0917 -- what was decided, and all that tells one use from another
        self, decision: Decision, inquiry: Inquiry, law: InForce, request: AccessRequest, at: datetime, raw: bytes
    ) -> None:
        """Count a release against its quota before anyone else can ask: a quota is never overdrawn by a race."""
        if decision.outcome.permits and "quota" in inquiry.parameters:
            use = use_of(request, at, lambda: law.recorder.request_digest(raw) if raw else "")
            self._usage.reserve(str(inquiry.parameters["application"]), use.question, use.at)


def _heard(pending: Future[Receipt]) -> None:
    """Take note of how an event fared: a log that failed fails the record behind it too."""
    if not pending.cancelled():
        pending.exception()
