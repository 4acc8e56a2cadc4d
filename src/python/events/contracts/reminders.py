"""Events of a reminder's life. Chat API publishes the scheduling, Notification everything after it."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from events.contracts.base import DueData, EventData
from events.topics import Topic


class CancelReason(StrEnum):
    """Why a reminder will not be sent."""

    USER = "user"
    COMPLETED = "completed"
    DELETED = "deleted"
    MOVED = "moved"
    UNDELIVERABLE = "undeliverable"


class _ReminderEvent(EventData):
    """`version` is the reminder's own: which scheduling of it the event is about."""

    TOPIC: ClassVar[Topic] = Topic.REMINDERS

    reminder_id: UUID
    task_id: UUID
    remind_at: AwareDatetime

    @property
    def subject(self) -> UUID:
        return self.task_id


class ReminderScheduled(_ReminderEvent):
    """A reminder is to be sent at `remind_at`. A higher version replaces an earlier scheduling."""

    TYPE: ClassVar[str] = "reminder.scheduled"

    task_version: int = Field(ge=1, description="The task's version at which the reminder was scheduled.")
    task_number: int = Field(ge=1)
    task_title: str
    task_due: DueData | None = None
    timezone: str = Field(description="IANA name of the task's zone.")


class ReminderTriggered(_ReminderEvent):
    """A reminder has come due."""

    TYPE: ClassVar[str] = "reminder.triggered"

    triggered_at: AwareDatetime


class ReminderSent(_ReminderEvent):
    """The mail server has taken the reminder's e-mail."""

    TYPE: ClassVar[str] = "reminder.sent"

    sent_at: AwareDatetime
    message_id: str = Field(description="The e-mail's Message-ID, angle brackets included.")


class ReminderCancelled(_ReminderEvent):
    """A reminder will not be sent."""

    TYPE: ClassVar[str] = "reminder.cancelled"

    cancelled_at: AwareDatetime
    reason: CancelReason
    detail: str = ""
