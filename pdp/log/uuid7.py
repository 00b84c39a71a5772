"""UUIDv7: ids that sort by the millisecond at which they were made. Source: RFC 9562 § 5.7."""

from __future__ import annotations

_RANDOM = 10  # bytes, of which 74 bits are used


def uuid7(ms: int, random: bytes) -> str:
    """Return the UUIDv7 for an instant.

    Args:
        ms: Unix time in milliseconds, 0 to 2^48−1.
        random: 10 bytes from a source of randomness; equal bytes in one millisecond give equal ids.

    Raises:
        ValueError: `ms` or `random` is out of range.
    """
    if len(random) != _RANDOM or not 0 <= ms < 1 << 48:
        message = "a UUIDv7 needs 48 bits of milliseconds and 10 random bytes"
        raise ValueError(message)
    digits = f"{ms:012x}{random.hex()}"
    variant = "89ab"[random[2] >> 4 & 3]
    return f"{digits[:8]}-{digits[8:12]}-7{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def ms_of(uuid: str) -> int:
    """Return the Unix milliseconds in a UUIDv7.

    Raises:
        ValueError: it is no UUIDv7 in the usual spelling.
    """
    plain = uuid.replace("-", "")
    if len(uuid) != 36 or len(plain) != 32 or plain[12] != "7" or plain[16] not in "89ab":  # noqa: PLR2004  # RFC 9562
        message = "this is no UUIDv7"
        raise ValueError(message)
    return int(plain[:12], 16)
