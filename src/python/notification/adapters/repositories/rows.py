"""Rows as values of the domain. Rows may be of joins: their values are found by column, not by name."""

from uuid import UUID

from sqlalchemy import RowMapping

from notification.adapters.tables import deliveries, recipients, reminders, tasks
from notification.domain.delivery import Delivery, DeliveryState
from notification.domain.mail import Due, Recipient, TaskText
from notification.domain.reminder import ReminderState, Scheduling, TaskStanding, TaskState

STANDING = (tasks.c.version, tasks.c.state, tasks.c.listed)
TEXT = (tasks.c.number, tasks.c.title, tasks.c.due_date, tasks.c.due_time, tasks.c.due_timezone)


def standing_of(row: RowMapping) -> TaskStanding:
    """What is known of a task."""
    return TaskStanding(
        version=row[tasks.c.version],
        state=TaskState(row[tasks.c.state]),
        listed={UUID(key): version for key, version in row[tasks.c.listed].items()},
    )


def text_of(row: RowMapping) -> TaskText:
    """What a task says."""
    date = row[tasks.c.due_date]
    due = Due(date, row[tasks.c.due_time], row[tasks.c.due_timezone]) if date else None
    return TaskText(row[tasks.c.number], row[tasks.c.title], due)


def scheduling_of(row: RowMapping) -> Scheduling:
    """The latest scheduling of a reminder."""
    return Scheduling(
        reminder_id=row[reminders.c.id],
        version=row[reminders.c.version],
        task_id=row[reminders.c.task_id],
        user_id=row[reminders.c.user_id],
        task_version=row[reminders.c.task_version],
        remind_at=row[reminders.c.remind_at],
        state=ReminderState(row[reminders.c.state]),
    )


def delivery_of(row: RowMapping) -> Delivery:
    """A delivery."""
    return Delivery(
        id=row[deliveries.c.id],
        reminder_id=row[deliveries.c.reminder_id],
        reminder_version=row[deliveries.c.reminder_version],
        task_id=row[deliveries.c.task_id],
        user_id=row[deliveries.c.user_id],
        remind_at=row[deliveries.c.remind_at],
        state=DeliveryState(row[deliveries.c.state]),
        attempts=row[deliveries.c.attempts],
        next_attempt_at=row[deliveries.c.next_attempt_at],
        lease_until=row[deliveries.c.lease_until],
        message_id=row[deliveries.c.message_id],
        traceparent=row[deliveries.c.traceparent],
        uncertain=row[deliveries.c.uncertain],
    )


def recipient_of(row: RowMapping) -> Recipient | None:
    """A user's profile; none where an outer join found none."""
    if row[recipients.c.email] is None:
        return None
    return Recipient(row[recipients.c.email], row[recipients.c.timezone], row[recipients.c.email_reminders])
