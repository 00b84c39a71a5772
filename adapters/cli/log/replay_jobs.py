"""What `pdp log replay` does with each decision: replay it as recorded, or judge its facts by another revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adapters.assemble import compiled
from pdp.log.readable import legend_in
from pdp.log.rejudged import Matching, Rejudging
from pdp.log.replay import Law, Replayer
from pdp.log.revision import digests, revision_set
from pdp.rulebook.merge import OBSERVER, settle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from adapters.cli.log.replaying import Found, Tally
    from adapters.settings import Settings
    from adapters.stores.log_reader import LogReader
    from pdp.model import Decision, Inquiry
    from pdp.rulebook.policy_set import PolicySet
    from pdp.rulebook.rulebook import Rulebook


class Loaded(NamedTuple):
    """One revision, read from its policy files and compiled."""

    policies: PolicySet
    rulebook: Rulebook
    set: str  # by which records name it

    @classmethod
    def of(cls, root: Path, rego: Path | None = None) -> Loaded:
        """Return what `root`, the folder that holds policies/ and rego/ (or else `rego`), says.

        Raises:
            PolicyError: it cannot be used.
            UnavailableError: an engine fails.
        """
        policies, rulebook = compiled(root, rego=rego)
        return cls(policies, rulebook, revision_set(digests(rulebook.revision)))

    @classmethod
    def in_force(cls, settings: Settings) -> Loaded:
        """Return the revision that the settings name."""
        return cls.of(settings.policies, settings.rego)

    @property
    def law(self) -> Law:
        """Return what replay needs of it."""
        ways = {ground.id: ground.remedy for ground in self.rulebook.grounds.values()}
        return Law(
            self.set, self.rulebook.vocabulary, self.rulebook.judge, ways, OBSERVER in self.rulebook.duties.remedies
        )

    def decide(self, inquiry: Inquiry, latest: datetime) -> Decision:
        """Return the decision on an inquiry."""
        return settle(inquiry, self.rulebook, latest)[1]


class AsRecorded:
    """Replays each decision in the rulebook of its own revision, where that is loaded."""

    def __init__(self, revisions: Iterable[Loaded]) -> None:
        self._replayers = {loaded.set: Replayer(loaded.law) for loaded in revisions}

    def consume(self, found: Found, tally: Tally) -> None:
        """Replay one decision; tell the first difference."""
        revision = found.record["revision"]["set"]
        replayer = self._replayers.get(revision)
        if replayer is None:
            tally.others[revision] += 1
            return
        tally.read[revision] += 1
        difference = replayer.replay(found.record)
        if difference is None:
            tally.equal += 1
            return
        said = {"pointer": difference.pointer, "recorded": difference.recorded, "replayed": difference.replayed}
        tally.tell({**found.place(), **said})


class ByAnother:
    """Judges the recorded facts of each decision by another revision."""

    def __init__(self, other: Loaded, known: Iterable[Loaded]) -> None:
        """Judge by `other`; the order of facts in records of `known` revisions need not be looked up in the log."""
        self._other = other
        self._names = {loaded.set: tuple(loaded.rulebook.vocabulary.facts) for loaded in (*known, other)}
        self._rejudging: dict[str, Rejudging | None] = {}

    def consume(self, found: Found, tally: Tally) -> None:
        """Judge one decision anew; group it with those that change alike."""
        revision = found.record["revision"]["set"]
        rejudging = self._of(revision, found.reader)
        if rejudging is None:
            tally.others[revision] += 1
            return
        tally.read[revision] += 1
        compared = rejudging.compare(found.record)
        if rejudging.strange:
            tally.notes.update(rejudging.strange)
            rejudging.strange.clear()
        if compared.then == compared.now:
            tally.equal += 1
            return
        tally.found += compared.flips
        tally.group((*compared.then, *compared.now), found.record["id"])

    def _of(self, revision: str, reader: LogReader) -> Rejudging | None:
        """Return how records of `revision` are judged; None where the log does not say how they are read."""
        if revision not in self._rejudging:
            matching, vocabulary = self.matching(revision, reader), self._other.rulebook.vocabulary
            self._rejudging[revision] = Rejudging(matching, vocabulary, self._other.decide) if matching else None
        return self._rejudging[revision]

    def matching(self, revision: str, reader: LogReader) -> Matching | None:
        """Return how the facts of `revision` are matched with those of the other one."""
        names = self._names.get(revision)
        if names is None:
            legend = legend_in(reader.records(), revision)
            names = legend.facts if legend is not None else None
        return Matching(names, self._other.rulebook.vocabulary) if names else None
