"""Reminders from their scheduling to their delivery, whatever happens to their task in between."""

import asyncio
import datetime as dt
from uuid import uuid4

import pytest
from sqlalchemy import text

from events.contracts import ReminderCancelled, ReminderSent, ReminderTriggered, UserDeleted
from events.subscriptions import Outcome
from tests.integration.notification.harness import Notification
from tests.support.chat_history import NOW, TaskHistory
from tests.support.fakes import FixedClock
from tests.support.messages import mark_published, tables_telling_of

HOUR = dt.timedelta(hours=1)


@pytest.mark.proves("FR-004", "US3.2")
async def test_a_reminder_is_triggered_when_its_time_has_come_and_not_before(
    notification: Notification, clock: FixedClock
) -> None:
    history = TaskHistory()
    reminder = history.remind(HOUR)
    assert await notification.receive(reminder) is Outcome.APPLIED

    clock.set(NOW + HOUR - dt.timedelta(seconds=1))
    assert await notification.come_due() == []

    clock.set(NOW + HOUR)
    (delivery_id,) = await notification.come_due()
    (triggered,) = await notification.published(ReminderTriggered)
    assert (triggered.reminder_id, triggered.version, triggered.triggered_at) == (reminder.reminder_id, 1, NOW + HOUR)
    assert (await notification.delivery(delivery_id))["state"] == "pending"


async def test_the_due_job_looks_again_when_the_next_reminder_is_due(
    notification: Notification, clock: FixedClock
) -> None:
    assert await notification.due_job().trigger_batch() == 0.5
    await notification.receive(TaskHistory().remind(dt.timedelta(seconds=0.2)))
    assert await notification.due_job().trigger_batch() == pytest.approx(0.2)
    clock.advance(seconds=0.2)
    assert await notification.due_job().trigger_batch() == 0.5


async def test_a_full_batch_is_followed_by_the_next_at_once(notification: Notification) -> None:
    for _ in range(3):
        await notification.receive(TaskHistory().remind(-HOUR))
    job = notification.due_job(batch_rows=2)
    assert await job.trigger_batch() == 0.0
    assert await job.trigger_batch() == 0.5
    assert len(await notification.published(ReminderTriggered)) == 3


async def test_the_due_job_does_not_spin_while_others_hold_what_is_due(notification: Notification) -> None:
    reminder = TaskHistory().remind(-HOUR)
    await notification.receive(reminder)
    async with notification.unit_of_work() as uow:
        held = text("SELECT FROM reminders WHERE id = :id FOR UPDATE")
        await uow.connection.execute(held, {"id": reminder.reminder_id})
        assert await notification.due_job().trigger_batch() == 0.5
    assert await notification.due_job().trigger_batch() == 0.5
    assert len(await notification.published(ReminderTriggered)) == 1


@pytest.mark.proves("FR-025")
async def test_what_came_due_while_nothing_ran_is_triggered_late_and_the_earliest_first(
    notification: Notification, clock: FixedClock
) -> None:
    histories = [TaskHistory() for _ in range(3)]
    for hours, history in zip((3, 1, 2), histories, strict=True):
        await notification.receive(history.remind(hours * HOUR))
    clock.set(NOW + 24 * HOUR)
    await notification.come_due()
    times = [event.remind_at for event in await notification.published(ReminderTriggered)]
    assert times == [NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]


async def test_replicas_of_the_due_job_trigger_each_reminder_once(notification: Notification) -> None:
    histories = [TaskHistory() for _ in range(40)]
    for history in histories:
        await notification.receive(history.remind(-HOUR))

    async def replica() -> None:
        while await notification.due_job(batch_rows=3).trigger_batch() == 0.0:
            pass

    await asyncio.gather(*(replica() for _ in range(4)))
    triggered = [event.task_id for event in await notification.published(ReminderTriggered)]
    assert sorted(triggered) == sorted(history.task_id for history in histories)


@pytest.mark.proves("FR-016")
async def test_a_triggered_event_that_comes_twice_brings_one_delivery(notification: Notification) -> None:
    await notification.receive(TaskHistory().remind(-HOUR))
    await notification.come_due()
    (triggered,) = await notification.published(ReminderTriggered)
    assert await notification.receive(triggered) is Outcome.STALE
    assert len(notification.enqueued) == 1


async def test_a_scheduling_that_comes_twice_changes_nothing(notification: Notification, clock: FixedClock) -> None:
    reminder = TaskHistory().remind(HOUR)
    await notification.receive(reminder)
    clock.set(NOW + HOUR)
    await notification.come_due()
    assert await notification.receive(reminder) is Outcome.STALE
    assert await notification.reminder_state(reminder.reminder_id) == "triggered"
    assert await notification.come_due() == []


