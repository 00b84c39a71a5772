"""The words of the revision in force, for explanations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.explain import Words

if TYPE_CHECKING:
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
        reads={table.finding.rule: table.reads for table in rulebook.tables},
        obligations=duties.obligations,
        advisories=duties.advisories,
        remedies=duties.remedies,
        other_laws={rule: law for remedy in duties.remedies.values() for rule, law in remedy.see_also.items()},
    )
