"""What Chat API publishes about one task as its user works on it: the events, and what should come of them."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal, TypeVar
from uuid import UUID, uuid4

from events.contracts import (
    EventData,
    ReminderData,
    ReminderScheduled,
    TaskCompleted,
    TaskCreated,
    TaskData,
    TaskDeleted,
    TaskUpdated,
    UserUpdated,
)

D = TypeVar("D", bound=EventData)

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@dataclass
class TaskHistory:
    """A task, the reminders that are wanted of it, and the events published so far."""

    user_id: UUID = field(default_factory=uuid4)
    task_id: UUID = field(default_factory=uuid4)
    title: str = "Call the dentist"
    status: Literal["open", "done"] = "open"
    version: int = 1
    deleted: bool = False
    wanted: dict[UUID, tuple[int, dt.datetime]] = field(default_factory=dict)
    """Version and time of each reminder that may still be sent."""
    cancelled_by_completion: dict[UUID, tuple[int, dt.datetime]] = field(default_factory=dict)
    events: list[EventData] = field(default_factory=list)

    def create(self) -> TaskCreated:
        return self._tell(TaskCreated(user_id=self.user_id, version=self.version, task=self.data()))

    def register(self, **profile: object) -> UserUpdated:
        """The user's profile; not one of the task's events."""
        values = {"version": 1, "email": "ada@example.com", "timezone": "Europe/Berlin"} | profile
        return UserUpdated(user_id=self.user_id, **values)  # type: ignore[arg-type]

    def rename(self, title: str) -> TaskUpdated:
        self.title = title
        return self._update("title")

    def remind(self, after: dt.timedelta, reminder_id: UUID | None = None) -> ReminderScheduled:
        reminder_id = reminder_id or uuid4()
        self.wanted[reminder_id] = (1, NOW + after)
        self._update("reminders")
        return self._schedule(reminder_id)

    def unremind(self, reminder_id: UUID) -> TaskUpdated:
        del self.wanted[reminder_id]
        return self._update("reminders")

    def move(self, by: dt.timedelta) -> None:
        """Moves the due, and all reminders with it."""
        self.wanted = {each: (version + 1, at + by) for each, (version, at) in self.wanted.items()}
        self._update("due")
        for reminder_id in self.wanted:
            self._schedule(reminder_id)

    def complete(self) -> TaskCompleted:
        self.status = "done"
        self.cancelled_by_completion, self.wanted = self.wanted, {}
        self.version += 1
        return self._tell(
            TaskCompleted(
                user_id=self.user_id, version=self.version, task=self.data(), had_recurrence=False, completed_at=NOW
            )
        )

    def reopen(self) -> None:
        self.status = "open"
        back = {each: (version + 1, at) for each, (version, at) in self.cancelled_by_completion.items()}
        self.wanted, self.cancelled_by_completion = back, {}
        self._update("status")
        for reminder_id in self.wanted:
            self._schedule(reminder_id)

    def delete(self) -> TaskDeleted:
        self.deleted = True
        self.wanted = {}
        self.version += 1
        return self._tell(TaskDeleted(user_id=self.user_id, version=self.version, task=self.data(), deleted_at=NOW))

    def data(self) -> TaskData:
        return TaskData(
            task_id=self.task_id,
            user_id=self.user_id,
            number=42,
            title=self.title,
            status=self.status,
            timezone="Europe/Berlin",
            reminders=tuple(
                ReminderData(reminder_id=each, version=version, remind_at=at)
                for each, (version, at) in self.wanted.items()
            ),
            version=self.version,
            created_at=NOW,
            updated_at=NOW,
        )

    def _update(self, changed: str) -> TaskUpdated:
        self.version += 1
        return self._tell(TaskUpdated(user_id=self.user_id, version=self.version, task=self.data(), changed=(changed,)))

    def _schedule(self, reminder_id: UUID) -> ReminderScheduled:
        version, at = self.wanted[reminder_id]
        return self._tell(
            ReminderScheduled(
                user_id=self.user_id,
                version=version,
                reminder_id=reminder_id,
                task_id=self.task_id,
                remind_at=at,
                task_version=self.version,
                task_number=42,
                task_title=self.title,
                timezone="Europe/Berlin",
            )
        )

    def _tell(self, event: D) -> D:
        self.events.append(event)
        return event
