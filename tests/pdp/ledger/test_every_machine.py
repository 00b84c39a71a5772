"""The state machines hold, whatever anybody does and however long nobody does anything."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pdp.errors import SpeakerError, TransitionError
from pdp.ledger import application
from pdp.ledger.kinds import KINDS
from pdp.ledger.scope import moment
from tests.pdp.ledger.conftest import Scribe, law
from tests.pdp.ledger.machines_acts import DATASETS, FIELDS, PROVIDERS, Acts
from tests.pdp.ledger.machines_promises import by_act, by_time, term_ended
from tests.pdp.ledger.machines_states import KNOWN, standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pdp.ledger.statement import Statement
    from tests.pdp.ledger.machines_states import Matter, Standing

COURSES = 20  # at most; four have met every kind
STARTS = ("2023-05-15", "2026-02-01", "2026-12-10")  # before the law, in a year that is covered, at its end


class Course:
    """One ledger and its clock, which runs forward; every step is held against what it may change."""

    def __init__(self, start: str, random: Random) -> None:
        self.now = moment(start)
        self.told = Scribe(law()).bodies()
        for name in DATASETS:
            lead, *joint = PROVIDERS[name]
            entry: dict[str, Any] = {"provider": lead, "joint_providers": joint, "title": name, "fields": [*FIELDS]}
            self.told.say("dataset.catalogued", "2023-02-01", id=name, **entry)
            self.told.say("dataset.approved", "2023-02-01", id=name, sharing="conditional", opening="conditional")
        self.told.say("carrier.registered", "2023-02-01", id="zone-1", name="区", form="data_zone")
        self.acts = Acts(self.told.new_world(), random)
        self.accepted: Counter[str] = Counter()
        self._matters: dict[Matter, None] = {}  # in the order in which they began

    def standing(self, matters: Iterable[Matter]) -> Standing:
        """Return where `matters` stand."""
        return standing(self.told.new_world().view(self.now), matters)

    def act(self) -> None:
        """Let somebody do something, and look at the matters of late and at that of the act."""
        said = self.acts.any(self.now)
        own = _matter(said)
        seen = dict.fromkeys(self._late())
        if own in self._matters:
            seen[own] = None
        head, before = self.told.ledger.head(), self.standing(seen)
        refusal = self._refusal(said)
        if refusal:
            assert self.told.ledger.head() == head
            assert self.standing(seen) == before
            assert "art_" in str(refusal) or (isinstance(refusal, SpeakerError) and refusal.remedy)
            return
        assert self.told.ledger.head() == head + 1
        self.accepted[said.kind] += 1
        self.acts.accepted(said)
        if own:
            self._matters[own] = seen[own] = None
        by_act(before, self.standing(seen), said)

    def _late(self) -> list[Matter]:
        return list(self._matters)[-8:]

    def _refusal(self, said: Statement) -> TransitionError | None:
        try:
            self.told.ledger.record([said])
        except TransitionError as refusal:
            return refusal
        return None

    def wait(self, hours: int) -> None:
        """Let nobody do anything."""
        before = self.standing(self._matters)
        self.now += timedelta(hours=hours)
        after = self.standing(self._matters)
        by_time(before, after)
        for name, state in after.states["application"].items():
            if state == "deemed":
                view = self.told.new_world().view(self.now)
                term_ended(application.fold(view, name).received, self.now, self.told.law.calendar)


def _matter(said: Statement) -> Matter | None:
    """Return the application, order or the like that an act is about; None for entries, registers and attestations."""
    family = said.kind.partition(".")[0]
    return (family, str(said.body["id"])) if family in KNOWN and "id" in said.body else None


class EveryMachine(RuleBasedStateMachine):
    """Random acts of all kinds, by random speakers, with random pauses."""

    @initialize(start=st.sampled_from(STARTS), seed=st.integers(0, 2**32))
    def begin(self, start: str, seed: int) -> None:
        """Begin a ledger on one of three days."""
        self.course = Course(start, Random(seed))  # noqa: S311  # a course to repeat, no secret

    @rule(acts=st.integers(1, 12))
    def somebody_acts(self, acts: int) -> None:
        """Let anybody do anything, several times at one instant."""
        for _ in range(acts):
            self.course.act()

    @rule(hours=st.sampled_from((1, 24, 3 * 24, 8 * 24, 30 * 24)))
    def nobody_acts(self, hours: int) -> None:
        """Let time pass."""
        self.course.wait(hours)

    @invariant()
    def the_chain_is_whole(self) -> None:
        """Hold the hashes against each other."""
        assert all(one.hash == other.previous for one, other in pairwise(self.course.told.ledger.statements()))


TestEveryMachine = EveryMachine.TestCase
TestEveryMachine.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


def test_such_acts_are_lawful_often_enough_to_meet_every_kind() -> None:
    accepted: Counter[str] = Counter()
    for seed in range(COURSES):
        course = Course("2026-02-01", Random(seed))  # noqa: S311  # a course to repeat, no secret
        for step in range(400):
            course.act()
            if step % 20 == 0:
                course.wait(24)
        accepted += course.accepted
        if len(accepted) == len(KINDS):
            break

    assert set(KINDS) - set(accepted) == set()
