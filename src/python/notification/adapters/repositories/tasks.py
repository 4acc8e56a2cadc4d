"""What is known of tasks, as far as their reminders need it."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, literal, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notification.adapters.repositories.rows import STANDING, TEXT, standing_of
from notification.adapters.tables import erased_users, tasks
from notification.domain.mail import TaskText
from notification.domain.reminder import TaskStanding, TaskState

UNKNOWN = TaskStanding(version=0, state=TaskState.OPEN)
"""What is known of a task before its first event."""


class Tasks:
    """The last known standing and text of each task, each with the version it is of."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def merge(
        self,
        task_id: UUID,
        user_id: UUID,
        *,
        standing: TaskStanding = UNKNOWN,
        text_version: int,
        text: TaskText,
        now: dt.datetime,
    ) -> TaskStanding | None:
        """Keeps what is newer than what is known, and locks the task until the transaction ends.

        Returns:
            What is now known of the task; none where its user is erased, and then nothing is kept or locked.
        """
        due = text.due
        values: dict[str, ColumnElement[Any]] = {
            "id": literal(task_id),
            "user_id": literal(user_id),
            "version": literal(standing.version),
            "state": literal(standing.state.value),
            "listed": literal({str(key): version for key, version in standing.listed.items()}, JSONB),
            "text_version": literal(text_version),
            "number": literal(text.number),
            "title": literal(text.title),
            "due_date": literal(due.date if due else None, tasks.c.due_date.type),
            "due_time": literal(due.time if due else None, tasks.c.due_time.type),
            "due_timezone": literal(due.timezone if due else None, tasks.c.due_timezone.type),
            "changed_at": literal(now),
        }
        insertion = insert(tasks).from_select(
            list(values), select(*values.values()).where(~exists().where(erased_users.c.user_id == user_id))
        )
        new = insertion.excluded
        merged = {
            column.name: case((new[version.name] > version, new[column.name]), else_=column)
            for version, columns in ((tasks.c.version, STANDING), (tasks.c.text_version, (tasks.c.text_version, *TEXT)))
            for column in columns
        }
        rows = await self._connection.execute(
            insertion.on_conflict_do_update(
                index_elements=[tasks.c.id], set_={**merged, "changed_at": new["changed_at"]}
            ).returning(*STANDING)
        )
        row = rows.mappings().first()
        return standing_of(row) if row else None

    async def lock(self, task_id: UUID) -> TaskStanding | None:
        """What is known of a task, locked until the transaction ends."""
        rows = await self._connection.execute(select(*STANDING).where(tasks.c.id == task_id).with_for_update())
        row = rows.mappings().first()
        return standing_of(row) if row else None
