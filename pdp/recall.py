"""Reading back what was recorded: a decision by its id, spelled out as its own revision has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pdp.errors import UnavailableError
from pdp.log.entry import record_of
from pdp.log.readable import Legend, legend_in, spell_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pdp.model import AccessRequest
    from pdp.ports import DecisionLog
    from pdp.walk import InForce


class Recall:
    """Reads records of `log`; `in_force` says which revision decides now. Its methods may be called from any thread."""

    def __init__(self, log: DecisionLog, in_force: Callable[[], InForce]) -> None:
        self._log = log
        self._in_force = in_force

    def decision(self, decision_id: str) -> Mapping[str, object] | None:
        """Return the record of a decision, spelled out, or None where there is none; reads the log.

        Of anything else with this id, such as an error, the record is returned as it stands.

        Raises:
            UnavailableError: the log does not say how records of its revision are to be read.
        """
        found = self._log.find(decision_id)
        if found is None:
            return None
        record = json.loads(record_of(found[1]))
        return spell_out(record, self._legend(record["revision"]["set"])) if record["kind"] == "decision" else record

    def as_recorded(self, request: AccessRequest) -> Mapping[str, object]:
        """Return the member `request` of the record that `request` would have, to be compared with one that was made.

        Raises:
            UnavailableError: a person's key cannot be stored.
        """
        told: dict[str, object] = json.loads(self._in_force().recorder.question(request))
        return told

    def _legend(self, revision: str) -> Legend:
        """Return how records of `revision` are read; of one that is no longer in force the log knows the facts only."""
        law = self._in_force()
        if revision == law.recorder.set:
            duties = law.rulebook.duties
            parameters = {duty.id: duty.parameters for duty in duties.obligations.values()}
            observed = frozenset(way.id for way in duties.remedies.values() if way.ask == "observer")
            return Legend(tuple(law.rulebook.vocabulary.facts), parameters, observed)
        legend = legend_in(self._log.records(), revision)
        if legend is None:
            message = (
                f"the decision log has no record that revision {revision} came into force; look for its older part"
            )
            raise UnavailableError(message)
        return legend
