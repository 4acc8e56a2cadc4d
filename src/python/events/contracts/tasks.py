"""Events of a task's life, published by Chat API."""

import datetime as dt
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from events.contracts.base import Contract, DueData, EventData
from events.topics import Topic


class Basis(StrEnum):
    """What a series counts its next date from."""

    DUE = "due"
    COMPLETION = "completion"


class Resolution(StrEnum):
    """How an occurrence ended."""

    COMPLETED = "completed"
    SKIPPED = "skipped"


class RecurrenceData(Contract):
    """A task's place in its series. A changed rule begins a new series."""

    rule: str = Field(description="The RFC 5545 subset of `events.recurrence`, such as FREQ=WEEKLY;BYDAY=MO.")
    basis: Basis = Basis.DUE
    series_id: UUID
    start: dt.date = Field(description="Date of the series' first occurrence (DTSTART), in the task's zone.")
    ordinal: int = Field(ge=1, description="Which occurrence this instance is; the first is 1.")
    date: dt.date = Field(description="The occurrence's own date; it stays when the instance's due is moved.")


class ReminderData(Contract):
    """A reminder of a task, as far as its task's events name it."""

    reminder_id: UUID
    version: int = Field(ge=1, description="Grows each time the reminder is scheduled anew.")
    remind_at: AwareDatetime


class TaskData(Contract):
    """The whole state of a task after a change."""

    task_id: UUID
    user_id: UUID
    number: int = Field(ge=1, description="What its user calls it: task 42.")
    title: str
    notes: str = ""
    status: Literal["open", "done"]
    priority: Literal["low", "normal", "high"] = "normal"
    tags: tuple[str, ...] = ()
    due: DueData | None = None
    timezone: str = Field(description="IANA name of the task's zone.")
    recurrence: RecurrenceData | None = None
    reminders: tuple[ReminderData, ...] = Field(
        default=(),
        description="All reminders that may still be sent at this version of the task, those on their way included.",
    )
    version: int = Field(ge=1)
    created_at: AwareDatetime
    updated_at: AwareDatetime
    completed_at: AwareDatetime | None = None


class _TaskEvent(EventData):
    TOPIC: ClassVar[Topic] = Topic.TASKS

    task: TaskData

    @property
    def subject(self) -> UUID:
        return self.task.task_id


class TaskCreated(_TaskEvent):
    """A task exists: its user added it, or a series brought its next instance."""

    TYPE: ClassVar[str] = "task.created"

    origin: Literal["user", "series"] = "user"


class TaskUpdated(_TaskEvent):
    """A task was edited or reopened, or its reminders changed. A reminder no longer listed is cancelled."""

    TYPE: ClassVar[str] = "task.updated"

    changed: tuple[str, ...] = Field(description="Names of the fields of `task` that changed.")


class TaskCompleted(_TaskEvent):
    """A task was completed, or an occurrence of a series was skipped."""

    TYPE: ClassVar[str] = "task.completed"

    had_recurrence: bool
    completed_at: AwareDatetime
    resolution: Resolution = Resolution.COMPLETED


class TaskDeleted(_TaskEvent):
    """A task was deleted; `task` is its last state. Deleting the open instance of a series ends the series."""

    TYPE: ClassVar[str] = "task.deleted"

    deleted_at: AwareDatetime
