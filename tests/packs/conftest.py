"""The packs of examples/packs, each served once."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.packs.served import PACKS, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.packs.served import Served


@pytest.fixture(scope="session")
def serve(tmp_path_factory) -> Iterator[Callable[[str], Served]]:
    """Return a function that serves a pack of examples/packs, once a session."""
    opened: dict[str, Served] = {}
    with ExitStack() as stack:

        def of(name: str) -> Served:
            if name not in opened:
                data = tmp_path_factory.mktemp(name)
                opened[name] = stack.enter_context(serving(data, policies=PACKS / name))
            return opened[name]

        yield of
