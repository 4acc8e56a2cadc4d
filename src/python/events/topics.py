"""The Kafka topics that services speak through, and what each of them carries."""

from enum import StrEnum


class Topic(StrEnum):
    """A topic of the event bus. The partition key is named beside each."""

    TASKS = "task-events"  # keyed by the task's id
    REMINDERS = "reminder-events"  # keyed by the task's id
    RECURRING = "recurring-events"  # keyed by the id of the completed task
    USERS = "user-events"  # keyed by the user's id


def dead_letter_topic(service: str) -> str:
    """The topic that carries what `service` (its Dapr app id, "chat-api") could not handle."""
    return f"{service}-dead-letters"
