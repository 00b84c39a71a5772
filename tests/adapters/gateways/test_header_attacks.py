"""Headers that attack a door: no allow but for the honest question, no fault of ours, nothing that is not on record.

A real HTTP server, with the settings of the service, and raw sockets: what a client library would mend arrives as is.
"""

import hashlib
import logging
import re
import socket
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
import uvicorn

from adapters.callers import Caller, Callers
from adapters.end_users import EndUsers
from adapters.gateways.call_reader import RoutedCalls
from adapters.gateways.http import Doors, HttpApp
from adapters.server import _config
from adapters.settings import load_settings
from pdp.model import Inquiry
from pdp.routing.route import FromHeader
from pdp.routing.route_map import RouteMap
from tests.adapters.gateways.conftest import INSTRUMENT, SmallService
from tests.adapters.gateways.edge import ISSUER, ROWS, known_world
from tests.adapters.gateways.header_attacks import ATTACKS, DOORS, ENVOY, FORWARD, KEY, REFUSED, SAME, honest

MAP = RouteMap("edge", [replace(ROWS, purpose=FromHeader("x-data-purpose"))], subject=("token",))
CALLER = Caller(
    id="edge", key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),), routes="edge",
    doors=("forward_auth", "envoy_http", "authzen", "opa_data"), enforces=("mask_fields", "filter_rows"),
)  # fmt: skip
PATIENCE = 20.0  # seconds until an answer that does not come is given up
TRIED = [pytest.param(door, attack, id=f"{door}-{attack.name[:60]}") for attack in ATTACKS for door in attack.doors]


class Attacked(SmallService):
    """The small service, which knows the body that an end user's token names."""

    def _facts(self, request) -> Inquiry:
        return super()._facts(replace(request, subject_kind="public_body") if request.subject == "B" else request)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """The doors behind a real server, and what they have recorded."""
    policy = SimpleNamespace(instrument=INSTRUMENT, deriving=None, routes={"edge": MAP})
    service = Attacked(policy=policy, world=known_world())
    warned: list[str] = []
    heard = logging.Handler()
    heard.emit = lambda record: warned.append(record.getMessage())
    logging.getLogger("uvicorn.error").addHandler(heard)
    log = SimpleNamespace(
        **dict.fromkeys(("info", "error", "warning", "critical"), lambda *said, **_: warned.append(said[0]))
    )
    app = HttpApp(
        Doors(service, Callers((CALLER,)), log, deadline=10.0, calls=RoutedCalls(service, EndUsers([ISSUER])))
    )
    server = uvicorn.Server(_config(app, load_settings({"data": tmp_path_factory.mktemp("attacked")}, {})))
    with pytest.MonkeyPatch.context() as patched, socket.socket() as listening:
        patched.setattr("adapters.gateways.rejections.EACH", 1_000_000)  # each on record at once
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield SimpleNamespace(port=listening.getsockname()[1], service=service, warned=warned)
        server.should_exit = True
        thread.join()
    logging.getLogger("uvicorn.error").removeHandler(heard)


def sent(port, request, attack=None) -> bytes:
    """Return everything that comes back of a request with an attack in it, until the connection ends."""
    drop, add, start = (attack.drop, attack.add, attack.start) if attack else ((), (), None)
    lines = [f"{name}: {value}" for name, value in request.headers if name.lower() not in drop]
    first = request.start
    if start is not None:
        method, target, version = request.start.split(" ")
        made = start.format(method=method, target=target)
        first = made if "HTTP" in made or " " in made else f"{method} {made} {version}"
    whole = "\r\n".join([first, *lines, *add, "Connection: close", "", request.body]).encode("latin-1")
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        answer = b""
        try:
            connection.sendall(whole)
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionError:
            pass  # it hung up before it had read everything
    return answer


def statuses(answer) -> list[int]:
    """Return the statuses of all answers that came back."""
    return [int(found) for found in re.findall(rb"^HTTP/1\.[01] (\d{3})", answer, re.MULTILINE)]


def on_record(attacked) -> int:
    """Return how much is on record: questions, rejections, and what the operator was told."""
    return len(attacked.service.questions) + len(attacked.service.rejections) + len(attacked.warned)


def test_there_are_at_least_a_hundred_attacks_each_under_a_name_of_its_own():
    assert len(ATTACKS) >= 100
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("door", DOORS)
def test_the_honest_request_of_each_door_is_allowed(attacked, door):
    answer = sent(attacked.port, honest()[door])

    assert statuses(answer) == [200], answer
    assert (b'"decision":true' in answer or b'"allow":true' in answer) or door in {FORWARD, ENVOY}
    asked = attacked.service.questions[-1]
    assert (asked.subject, asked.dataset, asked.fields, asked.request_id) == ("B", "R", ("name", "phone"), "r-1")


@pytest.mark.parametrize(("door", "attack"), TRIED)
def test_an_attack_is_refused_and_on_record_or_changes_nothing(attacked, door, attack):
    request, before = honest()[door], on_record(attacked)

    answer = sent(attacked.port, request, attack)

    found = statuses(answer)
    assert on_record(attacked) > before, answer
    if attack.expected == SAME:
        assert found == [200], answer
        asked = attacked.service.questions[-1]
        assert (asked.subject, asked.dataset, asked.fields, asked.scenario, asked.purpose, asked.request_id) == (
            "B", "R", ("name", "phone"), "sc-1", "duty", "r-1"
        )  # fmt: skip
        assert b"forged" not in answer
    else:
        assert attack.expected == REFUSED
        assert all(400 <= status < 500 for status in found), answer  # none: it hung up
        assert len(found) <= 1, answer
