"""Traffic as a district's gateways would bring it: mixed bodies, data sets, fields, purposes, staff and outcomes.

Nothing is copied from one question to the next: bodies ask about what concerns them most of the time and about
anything else now and then, hundreds of people act for them, gateways give most questions an id, and time goes on in
irregular steps. Questions are drawn from a seed, so that two runs ask the same.
"""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from adapters.callers import LOCAL
from adapters.catalogues.starting_world import starting_world
from adapters.gateways.authzen import parse
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.assemble import Installation
    from pdp.model import AccessRequest

STAFF: Final = 600  # people who act for the bodies
VISITORS: Final = 400  # people who ask for themselves
GATEWAYS: Final = ("gw-sharing-1", "gw-sharing-2", "gw-portal", "gw-batch")
_SCENARIOS: Final = ("sc-weisheng-baojian", "sc-xuewei", "sc-shequ-sheshi", "sc-tingche-zhili", "sc-qiye-fuwu")
_PURPOSES: Final = ("duty", "duty", "duty", "duty", "research", "supervision")
_CHANNELS: Final = ("bigdata_platform",) * 8 + ("city_open_platform", "direct")
_MODES: Final = ("api",) * 6 + ("file", "online_view")
_ACTIONS: Final = ("read",) * 18 + ("query_catalogue", "onward_supply")


class TrafficClock:
    """Implements `pdp.ports.Clock`: goes on with each question, by half a second on average in a day's bustle."""

    def __init__(self, seed: int = 1, start: datetime | None = None, step_ms: float = 500.0) -> None:
        self._random = random.Random(seed)  # noqa: S311  # drawn to be repeated
        self._start = start or datetime.now(SHANGHAI)
        self._past_us = 0
        self._step_ms = step_ms

    def go_on(self) -> None:
        """Let the time to the next question pass."""
        self._past_us += round(self._random.expovariate(1 / self._step_ms) * 1000) + 1

    def now(self) -> datetime:
        """Return the instant in Asia/Shanghai; the time that a decision takes passes too."""
        return self._start + timedelta(microseconds=self._past_us)

    def mono_ns(self) -> int:
        """Return monotonic nanoseconds; a reading costs a few dozen microseconds, as on a real machine."""
        self._past_us += self._random.randrange(9, 90)
        return 7_000_000_000_000 + self._past_us * 1000 + self._random.randrange(1000)


@dataclass(frozen=True)
class _Set:
    """A data set of the world."""

    id: str
    fields: tuple[str, ...]


