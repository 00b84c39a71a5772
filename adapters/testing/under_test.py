"""The policies that cases are put to: read and compiled once, then asked case by case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from adapters.assemble import compiled
from adapters.engines.rego_facts import RegoFacts
from adapters.files.case import Words
from adapters.files.cases import CaseReader
from adapters.files.pack_folders import pack_folders
from adapters.testing.report import shown
from adapters.testing.runner import run
from pdp.model import Effect

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from adapters.files.case import Case
    from adapters.files.policy_set import PolicySet
    from adapters.testing.runner import Result
    from pdp.rulebook.rulebook import Rulebook

_GROUNDS = frozenset({Effect.PERMIT, Effect.FORBID, Effect.REFER, Effect.DOUBT})


@dataclass(frozen=True, slots=True)
class UnderTest:
    """One revision of the policies, and the reader of cases that use its words."""

    policies: PolicySet
    rulebook: Rulebook
    reader: CaseReader
    engine: RegoFacts | None = None  # derives the facts of a pack that has a source of its own for them

    @classmethod
    def of(cls, root: Path, rego: Path | None = None) -> UnderTest:
        """Return the policies in `root`, the folder that holds policies/ and rego/ (or else `rego`), compiled.

        Raises:
            PolicyError: they cannot be used.
            UnavailableError: an engine fails.
        """
        policies, rulebook = compiled(root, rego=rego)
        reader = CaseReader(pack_folders(root, rego).policies, words(policies, rulebook))
        return cls(policies, rulebook, reader, None if policies.deriving is None else RegoFacts(policies.deriving))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the engine that derives facts, if there is one."""
        if self.engine is not None:
            self.engine.close()

    def read(self, path: Path) -> tuple[Case, ...]:
        """Return the cases of one file; raise PolicyError where it cannot be used."""
        return self.reader.read(path)

    def run(self, case: Case) -> Result:
        """Return what comes of `case`."""
        return run(case, self.policies, self.rulebook, self.engine)

    def shown(self, result: Result) -> str:
        """Return the report on `result`, in Chinese."""
        return shown(result, self.rulebook)


def words(policies: PolicySet, rulebook: Rulebook) -> Words:
    """Return what the words of cases about `policies` may be."""
    return Words(
        units=frozenset(policies.instrument.units),
        grounds=frozenset(ground.id for ground in rulebook.grounds.values() if ground.effect in _GROUNDS),
        obligations=frozenset(policies.duties.obligations),
        advisories=frozenset(policies.duties.advisories),
        remedies=frozenset(policies.duties.remedies),
        readings=frozenset(policies.readings.entries),
        facts={name: frozenset(fact.values) for name, fact in policies.vocabulary.facts.items()},
        whole_questions=policies.deriving is not None,
    )
