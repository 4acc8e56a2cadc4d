"""What requests are answered, as it is documented."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from quart import Response

from chat_api.domain.account import ApiToken, User
from chat_api.domain.reminder import Reminder
from chat_api.domain.task import Due, Recurrence, Task
from events.recurrence import Rule


class Answer(BaseModel):
    """A JSON answer. Moments are in UTC."""

    model_config = ConfigDict(frozen=True, from_attributes=True, ser_json_timedelta="iso8601")

    def respond(self, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """The response that says this."""
        return Response(self.model_dump_json(), status, headers, content_type="application/json")


class UserAnswer(Answer):
    """An account."""

    id: UUID
    email: str
    timezone: str
    email_reminders: bool
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime

    @classmethod
    def of(cls, user: User) -> Self:
        return cls.model_validate(user)


class SignedIn(Answer):
    """Who is logged in now; the session is in a cookie."""

    user: UserAnswer


class TokenAnswer(Answer):
    """A bearer token, without its secret."""

    id: UUID
    name: str
    created_at: dt.datetime

    @classmethod
    def of(cls, token: ApiToken) -> Self:
        return cls.model_validate(token)


class NewTokenAnswer(TokenAnswer):
    """A bearer token, shown this once."""

    token: str


class TokenList(Answer):
    """All tokens, oldest first."""

    items: Sequence[TokenAnswer]


class DueAnswer(Answer):
    """When something is due."""

    date: dt.date
    time: dt.time | None
    timezone: str

    @classmethod
    def of(cls, due: Due) -> Self:
        return cls.model_validate(due)


class RecurrenceAnswer(Answer):
    """How a task repeats, and which occurrence it is."""

    rule: str
    text: str = Field(description="The rule in words.")
    basis: str
    start: dt.date
    ordinal: int
    date: dt.date = Field(description="The occurrence's own date, wherever its due was moved.")

    @classmethod
    def of(cls, recurrence: Recurrence) -> Self:
        return cls(
            rule=recurrence.rule,
            text=_in_words(recurrence.rule, recurrence.start),
            basis=recurrence.basis.value,
            start=recurrence.start,
            ordinal=recurrence.ordinal,
            date=recurrence.date,
        )


class ReminderAnswer(Answer):
    """A reminder."""

    id: UUID
    task_id: UUID
    version: int
    remind_at: dt.datetime
    before_due: dt.timedelta | None = Field(description="None for a reminder at a moment of its own.")
    state: str = Field(description="scheduled, triggered, sent, cancelled or failed")
    cancel_reason: str | None
    created_at: dt.datetime
    updated_at: dt.datetime

    @classmethod
    def of(cls, reminder: Reminder) -> Self:
        return cls.model_validate(reminder)


class ListedReminder(ReminderAnswer):
    """A reminder with what its task is called."""

    task_number: int
    task_title: str


class ReminderPage(Answer):
    """Some of the reminders, by their time."""

    items: Sequence[ListedReminder]
    next_cursor: str | None


class TaskAnswer(Answer):
    """A task in one version."""

    id: UUID
    number: int
    title: str
    notes: str
    status: str = Field(description="open or done")
    priority: str = Field(description="low, normal or high")
    tags: Sequence[str]
    due: DueAnswer | None
    timezone: str
    recurrence: RecurrenceAnswer | None
    series_id: UUID | None
    reminders: Sequence[ReminderAnswer]
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    completed_at: dt.datetime | None
    resolution: str | None = Field(description="completed or skipped; none while it is open")

    @classmethod
    def of(cls, task: Task, **more: object) -> Self:
        """What is told of `task`; `more` are further fields of a subclass."""
        fields = {
            "id": task.id,
            "number": task.number,
            "title": task.title,
            "notes": task.notes,
            "status": task.status.value,
            "priority": task.priority.value,
            "tags": task.tags,
            "due": None if task.due is None else DueAnswer.of(task.due),
            "timezone": task.timezone,
            "recurrence": None if task.recurrence is None else RecurrenceAnswer.of(task.recurrence),
            "series_id": None if task.recurrence is None else task.recurrence.series_id,
            "reminders": [ReminderAnswer.of(reminder) for reminder in task.reminders],
            "version": task.version,
            "created_at": task.created_at,
            "updated_at": task.updated_at,
            "completed_at": task.completed_at,
            "resolution": None if task.resolution is None else task.resolution.value,
        }
        return cls.model_validate(fields | more)

    def respond(self, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        return super().respond(status, {"ETag": f'"{self.version}"'} | (headers or {}))


class ReopenedTaskAnswer(TaskAnswer):
    """A task that is open again, and what became of the next instance that its completion had brought."""

    retracted_successor: int | None = Field(description="Number of the next instance, where it was taken back.")
    kept_successor: int | None = Field(description="Number of the next instance, where it stays since it was changed.")


class DeletedTaskAnswer(TaskAnswer):
    """The last state of a task that is gone."""

    ended_series: bool = Field(description="Whether it was the open instance of a series, which ended with it.")


class TaskPage(Answer):
    """Some of the tasks, in their order."""

    items: Sequence[TaskAnswer]
    next_cursor: str | None


class RecurrencePreviewAnswer(Answer):
    """What a rule means."""

    rule: str = Field(description="In its canonical form.")
    text: str = Field(description="In words.")
    dates: Sequence[DueAnswer]


@lru_cache(maxsize=4096)
def _in_words(rule: str, start: dt.date) -> str:
    return Rule.parse(rule).describe(start)
