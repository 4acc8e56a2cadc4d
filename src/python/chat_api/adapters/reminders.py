"""Reminders in PostgreSQL."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chat_api.adapters.tables import reminders, tasks
from chat_api.domain.reminder import Reminder, ReminderState
from events.contracts import CancelReason

_CHANGEABLE = ("version", "remind_at", "state", "cancel_reason", "updated_at")


class PostgresReminders:
    """`chat_api.service_layer.repositories.Reminders`."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def task_number(self, user_id: UUID, reminder_id: UUID) -> int | None:
        number: int | None = await self._connection.scalar(
            select(tasks.c.number)
            .join_from(reminders, tasks)
            .where(reminders.c.id == reminder_id, tasks.c.user_id == user_id)
        )
        return number

    async def add(self, reminders_: Sequence[Reminder]) -> None:
        await self._connection.execute(insert(reminders), [to_row(reminder) for reminder in reminders_])

    async def update(self, reminders_: Sequence[Reminder]) -> None:
        rows = [to_row(reminder) for reminder in reminders_]
        await self._connection.execute(
            update(reminders)
            .where(reminders.c.id == bindparam("reminder_id"))
            .values({name: bindparam(name) for name in _CHANGEABLE}),
            [{name: row[name] for name in _CHANGEABLE} | {"reminder_id": row["id"]} for row in rows],
        )

    async def report(
        self,
        reminder_id: UUID,
        version: int,
        state: ReminderState,
        *,
        before: Sequence[ReminderState],
        cancel_reason: CancelReason | None,
        now: dt.datetime,
    ) -> bool:
        changed = await self._connection.execute(
            update(reminders)
            .where(
                reminders.c.id == reminder_id,
                reminders.c.version == version,
                reminders.c.state.in_([state.value for state in before]),
            )
            .values(
                state=state.value,
                cancel_reason=None if cancel_reason is None else cancel_reason.value,
                updated_at=now,
            )
        )
        return changed.rowcount > 0


def to_row(reminder: Reminder) -> dict[str, Any]:
    """`reminder` by the names of its columns."""
    before = reminder.before_due
    return {
        "id": reminder.id,
        "task_id": reminder.task_id,
        "user_id": reminder.user_id,
        "version": reminder.version,
        "remind_at": reminder.remind_at,
        "before_due_seconds": None if before is None else int(before.total_seconds()),
        "state": reminder.state.value,
        "cancel_reason": None if reminder.cancel_reason is None else reminder.cancel_reason.value,
        "created_at": reminder.created_at,
        "updated_at": reminder.updated_at,
    }


def from_row(row: RowMapping) -> Reminder:
    """The reminder that a row of `reminders` holds."""
    seconds = row["before_due_seconds"]
    return Reminder(
        id=row["id"],
        task_id=row["task_id"],
        user_id=row["user_id"],
        version=row["version"],
        remind_at=row["remind_at"],
        before_due=None if seconds is None else dt.timedelta(seconds=seconds),
        state=ReminderState(row["state"]),
        cancel_reason=None if row["cancel_reason"] is None else CancelReason(row["cancel_reason"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
