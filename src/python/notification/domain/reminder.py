"""Reminders, and what the state of their task means for them.

Task and reminder events travel on topics of their own, so they arrive in any order between each other. Each
scheduling names the version its task had; each task event names its version, and the reminders still wanted then.
From these two alone, whichever comes last, it follows whether a scheduling still holds.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from events.contracts import CancelReason


class ReminderState(StrEnum):
    """Where a scheduling stands. The last three are final."""

    SCHEDULED = "scheduled"
    TRIGGERED = "triggered"
    SENT = "sent"
    CANCELLED = "cancelled"
    FAILED = "failed"


class TaskState(StrEnum):
    """What a task's last known event says of it."""

    OPEN = "open"
    COMPLETED = "completed"
    DELETED = "deleted"


@dataclass(frozen=True)
class Scheduling:
    """One scheduling of a reminder: the reminder's id with a version."""

    reminder_id: UUID
    version: int
    task_id: UUID
    user_id: UUID
    task_version: int
    """The task's version when this was scheduled."""
    remind_at: dt.datetime
    state: ReminderState = ReminderState.SCHEDULED

    @property
    def is_open(self) -> bool:
        """Whether a mail may still come of it."""
        return self.state in (ReminderState.SCHEDULED, ReminderState.TRIGGERED)

    def ended(self, state: ReminderState) -> "Scheduling":
        """The same scheduling, ended as `state`."""
        return replace(self, state=state)


@dataclass(frozen=True)
class TaskStanding:
    """What one event, or the last known one, says of a task."""

    version: int
    """0: no event of the task has arrived yet."""
    state: TaskState
    listed: Mapping[UUID, int] = field(default_factory=dict)
    """The version of each reminder that was still to be sent at `version`, those on their way included."""


def reason_to_cancel(scheduling: Scheduling, task: TaskStanding) -> CancelReason | None:
    """Why `scheduling` is void, given what is known of its task; none where it holds."""
    if task.version < scheduling.task_version:
        return None
    match task.state:
        case TaskState.DELETED:
            return CancelReason.DELETED
        case TaskState.COMPLETED:
            return CancelReason.COMPLETED
        case TaskState.OPEN:
            listed = task.listed.get(scheduling.reminder_id)
            if listed is None:
                return CancelReason.USER
            return None if listed == scheduling.version else CancelReason.MOVED
