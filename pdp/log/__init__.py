"""The decision record: bytes in, bytes out."""
