"""The schema of records, with the words of one revision in place of words of any shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdp.vocabulary import Vocabulary


def specialised(schema: Mapping[str, object], vocabulary: Vocabulary, **ids: Iterable[str]) -> dict[str, object]:
    """Return `record.schema.json` with the facts, values, duties, advisories and remedies of one revision.

    Args:
        schema: the decoded file.
        vocabulary: the facts and their values; `not_applicable` is never written.
        ids: what may go with a decision, as `duty`, `advisory` and `remedy`.
    """
    definitions = schema["$defs"]
    if not isinstance(definitions, dict):
        message = "record.schema.json: $defs is no object; restore the file"
        raise TypeError(message)
    facts = {
        name: {"enum": [value for value in fact.values if value != "not_applicable"]}
        for name, fact in vocabulary.facts.items()
    }
    exact = {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": facts}
    words = {name: {"enum": sorted(ids[name])} for name in ("duty", "advisory", "remedy")}
    return {**schema, "$defs": {**definitions, "facts": exact, **words}}
