"""What the service remembers, each within one unit of work."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from events.contracts import RecurringTaskCreated


@dataclass(frozen=True)
class Completion:
    """The latest known completion of a recurring task."""

    task_id: UUID
    user_id: UUID
    version: int
    """The task's version at that completion."""
    series_id: UUID
    next_task_id: UUID | None
    """The instance that follows; none where the series is over."""
    recorded_at: dt.datetime


class Users(Protocol):
    """Who is to be forgotten."""

    async def hold(self, user_id: UUID) -> bool:
        """Keeps the user from being erased until the unit of work ends; false where it has happened already."""
        ...

    async def erase(self, user_id: UUID, now: dt.datetime) -> bool:
        """Leaves nothing of a user but a tombstone; false where it had stood already."""
        ...


class Completions(Protocol):
    """The latest completion of each task of a series."""

    async def get(self, task_id: UUID) -> Completion | None: ...

    async def put(self, completion: Completion) -> None:
        """Keeps it in place of the task's earlier one."""
        ...


class Instances(Protocol):
    """Instances that were brought, one for each occurrence of a series."""

    async def put(self, instance: RecurringTaskCreated) -> bool:
        """Keeps it, as what its parent brought; false where the occurrence was there already, brought before."""
        ...

    async def withdraw(self, task_id: UUID, parent_task_id: UUID) -> None:
        """Removes the instance, unless it is another parent's by now."""
        ...
