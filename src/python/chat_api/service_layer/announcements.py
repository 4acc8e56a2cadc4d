"""Domain objects as the contracts of events describe them."""

from chat_api.domain.account import User
from chat_api.domain.reminder import Reminder
from chat_api.domain.task import Due, Recurrence, Task
from events.contracts import DueData, RecurrenceData, ReminderData, ReminderScheduled, TaskData, UserUpdated


def task_data(task: Task) -> TaskData:
    """The whole state of `task`. It lists the reminders that may still be sent, those on their way included."""
    return TaskData(
        task_id=task.id,
        user_id=task.user_id,
        number=task.number,
        title=task.title,
        notes=task.notes,
        status=task.status.value,
        priority=task.priority.value,
        tags=task.tags,
        due=_due_data(task.due),
        timezone=task.timezone,
        recurrence=None if task.recurrence is None else _recurrence_data(task.recurrence),
        reminders=tuple(
            ReminderData(reminder_id=reminder.id, version=reminder.version, remind_at=reminder.remind_at)
            for reminder in task.reminders
            if reminder.is_pending
        ),
        version=task.version,
        created_at=task.created_at,
        updated_at=task.updated_at,
        completed_at=task.completed_at,
    )


def reminder_scheduled(task: Task, reminder: Reminder) -> ReminderScheduled:
    """That `reminder` is to be sent; `task` is its task in the version that scheduled it."""
    return ReminderScheduled(
        user_id=task.user_id,
        version=reminder.version,
        reminder_id=reminder.id,
        task_id=task.id,
        remind_at=reminder.remind_at,
        task_version=task.version,
        task_number=task.number,
        task_title=task.title,
        task_due=_due_data(task.due),
        timezone=task.timezone,
    )


def user_updated(user: User) -> UserUpdated:
    """The profile that other services need."""
    return UserUpdated(
        user_id=user.id,
        version=user.version,
        email=user.email,
        timezone=user.timezone,
        email_reminders=user.email_reminders,
    )


def _due_data(due: Due | None) -> DueData | None:
    return None if due is None else DueData(date=due.date, time=due.time, timezone=due.timezone)


def _recurrence_data(recurrence: Recurrence) -> RecurrenceData:
    return RecurrenceData(
        rule=recurrence.rule,
        basis=recurrence.basis,
        series_id=recurrence.series_id,
        start=recurrence.start,
        ordinal=recurrence.ordinal,
        date=recurrence.date,
    )
