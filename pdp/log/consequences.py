"""What goes with a decision, as a record keeps it: what is granted, duties with parameters, advisories, remedies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.log.canonical import dumps

if TYPE_CHECKING:
    from pdp.log.masking import Masker
    from pdp.log.question import QuestionWriter
    from pdp.model import Decision, Duty, Inquiry, Remedy

_BETWEEN = '","'  # ids need no escaping


class ConsequenceWriter:
    """Writes the members `granted`, `duties`, `advisories` and `remedies`, each with a comma behind it, or nothing."""

    def __init__(self, masker: Masker, question: QuestionWriter) -> None:
        self._masker = masker
        self._question = question

    def granted(self, decision: Decision, inquiry: Inquiry, masked: list[str]) -> str:
        """Return the fields released and the row filter that limits them; none of both: the whole entry."""
        parts = []
        if decision.granted:
            parts.append(f'"fields":{self._question.names(decision.granted, "/granted/fields", masked)}')
        rows = inquiry.parameters.get("rows")
        if rows is not None:
            parts.append(f'"rows":{self._masker.filter(rows, "/granted/rows", masked)}')
        return f'"granted":{{{",".join(parts)}}},'

    def duties(self, duties: tuple[Duty, ...], masked: list[str]) -> str:
        """Return the duties that bind, in their order, each with its parameters."""
        spelled = [
            self._duty(duty, f"/duties/{place}", masked) if duty.parameters else f'{{"id":"{duty.id}"}}'
            for place, duty in enumerate(duties)
        ]
        return f'"duties":[{",".join(spelled)}],' if spelled else ""

    def advisories(self, advisories: tuple[str, ...]) -> str:
        """Return the ids of notes, in their order."""
        return f'"advisories":["{_BETWEEN.join(advisories)}"],' if advisories else ""

    def remedies(self, remedies: tuple[Remedy, ...], masked: list[str]) -> str:
        """Return the ways on, each with the id of the body to ask; who sits there is no part of a record."""
        spelled = []
        for place, remedy in enumerate(remedies):
            ask = ""
            if remedy.contact:
                ask = f'"ask":{self._masker.word(remedy.contact.body, f"/remedies/{place}/ask", masked)},'
            spelled.append(f'{{{ask}"id":"{remedy.id}"}}')
        return f'"remedies":[{",".join(spelled)}],' if spelled else ""

    def _duty(self, duty: Duty, pointer: str, masked: list[str]) -> str:
        place = f"{pointer}/parameters"
        stated = [
            f'"{name}":{self._parameter(name, duty.parameters[name], f"{place}/{name}", masked)}'
            for name in sorted(duty.parameters)
        ]
        return f'{{"id":"{duty.id}","parameters":{{{",".join(stated)}}}}}'

    def _parameter(self, name: str, value: object, pointer: str, masked: list[str]) -> str:
        """Return the JSON of one parameter: an agent may be a person, a row filter may name one."""
        if name == "rows":
            return self._masker.filter(value, pointer, masked)
        if name == "agent":
            return f"{{{self._masker.party(str(value), None, pointer, masked)}}}"
        if isinstance(value, (bool, int)):
            return dumps(value)
        if isinstance(value, (list, tuple)):
            return self._question.names(tuple(map(str, value)), pointer, masked)
        return self._masker.text(str(value), pointer, masked)
