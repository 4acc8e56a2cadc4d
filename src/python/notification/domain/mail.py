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
    """When a task is due, as a wall clock in `timezone` (IANA name) shows it."""

    date: dt.date
    time: dt.time | None
    timezone: str


@dataclass(frozen=True)
class TaskText:
    """What a task says, as its user wrote it."""

    number: int
    title: str
    due: Due | None
