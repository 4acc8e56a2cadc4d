"""Retention and the backlog against a real database."""

import datetime as dt

from sqlalchemy import text

from events.backlog import read_backlog
from events.contracts import UserUpdated
from events.errors import EventRejected
from events.metrics import DEAD_LETTERS_OPEN, EVENTS_PARKED, OUTBOX_OLDEST_AGE, OUTBOX_PENDING
from events.retention import Retention
from tests.support.fakes import nth_id
from tests.support.sample.service import Sample, fails, user_updated

DAYS = dt.timedelta(days=1)
RETENTION = Retention(outbox=7 * DAYS, inbox=30 * DAYS, dead_letters=90 * DAYS, batch_rows=2)


async def publish(sample: Sample, count: int) -> None:
    await sample.publish(
        *(
            UserUpdated(user_id=nth_id(1), version=version, email="a@example.com", timezone="UTC")
            for version in range(1, count + 1)
        )
    )


async def test_what_was_published_or_processed_long_ago_goes_in_batches_and_the_rest_stays(sample: Sample) -> None:
    await publish(sample, 5)
    async with sample.engine.begin() as connection:
        await connection.execute(
            text("UPDATE outbox SET published_at = :now WHERE id <= 3"), {"now": sample.clock.now()}
        )
        await connection.execute(text("UPDATE outbox SET set_aside_at = now() WHERE id = 4"))
    await sample.receive(*(user_updated(1, version) for version in range(1, 6)))
    assert await RETENTION.prune(sample.unit_of_work) == 0
    sample.clock.advance(days=8)
    assert await RETENTION.prune(sample.unit_of_work) == 3
    assert await sample.column("outbox", "id") == [4, 5]
    sample.clock.advance(days=23)
    assert await RETENTION.prune(sample.unit_of_work) == 5
    assert await sample.count("processed_events") == 0


async def test_an_open_dead_letter_stays_however_old_it_is(sample: Sample) -> None:
    for user in (1, 2):
        event = user_updated(user, 1)
        sample.trouble[event.envelope.id] = fails(9, EventRejected("no"))
        await sample.receive(event)
    async with sample.unit_of_work() as uow:
        await sample.dead_letters.discard(uow, (await sample.dead_letters.find(uow))[0])
        await uow.commit()
    sample.clock.advance(days=400)
    await RETENTION.prune(sample.unit_of_work)
    assert await sample.column("dead_letters", "state") == ["open"]


async def test_the_backlog_is_what_waits(sample: Sample) -> None:
    await publish(sample, 2)
    failing = user_updated(1, 1)
    sample.trouble[failing.envelope.id] = fails(9)
    await sample.receive(failing)
    await sample.receive({"no": "event"})
    sample.clock.advance(seconds=90)
    async with sample.unit_of_work() as uow:
        backlog = await read_backlog(uow)
    assert backlog.outbox_pending == 3  # the dead letter's copy is the third
    assert backlog.outbox_oldest_age_seconds == 90
    assert (backlog.parked, backlog.dead_letters, backlog.outbox_set_aside) == (1, 1, 0)
    gauges = (OUTBOX_PENDING, OUTBOX_OLDEST_AGE, EVENTS_PARKED, DEAD_LETTERS_OPEN)
    assert [next(iter(gauge.collect())).samples[0].value for gauge in gauges] == [3, 90, 1, 1]
