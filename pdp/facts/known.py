"""How old what is known of everything is. Source: art_3__para_3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.facts.situation import Found, seqs

if TYPE_CHECKING:
    from pdp.facts.situation import Situation


def ledger_age(situation: Situation) -> Found:
    """Return whether the copy of the ledger is current; a stale one rests on the last statement it has.

    The directory chain (区目录链) is to keep sharing controllable: what was revoked or ordered since must be known.
    Source: art_3__para_3.
    """
    known = situation.known
    if not known.stale:
        until = known.until(situation.now)
        if until is not None:
            situation.changes.append(until)
        return "current", ()
    head = situation.setting.world.seq()
    return "stale", seqs((head,)) if head else ()
