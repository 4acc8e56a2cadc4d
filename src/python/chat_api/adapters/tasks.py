"""Tasks in PostgreSQL."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, delete, false, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chat_api.adapters import reminders as reminder_rows
from chat_api.adapters.tables import reminders, task_tombstones, tasks, users
from chat_api.domain.reminder import Reminder
from chat_api.domain.task import Basis, Due, Priority, Recurrence, Resolution, Status, Task
from chat_api.domain.text import search_words
from chat_api.service_layer.repositories import Tombstone

NO_DUE_AT = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""``due_at`` of a task without a due: after all that have one. Dues end with the year 2999."""

TASK_COLUMNS = tuple(column for column in tasks.c if column.name not in ("words", "due_at"))
"""All that a task is made from; the others serve to find it."""


class PostgresTasks:
    """`chat_api.service_layer.repositories.Tasks`."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def add(self, task: Task) -> Task | None:
        number = await (self._add_with_next_number(task) if task.number == 0 else self._add_again(task))
        if number is None:
            return None
        if task.reminders:
            await self._connection.execute(insert(reminders), [reminder_rows.to_row(r) for r in task.reminders])
        return replace(task, number=number)

    async def get_for_update(self, user_id: UUID, number: int) -> Task | None:
        return await self._find_for_update(tasks.c.user_id == user_id, tasks.c.number == number)

    async def get_by_id_for_update(self, task_id: UUID) -> Task | None:
        return await self._find_for_update(tasks.c.id == task_id)

    async def successor_for_update(self, task_id: UUID, series_id: UUID | None) -> Task | None:
        is_of_series = func.coalesce(tasks.c.series_id == series_id, false())
        return await self._find_for_update(tasks.c.parent_id == task_id, first=is_of_series.desc())

    async def exists(self, task_id: UUID) -> bool:
        return await self._connection.scalar(select(literal(1)).where(tasks.c.id == task_id)) is not None

    async def update(self, task: Task) -> None:
        values = _values(task)
        await self._connection.execute(update(tasks).where(tasks.c.id == task.id).values(**values))

    async def delete(self, task: Task, *, deleted_at: dt.datetime) -> None:
        await self._connection.execute(delete(tasks).where(tasks.c.id == task.id))
        if task.parent_version is not None:
            await self._connection.execute(
                insert(task_tombstones).values(
                    task_id=task.id,
                    user_id=task.user_id,
                    number=task.number,
                    version=task.version,
                    parent_version=task.parent_version,
                    deleted_at=deleted_at,
                )
            )

    async def tombstone(self, task_id: UUID) -> Tombstone | None:
        found = await self._connection.execute(
            select(task_tombstones.c.number, task_tombstones.c.version, task_tombstones.c.parent_version).where(
                task_tombstones.c.task_id == task_id
            )
        )
        row = found.mappings().first()
        return None if row is None else Tombstone(**row)

    async def _add_with_next_number(self, task: Task) -> int | None:
        """Takes the user's next number and adds the task, in one round trip. The user's row stays locked."""
        counter = (
            update(users)
            .where(users.c.id == task.user_id)
            .values(last_task_number=users.c.last_task_number + 1)
            .returning(users.c.last_task_number)
            .cte("counter")
        )
        values = _values(task) | {"id": task.id, "user_id": task.user_id}
        columns: dict[str, ColumnElement[Any]] = {
            name: value if isinstance(value, ColumnElement) else literal(value, tasks.c[name].type)
            for name, value in values.items()
        }
        columns["number"] = counter.c.last_task_number
        number: int | None = await self._connection.scalar(
            insert(tasks)
            .from_select(list(columns), select(*columns.values()).select_from(counter))
            .returning(tasks.c.number)
        )
        return number

    async def _add_again(self, task: Task) -> int:
        """Adds an instance that was deleted before, under the number it had."""
        await self._connection.execute(delete(task_tombstones).where(task_tombstones.c.task_id == task.id))
        await self._connection.execute(
            insert(tasks).values(**_values(task), id=task.id, user_id=task.user_id, number=task.number)
        )
        return task.number

    async def _find_for_update(
        self, *conditions: ColumnElement[bool], first: ColumnElement[bool] | None = None
    ) -> Task | None:
        found = await self._connection.execute(
            select(*TASK_COLUMNS).where(*conditions).order_by(first).limit(1).with_for_update()
        )
        row = found.mappings().first()
        if row is None:
            return None
        of_task = await self._connection.execute(
            select(reminders)
            .where(reminders.c.task_id == row["id"])
            .order_by(reminders.c.remind_at, reminders.c.id)
            .with_for_update()
        )
        return from_row(row, [reminder_rows.from_row(reminder) for reminder in of_task.mappings()])


def from_row(row: RowMapping, reminders_: Iterable[Reminder]) -> Task:
    """The task that a row with `TASK_COLUMNS` holds."""
    return Task(
        id=row["id"],
        user_id=row["user_id"],
        number=row["number"],
        title=row["title"],
        notes=row["notes"],
        status=Status(row["status"]),
        priority=Priority(row["priority"]),
        tags=tuple(row["tags"]),
        due=None if row["due_date"] is None else Due(row["due_date"], row["due_time"], row["timezone"]),
        timezone=row["timezone"],
        recurrence=_recurrence(row),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        completed_at=row["completed_at"],
        resolution=None if row["resolution"] is None else Resolution(row["resolution"]),
        completed_version=row["completed_version"],
        parent_id=row["parent_id"],
        parent_version=row["parent_version"],
        created_version=row["created_version"],
        reminders=tuple(reminders_),
    )


def _recurrence(row: RowMapping) -> Recurrence | None:
    if row["series_id"] is None:
        return None
    return Recurrence(
        rule=row["series_rule"],
        basis=Basis(row["series_basis"]),
        series_id=row["series_id"],
        start=row["series_start"],
        ordinal=row["occurrence_ordinal"],
        date=row["occurrence_date"],
    )


def _values(task: Task) -> dict[str, Any]:
    """Everything about a task that can change, by the names of the columns."""
    due, recurrence = task.due, task.recurrence
    return {
        "title": task.title,
        "notes": task.notes,
        "status": task.status.value,
        "priority": task.priority.value,
        "tags": list(task.tags),
        "due_date": None if due is None else due.date,
        "due_time": None if due is None else due.time,
        "due_at": NO_DUE_AT if due is None else due.instant(),
        "timezone": task.timezone,
        "series_id": None if recurrence is None else recurrence.series_id,
        "series_rule": None if recurrence is None else recurrence.rule,
        "series_basis": None if recurrence is None else recurrence.basis.value,
        "series_start": None if recurrence is None else recurrence.start,
        "occurrence_ordinal": None if recurrence is None else recurrence.ordinal,
        "occurrence_date": None if recurrence is None else recurrence.date,
        "version": task.version,
        "created_version": task.created_version,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
        "completed_at": task.completed_at,
        "resolution": None if task.resolution is None else task.resolution.value,
        "completed_version": task.completed_version,
        "parent_id": task.parent_id,
        "parent_version": task.parent_version,
        "words": func.array_to_tsvector(literal(list(_words(task)), tasks.c.tags.type)),
    }


def _words(task: Task) -> Sequence[str]:
    return search_words("\n".join((task.title, task.notes, *task.tags)))
