"""The retry loop against a real database."""

import asyncio

import pytest
from sqlalchemy import text

from events.dead_letters import Reason
from events.errors import EventRejected, Unavailable
from tests.integration.events.conftest import NewSample
from tests.support.sample.service import Sample, fails, hangs, loses_the_connection, user_updated


async def park(sample: Sample, *versions: int, user: int = 1, failures: int = 1) -> None:
    """Delivers events of a user whose first fails so often: where there are several, the delivery tries it twice."""
    events = [user_updated(user, version) for version in versions]
    sample.trouble[events[0].envelope.id] = fails(failures)
    await sample.receive(*events)


@pytest.mark.proves("FR-019")
async def test_a_parked_event_takes_effect_once_it_is_due(sample: Sample) -> None:
    await park(sample, 1)
    assert await sample.retry_loop.try_due() == 0
    sample.clock.advance(seconds=1)
    assert await sample.retry_loop.try_due() == 1
    assert await sample.effects() == [1]
    assert await sample.count("parked_events") == 0
    assert await sample.count("processed_events") == 1


async def test_events_that_waited_behind_another_follow_it_in_order_at_once(sample: Sample) -> None:
    await park(sample, 1, 2, 3, failures=2)
    sample.clock.advance(seconds=1)
    assert await sample.retry_loop.try_due() == 3
    assert await sample.effects() == [1, 2, 3]


@pytest.mark.proves("FR-019")
async def test_the_pause_doubles_with_each_failure(sample: Sample) -> None:
    await park(sample, 1, failures=9)
    pauses = []
    for _ in range(3):
        (due,) = await sample.column("parked_events", "next_attempt_at")
        pauses.append((due - sample.clock.now()).total_seconds())  # type: ignore[operator]
        sample.clock.set(due)  # type: ignore[arg-type]
        await sample.retry_loop.try_due()
    assert pauses == [1, 2, 4]


@pytest.mark.proves("FR-020")
async def test_at_the_limit_an_event_is_a_dead_letter_and_those_behind_it_go_on(new_sample: NewSample) -> None:
    sample = await new_sample(max_attempts=3)
    await park(sample, 1, 2, failures=99)
    for _ in range(2):
        assert await sample.letters() == []
        sample.clock.advance(minutes=1)
        await sample.retry_loop.try_due()
    (letter,) = await sample.letters()
    assert (letter.reason, letter.attempts) == (Reason.EXHAUSTED, 3)
    assert await sample.effects() == [2]
    assert await sample.count("parked_events") == 0


async def test_a_rejection_on_a_later_attempt_is_a_dead_letter_at_once(sample: Sample) -> None:
    await park(sample, 1, failures=99)
    sample.trouble[user_updated(1, 1).envelope.id] = fails(9, EventRejected("never"))
    sample.clock.advance(seconds=1)
    await sample.retry_loop.try_due()
    (letter,) = await sample.letters()
    assert (letter.reason, letter.error) == (Reason.REJECTED, "never")


@pytest.mark.parametrize("trouble", [fails(99, Unavailable()), loses_the_connection], ids=["unavailable", "lost"])
async def test_what_is_no_fault_of_the_event_does_not_count(new_sample: NewSample, trouble: object) -> None:
    sample = await new_sample(max_attempts=2)
    event = user_updated(1, 1)
    sample.trouble[event.envelope.id] = trouble  # type: ignore[assignment]
    await sample.receive(event)
    for _ in range(5):
        sample.clock.advance(minutes=1)
        await sample.retry_loop.try_due()
    assert await sample.letters() == []
    assert await sample.column("parked_events", "attempts") == [0]


async def test_an_event_that_hangs_keeps_no_other_key_waiting(new_sample: NewSample) -> None:
    sample = await new_sample(handler_timeout_seconds=0.2)
    slow = user_updated(1, 1)
    await park(sample, 1, user=2)
    sample.trouble[slow.envelope.id] = hangs
    await sample.receive(slow)
    sample.clock.advance(seconds=5)
    await sample.retry_loop.try_due()
    assert (await sample.effects(1), await sample.effects(2)) == ([], [1])


async def test_two_loops_at_once_try_each_event_once(new_sample: NewSample) -> None:
    one, two = await new_sample(), await new_sample()
    for user in range(1, 11):
        await park(one, 1, 2, user=user, failures=2)
    one.clock.advance(minutes=1)
    two.clock.advance(minutes=1)
    await asyncio.gather(one.retry_loop.try_due(), two.retry_loop.try_due())
    await one.retry_loop.try_due()  # what one skipped because the other had it
    for user in range(1, 11):
        assert await one.effects(user) == [1, 2]
    assert await one.count("parked_events") == 0


async def test_receiving_while_parked_events_are_tried_keeps_the_order_of_a_key(new_sample: NewSample) -> None:
    receiving, retrying = await new_sample(), await new_sample()
    for user in range(1, 6):
        await park(receiving, 1, user=user, failures=2)
    retrying.clock.advance(minutes=1)
    receiving.clock.advance(minutes=1)

    async def deliver() -> None:
        for version in range(2, 12):
            await receiving.receive(*(user_updated(user, version) for user in range(1, 6)))

    async def retry() -> None:
        while await retrying.count("parked_events") or not delivering.done():
            await retrying.retry_loop.try_due()

    delivering = asyncio.create_task(deliver())
    async with asyncio.timeout(60):
        await asyncio.gather(delivering, retry())
    for user in range(1, 6):
        assert await receiving.effects(user) == list(range(1, 12))


async def test_where_everything_of_a_type_fails_nothing_is_dead_lettered(new_sample: NewSample) -> None:
    sample = await new_sample(max_attempts=2, brake_events=5)
    events = [user_updated(user, 1) for user in range(1, 11)]
    for event in events:
        sample.trouble[event.envelope.id] = fails(99)
    await sample.receive(*events)
    for _ in range(6):
        sample.clock.advance(minutes=2)
        await sample.retry_loop.try_due()
    assert await sample.letters() == []
    assert await sample.count("parked_events") == 10

    sample.trouble.clear()  # the fix is deployed
    sample.clock.advance(minutes=2)
    await sample.retry_loop.try_due()
    assert len(await sample.effects()) == 10
    assert not sample.brake.engaged("user.updated")


async def test_an_event_that_this_build_cannot_read_any_more_is_a_dead_letter(sample: Sample) -> None:
    await park(sample, 1, failures=99)
    async with sample.engine.begin() as connection:
        await connection.execute(
            text("UPDATE parked_events SET payload = replace(payload, 'user.updated:v1', 'user.updated:v9')")
        )
    sample.clock.advance(seconds=1)
    await sample.retry_loop.try_due()
    (letter,) = await sample.letters()
    assert letter.reason is Reason.UNKNOWN_CONTRACT
    assert await sample.count("parked_events") == 0


async def test_the_loop_runs_until_it_is_stopped(sample: Sample) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(sample.retry_loop.run(stop))
    stop.set()
    async with asyncio.timeout(5):
        await running
