"""The relay against a real database and a publisher that remembers."""

import asyncio
import json
from dataclasses import replace

import pytest

from events.backoff import Backoff
from events.contracts import UserDeleted, UserUpdated
from events.outbox import OutboxRow
from events.relay import Relay, RelayLimits
from events.topics import Topic, dead_letter_topic
from tests.integration.events.conftest import NewSample
from tests.support.fakes import nth_id
from tests.support.publishers import RecordingPublisher
from tests.support.sample.service import NAME, Sample
from tests.support.waiting import eventually

USERS = Topic.USERS


def relay(
    sample: Sample,
    publisher: RecordingPublisher,
    *,
    rows: int = 100,
    size: int = 1_000_000,
    timeout: float = 5.0,
    awake: asyncio.Event | None = None,
) -> Relay:
    backoff = Backoff(0.05, 2.0, 0.2, jitter=lambda limit: limit)
    limits = RelayLimits(poll=1.0, batch_rows=rows, batch_bytes=size, publish_timeout=timeout, backoff=backoff)
    return Relay(sample.messaging, publisher, limits, awake or asyncio.Event())


def updated(user: int, version: int, email: str = "a@example.com") -> UserUpdated:
    return UserUpdated(user_id=nth_id(user), version=version, email=email, timezone="UTC")


def seen(publisher: RecordingPublisher, topic: str = USERS) -> list[tuple[int, int]]:
    """User and version of each event in the order of publishing."""
    bodies = [json.loads(payload) for payload in publisher.payloads(topic)]
    return [(int(body["subject"][-4:], 16), body["data"]["version"]) for body in bodies]


async def unpublished(sample: Sample) -> int:
    return sum(value is None for value in await sample.column("outbox", "published_at"))


async def test_events_are_published_once_in_their_order_with_their_key(sample: Sample) -> None:
    publisher = RecordingPublisher()
    await sample.publish(*(updated(user, version) for version in (1, 2) for user in (1, 2, 3)))
    done = await relay(sample, publisher).publish_pending()
    assert done.published == 6
    assert seen(publisher) == [(user, version) for version in (1, 2) for user in (1, 2, 3)]
    assert {message.partition_key for message in publisher.published[USERS]} == {str(nth_id(n)) for n in (1, 2, 3)}
    assert (await relay(sample, publisher).publish_pending()).published == 0
    assert await unpublished(sample) == 0


async def test_a_batch_is_bounded_in_rows(sample: Sample) -> None:
    publisher = RecordingPublisher()
    await sample.publish(*(updated(1, version) for version in range(1, 8)))
    worker = relay(sample, publisher, rows=3)
    passes = [await worker.publish_pending() for _ in range(4)]
    assert [done.published for done in passes] == [3, 3, 1, 0]
    assert [done.more for done in passes] == [True, True, False, False]


async def test_a_batch_is_bounded_in_bytes_yet_never_empty(sample: Sample) -> None:
    publisher = RecordingPublisher()
    await sample.publish(*(updated(1, version, "x" * 1_000) for version in range(1, 5)))
    worker = relay(sample, publisher, size=2_000)
    assert [(await worker.publish_pending()).published for _ in range(2)] == [2, 2]
    await sample.publish(updated(1, 9, "x" * 10_000))
    assert (await worker.publish_pending()).published == 1


async def test_of_two_relays_one_is_at_work(new_sample: NewSample) -> None:
    one, two = await new_sample(), await new_sample()
    await one.publish(updated(1, 1))
    gate = asyncio.Event()
    slow, quick = RecordingPublisher(frozen=gate), RecordingPublisher()
    working = asyncio.create_task(relay(one, slow).publish_pending())

    async def at_work() -> bool:
        return slow.calls == 1

    await eventually(at_work, "the first relay publishes")
    assert not (await relay(two, quick).publish_pending()).elected
    gate.set()
    assert (await working).published == 1
    assert (await relay(two, quick).publish_pending()).elected
    assert quick.calls == 0


async def test_relays_of_different_services_in_one_database_do_not_wait_for_each_other(sample: Sample) -> None:
    await sample.publish(updated(1, 1))
    gate = asyncio.Event()
    slow = RecordingPublisher(frozen=gate)
    working = asyncio.create_task(relay(sample, slow).publish_pending())

    async def at_work() -> bool:
        return slow.calls == 1

    await eventually(at_work, "the first relay publishes")
    sample.messaging = replace(sample.messaging, service="another")
    assert (await relay(sample, RecordingPublisher()).publish_pending()).elected
    gate.set()
    await working


@pytest.mark.proves("SC-007")
async def test_a_crash_between_publishing_and_marking_publishes_again(sample: Sample) -> None:
    publisher = RecordingPublisher(crash_after_publishing=SystemError("killed"))
    await sample.publish(updated(1, 1), updated(1, 2))
    with pytest.raises(SystemError):
        await relay(sample, publisher).publish_pending()
    assert await unpublished(sample) == 2
    await relay(sample, publisher).publish_pending()
    assert seen(publisher) == [(1, 1), (1, 2), (1, 1), (1, 2)]
    assert await unpublished(sample) == 0


