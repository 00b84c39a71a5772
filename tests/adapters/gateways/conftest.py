"""A small service in memory: real facts, a real rulebook of eight rules, a log that is a list."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import StringIO
from itertools import product
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from adapters.callers import LOCAL, Caller, Callers
from adapters.gateways.http import Doors, HttpApp
from adapters.logs import make_log
from adapters.rates import Rates
from pdp.errors import UnavailableError
from pdp.law import Instrument, Unit
from pdp.model import (
    AccessRequest,
    Answer,
    Batch,
    Contact,
    Effect,
    Facts,
    FieldGroup,
    Finding,
    Gathering,
    Inquiry,
    Receipt,
)
from pdp.rulebook.duties import AdvisoryText, Duties, DutyText, RemedyText
from pdp.rulebook.merge import settle
from pdp.rulebook.rulebook import Ground, Revision, Rulebook
from pdp.rulebook.table import TruthTable
from pdp.vocabulary import Fact, Value, Vocabulary
from pdp.workdays import SHANGHAI
from tests.adapters.gateways.small_reader import SmallReader

NOW = datetime(2026, 2, 26, 9, 0, tzinfo=SHANGHAI)
CONTACT = Contact("A", "区某局", phone="010-00000000")
TEXTS = {
    "art_19__para_3": "有条件共享的公共数据,是指可以按照一定条件提供给有关公共机构共享的公共数据。",
    "art_21__para_1": "公共机构需要有条件共享类数据的,应当向提供单位提出申请。",
    "art_21__para_4": "逾期未答复的,视为同意共享。",
    "art_24__para_1": "不得超出申请时所明确的应用场景和使用范围。",
}
_FACTS = {
    "relation": ("关系", {"sharing": "共享", "opening": "开放", "unresolved": "待定"}),
    "sharing_class": ("共享属性", {"conditional": "有条件共享", "unset": "未定"}),
    "authority": ("授权状态", {"none": "未申请", "deemed": "视为同意", "agreed_in_part": "部分同意"}),
    "field_coverage": ("请求范围覆盖", {"all": "全部", "some": "部分", "none": "无", "not_applicable": "不适用"}),
    "assurance": ("认证强度", {"sufficient": "达到要求", "unauthenticated": "未认证"}),
}


def _vocabulary() -> Vocabulary:
    facts = {
        name: Fact(name, label, {value: Value(value, words) for value, words in values.items()}, (), "")
        for name, (label, values) in _FACTS.items()
    }
    return Vocabulary.of(facts)


VOCABULARY = _vocabulary()


def make_table(rule, effect, articles, **needs: set[str]) -> TruthTable:
    """Return the truth table of a rule that holds where every fact of `needs` has one of its values."""
    alike = {name: {value: value for value in _FACTS[name][1]} for name in needs}
    choices = product(*(tuple(alike[name]) for name in needs))
    rows = {row: all(value in wanted for value, wanted in zip(row, needs.values(), strict=True)) for row in choices}
    positions = tuple(VOCABULARY.index[name] for name in needs)
    return TruthTable(Finding(rule, effect, articles), tuple(needs), positions, alike, rows)


TABLES = (
    make_table(
        "share_agreed", Effect.PERMIT, ("art_21__para_4",), relation={"sharing"}, authority={"deemed", "agreed_in_part"}
    ),
    make_table("conditional_for_duty", Effect.ADMIT, ("art_24__para_1",), relation={"sharing"}),
    make_table(
        "no_application",
        Effect.FORBID,
        ("art_19__para_3", "art_21__para_1"),
        sharing_class={"conditional"},
        authority={"none"},
    ),
    make_table("outside_scope", Effect.FORBID, ("art_24__para_1",), field_coverage={"none"}),
    make_table(
        "assurance_insufficient",
        Effect.FORBID,
        ("art_21__para_1",),
        relation={"sharing"},
        assurance={"unauthenticated"},
    ),
    make_table("class_unset", Effect.DOUBT, ("art_19__para_3",), sharing_class={"unset"}),
    make_table("purpose_bound", Effect.OBLIGE, ("art_24__para_1",), relation={"sharing"}),
    make_table("superior_law_review", Effect.ADVISE, ("art_21__para_4",), authority={"deemed"}),
)
DUTIES = Duties(
    {
        "purpose_bound": DutyText(
            "purpose_bound", "仅限约定用途", "Bound", "recipient", ("art_24__para_1",), ("purpose",)
        )
    },
    {"superior_law_review": AdvisoryText("superior_law_review", "须复核", "Review", ("art_21__para_4",))},
    {
        "apply_to_provider": RemedyText("apply_to_provider", "申请", "Apply", ("art_21__para_1",), "observer", {}),
        "contact_observer": RemedyText("contact_observer", "联系", "Ask", ("art_21__para_1",), "observer", {}),
    },
)
GROUNDS = {
    found.rule: Ground(found.rule, found.effect, f"{found.rule} 的条文", found.articles, "apply_to_provider")
    for found in (table.finding for table in TABLES)
}
REVISION = Revision(*(letter * 64 for letter in "abcdef"))
INSTRUMENT = Instrument(
    "xicheng-2023-4",
    "细则",
    "4",
    "",
    date(2023, 5, 25),
    None,
    {name: Unit(name, text, coded=True) for name, text in TEXTS.items()},
)
UNKNOWN = ("unresolved", "unset", "none", "not_applicable", "sufficient")


def make_rulebook() -> Rulebook:
    return Rulebook(VOCABULARY, TABLES, GROUNDS, {}, DUTIES, frozenset(), frozenset(), REVISION)


@dataclass
class SmallService:
    """Decides by eight rules. Body B has applied for dataset R in scenario sc-1, and for part of it in sc-2."""

    rulebook: Rulebook = field(default_factory=make_rulebook)
    policy: Any = field(default_factory=lambda: SimpleNamespace(instrument=INSTRUMENT, deriving=None))
    questions: list[AccessRequest] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    batches: dict[str, dict[str, object]] = field(default_factory=dict)
    rejections: list[dict[str, object]] = field(default_factory=list)
    world: Any = None
    broken: Exception | None = None
    slow: float = 0.0

    async def answer(self, request: AccessRequest, raw: bytes = b"") -> Answer:
        """Decide and keep, or fail as told."""
        self.questions.append(request)
        assert raw or request.door == "in_process"
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.broken is not None:
            raise self.broken
        return self._answer(request)

    async def answer_all(self, questions, asked: Gathering, raw: bytes) -> Batch:
        """Decide and keep each question up to the last that is to be answered, or fail as told."""
        assert raw
        items: list[Answer | str] = []
        for question in questions:
            if not isinstance(question, str):
                self.questions.append(question)
            items.append(question if isinstance(question, str) else self._answer(question))
            permits = not isinstance(items[-1], str) and items[-1].decision.outcome.permits
            if asked.last is permits:
                break
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.broken is not None:
            raise self.broken
        batch = f"019c9785-1a80-7c3e-8d41-{len(self.batches):012d}"
        self.batches[batch] = {
            "kind": "batch",
            "id": batch,
            "gateway": asked.gateway,
            "decisions": [item if isinstance(item, str) else item.id for item in items],
        }
        return Batch(batch, tuple(items))

    def _answer(self, request: AccessRequest) -> Answer:
        inquiry, decision = settle(self._facts(request), self.rulebook, NOW + timedelta(seconds=30))
        number = len(self.answers)
        answer = Answer(
            f"019c9785-1a80-7c3e-9d41-{number:012d}", NOW, decision, inquiry, Receipt("pdp.local", number, "7c" * 32)
        )
        self.answers[answer.id] = answer
        return answer

    async def reject(self, door: str, code: str, **known: object) -> None:
        """Keep what is told of a rejection."""
        if self.broken is not None:
            raise self.broken
        self.rejections.append({"door": door, "code": code, **known})

    def subject_kind(self, subject: str) -> str | None:
        """Return the kind of the one subject that is registered."""
        return "public_body" if subject == "B" else None

    def ready(self) -> bool:
        """Return whether nothing is broken."""
        return self.broken is None

    def known(self) -> tuple[Any, datetime]:
        """Return the world that a test has set, and the instant of every decision here."""
        return self.world, NOW

    def fresh(self) -> bool:
        """Return that this ledger, in memory, is never behind."""
        return True

    def decision(self, decision_id: str) -> Mapping[str, object] | None:
        """Return the record of a decision or a batch made here."""
        if decision_id in self.batches:
            return self.batches[decision_id]
        answer = self.answers.get(decision_id)
        return None if answer is None else record_of(answer, self.questions[answer.receipt.index])

    def _facts(self, request: AccessRequest) -> Inquiry:
        known = request.subject == "B" and request.dataset == "R" and request.subject_kind == "public_body"
        authority = {"sc-1": "deemed", "sc-2": "agreed_in_part"}.get(request.scenario or "", "none")
        asked = request.fields or ("name", "phone")
        covered = ("name",) if authority == "agreed_in_part" else asked
        coverage = {"none": "not_applicable", "agreed_in_part": "some"}.get(authority, "all")
        assurance = "unauthenticated" if request.assurance == 0 else "sufficient"
        values = ("sharing", "conditional", authority, coverage, assurance) if known else UNKNOWN
        facts = Facts(values, {"sharing_class": ("s:97",)}, VOCABULARY.index)
        parameters = {} if request.purpose is None else {"purpose": request.purpose}
        return Inquiry((FieldGroup(asked, covered, facts),), ledger=18233, contact=CONTACT, parameters=parameters)


def record_of(answer: Answer, request: AccessRequest) -> dict[str, object]:
    """Return the members of the decision's record that readers use."""
    decision, group = answer.decision, answer.inquiry.groups[0]
    record = {
        "kind": "decision",
        "id": answer.id,
        "at": answer.at.astimezone(UTC).isoformat(),
        "outcome": decision.outcome.value,
        "request": {"gateway": request.gateway, "dataset": request.dataset, "subject": {"body": request.subject}},
        "facts": {name: group.facts[name] for name in VOCABULARY.facts},
        "evidence": group.facts.evidence,
        "findings": [{"rule": f.rule, "effect": f.effect.value, "articles": f.articles} for f in decision.findings],
        "granted": {"fields": decision.granted},
        "duties": [{"id": duty.id, "parameters": duty.parameters} for duty in decision.duties],
        "advisories": decision.advisories,
        "remedies": [{"id": remedy.id, "ask": "A"} for remedy in decision.remedies],
        "valid_until": decision.valid_until.astimezone(UTC).isoformat() if decision.valid_until else None,
        "revision": {"set": "f" * 64, "ledger": answer.inquiry.ledger},
    }
    return json.loads(json.dumps(record))


