"""What every event's data has in common.

A contract only grows: a new optional field is a minor change and needs nothing more than the field.
Anything else is a new class with the next ``MAJOR``, beside the old one, until no consumer reads the old.
Consumers ignore the fields they do not know.
"""

import datetime as dt
from abc import abstractmethod
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from events.topics import Topic


class Contract(BaseModel):
    """A frozen value that ignores unknown fields, so that old consumers read newer events."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="iso8601")


class EventData(Contract):
    """The ``data`` of one type of event."""

    TYPE: ClassVar[str]
    """The specification's name of the event, such as ``task.created``."""
    MAJOR: ClassVar[int] = 1
    """The contract's major version; a consumer sends an unknown one to its dead letters."""
    TOPIC: ClassVar[Topic]

    user_id: UUID
    version: int = Field(ge=1, description="The aggregate's version after the change that this event tells of.")

    @property
    @abstractmethod
    def subject(self) -> UUID:
        """The id of what the event is about: the task for everything around a task, else the user.

        It is the partition key as well, so that a partition holds a subject's events in their order.
        """


class DueData(Contract):
    """When something is due, as a wall clock shows it: a date, and a time of day where one was given."""

    date: dt.date
    time: dt.time | None = Field(default=None, description="Local wall-clock time; none means any time that day.")
    timezone: str = Field(description="IANA name of the zone that date and time are meant in.")

    @field_validator("time")
    @classmethod
    def _is_naive(cls, value: dt.time | None) -> dt.time | None:
        if value is not None and value.tzinfo is not None:
            raise ValueError("a due time is wall-clock time and carries no offset; the zone has a field of its own")
        return value
