"""The contracts of all events, by type and major version."""

from events.contracts.base import DueData, EventData
from events.contracts.recurring import RecurringTaskCreated
from events.contracts.reminders import (
    CancelReason,
    ReminderCancelled,
    ReminderScheduled,
    ReminderSent,
    ReminderTriggered,
)
from events.contracts.tasks import (
    Basis,
    RecurrenceData,
    ReminderData,
    Resolution,
    TaskCompleted,
    TaskCreated,
    TaskData,
    TaskDeleted,
    TaskUpdated,
)
from events.contracts.users import UserDeleted, UserUpdated

CONTRACTS: tuple[type[EventData], ...] = (
    TaskCreated,
    TaskUpdated,
    TaskCompleted,
    TaskDeleted,
    ReminderScheduled,
    ReminderTriggered,
    ReminderSent,
    ReminderCancelled,
    RecurringTaskCreated,
    UserUpdated,
    UserDeleted,
)

__all__ = [
    "CONTRACTS",
    "Basis",
    "CancelReason",
    "DueData",
    "EventData",
    "RecurrenceData",
    "RecurringTaskCreated",
    "ReminderCancelled",
    "ReminderData",
    "ReminderScheduled",
    "ReminderSent",
    "ReminderTriggered",
    "Resolution",
    "TaskCompleted",
    "TaskCreated",
    "TaskData",
    "TaskDeleted",
    "TaskUpdated",
    "UserDeleted",
    "UserUpdated",
]
