"""The words of the revision in force, for explanations."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pdp.explanation import Words
from pdp.model import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.law import Instrument
    from pdp.rulebook.rulebook import Rulebook


def words_of(rulebook: Rulebook, instrument: Instrument) -> Words:
    """Return what `rulebook` and `instrument` call things."""
    duties = rulebook.duties
    return Words(
        instrument=instrument,
        vocabulary=rulebook.vocabulary,
        titles={rule: ground.title for rule, ground in rulebook.grounds.items()},
        meanings={name: rule.description for name, rule in rulebook.rules.items()},
        reads=decisive_facts(rulebook),
        obligations=duties.obligations,
        advisories=duties.advisories,
        remedies=duties.remedies,
        other_laws={rule: law for remedy in duties.remedies.values() for rule, law in remedy.see_also.items()},
    )


@lru_cache(maxsize=2)  # every door asks; while policies are loaded anew there are two revisions
def decisive_facts(rulebook: Rulebook) -> Mapping[str, tuple[str, ...]]:
    """Return, for each rule, the facts that it looks at; a column in which its rows have `*` only is none."""
    return {
        table.finding.rule: tuple(
            fact
            for fact in table.reads
            if table.finding.effect is not Effect.PERMIT or table.possible(fact) != table.alike[fact].keys()
        )
        for table in rulebook.tables
    }
