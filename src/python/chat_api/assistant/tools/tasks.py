"""Tools that change tasks."""

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from chat_api.assistant.tools.results import (
    AddedTask,
    CompletedTask,
    DeletedTask,
    DueResult,
    ReopenedTask,
    SkippedOccurrence,
    UpdatedTask,
)
from chat_api.assistant.tools.times import ReminderTime, RepeatText, WhenText, read_due, read_recurrence, read_reminder
from chat_api.assistant.tools.tool import Number, Tool, ToolArguments, ToolContext
from chat_api.assistant.tools.views import by_time, due_result, reminder_result, task_result
from chat_api.domain.drafts import UNSET, RecurrenceDraft, TaskChanges, TaskDraft, Unset
from chat_api.domain.task import Basis, Due, Priority, Resolution, Status, Task
from chat_api.domain.text import clean_tags
from chat_api.service_layer import tasks
from events.recurrence import Occurrence, Rule, next_occurrence

PriorityName = Literal["low", "normal", "high"]
RepeatFrom = Literal["due", "completion"]

_REPEAT_FROM = 'Whether the next date counts from the due date or from the day it was done ("completion").'


class TaskNumber(ToolArguments):
    """A task, by its number."""

    number: Number


class AddTaskArguments(ToolArguments):
    """A new task."""

    title: str = Field(min_length=1, description="What is to be done, without dates, tags and priority.")
    notes: str = ""
    due: WhenText | None = None
    repeat: RepeatText | None = None
    repeat_from: RepeatFrom | None = Field(default=None, description=_REPEAT_FROM)
    priority: PriorityName = "normal"
    tags: list[str] = Field(default_factory=list, description="Without #.")
    reminders: list[ReminderTime] = Field(default_factory=list, max_length=10)


class UpdateTaskArguments(TaskNumber):
    """What to change of a task; what is left out stays as it is."""

    title: str | None = Field(default=None, min_length=1)
    notes: str | None = None
    due: WhenText | None = Field(default=None, description="A new due date; null takes it away.")
    repeat: RepeatText | None = Field(default=None, description="A new repeat; null ends it.")
    repeat_from: RepeatFrom | None = Field(default=None, description=_REPEAT_FROM)
    priority: PriorityName | None = None
    add_tags: list[str] = Field(default_factory=list)
    remove_tags: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_change(self) -> Self:
        if self.model_fields_set <= {"number"}:
            raise ValueError("name at least one field to change")
        for field in ("title", "notes", "priority"):
            if field in self.model_fields_set and getattr(self, field) is None:
                raise ValueError(f"{field} cannot be null; leave it out to keep it")
        if self.repeat_from is not None and self.repeat is None:
            raise ValueError("repeat_from goes with a repeat")
        return self


async def _add_task(context: ToolContext, arguments: AddTaskArguments) -> AddedTask:
    due = read_due(context, arguments.due) if arguments.due is not None else None
    recurrence = None
    if arguments.repeat is not None:
        recurrence, first = read_recurrence(context, arguments.repeat, _basis(arguments.repeat_from))
        due = _start(due, first)
    draft = TaskDraft(
        title=arguments.title,
        notes=arguments.notes,
        priority=Priority(arguments.priority),
        tags=tuple(arguments.tags),
        due=due,
        recurrence=recurrence,
        reminders=tuple(read_reminder(context, time) for time in arguments.reminders),
    )
    return AddedTask(task=task_result(context, await tasks.add_task(context.uow, context.actor, draft)))


async def _update_task(context: ToolContext, arguments: UpdateTaskArguments) -> UpdatedTask:
    before = await tasks.find_task(context.uow, context.actor, arguments.number)
    due: Due | Unset | None = UNSET
    if "due" in arguments.model_fields_set:
        due = read_due(context, arguments.due) if arguments.due is not None else None
    recurrence: RecurrenceDraft | Unset | None = UNSET
    if "repeat" in arguments.model_fields_set:
        recurrence = None
        if arguments.repeat is not None:
            recurrence, first = read_recurrence(context, arguments.repeat, _basis(arguments.repeat_from))
            if before.due is None and due is UNSET and first is not None:
                due = first
    changes = TaskChanges(
        title=arguments.title if arguments.title is not None else UNSET,
        notes=arguments.notes if arguments.notes is not None else UNSET,
        priority=Priority(arguments.priority) if arguments.priority is not None else UNSET,
        tags=_changed_tags(before.tags, arguments),
        due=due,
        recurrence=recurrence,
    )
    after = await tasks.edit_task(context.uow, context.actor, arguments.number, changes)
    return _updated(context, before, after)


async def _complete_task(context: ToolContext, arguments: TaskNumber) -> CompletedTask:
    before = await tasks.find_task(context.uow, context.actor, arguments.number)
    after = await tasks.complete_task(context.uow, context.actor, arguments.number)
    next_due = _next_due(context, after, Resolution.COMPLETED)
    return CompletedTask(
        task=task_result(context, after),
        already=before.status is Status.DONE,
        next_due=next_due,
        series_ended=after.recurrence is not None and next_due is None,
        cancelled_reminders=_pending(before) - _pending(after),
    )


