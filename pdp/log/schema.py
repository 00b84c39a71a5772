"""The schema of records, with the words of one revision in place of words of any shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.rulebook.duties import Duties
    from pdp.vocabulary import Vocabulary


def specialised(schema: Mapping[str, object], vocabulary: Vocabulary, duties: Duties) -> dict[str, object]:
    """Return `record.schema.json` with the facts, values, duties, advisories and remedies of one revision.

    Args:
        schema: the decoded file.
        vocabulary: the facts and their values; `not_applicable` is never written.
        duties: the ids that go with a decision.
    """
    definitions = schema["$defs"]
    if not isinstance(definitions, dict):
        message = "record.schema.json: $defs is no object; restore the file"
        raise TypeError(message)
    facts = {
        name: {"enum": [value for value in fact.values if value != "not_applicable"]}
        for name, fact in vocabulary.facts.items()
    }
    words = {
        "facts": {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": facts},
        "duty": {"enum": sorted(duties.obligations)},
        "advisory": {"enum": sorted(duties.advisories)},
        "remedy": {"enum": sorted(duties.remedies)},
    }
    return {**schema, "$defs": {**definitions, **words}}
