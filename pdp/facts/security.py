"""Grade, special regimes and personal information of the data.

Sources: art_1__para_1, art_9__para_1, art_37__para_1, art_38__para_1, art_39__para_1__item_7, art_40__para_1.
"""

from __future__ import annotations

from pdp.facts.catalogue import joined_assessment
from pdp.facts.situation import Found, Situation, said

_HERE = frozenset({None, "", "CN"})


def grade(situation: Situation) -> Found:
    """Return the data grade; a grade is not a class. Source: art_38__para_1."""
    return situation.dataset.grade, said(situation.dataset, "grade")


def special_regime(situation: Situation) -> Found:
    """Return whether another law governs this data, this combination or this recipient. Source: art_1__para_1."""
    dataset, request = situation.dataset, situation.request
    if dataset.regime not in {"none", "unknown"}:
        return dataset.regime, said(dataset, "regime")
    if request.location not in _HERE:
        return "cross_border", ()
    if request.combined_with:
        joined = situation.read(joined_assessment(situation))
        if joined.regime not in {"none", "unknown"}:
            return joined.regime, said(joined, "combination")
    return dataset.regime, said(dataset, "regime")


def personal_data(situation: Situation) -> Found:
    """Return whether personal information is contained; de-identified data still is. Source: art_9__para_1."""
    return situation.dataset.personal, said(situation.dataset, "personal")
