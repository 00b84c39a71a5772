"""Ask a pack's own engine about everything that its data declares, before anybody else does."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from adapters.engines.opa_process import opa_process
from adapters.engines.rego_facts import RegoFacts
from pdp.errors import PolicyError
from pdp.facts.total import UndefinedFactsError, total
from pdp.rulebook.fact_rules import PATH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pdp.ports import FactEngine
    from pdp.rulebook.fact_rules import FactRules
    from pdp.vocabulary import Vocabulary

MOST: Final = 2000  # questions that are put; more entities than that are known by their first
PATIENCE: Final = 30.0  # seconds for one answer
_STRANGER: Final = "nobody"  # a type, an id and a name that no pack declares


def check_facts(rules: FactRules, vocabulary: Vocabulary, opa_url: str | None, *, against_opa: bool) -> None:
    """Check that facts follow for every declared subject, action and resource, and for strangers.

    Args:
        rules: the pack's source.
        vocabulary: its facts.
        opa_url: a running OPA server on this machine; None: one is started where it is needed.
        against_opa: a real OPA server must derive equal facts.

    Raises:
        PolicyError: the engine refuses the source, a fact does not follow, or the engines disagree.
        UnavailableError: an engine fails.
    """
    with ExitStack() as stack:
        engines: list[FactEngine] = [stack.enter_context(RegoFacts(rules, seconds=PATIENCE))]
        if against_opa:
            url = opa_url or stack.enter_context(opa_process())
            engines.append(stack.enter_context(RegoFacts(rules, url, seconds=PATIENCE)))
        for sent in islice(_questions(rules), MOST):
            answers = [_vector(engine, sent, vocabulary) for engine in engines]
            if answers[0] != answers[-1]:
                fault = f"{_words(sent)}: rego_embedded says {answers[0]}, opa_server {answers[-1]}"
                raise PolicyError(rules.path, 1, fault, "write it so that both engines read it alike")


def _vector(engine: FactEngine, sent: Mapping[str, object], vocabulary: Vocabulary) -> tuple[str, ...]:
    try:
        return total(engine.derive_now(sent), vocabulary)
    except UndefinedFactsError as undefined:
        remedy = "mend the source, or give the fact a value marked floor"
        raise PolicyError(PATH, 1, f"{_words(sent)}: {undefined}", remedy) from undefined


def _questions(rules: FactRules) -> Iterator[Mapping[str, object]]:
    """Yield a question for every declared subject, action and resource, strangers among them first."""
    entities = [(_STRANGER, _STRANGER), *((kind, id_) for kind in rules.kinds for id_ in rules.ids(kind))]
    for subject, action, resource in product(entities, [_STRANGER, *rules.actions], entities):
        yield {
            "subject": {"type": subject[0], "id": subject[1]},
            "action": {"name": action},
            "resource": {"type": resource[0], "id": resource[1]},
        }


def _words(sent: Mapping[str, object]) -> str:
    return ", ".join(f"{part} {member}" for part, member in sent.items())
