"""Promises of a deadline: it ends what takes longer, and only that."""

import asyncio
import time

import pytest

from adapters.gateways.deadline import Deadline


def test_what_takes_longer_is_given_up():
    async def waiting() -> None:
        with Deadline(0.01):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(waiting())


def test_what_ends_in_time_is_not_disturbed_afterwards():
    async def quick() -> str:
        with Deadline(0.01):
            await asyncio.sleep(0)
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.05)
        return "undisturbed"

    assert asyncio.run(quick()) == "undisturbed"


def test_what_was_ready_in_time_and_is_picked_up_late_is_given_up():
    async def paused() -> None:
        with Deadline(0.01):
            until = time.monotonic() + 0.02
            while time.monotonic() < until:  # the whole process stands still, so no timer can run
                pass

    with pytest.raises(TimeoutError):
        asyncio.run(paused())


def test_a_cancellation_by_somebody_else_stays_one():
    async def waiting() -> None:
        with Deadline(60):
            await asyncio.Event().wait()

    async def cancelled() -> bool:
        task = asyncio.create_task(waiting())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return task.cancelled()

    assert asyncio.run(cancelled())


def test_a_fault_inside_comes_out_as_it_is():
    async def failing() -> None:
        with Deadline(60):
            _ = {}["absent"]

    with pytest.raises(KeyError):
        asyncio.run(failing())


def test_the_inner_of_two_deadlines_ends_the_inner_block_only():
    async def nested() -> str:
        with Deadline(60):
            with pytest.raises(TimeoutError), Deadline(0.01):
                await asyncio.Event().wait()
            await asyncio.sleep(0)
            return "went on"

    assert asyncio.run(nested()) == "went on"
