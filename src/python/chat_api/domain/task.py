"""A task and its place in a series."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chat_api.domain.reminder import Reminder
from events.contracts import Basis, Resolution
from events.recurrence import Due

__all__ = ["Basis", "DeletedTask", "Due", "Priority", "Recurrence", "ReopenedTask", "Resolution", "Status", "Task"]


class Status(StrEnum):
    """Whether there is still something to do."""

    OPEN = "open"
    DONE = "done"


class Priority(StrEnum):
    """How much a task matters."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True)
class Recurrence:
    """A task's place in its series.

    Attributes:
        rule: canonical, as `events.recurrence.Rule` writes it.
        start: date of the series' first occurrence, in the task's zone.
        ordinal: which occurrence this is; the first is 1.
        date: the occurrence's own date; it stays when the task's due is moved.
    """

    rule: str
    basis: Basis
    series_id: UUID
    start: dt.date
    ordinal: int
    date: dt.date


@dataclass(frozen=True)
class Task:
    """A task in one version. Moments are aware UTC.

    Attributes:
        number: what its user calls it: task 42.
        timezone: IANA name; that of `due` where there is one.
        resolution: how it was done; none while it is open.
        completed_version: the version that its completion made; none while it is open.
        parent_id: the occurrence of the series that it follows, for a task that a series brought.
        parent_version: the `completed_version` of the parent that brought it.
        created_version: the version it began with: 1, or higher for an instance that was retracted and came back.
    """

    id: UUID
    user_id: UUID
    number: int
    title: str
    notes: str
    status: Status
    priority: Priority
    tags: tuple[str, ...]
    due: Due | None
    timezone: str
    recurrence: Recurrence | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    completed_at: dt.datetime | None = None
    resolution: Resolution | None = None
    completed_version: int | None = None
    parent_id: UUID | None = None
    parent_version: int | None = None
    created_version: int = 1
    reminders: tuple[Reminder, ...] = ()

    @property
    def is_untouched(self) -> bool:
        """Whether its user has done nothing with it since it was created."""
        return self.status is Status.OPEN and self.version == self.created_version


@dataclass(frozen=True)
class DeletedTask:
    """A task that was deleted.

    Attributes:
        task: its last state.
        ended_series: whether it was the open instance of a series, which ends with it.
    """

    task: Task
    ended_series: bool


@dataclass(frozen=True)
class ReopenedTask:
    """A task that was reopened, and what became of the next instance that its completion had brought.

    Attributes:
        retracted: the next instance, deleted since its user had done nothing with it.
        kept: the next instance, left as it is since its user has changed or done it.
    """

    task: Task
    retracted: Task | None = None
    kept: Task | None = None
