"""What has ended goes after a while; what may still matter stays."""

import datetime as dt

from events.contracts import UserDeleted
from notification.adapters.retention import ReminderRetention
from tests.integration.notification.harness import Notification
from tests.support.chat_history import NOW, TaskHistory
from tests.support.fakes import FixedClock

RETENTION = ReminderRetention(dt.timedelta(days=90), batch_rows=2)


async def count(notification: Notification, table: str) -> int:
    ((rows,),) = await notification.fetch(f"SELECT count(*) FROM {table}")  # noqa: S608
    return int(rows)


async def test_ended_reminders_go_with_their_deliveries_and_then_their_tasks(
    notification: Notification, clock: FixedClock
) -> None:
    for _ in range(5):
        history = TaskHistory()
        await notification.receive(history.remind(-dt.timedelta(hours=1)))
        await notification.come_due()
        await notification.receive(history.complete())
    clock.advance(days=89)
    await RETENTION.prune(notification.unit_of_work)
    assert await count(notification, "reminders") == 5
    clock.advance(days=2)
    await RETENTION.prune(notification.unit_of_work)
    for table in ("deliveries", "reminders", "tasks"):
        assert await count(notification, table) == 0


async def test_a_reminder_far_ahead_stays_however_long_ago_it_was_set(
    notification: Notification, clock: FixedClock
) -> None:
    await notification.receive(TaskHistory().remind(dt.timedelta(days=1000)))
    clock.advance(days=500)
    await RETENTION.prune(notification.unit_of_work)
    assert (await count(notification, "reminders"), await count(notification, "tasks")) == (1, 1)


async def test_what_is_known_of_a_task_outlasts_the_events_that_may_still_come(
    notification: Notification, clock: FixedClock
) -> None:
    await notification.receive(TaskHistory().rename("New"))
    clock.advance(days=89)
    await RETENTION.prune(notification.unit_of_work)
    assert await count(notification, "tasks") == 1
    clock.advance(days=2)
    await RETENTION.prune(notification.unit_of_work)
    assert await count(notification, "tasks") == 0


async def test_what_slipped_in_while_its_user_was_erased_is_erased_too(
    notification: Notification, clock: FixedClock
) -> None:
    history = TaskHistory()
    await notification.receive(history.remind(dt.timedelta(hours=1)))
    async with notification.unit_of_work() as uow:
        await uow.connection.exec_driver_sql(
            "INSERT INTO erased_users (user_id, erased_at) VALUES ($1, $2)", (history.user_id, NOW)
        )
        await uow.commit()
    await RETENTION.prune(notification.unit_of_work)
    assert (await count(notification, "reminders"), await count(notification, "erased_users")) == (0, 1)


async def test_tombstones_go_last(notification: Notification, clock: FixedClock) -> None:
    await notification.receive(UserDeleted(user_id=TaskHistory().user_id, version=2, deleted_at=NOW))
    clock.advance(days=91)
    await RETENTION.prune(notification.unit_of_work)
    assert await count(notification, "erased_users") == 0
