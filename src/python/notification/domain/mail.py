"""What a reminder's e-mail says, and whom it goes to."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipient:
    """A user, as far as mail is concerned."""

    email: str
    timezone: str
    """IANA name."""
    email_reminders: bool
    """Whether the user wants reminders by e-mail."""


@dataclass(frozen=True)
class Due:
    """When a task is due, as a wall clock in `timezone` (IANA name) shows it.

    It holds whatever was told: a zone that this machine does not know must not keep a reminder from being kept.
    """

    date: dt.date
    time: dt.time | None
    timezone: str


@dataclass(frozen=True)
class TaskText:
    """What a task says, as its user wrote it."""

    number: int
    title: str
    due: Due | None


@dataclass(frozen=True)
class ReminderMail:
    """All that a reminder's e-mail is made of."""

    message_id: str
    """Angle brackets included; the same at every attempt, so that a mail taken twice is known to be one."""
    recipient: Recipient
    task: TaskText
    remind_at: dt.datetime
    """When the reminder was asked for, UTC."""
