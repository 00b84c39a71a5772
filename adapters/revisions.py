"""One revision of the policies, ready to decide: its world, how facts are derived, and how records are written."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from pdp.facts.asked import AskedDeriver
from pdp.facts.derive import Deriver
from pdp.facts.situation import Setting
from pdp.ledger.folds import Folds
from pdp.ledger.world import World
from pdp.log.record import Recorder, Writer
from pdp.walk import InForce

if TYPE_CHECKING:
    from adapters.settings import Settings
    from pdp.ports import Clock, FactEngine, PersonKeys, StatementSource, Usage
    from pdp.rulebook.policy_set import PolicySet
    from pdp.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Revisions:
    """Makes revisions of one installation, all over the same stores."""

    settings: Settings
    ledger: StatementSource
    persons: PersonKeys
    request_key: bytes  # of the log
    clock: Clock
    boot: str  # names this process in records

    def in_force(
        self, policies: PolicySet, rulebook: Rulebook, usage: Usage, slot: int, engine: FactEngine | None = None
    ) -> InForce:
        """Return the revision that `policies` and `rulebook` make, recording into the log of `slot`.

        `engine` derives the facts of a pack that has a source of its own for them.
        """
        world = self.world(policies)
        recorder = self.recorder(policies, rulebook, world, slot)
        if engine is not None:
            return InForce(policies, rulebook, world, AskedDeriver(engine, policies.vocabulary), recorder)
        required = self.settings.required_assurance.model_dump()
        setting = Setting(world, policies.instrument, policies.readings, usage, required)
        return InForce(policies, rulebook, world, Deriver(setting, policies.vocabulary), recorder)

    def world(self, policies: PolicySet) -> World:
        """Return a world under these policies that has looked at nothing yet."""
        return World(
            self.ledger, policies.calendar, policies.readings, policies.instrument.in_force_from, folds=Folds()
        )

    def recorder(self, policies: PolicySet, rulebook: Rulebook, world: World, slot: int) -> Recorder:
        """Return what writes records into the log of `slot`; `world` says whose names may stand in clear."""
        writer = Writer(self.settings.node, slot, self.boot, version("public-data-pdp"))
        return Recorder(
            policies.vocabulary,
            rulebook.revision,
            writer,
            self.persons,
            key=self.request_key,
            registered=lambda id_: world.subject(id_, self.clock.now()).kind in {"body", "unit"},
        )
