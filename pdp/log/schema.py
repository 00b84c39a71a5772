"""The schema of records, with the words of one revision in place of words of any shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.log.spelling import NOT_APPLICABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdp.vocabulary import Vocabulary


def specialised(schema: Mapping[str, object], vocabulary: Vocabulary, **ids: Iterable[str]) -> dict[str, object]:
    """Return `record.schema.json` with the facts, values, duties, advisories and remedies of one revision.

    Args:
        schema: the decoded file.
        vocabulary: the facts in their order, and their values.
        ids: what may go with a decision, as `duty`, `advisory` and `remedy`.
    """
    definitions = schema["$defs"]
    if not isinstance(definitions, dict):
        message = "record.schema.json: $defs is no object; restore the file"
        raise TypeError(message)
    facts = " ".join(
        f"({'|'.join('-' if value == NOT_APPLICABLE else value for value in fact.values)})"
        for fact in vocabulary.facts.values()
    )
    words = {
        "facts": {"type": "string", "pattern": f"^{facts}$"},
        "duties": {"type": "string", "pattern": _spoken(ids["duty"])},
        "advisories": {"type": "string", "pattern": _spoken(ids["advisory"])},
        "remedy": {"enum": sorted(ids["remedy"])},
    }
    return {**schema, "$defs": {**definitions, **words}}


def _spoken(rules: Iterable[str]) -> str:
    """Return the pattern of findings that name no rule but `rules`."""
    one = f"({'|'.join(sorted(rules))})( [^ ;]+)*"
    return f"^{one}(;{one})*$"
