"""Reminders: one row each, holding the latest scheduling."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notification.adapters.repositories.rows import scheduling_of
from notification.adapters.tables import reminders
from notification.domain.reminder import ReminderState, Scheduling

_OPEN = (ReminderState.SCHEDULED.value, ReminderState.TRIGGERED.value)
# Spelled out: a generic plan with a parameter in its place could not use the partial index of what is due.
_IS_SCHEDULED = reminders.c.state == literal_column("'scheduled'")


@dataclass(frozen=True)
class Triggered:
    """A scheduling that has just been marked as due, and the trace of the request that asked for it."""

    scheduling: Scheduling
    traceparent: str


class Reminders:
    """The latest scheduling of each reminder."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def find(self, reminder_id: UUID) -> Scheduling | None:
        """The latest scheduling."""
        rows = await self._connection.execute(select(reminders).where(reminders.c.id == reminder_id))
        row = rows.mappings().first()
        return scheduling_of(row) if row else None

    async def open_of(self, task_id: UUID) -> list[Scheduling]:
        """The task's schedulings that a mail may still come of."""
        rows = await self._connection.execute(
            select(reminders)
            .where(reminders.c.task_id == task_id, reminders.c.state.in_(_OPEN))
            .order_by(reminders.c.id)
        )
        return [scheduling_of(row) for row in rows.mappings()]

    async def keep(self, scheduling: Scheduling, *, reason: str | None, traceparent: str, now: dt.datetime) -> None:
        """Keeps a scheduling in the place of the reminder's earlier one."""
        insertion = insert(reminders).values(
            id=scheduling.reminder_id,
            version=scheduling.version,
            task_id=scheduling.task_id,
            user_id=scheduling.user_id,
            task_version=scheduling.task_version,
            remind_at=scheduling.remind_at,
            state=scheduling.state.value,
            reason=reason,
            traceparent=traceparent,
            changed_at=now,
        )
        await self._connection.execute(
            insertion.on_conflict_do_update(
                index_elements=[reminders.c.id],
                set_={
                    name: insertion.excluded[name]
                    for name in ("version", "task_version", "remind_at", "state", "reason", "traceparent", "changed_at")
                },
                where=insertion.excluded.version > reminders.c.version,
            )
        )

    async def end(
        self, reminder_id: UUID, version: int, state: ReminderState, *, reason: str | None, now: dt.datetime
    ) -> bool:
        """Ends a scheduling; false where it had ended, or a later one has taken its place."""
        ended = await self._connection.execute(
            update(reminders)
            .where(reminders.c.id == reminder_id, reminders.c.version == version, reminders.c.state.in_(_OPEN))
            .values(state=state.value, reason=reason, changed_at=now)
            .returning(reminders.c.id)
        )
        return ended.first() is not None

    async def mark_sent(self, reminder_id: UUID, version: int, now: dt.datetime) -> None:
        """Marks a scheduling as sent, whatever it was thought to be; a later scheduling stays as it is."""
        await self._connection.execute(
            update(reminders)
            .where(reminders.c.id == reminder_id, reminders.c.version == version)
            .values(state=ReminderState.SENT.value, reason=None, changed_at=now)
        )

    async def trigger_due(self, now: dt.datetime, limit: int) -> Sequence[Triggered]:
        """Marks up to `limit` schedulings that are due by `now`, the earliest first.

        Those that another transaction has in hand are left to it, or to the next call.
        """
        due = (
            select(reminders.c.id)
            .where(_IS_SCHEDULED, reminders.c.remind_at <= now)
            .order_by(reminders.c.remind_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        rows = await self._connection.execute(
            update(reminders)
            .where(reminders.c.id == due.c.id)
            .values(state=ReminderState.TRIGGERED.value, changed_at=now)
            .returning(reminders)
        )
        triggered = [Triggered(scheduling_of(row), row[reminders.c.traceparent]) for row in rows.mappings()]
        return sorted(triggered, key=lambda each: each.scheduling.remind_at)

    async def next_due_at(self) -> dt.datetime | None:
        """When the earliest scheduling is due; it may have passed. None where nothing is scheduled."""
        earliest: dt.datetime | None = await self._connection.scalar(
            select(func.min(reminders.c.remind_at)).where(_IS_SCHEDULED)
        )
        return earliest
