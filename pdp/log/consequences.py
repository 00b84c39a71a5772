"""What goes with a decision, as a record keeps it: what is granted, the terms of the authority, the ways on.

Duties and notes follow from the findings, and their parameters from the question; neither is written again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdp.log.canonical import dumps
from pdp.log.spelling import findings_members
from pdp.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.log.masking import Masker
    from pdp.log.question import QuestionWriter
    from pdp.model import AccessRequest, Decision, Inquiry, Remedy

IMPLIED: Final = "contact_observer"  # the last way on wherever a body to ask is named
ASKED: Final = ("agent", "carrier", "channel", "mode", "purpose", "scenario")  # members of `request` too
GRANTED: Final = ("fields", "rows", "masks")  # members of `granted`, or of what was asked for
_ELSEWHERE: Final = frozenset({"application", *ASKED, *GRANTED})
_BETWEEN = '","'  # ids need no escaping


class ConsequenceWriter:
    """Writes `granted`, `withheld`, `terms`, `ask` and `remedies`, each with a comma behind it, or nothing."""

    def __init__(self, masker: Masker, question: QuestionWriter) -> None:
        self._masker = masker
        self._question = question

    def granted(self, decision: Decision, inquiry: Inquiry, request: AccessRequest, masked: list[str]) -> str:
        """Return the fields released, masks and the row filter; nothing where it is all that was asked."""
        rows, masks = inquiry.parameters.get("rows"), inquiry.parameters.get("masks")
        if (
            decision.outcome is Outcome.PERMIT
            and decision.granted == (() if request.fields is None else request.fields)
            and rows == request.rows
        ):
            return ""
        parts = []
        if decision.granted:
            parts.append(f'"fields":{self._question.names(decision.granted, "/granted/fields", masked)}')
        if isinstance(masks, list):
            spelled = [self._mask(mask, f"/granted/masks/{place}", masked) for place, mask in enumerate(masks)]
            parts.append(f'"masks":[{",".join(spelled)}]')
        if rows is not None:
            parts.append(f'"rows":{self._masker.filter(rows, "/granted/rows", masked)}')
        return f'"granted":{{{",".join(parts)}}},'

    def withheld(self, decision: Decision, masked: list[str]) -> str:
        """Return what a partial answer keeps back, each list of fields with the findings it is kept back on."""
        spelled = [
            f'{{"fields":{self._question.names(part.fields, f"/withheld/{place}/fields", masked)},'
            f'"findings":{dumps(findings_members(part.grounds))}}}'
            for place, part in enumerate(decision.withheld)
        ]
        return f'"withheld":[{",".join(spelled)}],' if spelled else ""

    def terms(self, inquiry: Inquiry, masked: list[str]) -> str:
        """Return what duties say that stands nowhere else in the record, such as the end of the term or the quota."""
        names = inquiry.parameters.keys() - _ELSEWHERE
        if not names:
            return ""
        stated = [
            f'"{name}":{self._term(inquiry.parameters[name], f"/terms/{name}", masked)}' for name in sorted(names)
        ]
        return f'"terms":{{{",".join(stated)}}},'

    def ask(self, remedies: tuple[Remedy, ...], masked: list[str]) -> str:
        """Return the id of the body to ask; who sits there is no part of a record."""
        for remedy in remedies:
            if remedy.contact is not None:
                return f'"ask":{self._masker.word(remedy.contact.body, "/ask", masked)},'
        return ""

    def remedies(self, remedies: tuple[Remedy, ...]) -> str:
        """Return the ids of the ways on, in their order; asking the observer is implied where `ask` names a body."""
        ids = [remedy.id for remedy in remedies]
        if ids and ids[-1] == IMPLIED and remedies[-1].contact is not None:
            ids.pop()
        return f'"remedies":["{_BETWEEN.join(ids)}"],' if ids else ""

    def _mask(self, mask: Mapping[str, object], pointer: str, masked: list[str]) -> str:
        """Return the JSON of one mask: the field's name may be in Chinese, the rest is words and lengths."""
        name = self._masker.text(str(mask["field"]), f"{pointer}/field", masked)
        return f'{{"field":{name},{dumps({key: said for key, said in mask.items() if key != "field"})[1:]}'

    def _term(self, value: object, pointer: str, masked: list[str]) -> str:
        """Return the JSON of one term."""
        if isinstance(value, (bool, int)):
            return dumps(value)
        if isinstance(value, (list, tuple)):
            return self._question.names(tuple(map(str, value)), pointer, masked)
        return self._masker.text(str(value), pointer, masked)
