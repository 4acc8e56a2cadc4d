"""Events of a series, published by the Recurring Task Service."""

import datetime as dt
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from events.contracts.base import DueData, EventData
from events.contracts.tasks import RecurrenceData
from events.topics import Topic


class RecurringTaskCreated(EventData):
    """The next instance of a series.

    It holds only while the parent stands completed at `parent_version`: reopening the parent makes it void.
    Completing again brings the same `task_id` for the same occurrence.
    """

    TYPE: ClassVar[str] = "recurring.task.created"
    TOPIC: ClassVar[Topic] = Topic.RECURRING

    task_id: UUID = Field(description="Id of the new instance, the same for the same series and ordinal.")
    parent_task_id: UUID
    parent_version: int = Field(ge=1, description="The parent's version at the completion that this answers.")
    title: str
    notes: str = ""
    priority: Literal["low", "normal", "high"] = "normal"
    tags: tuple[str, ...] = ()
    due: DueData
    timezone: str
    recurrence: RecurrenceData
    skipped: tuple[dt.date, ...] = Field(
        default=(), description="Occurrences that passed between the parent's and this one, in order."
    )
    created_at: AwareDatetime

    @property
    def subject(self) -> UUID:
        return self.parent_task_id
