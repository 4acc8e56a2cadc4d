"""Which instance of a series follows a completion."""

import datetime as dt

from events.contracts import DueData, RecurrenceData, RecurringTaskCreated, TaskCompleted
from events.recurrence import Due, Occurrence, Rule, instance_id, next_occurrence


def following_instance(
    completion: TaskCompleted, recurrence: RecurrenceData, *, now: dt.datetime
) -> RecurringTaskCreated | None:
    """The instance that follows `completion` in its series; none where the series is over.

    Which one that is follows from `completion` alone, however late it is handled. A task whose due was taken away
    goes by the date of its occurrence.

    Args:
        completion: of a task that has `recurrence`.
        recurrence: the task's place in its series.
        now: when the instance is made; aware.

    Raises:
        RuleError: the rule cannot be read.
        InvalidDue: the due, or its zone, cannot be meant.
        OverflowError: the completion lies at the very end of the calendar.
    """
    task = completion.task
    due = (
        Due(task.due.date, task.due.time, task.due.timezone)
        if task.due is not None
        else Due(recurrence.date, None, task.timezone)
    )
    following = next_occurrence(
        Rule.parse(recurrence.rule),
        recurrence.basis,
        start=recurrence.start,
        current=Occurrence(recurrence.ordinal, recurrence.date),
        due=due,
        completed_at=completion.completed_at,
        resolution=completion.resolution,
    )
    if following is None:
        return None
    return RecurringTaskCreated(
        user_id=completion.user_id,
        version=completion.version,
        task_id=instance_id(recurrence.series_id, following.occurrence.ordinal),
        parent_task_id=task.task_id,
        parent_version=completion.version,
        title=task.title,
        notes=task.notes,
        priority=task.priority,
        tags=task.tags,
        due=DueData(date=following.due.date, time=following.due.time, timezone=following.due.timezone),
        timezone=task.timezone,
        recurrence=recurrence.model_copy(
            update={"ordinal": following.occurrence.ordinal, "date": following.occurrence.date}
        ),
        skipped=following.skipped,
        created_at=now,
    )