async def test_a_later_version_takes_the_place_of_the_earlier(notification: Notification, clock: FixedClock) -> None:
    history = TaskHistory()
    reminder = history.remind(HOUR)
    history.move(HOUR)
    await notification.receive_all(history.events)
    assert await notification.reasons() == ["moved"]

    clock.set(NOW + HOUR)
    assert await notification.come_due() == []
    clock.set(NOW + 2 * HOUR)
    assert len(await notification.come_due()) == 1
    (triggered,) = await notification.published(ReminderTriggered)
    assert (triggered.reminder_id, triggered.version) == (reminder.reminder_id, 2)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda history, reminder: history.complete(), "completed"),
        (lambda history, reminder: history.delete(), "deleted"),
        (lambda history, reminder: history.unremind(reminder.reminder_id), "user"),
    ],
    ids=["completed", "deleted", "cancelled by the user"],
)
@pytest.mark.parametrize("when", ["before it is due", "when its mail waits", "before its scheduling has arrived"])
async def test_what_its_task_no_longer_wants_is_cancelled_once_and_says_why(
    notification: Notification, clock: FixedClock, end: object, reason: str, when: str
) -> None:
    history = TaskHistory()
    reminder = history.remind(HOUR)
    ending = end(history, reminder)  # type: ignore[operator]
    if when == "before its scheduling has arrived":
        await notification.receive(ending)
        await notification.receive(reminder)
    else:
        await notification.receive(reminder)
        if when == "when its mail waits":
            clock.set(NOW + HOUR)
            await notification.come_due()
        await notification.receive(ending)
    await notification.receive(ending)

    clock.set(NOW + 2 * HOUR)
    deliveries_before = len(notification.enqueued)
    await notification.come_due()
    assert len(notification.enqueued) == deliveries_before
    assert await notification.reminder_state(reminder.reminder_id) == "cancelled"
    (cancelled,) = await notification.published(ReminderCancelled)
    assert (cancelled.reminder_id, cancelled.version, cancelled.reason) == (reminder.reminder_id, 1, reason)
    assert not await notification.fetch("SELECT 1 FROM deliveries WHERE state <> 'cancelled'")


async def test_one_cancelled_between_the_due_job_and_its_event_brings_no_delivery(notification: Notification) -> None:
    history = TaskHistory()
    await notification.receive(history.remind(-HOUR))
    await notification.due_job().trigger_batch()
    await notification.receive(history.complete())
    (triggered,) = await notification.published(ReminderTriggered)
    assert await notification.receive(triggered) is Outcome.STALE
    assert notification.enqueued == []
    assert await notification.reasons() == ["completed"]


async def test_reopening_brings_back_what_completing_cancelled(notification: Notification, clock: FixedClock) -> None:
    history = TaskHistory()
    reminder = history.remind(HOUR)
    history.complete()
    history.reopen()
    await notification.receive_all(history.events)
    clock.set(NOW + HOUR)
    assert len(await notification.come_due()) == 1
    (triggered,) = await notification.published(ReminderTriggered)
    assert (triggered.reminder_id, triggered.version) == (reminder.reminder_id, 2)


async def test_a_completion_that_comes_after_the_reopening_still_cancels_what_it_voids_and_nothing_else(
    notification: Notification, clock: FixedClock
) -> None:
    history = TaskHistory()
    history.remind(HOUR)
    completion = history.complete()
    history.reopen()
    for event in [*(event for event in history.events if event is not completion), completion]:
        await notification.receive(event)
    clock.set(NOW + HOUR)
    assert len(await notification.come_due()) == 1


async def test_a_deleted_task_that_comes_back_is_reminded_of_again(
    notification: Notification, clock: FixedClock
) -> None:
    history = TaskHistory()
    await notification.receive(history.delete())
    history.deleted = False
    history.version += 1
    await notification.receive(history.create())
    await notification.receive(history.remind(HOUR))
    clock.set(NOW + HOUR)
    assert len(await notification.come_due()) == 1


async def test_a_new_task_and_the_services_own_events_are_ignored(notification: Notification) -> None:
    history = TaskHistory()
    assert await notification.receive(history.create()) is Outcome.IGNORED
    common = {"user_id": history.user_id, "task_id": history.task_id, "reminder_id": uuid4(), "version": 1}
    sent = ReminderSent(**common, remind_at=NOW, sent_at=NOW, message_id="<1@example.com>")  # type: ignore[arg-type]
    cancelled = ReminderCancelled(**common, remind_at=NOW, cancelled_at=NOW, reason="user")  # type: ignore[arg-type]
    assert await notification.receive_all([sent, cancelled]) == [Outcome.IGNORED] * 2


async def test_an_older_profile_does_not_take_the_place_of_a_newer(notification: Notification) -> None:
    history = TaskHistory()
    assert await notification.receive(history.register(version=2, email="new@example.com")) is Outcome.APPLIED
    assert await notification.receive(history.register(version=1, email="old@example.com")) is Outcome.STALE
    assert [email for (email,) in await notification.fetch("SELECT email FROM recipients")] == ["new@example.com"]


async def test_nothing_of_a_deleted_user_stays_and_nothing_late_comes_back(notification: Notification) -> None:
    history, other = TaskHistory(), TaskHistory()
    for each in (history, other):
        await notification.receive(each.register())
        await notification.receive(each.remind(-HOUR))
    await notification.come_due()
    engine = notification.messaging.engine
    await mark_published(engine)
    kept = await tables_telling_of(engine, str(other.user_id))
    assert kept == ["outbox"]
    deletion = UserDeleted(user_id=history.user_id, version=2, deleted_at=NOW)
    assert await notification.receive(deletion) is Outcome.APPLIED
    assert await notification.receive(deletion) is Outcome.STALE

    late = [history.register(version=3), history.remind(HOUR), history.rename("Late"), history.complete()]
    assert await notification.receive_all(late) == [Outcome.STALE] * 4
    for table in ("recipients", "tasks", "reminders", "deliveries"):
        rows = await notification.fetch(f"SELECT user_id FROM {table}")  # noqa: S608
        assert [user_id for (user_id,) in rows] == [other.user_id]
    assert await tables_telling_of(engine, str(history.user_id)) == []
    assert await tables_telling_of(engine, str(other.user_id)) == kept
