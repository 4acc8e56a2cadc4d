"""The supervisor of background loops."""

import asyncio

import pytest
from structlog.testing import capture_logs

from events.background import Supervisor, every
from events.backoff import Backoff
from events.errors import Unavailable
from tests.support.waiting import eventually


def supervisor() -> Supervisor:
    return Supervisor(backoff=Backoff(0.001, 1.0, 0.001))


async def test_a_loop_that_crashes_is_logged_and_started_again() -> None:
    starts = 0

    async def crashes_twice(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts <= 2:
            raise RuntimeError("told to crash")
        await stop.wait()

    loops = supervisor()
    loops.add("shaky", crashes_twice)
    with capture_logs() as lines:
        loops.start()

        async def steady() -> bool:
            return starts == 3

        await eventually(steady, "the loop runs for the third time")
        await loops.stop(5)
    assert [line["event"] for line in lines] == ["background loop crashed"] * 2
    (state,) = loops.states
    assert (state.failures, state.last_error) == (2, "RuntimeError('told to crash')")


async def test_a_loop_that_lacks_its_database_waits_without_a_traceback() -> None:
    calls = 0

    async def away(_stop: asyncio.Event) -> None:
        nonlocal calls
        calls += 1
        raise Unavailable

    loops = supervisor()
    loops.add("waiting", away)
    with capture_logs() as lines:
        loops.start()

        async def tried() -> bool:
            return calls >= 2

        await eventually(tried, "the loop is tried again")
        await loops.stop(5)
    assert {line["log_level"] for line in lines} == {"warning"}


async def test_a_crash_of_one_loop_is_none_of_another() -> None:
    running = asyncio.Event()

    async def crashes(_stop: asyncio.Event) -> None:
        raise RuntimeError

    async def works(stop: asyncio.Event) -> None:
        running.set()
        await stop.wait()

    loops = supervisor()
    loops.add("bad", crashes)
    loops.add("good", works)
    loops.start()
    await asyncio.wait_for(running.wait(), 5)
    await loops.stop(5)
    assert [state.failures for state in loops.states if state.name == "good"] == [0]


async def test_a_loop_whose_work_was_cancelled_from_within_is_started_again() -> None:
    starts = 0

    async def loses_a_task_once(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            lost = asyncio.create_task(asyncio.Event().wait())
            lost.cancel()
            await lost
        await stop.wait()

    loops = supervisor()
    loops.add("cancelled", loses_a_task_once)
    loops.start()

    async def again() -> bool:
        return starts == 2

    await eventually(again, "the loop runs for the second time")
    await loops.stop(5)
    assert [(state.failures, state.last_error) for state in loops.states] == [(1, "CancelledError()")]


async def test_a_loop_finishes_what_is_under_way_when_it_is_stopped() -> None:
    finished = False

    async def works(stop: asyncio.Event) -> None:
        nonlocal finished
        await stop.wait()
        await asyncio.sleep(0)
        finished = True

    loops = supervisor()
    loops.add("orderly", works)
    loops.start()
    await asyncio.sleep(0)
    await loops.stop(5)
    assert finished


async def test_a_loop_that_does_not_stop_is_cancelled_at_the_deadline() -> None:
    async def deaf(_stop: asyncio.Event) -> None:
        await asyncio.Event().wait()

    loops = supervisor()
    loops.add("deaf", deaf)
    loops.start()
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await loops.stop(0.01)
    assert not loops.states[0].running


async def test_stopping_before_starting_is_nothing() -> None:
    await supervisor().stop(1)


async def test_periodic_work_is_done_at_once_and_again_until_stopped() -> None:
    stop, done = asyncio.Event(), 0

    async def work() -> None:
        nonlocal done
        done += 1
        if done == 3:
            stop.set()

    async with asyncio.timeout(5):
        await every(0.001, work, stop)
    assert done == 3


@pytest.mark.parametrize(("attempt", "limit"), [(1, 1), (2, 2), (4, 8), (9, 60), (100_000, 60)])
def test_the_pause_grows_up_to_its_maximum(attempt: int, limit: float) -> None:
    assert Backoff(1, 2, 60, jitter=lambda most: most).delay(attempt) == limit


def test_the_pause_is_anything_up_to_its_limit() -> None:
    delays = [Backoff(1, 2, 60).delay(5) for _ in range(200)]
    assert all(0 <= delay <= 16 for delay in delays)
    assert len(set(delays)) > 100
