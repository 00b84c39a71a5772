"""Facts of a pack from regopy, the Rego inside this installation. Runs in a child that is kept."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from adapters.engines.fact_question import ASKED, asking
from adapters.engines.worker import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PLACE = re.compile(r"facts\.rego\|(\d+)\|")


def answering(work: Mapping[str, object]) -> Callable[[object], object]:
    """Return what answers with the pairs of fact and value that the source in `work` derives."""
    import regopy  # noqa: PLC0415 - only the child may load an engine

    engine = regopy.Interpreter()
    engine.strict_built_in_errors = True
    source = str(work["source"])
    try:
        engine.add_module("facts.rego", source)
        engine.add_module("asked.rego", asking(work["names"], "data.facts"))  # type: ignore[arg-type] # our own JSON
        engine.add_data_json(json.dumps(work["data"]))
        bundle = engine.build(f"data.{ASKED}.answers")
    except regopy.RegoError as error:
        raise Refusal(str(work["path"]), _line(source, str(error)), str(error)) from error

    def answer(question: object) -> object:
        engine.set_input(question)
        output = engine.query_bundle(bundle)
        results = output.results if output.ok() else []
        if len(results) != 1 or results[0].bindings or len(results[0].expressions) != 1:
            raise EvaluationError
        return results[0].expressions[0]

    return answer


class EvaluationError(Exception):
    """The source contradicts itself about this question, or a built-in function cannot take what it is given."""


def _line(source: str, words: str) -> int:
    """Return the line that an error of the engine points at by its offset in bytes."""
    place = _PLACE.search(words)
    return source.encode()[: int(place[1])].count(b"\n") + 1 if place else 1
