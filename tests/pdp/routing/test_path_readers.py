"""What the canonical form lets through, every program on the way reads alike: nginx, uvicorn, Go, Java, Node.js.

Each is asked itself about every path of the corpus; Java where it is installed, else by what it said when it was asked.
"""

import random
import shutil

import pytest

from pdp.routing.path import PathError, canonical_path
from tests.pdp.routing.paths import corpus
from tests.pdp.routing.readers import in_go, in_java, in_nginx, in_node, in_uvicorn, java_recorded

CORPUS = corpus()
PIECES = (
    b"/", b"/a", b"/R", b"/.", b".", b"..", b"a", b"A", b"%41", b"%20", b"%2e", b"%2F", b"%25", b"%3b", b"%00", b"%",
    b";", b"\\", b"//", b"?", b"%E4%BA%BA", b"%c0%af", b"%EF%BC%8F", b"%e2%80%8b", b":", b"@", b"=", b"|", b"{",
    b"\xe9",
)  # fmt: skip
AT_RANDOM = 1000
LIVE = ("nginx", "uvicorn", "go", "node")


def put_together(seed: int) -> list[bytes]:
    """Return paths put together of pieces, each of which somebody has tripped over."""
    chance = random.Random(seed)  # noqa: S311 -- equal paths in every run
    return [b"/" + b"".join(chance.choices(PIECES, k=chance.randint(1, 6))) for _ in range(AT_RANDOM)]


PATHS = [*(case.raw for case in CORPUS), *put_together(20260226)]


@pytest.fixture(scope="module")
def readings(tmp_path_factory):
    """What each program that is asked here reads, path by path."""
    told = in_nginx(PATHS, tmp_path_factory.mktemp("nginx")), in_uvicorn(PATHS), in_go(PATHS), in_node(PATHS)
    return dict(zip(LIVE, told, strict=True))


def read_here(raw: bytes) -> bytes | None:
    """Return the path that is our reading, None where it is refused."""
    try:
        return b"/" + b"/".join(segment.encode() for segment in canonical_path(raw))
    except PathError:
        return None


@pytest.mark.parametrize("program", LIVE)
def test_what_is_accepted_every_program_reads_as_the_same_segments(readings, program):
    for raw, reading in zip(PATHS, readings[program], strict=True):
        ours = read_here(raw)
        assert ours is None or reading == ours, raw


def test_what_any_two_programs_read_differently_is_refused(readings):
    _, java = java_recorded()
    apart = [
        raw
        for place, raw in enumerate(PATHS)
        if len({*(readings[program][place] for program in LIVE), java.get(raw, readings["go"][place])}) > 1
    ]

    assert [raw for raw in apart if read_here(raw) is not None] == []
    assert len([raw for raw in apart if raw in java]) > 300  # else the corpus would not be what it is for


def test_what_java_reads_of_what_is_accepted_is_the_same_too():
    _, readings = java_recorded()

    assert [case.raw for case in CORPUS] == list(readings)
    for case in CORPUS:
        assert case.segments is None or readings[case.raw] == read_here(case.raw), case.name


@pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed; what it read is on record")
def test_java_still_reads_what_is_on_record():
    _, readings = java_recorded()

    assert dict(zip(readings, in_java(list(readings)), strict=True)) == readings
