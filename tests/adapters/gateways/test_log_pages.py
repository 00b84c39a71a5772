"""Promises of the published log over HTTP: what is under which address, for whom, and how long it may be kept."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass, field

import httpx
import pytest

from adapters.callers import LOCAL, Caller, Callers, Detail
from adapters.gateways.http import Doors, HttpApp
from pdp.errors import UnavailableError
from pdp.log.note import SignatureLine
from pdp.log.receipt import receipt_for, receipt_in
from pdp.log.suite import Sha256
from pdp.log.tiles import ENTRIES, MissingTileError, bundled, unbundled, width_at
from tests.logs.published import note_over, policy, small, tree_of

KEY = "k" * 43
DIGEST = hashlib.sha256(KEY.encode()).hexdigest()
PROVEN = {"authorization": f"Bearer {KEY}"}
ALL = small(300)
Request = tuple[str, str, dict[str, object]]
LARGE = SignatureLine("a.example/witness", b"0000", bytes(8 + 2420))


@dataclass
class MemoryLog:
    """A published log of the first `size` entries."""

    size: int = 300
    quorum: bool = True
    broken: UnavailableError | None = None

    def published(self):
        """Return the newest note."""
        if self.broken:
            raise self.broken
        return str(self.note).encode() if self.size else None

    def witnessed(self):
        """Return the newest note with a quorum."""
        return self.published() if self.quorum else None

    @property
    def note(self):
        """Return the note over the entries, with one large signature."""
        note = note_over(ALL[: self.size])
        return note._replace(lines=(*note.lines, LARGE))

    def tile(self, tile):
        """Return a tile or bundle."""
        if tile.width > width_at(tile.level, tile.number, self.size):
            raise MissingTileError(tile.path)
        if tile.level == ENTRIES:
            return bundled(ALL[tile.number * 256 : tile.number * 256 + tile.width])
        return tree_of(ALL[: self.size])[0][tile.full if tile.width == 256 else tile]

    def receipt(self, index):
        """Return the receipt of an entry."""
        if index >= self.size:
            return None
        return receipt_for(index, self.note, tree_of(ALL[: self.size])[0].__getitem__, Sha256())


@dataclass
class MemoryLogs:
    """The logs of an installation; decision number n is entry n."""

    own: MemoryLog = field(default_factory=MemoryLog)
    others: dict[str, MemoryLog] = field(default_factory=dict)

    def log(self, name):
        """Return a log by its name."""
        return self.own if not name else self.others.get(name)

    def find(self, decision_id):
        """Return where a decision is."""
        return "", int(decision_id.rpartition("-")[2])

    def policy(self):
        """Return the auditor's policy."""
        return policy()


@pytest.fixture
def logs():
    return MemoryLogs()


@pytest.fixture
def send(service, log, logs):
    """Return a function that sends requests one after the other and returns the last response."""

    def sent(*requests: Request, callers=(LOCAL,)) -> httpx.Response:
        async def all_of_them() -> httpx.Response:
            app = HttpApp(Doors(service, Callers(callers), log.logger, deadline=5.0, logs=logs))
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pdp") as client:
                for method, path, options in requests:
                    response = await client.request(method, path, **options)
                return response

        return asyncio.run(all_of_them())

    return sent


@pytest.fixture
def get(send):
    """Return a function that fetches one page."""
    return lambda path, callers=(LOCAL,), **headers: send(("GET", path, {"headers": headers}), callers=callers)


def caller(**changes: object) -> Caller:
    return Caller(id="gateway-1", key_sha256=(DIGEST,), may_assert=("public_body",)).model_copy(update=changes)


def test_the_checkpoints_are_served_as_they_are_and_not_kept_long(get, logs):
    for path in ("/log/checkpoint", "/log/witnessed-checkpoint"):
        answer = get(path, (caller(),))
        assert (answer.status_code, answer.content) == (200, str(logs.own.note).encode())
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "max-age=2"


def test_there_is_no_checkpoint_before_there_is_one(get, logs):
    logs.own.quorum = False
    assert get("/log/checkpoint").status_code == 200
    assert get("/log/witnessed-checkpoint").status_code == 404
    logs.own.size = 0
    missing = get("/log/checkpoint")
    assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")


