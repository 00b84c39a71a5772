"""Doors: bytes to an access request, an answer to bytes."""