@pytest.fixture
def service():
    return SmallService()


@pytest.fixture
def log():
    """The operational log, and what was written to it."""
    stream = StringIO()
    logger, lines = make_log(stream, "json")

    def written() -> str:
        lines.flush()
        return stream.getvalue()

    return SimpleNamespace(logger=logger, written=written)


@pytest.fixture
def open_door(service, log):
    """Return a function that opens the HTTP service and a client to it."""

    def opened(*callers: Caller, deadline=5.0, public_url=None, peer="10.0.0.7") -> httpx.AsyncClient:
        registered = Callers(callers or (LOCAL,))
        app = HttpApp(Doors(service, registered, log.logger, public_url, deadline, calls=SmallReader()))
        transport = httpx.ASGITransport(app, client=(peer, 4711))
        return httpx.AsyncClient(transport=transport, base_url="http://pdp")

    return opened


@pytest.fixture
def post(open_door):
    """Return a function that sends one body to a door and returns the response."""

    def posted(path, body, headers=None, callers=(), **door: object) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        sent = {"content-type": "application/json", **(headers or {})}

        async def once() -> httpx.Response:
            async with open_door(*callers, **door) as client:
                return await client.post(path, content=content, headers=sent)

        return asyncio.run(once())

    return posted


@pytest.fixture
def ask(post):
    """Return a function that asks one question and returns the response."""

    def asked(body, headers=None, callers=(), **door: object) -> httpx.Response:
        return post("/access/v1/evaluation", body, headers, callers, **door)

    return asked


@pytest.fixture
def question():
    """A body that asks for dataset R in scenario sc-1; a test changes what it is about."""
    return {
        "subject": {"type": "public_body", "id": "B", "properties": {"system": {"id": "B-sys"}}},
        "action": {"name": "read"},
        "resource": {"type": "dataset", "id": "R", "properties": {"fields": ["name", "phone"]}},
        "context": {"scenario": "sc-1", "purpose": "duty", "channel": "bigdata_platform", "mode": "api"},
    }


@pytest.fixture
def journal_is_dead():
    return UnavailableError("the journal cannot be written; see the disk")


@pytest.fixture
def time_stands_still(monkeypatch):
    """Let no caller's limit grow while a test asks."""
    monkeypatch.setattr("adapters.callers.Rates", partial(Rates, clock=lambda: 0.0))
