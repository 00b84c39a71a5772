"""Rego inside this installation: regopy, the Python face of rego-cpp, in a child process."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

from adapters.engines.child import Child
from adapters.engines.questions import asking, in_order
from adapters.engines.worker import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pdp.ports import EngineJob

_SAID = {("holds",): 1, ("silent",): 0}
_PLACE = re.compile(r"rule\.rego\|(\d+)\|")


@dataclass(frozen=True, slots=True)
class EmbeddedRego:
    """A `RuleEngine`. `answered` hears of each rule as its table arrives."""

    child: Child = field(default_factory=lambda: Child.of("rego_embedded"))
    answered: Callable[[str], None] | None = None
    name: str = "rego_embedded"
    version: str = field(default_factory=lambda: version("regopy"))

    def evaluate(self, jobs: Sequence[EngineJob]) -> Sequence[Sequence[bool]]:
        """Return whether each rule holds for each of its inputs; see `RuleEngine`."""
        return in_order(self.name, self.child, {}, jobs, self.answered)


def answers(work: Mapping[str, object]) -> Iterator[list[int]]:
    """Answer every job of `work` in this process, which the engine may bring down. Runs in the child."""
    import regopy  # noqa: PLC0415 - only the child may load an engine

    for job in work["jobs"]:  # type: ignore[attr-defined] # JSON that our own parent wrote
        engine = regopy.Interpreter()
        engine.strict_built_in_errors = True
        try:
            engine.add_module("rule.rego", job["source"])
            engine.add_module("asked.rego", f"package {job['package']}\n{asking(job['head'])}")
            engine.add_data_json(json.dumps({"readings": job["readings"]}))
            bundle = engine.build(f"data.{job['package']}.asked")
        except regopy.RegoError as error:
            raise Refusal(job["path"], _line(job["source"], str(error)), str(error)) from error
        yield [_answer(engine, bundle, facts) for facts in job["inputs"]]


def _answer(engine: object, bundle: object, facts: Mapping[str, str]) -> int:
    """Return 1 or 0 for the set {"holds"} or {"silent"}; undefined, an error or anything else raises."""
    engine.set_input(facts)  # type: ignore[attr-defined] # the library ships no types
    output = engine.query_bundle(bundle)  # type: ignore[attr-defined]
    results = output.results if output.ok() else []
    if len(results) != 1 or results[0].bindings or len(results[0].expressions) != 1:
        message = f"one value was due, not {output}"
        raise ValueError(message)
    return _SAID[tuple(results[0].expressions[0])]


def _line(source: str, words: str) -> int:
    """Return the line that an error of the engine points at by its offset in bytes."""
    place = _PLACE.search(words)
    return source.encode()[: int(place[1])].count(b"\n") + 1 if place else 1
