"""What became of the same question before and after: every decision for the same asker, data, operation and purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from pdp.log.canonical import dumps
from pdp.log.rejudged import ending_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from adapters.stores.log_reader import LogReader

    Entries = Iterable[tuple[int, bytes]]

Json = dict[str, Any]
_SAME: Final = ("action", "dataset", "scenario", "purpose")


def same_question(readers: Sequence[LogReader], record: Json, watched: Callable[[Entries, int], Entries]) -> list[Json]:
    """Return the decisions on the question of `record`, oldest first, itself among them; reads all of the logs.

    Args:
        readers: the logs.
        record: decoded; one without a question has no history.
        watched: shows progress.
    """
    asked = record.get("request")
    if asked is None:
        return []
    marks = [f'"dataset":{dumps(asked["dataset"])}'.encode(), b'"kind":"decision"']
    found = []
    for reader in readers:
        for index, data in watched(reader.records(), reader.checkpoint.size):
            if all(mark in data for mark in marks):
                other = orjson.loads(data)["record"]
                if other["kind"] == "decision" and _key(other["request"]) == _key(asked):
                    place = {"log": reader.name, "index": index, "id": other["id"], "at": other["at"]}
                    found.append({**place, **ending_of(other)._asdict(), "revision": other["revision"]})
    return sorted(found, key=lambda one: (one["at"], one["index"]))


def _key(asked: Json) -> list[object]:
    """Return what makes two questions one: who asks for what, and why; by whom it acts and through whom does not."""
    subject = asked.get("subject", {})
    return [subject.get("body") or subject.get("person"), *(asked.get(name) for name in _SAME)]
