"""What one fold sees: the statements and the law at one instant, and for how long its answer stays true.

Folds compare with the clock through `View.reached` alone, so the bounds `since` and `until` are honest by construction:
between them every comparison that was made comes out the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from pdp.ledger.folds import Whole
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pdp.ledger.folds import Fold, Folds
    from pdp.ledger.statement import Statement
    from pdp.ledger.terms import Law
    from pdp.ports import StatementSource

BEGINNING = datetime(1, 1, 1, tzinfo=SHANGHAI)
END = datetime(9999, 12, 31, tzinfo=SHANGHAI)

Made = TypeVar("Made")


class View:
    """The ledger as it stands at `now`. Remembers which refs were read; their statements alone bear on the answer.

    What was read once is not read again: a view sees one state of the ledger, whoever writes meanwhile.
    """

    __slots__ = ("_folds", "_read", "law", "now", "refs", "since", "source", "until")

    def __init__(self, source: StatementSource, law: Law, now: datetime, folds: Folds | None = None) -> None:
        """See the statements of `source`; `folds` keeps what is made of them from one view to the next."""
        self._folds = folds
        self._read: dict[str, Sequence[Statement]] = {}
        self.source = source
        self.law = law
        self.now = now
        self.since = BEGINNING
        self.until = END
        self.refs: set[str] = set()

    def reached(self, instant: datetime) -> bool:
        """Return whether `instant` has come."""
        if instant <= self.now:
            self.since = max(self.since, instant)
            return True
        self.until = min(self.until, instant)
        return False

    def about(self, ref: str) -> Sequence[Statement]:
        """Return the statements about `ref` that have taken effect, oldest first; to be read, not kept."""
        known = self._known(ref)
        if known and known[-1].at > self.now:  # they are in order: with the last, all have taken effect
            return self._begun(ref, known)
        self._whole(ref, known[-1].at if known else BEGINNING)
        return known

    def folded(self, fold: Fold[Made], ref: str) -> Made:
        """Return what `fold` makes of the statements about `ref` that have taken effect; to be read, not changed."""
        if self._folds is None:
            return fold(self.about(ref), self.law)
        kept = self._folds.young.get(ref)
        if kept is None:
            kept = self._folds.of(ref)
        whole = kept.get(fold)
        if whole is None:
            known = self._known(ref)
            last = known[-1].at if known else BEGINNING
            if last > self.now:
                return fold(self._begun(ref, known), self.law)
            whole = kept[fold] = Whole(fold(known, self.law), last)
        elif whole.last > self.now:
            return fold(self._begun(ref, self._known(ref)), self.law)
        self.refs.add(ref)  # as `_whole` does, without the call: this is asked millions of times in an import
        if whole.last > self.since:  # noqa: PLR1730  # max() takes thrice as long
            self.since = whole.last
        return whole.made  # type: ignore[return-value]  # what this very fold made

    def _known(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`."""
        known = self._read.get(ref)
        if known is None:
            known = self._read[ref] = self.source.about(ref)
        return known

    def _whole(self, ref: str, last: datetime) -> None:
        """Note that everything about `ref` was read, the last of which took effect at `last`."""
        self.refs.add(ref)
        if last > self.since:  # noqa: PLR1730  # as above
            self.since = last

    def _begun(self, ref: str, known: Sequence[Statement]) -> Sequence[Statement]:
        """Return those of the `known` statements about `ref` that have taken effect."""
        self.refs.add(ref)
        for position, statement in enumerate(known):
            if not self.reached(statement.at):
                return known[:position]
        return known

    @property
    def changes(self) -> datetime | None:
        """Return the next instant at which what was seen can change by the clock alone; None: never."""
        return None if self.until is END else self.until


class AsKnown:
    """A ledger as it was known when the statement `seq` was its last."""

    def __init__(self, source: StatementSource, seq: int) -> None:
        self._source = source
        self._seq = seq

    def about(self, ref: str) -> Sequence[Statement]:
        """Return the statements about `ref` known then, ordered by `(at, seq)`."""
        return tuple(statement for statement in self._source.about(ref) if statement.seq <= self._seq)

    def head(self) -> int:
        """Return the seq of the last statement known then."""
        return min(self._seq, self._source.head())

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a statement later than `seq` is about; it may name refs not known then."""
        return self._source.changed_since(seq)
