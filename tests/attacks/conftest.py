"""The small service in memory, as the tests of doors have it."""

from tests.adapters.gateways.conftest import ask, log, open_door, post, question, service

__all__ = ["ask", "log", "open_door", "post", "question", "service"]