async def _skip_occurrence(context: ToolContext, arguments: TaskNumber) -> SkippedOccurrence:
    before = await tasks.find_task(context.uow, context.actor, arguments.number)
    after = await tasks.skip_task(context.uow, context.actor, arguments.number)
    next_due = _next_due(context, after, Resolution.SKIPPED)
    return SkippedOccurrence(
        task=task_result(context, after),
        already=before.status is Status.DONE,
        next_due=next_due,
        series_ended=after.recurrence is not None and next_due is None,
        cancelled_reminders=_pending(before) - _pending(after),
    )


async def _reopen_task(context: ToolContext, arguments: TaskNumber) -> ReopenedTask:
    before = await tasks.find_task(context.uow, context.actor, arguments.number)
    reopened = await tasks.reopen_task(context.uow, context.actor, arguments.number)
    return ReopenedTask(
        task=task_result(context, reopened.task),
        already=before.status is Status.OPEN,
        taken_back=reopened.retracted.number if reopened.retracted is not None else None,
        kept=reopened.kept.number if reopened.kept is not None else None,
    )


async def _delete_task(context: ToolContext, arguments: TaskNumber) -> DeletedTask:
    before = await tasks.find_task(context.uow, context.actor, arguments.number)
    deleted = await tasks.delete_task(context.uow, context.actor, arguments.number)
    return DeletedTask(
        task=task_result(context, deleted.task),
        series_ended=deleted.ended_series,
        cancelled_reminders=_pending(before),
    )


def _basis(name: RepeatFrom | None) -> Basis | None:
    return Basis(name) if name is not None else None


def _start(due: Due | None, first: Due | None) -> Due | None:
    """When a new series begins: on the due date that was given, at the time of day that either names."""
    if due is None or first is None:
        return due or first
    return due if due.time is not None else Due(due.date, first.time, due.timezone)


def _changed_tags(tags: tuple[str, ...], arguments: UpdateTaskArguments) -> tuple[str, ...] | Unset:
    if not arguments.add_tags and not arguments.remove_tags:
        return UNSET
    removed = set(clean_tags(tuple(arguments.remove_tags)))
    return tuple(tag for tag in (*tags, *arguments.add_tags) if tag not in removed)


def _next_due(context: ToolContext, done: Task, resolution: Resolution) -> DueResult | None:
    """When the next instance will be due: worked out by the same rules that will make it."""
    recurrence, due, completed_at = done.recurrence, done.due, done.completed_at
    if recurrence is None or due is None or completed_at is None:
        return None
    following = next_occurrence(
        Rule.parse(recurrence.rule),
        recurrence.basis,
        start=recurrence.start,
        current=Occurrence(recurrence.ordinal, recurrence.date),
        due=due,
        completed_at=completed_at,
        resolution=resolution,
    )
    return due_result(context, following.due) if following is not None else None


def _pending(task: Task) -> int:
    return sum(reminder.is_pending for reminder in task.reminders)


def _updated(context: ToolContext, before: Task, after: Task) -> UpdatedTask:
    was = {reminder.id: reminder.remind_at for reminder in before.reminders}
    moved = [r for r in after.reminders if r.is_pending and was.get(r.id) not in (None, r.remind_at)]
    return UpdatedTask(
        task=task_result(context, after),
        changed=[field for field in _FIELDS if getattr(before, field) != getattr(after, field)],
        moved_reminders=[reminder_result(context, after, reminder) for reminder in by_time(moved)],
        cancelled_reminders=_pending(before) - _pending(after),
    )


_FIELDS: Final = ("title", "notes", "priority", "tags", "due", "recurrence")

ADD_TASK: Final = Tool(
    name="add_task",
    title="Add a task",
    description="Adds a task. Dates and repeats may be given in words; the result names the dates understood.",
    arguments=AddTaskArguments,
    result=AddedTask,
    run=_add_task,
)
UPDATE_TASK: Final = Tool(
    name="update_task",
    title="Change a task",
    description="Renames, reschedules or tags a task, or changes its notes, priority or repeat. A new repeat begins a"
    " new series. Reminders before the due date move with it.",
    arguments=UpdateTaskArguments,
    result=UpdatedTask,
    run=_update_task,
)
COMPLETE_TASK: Final = Tool(
    name="complete_task",
    title="Complete a task",
    description="Marks a task as done. Its reminders are cancelled; a repeating one comes again on its next date.",
    arguments=TaskNumber,
    result=CompletedTask,
    run=_complete_task,
)
SKIP_OCCURRENCE: Final = Tool(
    name="skip_occurrence",
    title="Skip an occurrence",
    description="Skips this occurrence of a repeating task; it comes again on its next date.",
    arguments=TaskNumber,
    result=SkippedOccurrence,
    run=_skip_occurrence,
)
REOPEN_TASK: Final = Tool(
    name="reopen_task",
    title="Reopen a task",
    description="Makes a completed or skipped task open again, with the reminders that are still ahead.",
    arguments=TaskNumber,
    result=ReopenedTask,
    run=_reopen_task,
)
DELETE_TASK: Final = Tool(
    name="delete_task",
    title="Delete a task",
    description="Deletes a task for good, with its reminders; of a repeating one, the series ends. Use it only where"
    " the user asked to delete. Deleting several needs the user's confirmation.",
    arguments=TaskNumber,
    result=DeletedTask,
    run=_delete_task,
    destroys=True,
)
