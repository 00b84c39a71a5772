"""Promises of counted rejections: nobody fills the disk, and none goes uncounted."""

import asyncio
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from adapters.gateways.rejections import EACH, PEERS, Rejections


class Book:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.kept: list[dict[str, object]] = []
        self.awaited = 0
        self.complete = asyncio.Event()

    async def reject(self, door, code, **known: object) -> None:
        """Keep one record."""
        self.kept.append({"door": door, "code": code, **known})
        if self.total() == self.awaited:
            self.complete.set()

    def total(self) -> int:
        """Return for how many rejections the records stand."""
        return sum(record["count"] for record in self.kept)


def reject(arrivals, log):
    """Return the book after one rejection from each of `arrivals`, all within one second."""
    book = Book()

    async def all_of_them() -> None:
        rejections = Rejections(book, log.logger, "authzen")
        for peer in arrivals:
            await rejections.add("bad_request", None, peer, b"xx", 2)
        await rejections.close()

    asyncio.run(all_of_them())
    return book


def test_up_to_a_hundred_a_second_are_recorded_one_by_one(log):
    assert [record["count"] for record in reject(["10.0.0.1"] * EACH, log).kept] == [1] * EACH


def test_more_become_one_record_with_their_number_and_none_of_their_content(log):
    book = reject(["10.0.0.1"] * (EACH + 900), log)

    assert len(book.kept) == EACH + 1
    assert book.kept[-1] == {
        "door": "authzen",
        "code": "bad_request",
        "gateway": None,
        "peer": "10.0.0.1",
        "size": 1800,
        "raw": b"",
        "count": 900,
        "attempt": None,
    }


def test_one_peer_that_floods_does_not_hide_another(log):
    book = reject(["10.0.0.1"] * 500 + ["10.0.0.2"], log)

    assert {"10.0.0.2": 1}.items() <= {record["peer"]: record["count"] for record in book.kept}.items()


@given(st.lists(st.sampled_from("abc"), max_size=600))
def test_no_rejection_goes_uncounted(peers):
    book = reject(peers, SimpleNamespace(logger=None))  # nothing fails, so nothing is logged

    assert book.total() == len(peers)


def test_memory_is_bounded_and_still_none_goes_uncounted(log):
    arrivals = [f"peer-{number}" for number in range(PEERS + 300)]

    book = reject(arrivals, log)

    assert book.total() == len(arrivals)
    assert len({record["peer"] for record in book.kept}) == PEERS + 1


def test_a_second_that_has_ended_is_recorded_without_waiting_for_the_next_rejection(log):
    book = Book()
    book.awaited = EACH + 5

    async def one_second() -> None:
        rejections = Rejections(book, log.logger, "authzen", window=0.01)
        for _ in range(EACH + 5):
            await rejections.add("bad_request", None, "10.0.0.1", b"", 0)
        await book.complete.wait()

    asyncio.run(asyncio.wait_for(one_second(), 10))

    assert book.kept[-1]["count"] == 5
