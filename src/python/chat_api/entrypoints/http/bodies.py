"""What requests hold, as they are documented. What the fields may say is for the domain to judge."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from chat_api.domain.drafts import UNSET, RecurrenceDraft, TaskChanges, TaskDraft
from chat_api.domain.reminder import MAX_REMINDERS, ReminderDraft, ReminderState
from chat_api.domain.task import Basis, Due, Priority
from chat_api.domain.text import MAX_NOTES, MAX_TAG, MAX_TAGS, MAX_TITLE
from chat_api.entrypoints.http.requests import RequestModel
from chat_api.entrypoints.http.values import Date, Duration, Moment, Time
from chat_api.service_layer.passwords import MAX_PASSWORD, MIN_PASSWORD
from chat_api.service_layer.tokens import MAX_TOKEN_NAME
from chat_api.views import DEFAULT_PAGE, MAX_PAGE, ReminderQuery, TaskQuery

Title = Annotated[str, Field(max_length=MAX_TITLE)]
Notes = Annotated[str, Field(max_length=MAX_NOTES)]
Tags = Annotated[list[Annotated[str, Field(max_length=MAX_TAG + 1)]], Field(max_length=MAX_TAGS)]
Timezone = Annotated[str, Field(max_length=100, description="IANA name, such as Europe/Berlin.")]
Email = Annotated[str, Field(max_length=254)]
Password = Annotated[str, Field(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)]
Level = Literal["low", "normal", "high"]


class Registration(RequestModel):
    """A new account."""

    email: Email
    password: Password
    timezone: Timezone


class Login(RequestModel):
    """What proves who somebody is."""

    email: Email
    password: Annotated[str, Field(max_length=MAX_PASSWORD)]


class ProfileEdit(RequestModel):
    """The fields of a profile to be changed. A new address or password needs the current password."""

    timezone: Timezone | None = None
    email_reminders: bool | None = None
    email: Email | None = None
    password: Password | None = None
    current_password: Annotated[str, Field(max_length=MAX_PASSWORD)] | None = None


class NewApiToken(RequestModel):
    """A bearer token to be made."""

    name: str = Field(max_length=MAX_TOKEN_NAME, description="What it is for.")


class DueBody(RequestModel):
    """When something is due."""

    date: Date
    time: Time | None = Field(default=None, description="Wall-clock time; none for any time of that day.")
    timezone: Timezone | None = Field(default=None, description="The task's own where none is given, else the user's.")

    def due(self, timezone: str) -> Due:
        """The due, in `timezone` unless another is given."""
        return Due(self.date, self.time, self.timezone or timezone)


class RecurrenceBody(RequestModel):
    """How a task repeats."""

    rule: str = Field(max_length=500, description="RFC 5545 with SKIP of RFC 7529, such as FREQ=WEEKLY;BYDAY=MO.")
    basis: Literal["due", "completion"] = Field(default="due", description="What the next date is counted from.")

    def draft(self) -> RecurrenceDraft:
        return RecurrenceDraft(self.rule, Basis(self.basis))


class ReminderBody(RequestModel):
    """When to remind: either `at` a moment, or `before_due`."""

    at: Moment | None = Field(default=None, description="A moment with its offset from UTC.")
    before_due: Duration | None = Field(default=None, description="ISO 8601, such as PT30M or P1D.")

    @model_validator(mode="after")
    def _is_either(self) -> "ReminderBody":
        if (self.at is None) == (self.before_due is None):
            raise ValueError("either at or before_due is needed")
        return self

    def draft(self) -> ReminderDraft:
        return ReminderDraft(self.at, self.before_due)


class NewTask(RequestModel):
    """A task to be added."""

    title: Title
    notes: Notes = ""
    priority: Level = "normal"
    tags: Tags = Field(default_factory=list)
    due: DueBody | None = None
    recurrence: RecurrenceBody | None = Field(
        default=None, description="Without a due, it begins with the first date that the rule names."
    )
    reminders: list[ReminderBody] = Field(default_factory=list, max_length=MAX_REMINDERS)

    def draft(self, timezone: str) -> TaskDraft:
        """What is asked for; `timezone` is the user's."""
        return TaskDraft(
            title=self.title,
            notes=self.notes,
            priority=Priority(self.priority),
            tags=tuple(self.tags),
            due=None if self.due is None else self.due.due(timezone),
            recurrence=None if self.recurrence is None else self.recurrence.draft(),
            reminders=tuple(reminder.draft() for reminder in self.reminders),
        )


class TaskEdit(RequestModel):
    """The fields of a task to be changed; null takes `due` or `recurrence` away."""

    title: Title = ""
    notes: Notes = ""
    priority: Level = "normal"
    tags: Tags = Field(default_factory=list)
    due: DueBody | None = None
    recurrence: RecurrenceBody | None = None

    def changes(self, timezone: str) -> TaskChanges:
        """What is asked for; a due that names no zone is meant in `timezone`."""
        given = self.model_fields_set
        due = None if self.due is None else self.due.due(timezone)
        recurrence = None if self.recurrence is None else self.recurrence.draft()
        return TaskChanges(
            title=self.title if "title" in given else UNSET,
            notes=self.notes if "notes" in given else UNSET,
            priority=Priority(self.priority) if "priority" in given else UNSET,
            tags=tuple(self.tags) if "tags" in given else UNSET,
            due=due if "due" in given else UNSET,
            recurrence=recurrence if "recurrence" in given else UNSET,
        )


class RecurrencePreview(RequestModel):
    """A repeat that somebody thinks about."""

    rule: str = Field(max_length=500)
    basis: Literal["due", "completion"] = "due"
    due: DueBody | None = Field(default=None, description="The first date; else the first that the rule names.")
    limit: int = Field(default=5, ge=1, le=50)


class TaskFilter(RequestModel):
    """Which tasks to list."""

    status: Literal["open", "done", "all"] = "open"
    tag: str | None = Field(default=None, max_length=MAX_TAG + 1)
    q: str | None = Field(default=None, max_length=200, description="Words, or how they begin.")
    due_from: Date | None = Field(default=None, description="Due on this date or later.")
    due_before: Date | None = Field(default=None, description="Due earlier than on this date.")
    limit: int = Field(default=DEFAULT_PAGE, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(default=None, description="next_cursor of the page before.")

    def query(self) -> TaskQuery:
        return TaskQuery(**self.model_dump())


class ReminderFilter(RequestModel):
    """Which reminders to list."""

    state: Literal["scheduled", "triggered", "sent", "cancelled", "failed"] | None = None
    task: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Number of their task.")
    limit: int = Field(default=DEFAULT_PAGE, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(default=None, description="next_cursor of the page before.")

    def query(self) -> ReminderQuery:
        states = () if self.state is None else (ReminderState(self.state),)
        return ReminderQuery(states=states, task_number=self.task, limit=self.limit, cursor=self.cursor)
