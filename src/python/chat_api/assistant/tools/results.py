"""What tools return: tasks and reminders as callers see them, with every date said in words as well."""

import datetime as dt
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import Field

from chat_api.assistant.tools.tool import ToolResult


class DueResult(ToolResult):
    """When something is due."""

    date: dt.date
    time: dt.time | None = None
    timezone: str
    text: str = Field(description="The same in words: date, time of day, zone.")


class RecurrenceResult(ToolResult):
    """How a task repeats."""

    rule: str
    basis: Literal["due", "completion"]
    text: str = Field(description="The same in words.")


class ReminderResult(ToolResult):
    """A reminder."""

    reminder_id: UUID
    task_number: int
    task_title: str
    remind_at: dt.datetime = Field(description="With the offset of the user's zone.")
    timezone: str
    state: str = Field(description="scheduled, triggered, sent, cancelled or failed")
    relative: bool = Field(description="Whether it moves with the task's due date.")
    text: str = Field(description="When, in words: date, time of day, zone.")


class TaskResult(ToolResult):
    """A task."""

    number: int
    title: str
    notes: str = ""
    status: Literal["open", "done"]
    priority: Literal["low", "normal", "high"]
    tags: Sequence[str] = ()
    due: DueResult | None = None
    recurrence: RecurrenceResult | None = None
    reminders: Sequence[ReminderResult] = Field(default=(), description="Those still scheduled.")


class AddedTask(ToolResult):
    """A task was added."""

    task: TaskResult


class ShownTask(ToolResult):
    """A task, as it stands."""

    task: TaskResult


class TaskList(ToolResult):
    """The tasks that were asked for, in their order."""

    tasks: Sequence[TaskResult]
    next_cursor: str | None = Field(default=None, description="Given back as `cursor`, it lists the following ones.")


class CompletedTask(ToolResult):
    """A task was completed."""

    task: TaskResult
    already: bool = Field(description="Whether it was done before; then nothing was changed.")
    next_due: DueResult | None = Field(default=None, description="When the series' next task is due.")
    series_ended: bool = Field(description="Whether this was the last of its series.")
    cancelled_reminders: int


class SkippedOccurrence(ToolResult):
    """An occurrence of a series was skipped."""

    task: TaskResult
    already: bool = Field(description="Whether it was done before; then nothing was changed.")
    next_due: DueResult | None = Field(default=None, description="When the series' next task is due.")
    series_ended: bool = Field(description="Whether this was the last of its series.")
    cancelled_reminders: int


class ReopenedTask(ToolResult):
    """A completed task is open again."""

    task: TaskResult
    already: bool = Field(description="Whether it was open before; then nothing was changed.")
    taken_back: int | None = Field(default=None, description="Number of the series' next task, deleted again.")
    kept: int | None = Field(default=None, description="Number of the series' next task, kept since it was changed.")


class UpdatedTask(ToolResult):
    """A task was edited."""

    task: TaskResult
    changed: Sequence[str] = Field(description="Names of the fields that changed; empty where nothing did.")
    moved_reminders: Sequence[ReminderResult] = Field(default=(), description="Reminders that moved with the due.")
    cancelled_reminders: int = 0


class DeletedTask(ToolResult):
    """A task was deleted."""

    task: TaskResult = Field(description="As it was.")
    series_ended: bool
    cancelled_reminders: int


class AddedReminder(ToolResult):
    """A reminder was added."""

    reminder: ReminderResult


class ReminderList(ToolResult):
    """The reminders that were asked for, by time."""

    reminders: Sequence[ReminderResult]
    more: bool


class CancelledReminder(ToolResult):
    """A reminder was cancelled."""

    reminder: ReminderResult


class RecurrencePreview(ToolResult):
    """The dates that a repeat falls on."""

    recurrence: RecurrenceResult
    dates: Sequence[DueResult]
    more: bool = Field(description="Whether it goes on after these.")
