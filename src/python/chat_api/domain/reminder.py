"""A reminder as its user sees it."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from events.contracts import CancelReason

MAX_REMINDERS = 20
"""Of one task."""


class ReminderState(StrEnum):
    """How far a reminder has come."""

    SCHEDULED = "scheduled"
    TRIGGERED = "triggered"
    """Its time has come, and its e-mail is on its way."""
    SENT = "sent"
    CANCELLED = "cancelled"
    FAILED = "failed"
    """Its e-mail could not be delivered."""


@dataclass(frozen=True)
class ReminderDraft:
    """When to remind: either at a moment, or a while before the task is due.

    Attributes:
        at: an aware moment.
        before_due: zero or more; it moves with the due date.
    """

    at: dt.datetime | None = None
    before_due: dt.timedelta | None = None


@dataclass(frozen=True)
class Reminder:
    """A reminder of a task.

    Attributes:
        version: grows each time it is scheduled anew; what was reported of an earlier one says nothing of it.
        remind_at: aware UTC.
        before_due: none for a reminder at a moment of its own.
        cancel_reason: why it is cancelled or failed; none in the other states.
    """

    id: UUID
    task_id: UUID
    user_id: UUID
    version: int
    remind_at: dt.datetime
    before_due: dt.timedelta | None
    state: ReminderState
    cancel_reason: CancelReason | None
    created_at: dt.datetime
    updated_at: dt.datetime

    @property
    def is_pending(self) -> bool:
        """Whether an e-mail may still go out."""
        return self.state in (ReminderState.SCHEDULED, ReminderState.TRIGGERED)

    @property
    def is_over(self) -> bool:
        """Whether its e-mail was sent, or could not be."""
        return self.state in (ReminderState.SENT, ReminderState.FAILED)

    @property
    def follows_due(self) -> bool:
        """Whether it is scheduled anew when the due date moves, and copied to the next instance of a series."""
        return self.before_due is not None and self.cancel_reason is not CancelReason.USER
