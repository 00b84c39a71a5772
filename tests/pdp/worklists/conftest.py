"""The scribe of the ledger's tests, and a reader of lists."""

from __future__ import annotations

from pdp.ledger.scope import moment
from pdp.worklists.page import Paging
from tests.pdp.ledger.conftest import Scribe, scribe, told

__all__ = ["listed", "scribe", "told"]

ALL = Paging(size=500)


def listed(scribe: Scribe, work, at: str, **asked: object):
    """Return the items of one list at an instant, by entity."""
    page = work(scribe.ledger, scribe.world, moment(at), ALL, **asked)
    assert page.next is None
    return {item.entity: item for item in page.items}
