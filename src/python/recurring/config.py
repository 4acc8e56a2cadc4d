"""What the service reads from its environment."""

from typing import ClassVar

from pydantic import Field

from events.settings import ServiceSettings


class RecurringSettings(ServiceSettings):
    """The settings of the Recurring Task Service; durations are in the unit that their name ends with."""

    SERVICE: ClassVar[str] = "recurring"

    port: int = Field(default=8002, ge=0, le=65535)

    completion_retention_days: float = Field(
        default=400.0,
        gt=0,
        description="Completions, instances and tombstones; must outlast Kafka's retention and a reopened task.",
    )
