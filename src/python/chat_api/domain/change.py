"""What the live stream tells a user's open windows: that something changed, and where to look."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self
from uuid import UUID

_IDS = ("id", "user_id", "task_id", "reminder_id")


@dataclass(frozen=True)
class Change:
    """A committed change of a user's data.

    Attributes:
        id: of the change; later ones sort after earlier ones.
        type: the specification's name of the event, or ``reminder.updated`` for a state that Notification reported.
        version: of the task or the account after the change.
    """

    id: UUID
    user_id: UUID
    type: str
    task_id: UUID | None = None
    task_number: int | None = None
    version: int | None = None
    reminder_id: UUID | None = None

    def to_json(self) -> dict[str, Any]:
        """The change as JSON values, without what is not set."""
        return {
            name: str(value) if isinstance(value, UUID) else value
            for name, value in asdict(self).items()
            if value is not None
        }

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Self:
        """The change that `to_json` made these members of."""
        fields: dict[str, Any] = {name: UUID(value) if name in _IDS else value for name, value in members.items()}
        return cls(**fields)
