"""One entry as one flat row: what the columns are called, and what stands in them.

Nothing is decided or trusted here. What recurs, such as lists, verdicts and vectors of facts, is kept once for many
rows, which name its place.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.exports.verdict_columns import BETWEEN, RELEASED, fact_columns, overlay_columns, verdict_columns
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

Json = dict[str, Any]
Row = list[Any]

WORDS: Final = (  # texts that recur
    *("log", "kind", "boot", "version", "outcome", "error_code", "who_must_act", "door", "gateway", "peer"),
    *("subject_kind", "body", "person", "staff", "system", "agent", "action", "dataset", "physical_table"),
    *("scenario", "application", "application_named", "purpose", "channel", "carrier", "mode", "location"),
    *("established", "route", "client"),
    *("revision_set", "ask", "facts", "evidence", "rows_asked", "rows_granted", "terms"),
)
TEXTS: Final = ("leaf", "id", "at", "request_id", "request_digest", "event")
COUNTS: Final = (
    *("entry_index", "mono_ns", "assurance", "ledger", "valid_us", "facts_us", "decide_us", "bytes", "count"),
    *("cache_s", "age_ms", "overlays_us"),
)
LISTS: Final = ("remedies", "fields_asked", "fields_granted", "fields_withheld", "masked")
JOINED: Final = "joined"
GROUPS: Final = "groups"
MASKS: Final = "masks"
OVERLAYS: Final = "overlays"
VERDICT: Final = "verdict"
VECTOR: Final = "vector"
REMEMBERED: Final = (
    *LISTS,
    GROUPS,
    MASKS,
    OVERLAYS,
    VERDICT,
    VECTOR,
)  # a row holds the place of its value among those met
ROW: Final = (*WORDS, *TEXTS, *COUNTS, JOINED, *REMEMBERED)

_PLACE: Final = {name: place for place, name in enumerate(ROW)}
_BLANK: Final[list[Any]] = [None] * len(ROW)


def _to(**columns: str) -> tuple[tuple[str, int], ...]:
    """Return which member of an object goes where in a row."""
    return tuple((member, _PLACE[column]) for member, column in columns.items())


_COMMON: Final = _to(id="id", at="at", mono_ns="mono_ns", kind="kind")
_DECISION: Final = _to(
    outcome="outcome",
    writer="boot",
    ask="ask",
    valid_us="valid_us",
    application="application",
    joined=JOINED,
    cache_s="cache_s",
)
_REQUEST: Final = _to(
    **{name: name for name in ("door", "gateway", "action", "dataset", "scenario", "purpose", "channel", "carrier")},
    **{name: name for name in ("mode", "location", "assurance", "established", "route", "client", "request_id")},
    digest="request_digest", table="physical_table", application="application_named",
)  # fmt: skip
_SUBJECT: Final = _to(kind="subject_kind", body="body", person="person", staff="staff", system="system")
_FAILURE: Final = _to(code="error_code", who_must_act="who_must_act")
_REJECTION: Final = _to(
    writer="boot", door="door", code="error_code", digest="request_digest", gateway="gateway", peer="peer",
    bytes="bytes", count="count",
)  # fmt: skip
_BATCH: Final = _to(door="door", gateway="gateway", request_id="request_id", digest="request_digest")
_ACT: Final = _to(kind="action", agent="agent")
_PARTY: Final = _to(body="body", person="person")
_WRITER: Final = _to(boot="boot", version="version")
_ELSEWHERE: Final = frozenset(
    {"id", "at", "kind", "mono_ns", "writer", "masked", "hashes", "request", "decisions"}
)  # the rest is `event`
_MANY: Final = ("hashes", "decisions")


class Distinct:
    """The distinct values of one column, each with the place that rows name it by."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[Hashable, int] = {}

    def place(self, key: Hashable, make: Callable[[], Any]) -> int:
        """Return the place of the value behind `key`, which is made where it is new."""
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = len(self.values)
            self.values.append(make())
        return found


