"""What the log keeps of questions that were asked together, and of one page of a search.

Each answer of a batch has a record of its own; this one ties them together. A page of a search has one record: the
question, what it was decided on, how many entities it named, and the digest of their ids.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from pdp.log.masking import Masker
    from pdp.log.question import QuestionWriter
    from pdp.model import AccessRequest, Gathering

BATCH: Final = "batch"
SEARCH: Final = "search"
_SOUGHT: Final = {"subject": ("subject",), "resource": ("dataset",), "action": ("action",)}  # what such a search leaves


class GatheringWriter:
    """Writes the members that these two kinds have beside the common ones. Belongs to one event loop."""

    def __init__(self, masker: Masker, question: QuestionWriter, set_: str) -> None:
        """Write for the revision whose digests have the digest `set_`."""
        self._masker = masker
        self._question = question
        self._set = set_

    def batch(self, asked: Gathering, items: Sequence[str], raw: bytes) -> dict[str, object]:
        """Return the members of `batch`.

        Args:
            asked: who asked, and where.
            items: in the order asked, the id of each decision, or a word such as `bad_request` for what was none.
            raw: the bytes of the whole request, of which a keyed digest is kept.
        """
        masked: list[str] = []
        members: dict[str, object] = {
            "decisions": list(items),
            "digest": self._masker.request_digest(raw),
            "door": json.loads(self._masker.word(asked.door, "/door", masked)),
            "gateway": json.loads(self._masker.word(asked.gateway, "/gateway", masked)),
        }
        if asked.request_id is not None:
            members["request_id"] = json.loads(self._masker.once(asked.request_id, "/request_id", masked))
        return _with(members, masked)

    def page(  # noqa: PLR0913 -- what a page says of itself, each once
        self, request: AccessRequest, sought: str, ids: Sequence[str], *, ledger: int, age: timedelta, as_of: str,
        raw: bytes,
    ) -> dict[str, object]:  # fmt: skip
        """Return the members of `search`.

        Args:
            request: the question, whose searched part says nothing.
            sought: subject | resource | action.
            ids: what the page names, in its order.
            ledger: seq of the last statement that the page rests on.
            age: how old the copy of the ledger was then.
            as_of: the instant of the search, UTC.
            raw: the bytes of the request, of which a keyed digest is kept.
        """
        masked: list[str] = []
        digest = self._masker.request_digest(raw)
        asked = json.loads(self._question.write(request, digest, masked, without=_SOUGHT[sought]))
        members: dict[str, object] = {
            "as_of": as_of,
            "found": {"count": len(ids), "sha256": digest_of(ids)},
            "request": asked,
            "revision": {"age_ms": int(age.total_seconds() * 1000), "ledger": ledger, "set": self._set},
            "sought": sought,
        }
        return _with(members, masked)


def digest_of(ids: Sequence[str]) -> str:
    """Return the hex SHA-256 of the ids of one page, each followed by a line feed."""
    return hashlib.sha256("".join(f"{id_}\n" for id_ in ids).encode()).hexdigest()


def _with(members: dict[str, object], masked: list[str]) -> dict[str, object]:
    return {**members, "masked": sorted(masked)} if masked else members
