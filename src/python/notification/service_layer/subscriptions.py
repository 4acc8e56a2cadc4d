"""What the service listens to."""

from events.contracts import (
    ReminderScheduled,
    ReminderTriggered,
    TaskCompleted,
    TaskDeleted,
    TaskUpdated,
    UserDeleted,
    UserUpdated,
)
from events.subscriptions import Subscriptions
from notification.service_layer.reminder_handlers import Enqueue, OnReminderTriggered, on_reminder_scheduled
from notification.service_layer.task_handlers import on_task_completed, on_task_deleted, on_task_updated
from notification.service_layer.unit_of_work import NotificationUnitOfWork
from notification.service_layer.user_handlers import on_user_deleted, on_user_updated


def subscriptions(enqueue: Enqueue) -> Subscriptions[NotificationUnitOfWork]:
    """The service's handlers; `enqueue` is called with each new delivery once it is committed.

    A new task says nothing that its reminders do not say themselves, and the service's own reminder.sent and
    reminder.cancelled tell it nothing new: these are ignored.
    """
    return Subscriptions(
        {
            TaskUpdated: on_task_updated,
            TaskCompleted: on_task_completed,
            TaskDeleted: on_task_deleted,
            ReminderScheduled: on_reminder_scheduled,
            ReminderTriggered: OnReminderTriggered(enqueue),
            UserUpdated: on_user_updated,
            UserDeleted: on_user_deleted,
        }
    )