class Flattener:
    """Flattens consecutive entries of one log."""

    def __init__(self, origin: str, previous: str, order: Callable[[str], tuple[str, ...]]) -> None:
        """Begin behind the entry whose leaf is `previous` (hex).

        Args:
            origin: of the log.
            previous: 64 zeros before the first entry.
            order: revision set -> its facts in the order of vectors.
        """
        self.previous = previous
        self._origin = origin
        self._order = order
        self.forget()

    def forget(self) -> None:
        """Forget the distinct values, which belong to the rows so far."""
        self.distinct = {name: Distinct() for name in REMEMBERED}

    def row(self, index: int, entry: bytes) -> Row:
        """Return an entry as one value for each name in `ROW`, None where it has none.

        Raises:
            UnavailableError: it does not follow the entry before it, or is not as the format says.
        """
        try:
            return self._row(index, entry)
        except (KeyError, TypeError, ValueError, AttributeError) as stray:
            message = f"{self._origin}: entry {index} is not as the format says ({stray!r}); verify the log"
            raise UnavailableError(message) from stray

    def _row(self, index: int, entry: bytes) -> Row:
        whole = orjson.loads(entry)
        if whole["seq"] != index or whole["prev"] != self.previous:
            message = f"{self._origin}: entry {index} does not follow the one before it; verify the log"
            raise UnavailableError(message)
        record = whole["record"]
        self.previous = hashlib.sha256(b"\x00" + entry).hexdigest()
        row = _BLANK.copy()
        row[_PLACE["log"]], row[_PLACE["entry_index"]], row[_PLACE["leaf"]] = self._origin, index, self.previous
        _put(row, record, _COMMON)
        if "masked" in record:
            self._list(row, "masked", record["masked"])
        kind = record["kind"]
        if kind == "decision":
            self._decision(row, record)
        elif kind == "error":
            row[_PLACE["boot"]] = record["writer"]
            _put(row, record["error"], _FAILURE)
            _put_request(row, record["request"])
        elif kind == "rejection":
            _put(row, record, _REJECTION)
            _put(row, record.get("act", {}), _ACT)
            _put(row, record.get("act", {}).get("by", {}), _PARTY)
        else:
            _put_event(row, record)
        return row

    def _decision(self, row: Row, record: Json) -> None:
        _put(row, record, _DECISION)
        row[_PLACE["facts_us"]], row[_PLACE["decide_us"]] = record["cost_us"]
        row[_PLACE["ledger"]] = record["revision"]["ledger"]
        row[_PLACE["revision_set"]] = record["revision"]["set"]
        row[_PLACE["age_ms"]] = record["revision"].get("age_ms")
        if "remedies" in record:
            self._list(row, "remedies", record["remedies"])
        if "terms" in record:
            row[_PLACE["terms"]] = _text(record["terms"])
        _put_request(row, record["request"])
        self._scope(row, record)
        self._said(row, record)
        if OVERLAYS in record:
            self._overlays(row, record[OVERLAYS])

    def _scope(self, row: Row, record: Json) -> None:
        """Fill what was asked for, given and kept back. A whole entry asked for has no list, given an empty one."""
        scope = record["request"].get("scope", {})
        if "fields" in scope:
            self._list(row, "fields_asked", scope["fields"])
        if "rows" in scope:
            row[_PLACE["rows_asked"]] = _text(scope["rows"])
        if record["outcome"] not in RELEASED:
            return
        granted = record.get("granted", scope)
        self._list(row, "fields_granted", granted.get("fields", ()))
        if "rows" in granted:
            row[_PLACE["rows_granted"]] = _text(granted["rows"])
        if "masks" in granted:
            row[_PLACE[MASKS]] = self.distinct[MASKS].place(orjson.dumps(granted["masks"]), lambda: granted["masks"])
        if "withheld" in record:
            self._list(row, "fields_withheld", [name for part in record["withheld"] for name in part["fields"]])

    def _said(self, row: Row, record: Json) -> None:
        """Fill what the facts and the rules say."""
        outcome, withheld = record["outcome"], record.get("withheld", ())
        groups = record.get(GROUPS)
        if groups is None:
            groups = [record]
        else:
            spelled = [{name: group.get(name) for name in ("dataset", "fields", "outcome")} for group in groups]
            row[_PLACE[GROUPS]] = self.distinct[GROUPS].place(orjson.dumps(spelled), lambda: spelled)
        facts, revision = BETWEEN.join([group["facts"] for group in groups]), record["revision"]["set"]
        row[_PLACE["facts"]] = facts
        row[_PLACE["evidence"]] = BETWEEN.join([group["evidence"] for group in groups])
        row[_PLACE[VECTOR]] = self.distinct[VECTOR].place(
            (revision, facts), lambda: fact_columns(facts, self._order(revision))
        )
        said = (
            outcome,
            *[(group["outcome"], *group["findings"].items()) for group in groups],
            *[tuple(part["findings"].items()) for part in withheld],
        )
        row[_PLACE[VERDICT]] = self.distinct[VERDICT].place(said, lambda: verdict_columns(outcome, groups, withheld))

    def _overlays(self, row: Row, said: list[Json]) -> None:
        """Fill what overlays said; how long they took differs from one decision to the next, what they said hardly."""
        row[_PLACE["overlays_us"]] = max(one["us"] for one in said)
        named = [{name: value for name, value in one.items() if name != "us"} for one in said]
        row[_PLACE[OVERLAYS]] = self.distinct[OVERLAYS].place(orjson.dumps(named), lambda: overlay_columns(named))

    def _list(self, row: Row, name: str, values: Iterable[str]) -> None:
        key = tuple(values)
        row[_PLACE[name]] = self.distinct[name].place(key, lambda: list(key))


def _put(row: Row, members: Json, places: tuple[tuple[str, int], ...]) -> None:
    """Put the members that are there where they belong."""
    for member, place in places:
        if member in members:
            row[place] = members[member]


def _put_request(row: Row, request: Json) -> None:
    _put(row, request, _REQUEST)
    if "subject" in request:
        _put(row, request["subject"], _SUBJECT)
    if "agent" in request:
        row[_PLACE["agent"]] = next(iter(request["agent"].values()))


def _put_event(row: Row, record: Json) -> None:
    """Put what an event of the log says: its own members as one text, of many hashes or ids only their count."""
    _put(row, record["writer"], _WRITER)
    own = {name: value for name, value in record.items() if name not in _ELSEWHERE}
    for many in _MANY:
        if many in record:
            own["count"] = len(record[many])
    if record["kind"] == "batch":
        _put(row, record, _BATCH)
    if "request" in record:
        _put_request(row, record["request"])
    row[_PLACE["event"]] = _text(own)


def _text(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
