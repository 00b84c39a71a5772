"""The entry, which is the leaf of the log's tree: a record, its index, and the leaf before it."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from pdp.log.uuid7 import ms_of

ENTRY_LIMIT: Final = 65_535  # bytes; an entry bundle states lengths as uint16
FIRST: Final = "0" * 64  # what entry 0 names as the leaf before it
FRAMING: Final = len(
    f'{{"prev":"{FIRST}","record":,"seq":{2**63 - 1},"v":1}}'
)  # most bytes an entry adds to its record

# In a decision, an error or a rejection `kind` follows `id`; no object inside them has both in this order.
_ID: Final = re.compile(
    rb'"id":"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})",(?:"joined":true,)?"kind":"'
)
_HEAD = b'{"prev":"'
_RECORD = b'","record":'
RECORD_AT: Final = len(_HEAD) + len(FIRST) + len(_RECORD)  # place of a record in its entry
_SEQ = b',"seq":'
_TAIL = b',"v":1}'


def entry_bytes(prev: str, record: bytes, seq: int) -> bytes:
    """Return the canonical bytes of an entry.

    Args:
        prev: hex leaf hash of the entry before, `FIRST` for entry 0.
        record: canonical bytes of the record, taken as they are.
        seq: index in the log, from 0.
    """
    return b"%b%b%b%b%b%d%b" % (_HEAD, prev.encode(), _RECORD, record, _SEQ, seq, _TAIL)


def leaf_hash(entry: bytes) -> bytes:
    """Return the RFC 6962 leaf hash of `entry`: SHA-256(00 ‖ entry), 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def prev_of(entry: bytes) -> str:
    """Return the hex leaf hash that `entry` names as the one before it; empty if it is no entry."""
    start = len(_HEAD)
    return entry[start : start + 64].decode("ascii", "replace") if entry.startswith(_HEAD) else ""


def record_of(entry: bytes) -> bytes:
    """Return the bytes of the record in `entry`.

    Raises:
        ValueError: the bytes are no entry.
    """
    start = len(_HEAD) + 64
    end = entry.rfind(_SEQ)
    framed = entry.startswith(_HEAD) and entry.endswith(_TAIL) and entry[start : start + len(_RECORD)] == _RECORD
    if not framed or end < start + len(_RECORD):
        message = "these bytes are no entry of a decision log"
        raise ValueError(message)
    return entry[start + len(_RECORD) : end]


def record_id(record: bytes) -> str | None:
    """Return the id of a record, or of the record in an entry; None for an event whose members stand between."""
    found = _ID.search(record)
    return found[1].decode() if found else None


def record_ms(record: bytes) -> int | None:
    """Return the Unix milliseconds at which the id of a record was made, where `record_id` finds it."""
    found = record_id(record)
    return ms_of(found) if found else None
