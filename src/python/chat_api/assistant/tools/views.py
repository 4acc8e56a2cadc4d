"""Tasks and reminders as tools show them."""

import datetime as dt
from collections.abc import Sequence

from chat_api.assistant.tools.results import DueResult, RecurrenceResult, ReminderResult, TaskResult
from chat_api.assistant.tools.tool import ToolContext
from chat_api.assistant.understanding.intents import When
from chat_api.assistant.understanding.phrases import say_instant, say_when
from chat_api.domain.reminder import Reminder
from chat_api.domain.task import Basis, Due, Recurrence, Task
from chat_api.views import ListedReminder
from events.recurrence import Rule, local_date


def due_result(context: ToolContext, due: Due) -> DueResult:
    """A due, with its words."""
    today = local_date(context.now, due.timezone)
    words = say_when(When(due.date, due.time), today=today, timezone=due.timezone)
    return DueResult(date=due.date, time=due.time, timezone=due.timezone, text=words)


def recurrence_result(rule: Rule, basis: Basis, start: dt.date) -> RecurrenceResult:
    """A repeat that begins on `start`, with its words."""
    counted = " after it is done" if basis is Basis.COMPLETION else ""
    return RecurrenceResult(rule=str(rule), basis=basis.value, text=f"{rule.describe(start)}{counted}")


def task_result(context: ToolContext, task: Task) -> TaskResult:
    """A task, with the reminders that are still to come."""
    pending = [reminder for reminder in task.reminders if reminder.is_pending]
    return TaskResult(
        number=task.number,
        title=task.title,
        notes=task.notes,
        status=task.status.value,
        priority=task.priority.value,
        tags=task.tags,
        due=due_result(context, task.due) if task.due is not None else None,
        recurrence=_recurrence(task.recurrence) if task.recurrence is not None else None,
        reminders=[reminder_result(context, task, reminder) for reminder in by_time(pending)],
    )


def reminder_result(context: ToolContext, task: Task, reminder: Reminder) -> ReminderResult:
    """A reminder of `task`."""
    return _reminder(context, reminder, task.number, task.title)


def listed_reminder_result(context: ToolContext, listed: ListedReminder) -> ReminderResult:
    """A reminder from a list."""
    return _reminder(context, listed.reminder, listed.task_number, listed.task_title)


def by_time(reminders: Sequence[Reminder]) -> list[Reminder]:
    """Reminders, the next one first."""
    return sorted(reminders, key=lambda reminder: (reminder.remind_at, reminder.id))


def _reminder(context: ToolContext, reminder: Reminder, task_number: int, task_title: str) -> ReminderResult:
    return ReminderResult(
        reminder_id=reminder.id,
        task_number=task_number,
        task_title=task_title,
        remind_at=reminder.remind_at.astimezone(context.now.tzinfo),
        timezone=context.actor.timezone,
        state=reminder.state.value,
        relative=reminder.before_due is not None,
        text=say_instant(reminder.remind_at, now=context.now, timezone=context.actor.timezone),
    )


def _recurrence(recurrence: Recurrence) -> RecurrenceResult:
    return recurrence_result(Rule.parse(recurrence.rule), recurrence.basis, recurrence.start)
