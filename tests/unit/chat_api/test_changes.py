"""What a reader of the live stream gets, without a database."""

import asyncio

import pytest

from chat_api.adapters.changes import RESYNC, StreamEnded, Subscription
from chat_api.domain.change import Change
from tests.support.fakes import nth_id


def change(number: int) -> Change:
    return Change(id=nth_id(number), user_id=nth_id(1), type="task.updated", task_id=nth_id(2), version=number)


def test_a_change_survives_its_way_through_the_database() -> None:
    assert Change.from_json(change(3).to_json()) == change(3)


async def test_changes_come_in_their_order() -> None:
    subscription = Subscription(asyncio.Event())
    for number in (1, 2, 3):
        subscription.put(change(number))
    assert [await subscription.next(1) for _ in range(3)] == [change(1), change(2), change(3)]


async def test_a_reader_that_waits_gets_what_comes() -> None:
    subscription = Subscription(asyncio.Event())
    waiting = asyncio.create_task(subscription.next(30))
    await asyncio.sleep(0)
    subscription.put(change(1))
    assert await waiting == change(1)


async def test_there_may_be_nothing_for_a_while() -> None:
    assert await Subscription(asyncio.Event()).next(0.01) is None


async def test_a_reader_that_falls_far_behind_is_told_to_load_everything_anew_and_goes_on_from_there() -> None:
    subscription = Subscription(asyncio.Event())
    for number in range(1, 202):
        subscription.put(change(number))
    subscription.put(change(999))
    assert await subscription.next(1) is RESYNC
    assert await subscription.next(1) == change(999)


async def test_shutdown_ends_a_subscription_even_where_changes_wait() -> None:
    shutdown = asyncio.Event()
    subscription = Subscription(shutdown)
    waiting = asyncio.create_task(subscription.next(30))
    await asyncio.sleep(0)
    shutdown.set()
    with pytest.raises(StreamEnded):
        await waiting
    subscription.put(change(1))
    with pytest.raises(StreamEnded):
        await subscription.next(30)