class Traffic:
    """Draws questions about the starting world."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311  # drawn to be repeated
        said = starting_world()
        self._bodies = [str(one.body["id"]) for one in said if one.kind == "body.registered"]
        self._sets = [
            _Set(str(one.body["id"]), tuple(cast("list[str]", one.body["fields"])))
            for one in said
            if one.kind == "dataset.catalogued"
        ]
        self._applied = [one.body for one in said if one.kind == "application.received"]
        self._applications = [str(made["id"]) for made in self._applied]
        self._systems = {str(one.body["body"]): one.body["id"] for one in said if one.kind == "system.registered"}
        self._concern = {body: self._random.sample(self._sets, 12) for body in self._bodies}
        self._staff = {body: [f"{body}-staff-{n}" for n in range(STAFF // len(self._bodies))] for body in self._bodies}
        self._busy = [self._random.paretovariate(1.1) for _ in self._bodies]

    def questions(self) -> Iterator[tuple[bytes, AccessRequest]]:
        """Yield bodies as they arrive, and what they ask, for ever."""
        while True:
            draw = self._random.choices((self._body, self._visitor, self._under_application), (70, 12, 18))[0]
            raw = json.dumps(draw(), ensure_ascii=False).encode()
            caller = LOCAL.model_copy(update={"id": self._random.choice(GATEWAYS)})
            yield raw, parse(raw, caller, self._request_id())

    def _happens(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def _request_id(self) -> str | None:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4)) if self._happens(70) else None

    def _body(self) -> dict[str, object]:
        draw = self._random
        (body,) = draw.choices(self._bodies, self._busy)
        if body in self._systems and self._happens(80):
            acting: dict[str, object] = {"system": {"id": self._systems[body]}}
        else:
            acting = {"staff": {"id": draw.choice(self._staff[body])}}
        asked = draw.choice(self._concern[body]) if self._happens(80) else draw.choice(self._sets)
        context: dict[str, object] = {"channel": draw.choice(_CHANNELS), "mode": draw.choice(_MODES)}
        if self._happens(95):
            context["scenario"] = draw.choice(_SCENARIOS)
        if self._happens(97):
            context["purpose"] = draw.choice(_PURPOSES)
        if self._happens(30):
            context["application"] = draw.choice(self._applications)
        if self._happens(20):
            context["supported_custom_obligations"] = ["mask_fields", "filter_rows"]
        subject: dict[str, object] = {"type": "public_body", "id": body, "properties": acting}
        return self._question(subject, asked, context)

    def _under_application(self) -> dict[str, object]:
        """Return what one who applied asks for, now and then more than what was asked for in the application."""
        draw = self._random
        made = draw.choice(self._applied)
        body = str(made["applicant"])
        (asked,) = (one for one in self._sets if one.id == made["dataset"])
        wanted = cast("dict[str, list[str]]", made.get("scope", {})).get("fields", list(asked.fields[:2]))
        if self._happens(25):
            wanted = [*wanted, *draw.sample(asked.fields, 2)]
        acting = {"system": {"id": self._systems[body]}, "staff": {"id": draw.choice(self._staff[body])}}
        del acting[draw.choice(("system", "staff"))]
        context = {
            "scenario": made["scenario"],
            "purpose": made["purpose"],
            "application": made["id"],
            "channel": "bigdata_platform",
            "mode": draw.choice(_MODES),
            "supported_custom_obligations": ["mask_fields", "filter_rows"],
        }
        fields = list(dict.fromkeys(draw.sample(wanted, draw.randint(1, len(wanted)))))
        subject: dict[str, object] = {"type": "public_body", "id": body, "properties": acting}
        return {**self._question(subject, asked, context), "resource": _part(asked.id, fields)}

    def _visitor(self) -> dict[str, object]:
        draw = self._random
        subject: dict[str, object] = {"type": "natural_person", "id": f"visitor-{draw.randrange(VISITORS)}"}
        context: dict[str, object] = {"channel": "city_open_platform", "mode": draw.choice(("online_view", "file"))}
        if self._happens(30):
            subject = {"type": "anonymous", "id": "anonymous"}
        return self._question(subject, draw.choice(self._sets), context)

    def _question(self, subject: dict[str, object], asked: _Set, context: dict[str, object]) -> dict[str, object]:
        draw = self._random
        name = "bj:not-in-the-catalogue" if self._happens(1) else asked.id
        resource: dict[str, object] = {"type": "dataset", "id": name}
        if asked.fields and self._happens(70):
            count = draw.randint(1, min(8, len(asked.fields)))
            resource["properties"] = {"fields": draw.sample(asked.fields, count)}
        return {
            "subject": subject, "action": {"name": draw.choice(_ACTIONS)}, "resource": resource, "context": context,
        }  # fmt: skip


def _part(name: str, fields: list[str]) -> dict[str, object]:
    """Return a part of a data set, as a question names it."""
    return {"type": "dataset", "id": name, "properties": {"fields": fields}}


async def fill(  # noqa: PLR0913  # who is asked what, how much of it, and who is told
    installation: Installation,
    count: int,
    traffic: Traffic,
    clock: TrafficClock,
    *,
    at_once: int = 8,
    answered: Callable[[int], None] = lambda _: None,
) -> None:
    """Have `count` questions answered and recorded, up to `at_once` of them under way together.

    `installation.clock` must be `clock` from before it was opened. `answered` is told how many are, batch by batch.
    """
    questions, draw, left = traffic.questions(), random.Random(at_once), count  # noqa: S311  # drawn to be repeated
    while left:
        size = min(left, draw.randint(1, at_once))
        pending = []
        for _ in range(size):
            clock.go_on()
            raw, request = next(questions)
            pending.append(asyncio.ensure_future(installation.service.answer(request, raw)))
        await asyncio.gather(*pending)
        left -= size
        answered(size)