def test_every_tile_is_served_to_everybody_and_may_be_kept_for_ever(get):
    for tile, data in tree_of(ALL)[0].items():
        answer = get(f"/log/{tile.path}", (caller(),))
        assert (answer.status_code, answer.content) == (200, data)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    [
        *("tile/0/002", "tile/0/001", "tile/0/001.p/45", "tile/1/000", "tile/entries/001", "tile/entries/001.p/45"),
        *(
            "tile/0/1",
            "tile/0/000.p/256",
            "tile/8/0/000",
            "tile/64/000",
            "tile/",
            "",
            "state/checkpoint",
            "checkpoint/",
        ),
        *("tile/0/%2e%2e/000", "../state/checkpoint", "tile/entries/000.p/0", "tile/0/000/", "sm3/checkpoint"),
    ],
)
def test_there_is_nothing_else(get, path):
    assert get(f"/log/{path}").status_code == 404


def test_bundles_are_for_those_who_may_read_every_decision(get):
    path = "/log/tile/entries/001.p/44"
    assert get(path, (caller(reads_all=True),)).status_code == 401
    assert get(path, (caller(),), **PROVEN).status_code == 403
    assert get(path, (caller(reads_all=True, doors=("authzen",)),), **PROVEN).status_code == 403
    for answer in (get(path), get(path, (caller(reads_all=True),), **PROVEN)):
        assert (answer.status_code, unbundled(answer.content)) == (200, ALL[256:])
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.headers["content-type"] == "application/octet-stream"


def test_bundles_are_compressed_for_those_who_take_it(send):
    def asked(accepted) -> tuple[bytes, httpx.Headers]:
        answer = send(("GET", "/log/tile/entries/000", {"headers": {"accept-encoding": accepted}}))
        return answer.content, answer.headers

    whole = bundled(ALL[:256])
    for accepted in ("gzip", "br;q=1.0, GZIP;q=0.5"):
        content, headers = asked(accepted)
        assert (content, headers["content-encoding"], headers["vary"]) == (whole, "gzip", "accept-encoding")
        assert int(headers["content-length"]) == len(gzip.compress(whole, 6, mtime=0)) < len(whole)
    for accepted in ("identity", "gzip;q=0", ""):
        content, headers = asked(accepted)
        assert content == whole
        assert "content-encoding" not in headers
    assert asked("gzip")[1]["etag"] != asked("identity")[1]["etag"]