async def test_a_row_that_alone_cannot_be_published_is_set_aside_and_blocks_nothing(sample: Sample) -> None:
    publisher = RecordingPublisher(refuses=lambda message: "huge" in message.payload)
    await sample.publish(
        updated(1, 1), updated(2, 1, "huge"), updated(1, 2), updated(2, 2), updated(3, 1, "huge"), updated(3, 2)
    )
    await relay(sample, publisher).publish_pending()
    assert seen(publisher) == [(1, 1), (1, 2), (2, 2), (3, 2)]
    errors = await sample.column("outbox", "error")
    assert errors == [None, "message was too large", None, None, "message was too large", None]
    aside = await sample.column("outbox", "set_aside_at IS NOT NULL")
    assert aside == [False, True, False, False, True, False]
    assert (await relay(sample, publisher).publish_pending()).published == 0


async def test_a_message_that_failed_holds_back_the_later_ones_of_its_key_alone(sample: Sample) -> None:
    publisher = RecordingPublisher(fails=lambda message: '"version":1,' in message.payload and _of(message, 1))
    await sample.publish(updated(1, 1), updated(2, 1), updated(1, 2), updated(2, 2))
    worker = relay(sample, publisher)

    async def others_are_out() -> bool:
        await worker.publish_pending()
        return seen(publisher) == [(2, 1), (2, 2)]

    await eventually(others_are_out, "the other key is published")
    publisher.fails = lambda _: False

    async def all_are_out() -> bool:
        sample.clock.advance(seconds=1)
        await worker.publish_pending()
        return await unpublished(sample) == 0

    await eventually(all_are_out, "everything is published")
    assert [event for event in seen(publisher) if event[0] == 1] == [(1, 1), (1, 2)]


async def test_a_message_reported_as_failed_is_published_later_and_its_key_waits(sample: Sample) -> None:
    publisher = RecordingPublisher(fails_alone=lambda message: _of(message, 1) and '"version":1,' in message.payload)
    await sample.publish(updated(1, 1), updated(2, 1))
    worker = relay(sample, publisher)
    await worker.publish_pending()
    await sample.publish(updated(1, 2), updated(2, 2))
    await worker.publish_pending()
    assert seen(publisher) == [(2, 1), (2, 2)]
    publisher.fails_alone = lambda _: False
    sample.clock.advance(seconds=1)
    await worker.publish_pending()
    assert seen(publisher)[2:] == [(1, 1), (1, 2)]


def _of(message: object, user: int) -> bool:
    return bool(message.partition_key == str(nth_id(user)))  # type: ignore[attr-defined]


async def test_while_the_bus_is_away_rows_wait_and_attempts_are_few(sample: Sample) -> None:
    publisher = RecordingPublisher(unavailable={USERS})
    await sample.publish(updated(1, 1))
    worker = relay(sample, publisher)
    for _ in range(50):
        await worker.publish_pending()
    assert publisher.calls < 10
    assert await sample.column("outbox", "attempts") == [0]
    publisher.unavailable.clear()

    async def published() -> bool:
        return (await worker.publish_pending()).published == 1

    await eventually(published, "the event is published once the bus is back")


async def test_a_topic_that_is_away_keeps_no_other_waiting(sample: Sample) -> None:
    publisher = RecordingPublisher(unavailable={USERS})
    letter = OutboxRow(None, dead_letter_topic(NAME), "key", "", "", "{}", sample.clock.now(), raw=True)
    async with sample.unit_of_work() as uow:
        await uow.publish(updated(1, 1))
        uow.send(letter)
        await uow.commit()
    await relay(sample, publisher, rows=1).publish_pending()
    (message,) = publisher.published[dead_letter_topic(NAME)]
    assert message.raw


@pytest.mark.proves("US1.3")
async def test_while_publishing_hangs_units_of_work_commit_as_always(sample: Sample) -> None:
    publisher = RecordingPublisher(frozen=asyncio.Event())
    await sample.publish(updated(1, 1))
    hanging = asyncio.create_task(relay(sample, publisher).publish_pending())

    async def hangs() -> bool:
        return publisher.calls == 1

    await eventually(hangs, "a call hangs")
    async with asyncio.timeout(5):
        await sample.publish(updated(1, 2))
        await sample.receive()
    assert not hanging.done()
    publisher.frozen.set()  # type: ignore[union-attr]
    assert (await hanging).published == 1


async def test_publishing_that_hangs_is_given_up_in_time_and_begun_again(sample: Sample) -> None:
    publisher = RecordingPublisher(frozen=asyncio.Event())
    await sample.publish(updated(1, 1))
    worker = relay(sample, publisher, timeout=0.05)
    assert (await worker.publish_pending()).published == 0
    publisher.frozen = None

    async def published() -> bool:
        return (await worker.publish_pending()).published == 1

    await eventually(published, "the event is published")


async def test_a_commit_wakes_a_resting_relay(sample: Sample) -> None:
    publisher, awake, stop = RecordingPublisher(), asyncio.Event(), asyncio.Event()
    sample.messaging = replace(sample.messaging, wake_relay=awake.set)
    worker = relay(sample, publisher, awake=awake)
    running = asyncio.create_task(worker.run(stop))
    await sample.publish(updated(1, 1), UserDeleted(user_id=nth_id(1), version=2, deleted_at=sample.clock.now()))

    async def both() -> bool:
        return len(publisher.payloads(USERS)) == 2

    await eventually(both, "the events are published")
    stop.set()
    async with asyncio.timeout(5):
        await running


async def test_a_relay_that_is_stopped_publishes_what_was_committed_last(sample: Sample) -> None:
    publisher, stop = RecordingPublisher(), asyncio.Event()
    await sample.publish(updated(1, 1))
    stop.set()
    await relay(sample, publisher).run(stop)
    assert seen(publisher) == [(1, 1)]
