"""One service, one data API, and each gateway in front of them, started when it is first asked for."""

import pytest

from tests.gateways.scene import open_scene


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    """Everything that runs."""
    opened = open_scene(tmp_path_factory.mktemp("gateways"))
    yield opened
    opened.close()
