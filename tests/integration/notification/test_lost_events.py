"""The event of a due reminder vanishes on its way, or is only late: one mail comes of it all the same."""

import datetime as dt

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from events.contracts import ReminderScheduled, ReminderSent, ReminderTriggered
from events.subscriptions import Outcome
from events.tracing import trace_id
from notification.adapters.smtp import SmtpMailer
from tests.integration.notification.harness import EVENT_LOST_AFTER, Notification
from tests.support.chat_history import TaskHistory
from tests.support.fakes import FixedClock
from tests.support.smtp_server import MailServer

INTERVAL = EVENT_LOST_AFTER.total_seconds()


async def triggered(notification: Notification, history: TaskHistory) -> ReminderScheduled:
    """A reminder that was found due; its event is in the outbox still."""
    await notification.receive(history.register())
    reminder = history.remind(dt.timedelta())
    await notification.receive(reminder)
    await notification.due_job().trigger_batch()
    return reminder


async def execute(notification: Notification, statement: str, **parameters: object) -> None:
    async with notification.unit_of_work() as uow:
        await uow.connection.execute(text(statement), parameters)
        await uow.commit()


async def relay(notification: Notification) -> None:
    """All that is in the outbox is published; whether it arrives is another matter."""
    await execute(notification, "UPDATE outbox SET published_at = :now", now=notification.clock.now())


async def count_published(notification: Notification) -> int:
    return len(await notification.published(ReminderTriggered))


async def test_the_mail_of_an_event_that_vanished_is_sent_once(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    reminder = await triggered(notification, TaskHistory())
    await relay(notification)
    clock.advance(seconds=INTERVAL)
    await notification.sweep([]).sweep()

    first, again = await notification.published(ReminderTriggered)
    assert (again.reminder_id, again.version) == (first.reminder_id, first.version)
    assert await notification.receive(again) is Outcome.APPLIED
    (delivery_id,) = notification.enqueued
    await notification.deliver(mailer).attempt(delivery_id)
    await relay(notification)
    clock.advance(seconds=INTERVAL)
    await notification.sweep([]).sweep()
    assert await count_published(notification) == 2
    assert len(mails.taken) == 1
    assert await notification.sent() == [(reminder.reminder_id, 1)]
    assert len(await notification.published(ReminderSent)) == 1


async def test_an_event_that_was_only_late_brings_no_second_delivery(
    notification: Notification, clock: FixedClock
) -> None:
    await triggered(notification, TaskHistory())
    await relay(notification)
    clock.advance(seconds=INTERVAL)
    await notification.sweep([]).sweep()
    late, again = await notification.published(ReminderTriggered)
    assert await notification.receive(late) is Outcome.APPLIED
    assert await notification.receive(again) is Outcome.STALE
    assert len(notification.enqueued) == 1


async def test_an_event_is_not_taken_for_lost_before_its_time_nor_twice_in_it(
    notification: Notification, clock: FixedClock
) -> None:
    await triggered(notification, TaskHistory())
    for published in (1, 2):
        await relay(notification)
        clock.advance(seconds=INTERVAL - 1)
        await notification.sweep([]).sweep()
        assert await count_published(notification) == published
        clock.advance(seconds=1)
        await notification.sweep([]).sweep()
        await relay(notification)
        await notification.sweep([]).sweep()
        assert await count_published(notification) == published + 1


@pytest.mark.parametrize("set_aside", [False, True])
async def test_an_event_that_waits_in_the_outbox_is_not_lost(
    notification: Notification, clock: FixedClock, set_aside: bool
) -> None:
    await triggered(notification, TaskHistory())
    if set_aside:
        await execute(notification, "UPDATE outbox SET set_aside_at = :now", now=clock.now())
    clock.advance(seconds=INTERVAL)
    await notification.sweep([]).sweep()
    assert await count_published(notification) == 1
    await relay(notification)
    await notification.sweep([]).sweep()
    assert await count_published(notification) == 2


_PARK = """
    INSERT INTO parked_events
        (event_id, topic, partition_key, type, payload, traceparent, received_at, attempts, next_attempt_at)
    SELECT event_id, topic, partition_key, type, payload, '', :now, 1, :now
    FROM outbox WHERE type = 'reminder.triggered'
"""
_BURY = """
    INSERT INTO dead_letters
        (id, fingerprint, event_id, topic, type, subject, payload, reason, error, attempts, received_at, died_at, state)
    SELECT event_id, event_id, event_id, topic, type, subject, convert_to(payload, 'UTF8'), 'exhausted', '', 9,
        :now, :now, 'open'
    FROM outbox WHERE type = 'reminder.triggered'
"""


@pytest.mark.parametrize(
    ("keep", "settle"), [(_PARK, "DELETE FROM parked_events"), (_BURY, "DELETE FROM dead_letters")]
)
async def test_an_event_that_arrived_and_could_not_be_handled_is_not_lost(
    notification: Notification, clock: FixedClock, keep: str, settle: str
) -> None:
    await triggered(notification, TaskHistory())
    await execute(notification, keep, now=clock.now())
    await relay(notification)
    clock.advance(seconds=INTERVAL)
    await notification.sweep([]).sweep()
    assert await count_published(notification) == 1
    await execute(notification, settle)
    await notification.sweep([]).sweep()
    assert await count_published(notification) == 2


async def test_another_reminder_of_the_task_that_waits_does_not_hide_a_loss(
    notification: Notification, clock: FixedClock
) -> None:
    history = TaskHistory()
    lost = await triggered(notification, history)
    await relay(notification)
    clock.advance(seconds=INTERVAL)
    await notification.receive(history.remind(dt.timedelta()))
    await notification.due_job().trigger_batch()
    await notification.sweep([]).sweep()
    *_, again = await notification.published(ReminderTriggered)
    assert again.reminder_id == lost.reminder_id


async def test_a_lost_event_is_logged_with_its_reminder_and_the_trace_that_goes_on(
    notification: Notification, clock: FixedClock
) -> None:
    reminder = await triggered(notification, TaskHistory())
    ((traceparent,),) = await notification.fetch("SELECT traceparent FROM reminders")
    await relay(notification)
    clock.advance(seconds=INTERVAL)
    with capture_logs() as logs:
        await notification.sweep([]).sweep()
    (line,) = logs
    assert line["log_level"] == "warning"
    assert line["reminder_id"] == str(reminder.reminder_id)
    assert line["trace_id"] == trace_id(traceparent)
    traces = await notification.fetch("SELECT payload FROM outbox WHERE published_at IS NULL")
    assert [trace_id(traceparent) in payload for (payload,) in traces] == [True]


async def test_a_lost_event_whose_reminder_another_replica_has_in_hand_is_left_to_it(
    notification: Notification, clock: FixedClock
) -> None:
    await triggered(notification, TaskHistory())
    await relay(notification)
    clock.advance(seconds=INTERVAL)
    async with notification.unit_of_work() as other:
        await other.connection.execute(text("SELECT FROM reminders FOR UPDATE"))
        await notification.sweep([]).sweep()
    assert await count_published(notification) == 1