def test_what_a_client_has_is_not_sent_again(get):
    for path in ("/log/checkpoint", "/log/tile/0/000", "/log/tile/entries/000", "/v1/log-policy"):
        first = get(path)
        again = get(path, **{"if-none-match": f'"x", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert get(path, **{"if-none-match": '"another"'}).status_code == 200
        assert get(path, **{"if-none-match": "*"}).status_code == 304


def test_head_tells_what_get_would(send, get, logs):
    logs.others = {"n1-0": logs.own}
    for path in (
        "/log/checkpoint",
        "/log/tile/0/000",
        "/log/tile/entries/000",
        "/logs/n1-0/tile/0/000",
        "/v1/log-policy",
    ):
        headed, whole = send(("HEAD", path, {})), get(path)
        assert (headed.status_code, headed.content, headed.headers) == (200, b"", whole.headers)


def test_older_logs_and_twins_are_served_under_their_names(get, logs):
    logs.others = {"n1-0": MemoryLog(5), "n1-0/sm3": MemoryLog(6), "sm3": MemoryLog(7)}
    assert get("/logs/n1-0/checkpoint").content == str(MemoryLog(5).note).encode()
    assert get("/logs/n1-0/tile/0/000.p/5").status_code == 200
    assert get("/logs/n1-0/sm3/checkpoint").content == str(MemoryLog(6).note).encode()
    assert get("/log/sm3/tile/entries/000.p/7").status_code == 200
    assert get("/logs/n1-1/checkpoint").status_code == 404
    assert get("/logs/n1-0/tile/entries/000.p/5", (caller(),), **PROVEN).status_code == 403


def test_the_policy_is_open_to_all(get):
    answer = get("/v1/log-policy", (caller(),))
    assert (answer.text, answer.headers["content-type"]) == (policy(), "text/plain; charset=utf-8")


def test_a_log_that_cannot_be_read_is_503_and_only_the_operator_hears_why(get, logs, log):
    logs.own.broken = UnavailableError("/srv/data: broken device")
    for path in ("/log/checkpoint", "/log/witnessed-checkpoint"):
        answer = get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert "srv" not in answer.text
    assert "broken device" in log.written()


@pytest.fixture
def receipt(send, question):
    """Return a function that asks one question, then for its receipt."""

    def asked(query="", asking=LOCAL, reading=None, headers=None) -> httpx.Response:
        sent = {"content-type": "application/json", **(headers or {})}
        first = ("POST", "/access/v1/evaluation", {"json": question, "headers": sent})
        path = f"/v1/decisions/019c9785-1a80-7c3e-9d41-000000000000/receipt{query}"
        return send(first, ("GET", path, {"headers": headers or {}}), callers=(reading or asking,))

    return asked


def test_a_receipt_proves_the_decision_offline(receipt, logs):
    answer = receipt()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
    assert answer.headers["content-disposition"].endswith('-000000000000.tlog-proof"')
    made = receipt_in(answer.content)
    assert made.proves(ALL[0], Sha256())
    assert made.note == logs.own.note


def test_a_compact_receipt_has_no_large_signature(receipt):
    made = receipt_in(receipt("?compact=1").content)
    assert LARGE not in made.note.lines
    assert made.proves(ALL[0], Sha256())


def test_a_receipt_is_for_those_who_may_look_the_decision_up(receipt):
    assert receipt(headers=PROVEN, asking=caller()).status_code == 200
    assert receipt(asking=caller()).status_code == 401
    assert receipt(headers=PROVEN, asking=caller(doors=("authzen",))).status_code == 403
    assert receipt(headers=PROVEN, asking=caller(detail=Detail.NONE)).status_code == 200


def test_no_receipt_of_a_decision_of_another_caller_or_of_none(send, question):
    other = Caller(id="gateway-2", key_sha256=(hashlib.sha256(b"other").hexdigest(),))
    asked = ("POST", "/access/v1/evaluation", {"json": question, "headers": PROVEN})
    path = "/v1/decisions/019c9785-1a80-7c3e-9d41-{}/receipt"
    theirs = {"headers": {"authorization": "Bearer other"}}
    assert send(asked, ("GET", path.format("000000000000"), theirs), callers=(caller(), other)).status_code == 404
    assert send(("GET", path.format("000000000009"), {"headers": PROVEN}), callers=(caller(),)).status_code == 404
    assert send(("GET", "/v1/decisions/x/receipt", {})).status_code == 404


@pytest.mark.parametrize("query", ["?wait=6", "?wait=-1", "?wait=x", "?wait=nan", "?compact=2", "?compact=yes"])
def test_what_cannot_be_asked_for_is_said(receipt, query):
    assert receipt(query).status_code == 400


def test_a_receipt_is_waited_for_until_a_checkpoint_covers_it(receipt, logs):
    logs.own = Growing(0)
    early = receipt()
    assert (early.status_code, early.headers["retry-after"]) == (503, "1")
    assert receipt("?wait=0.05").status_code == 503
    logs.own = Growing(3)
    assert receipt("?wait=5").status_code == 200


class Growing(MemoryLog):
    """A log that has entries only when it was asked often enough; 0: never."""

    def __init__(self, after) -> None:
        super().__init__(0)
        self.after, self.asked = after, 0

    def receipt(self, index):
        """Return the receipt, once."""
        self.asked += 1
        if self.asked == self.after:
            self.size = 5
        return super().receipt(index)


def test_without_a_published_log_there_are_no_such_pages(service, log):
    async def asked() -> int:
        app = HttpApp(Doors(service, Callers((LOCAL,)), log.logger))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pdp") as client:
            return (await client.get("/log/checkpoint")).status_code

    assert asyncio.run(asked()) == 404


def test_the_pages_are_described_once(get):
    described = get("/openapi.json").json()["paths"]
    assert {"/log/{path}", "/logs/{name}/{path}", "/v1/log-policy", "/v1/decisions/{decision_id}/receipt"} <= set(
        described
    )
