"""Reminders: one row each, holding the latest scheduling."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import ReminderTriggered
from notification.adapters.repositories.rows import scheduling_of
from notification.adapters.tables import reminders
from notification.domain.reminder import ReminderState, Scheduling

# Whatever is still to be published, handled or decided on has not been lost. The id is looked for in the payload's
# text: a payload need not be JSON, and the casts that would find it by its field could be tried on one that is not.
_TRIGGERED_WITHOUT_TRACE = text("""
    SELECT id FROM reminders
    WHERE state = 'triggered' AND changed_at <= :before
      AND NOT EXISTS (
          SELECT FROM deliveries WHERE reminder_id = reminders.id AND reminder_version = reminders.version
      )
      AND NOT EXISTS (
          SELECT FROM outbox
          WHERE published_at IS NULL AND set_aside_at IS NULL AND topic = :topic AND type = :type
            AND subject = CAST(reminders.task_id AS text) AND strpos(payload, CAST(reminders.id AS text)) > 0
      )
      AND NOT EXISTS (
          SELECT FROM outbox
          WHERE published_at IS NULL AND set_aside_at IS NOT NULL AND topic = :topic AND type = :type
            AND subject = CAST(reminders.task_id AS text) AND strpos(payload, CAST(reminders.id AS text)) > 0
      )
      AND NOT EXISTS (
          SELECT FROM parked_events
          WHERE partition_key = CAST(reminders.task_id AS text) AND type = :type
            AND strpos(payload, CAST(reminders.id AS text)) > 0
      )
      AND NOT EXISTS (
          SELECT FROM dead_letters
          WHERE state <> 'replayed' AND type = :type AND subject = CAST(reminders.task_id AS text)
            AND position(convert_to(CAST(reminders.id AS text), 'UTF8') IN payload) > 0
      )
    ORDER BY changed_at
    LIMIT :rows
    FOR UPDATE OF reminders SKIP LOCKED
""")
_OPEN = (ReminderState.SCHEDULED.value, ReminderState.TRIGGERED.value)
# Spelled out: a generic plan with a parameter in its place could not use the partial index of what is due.
_IS_SCHEDULED = reminders.c.state == literal_column("'scheduled'")


@dataclass(frozen=True)
class Triggered:
    """A scheduling that is marked as due, and the trace of the request that asked for it."""

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

    async def retrigger_lost(self, before: dt.datetime, now: dt.datetime, limit: int) -> Sequence[Triggered]:
        """Marks up to `limit` schedulings anew that were marked as due by `before`, and of which nothing came.

        That is: no delivery, and no event that waits or is set aside in the outbox, is parked, or is a dead letter.
        Those that another transaction has in hand are left to it, or to the next call.
        """
        lost = (
            _TRIGGERED_WITHOUT_TRACE.bindparams(
                before=before, topic=ReminderTriggered.TOPIC.value, type=ReminderTriggered.TYPE, rows=limit
            )
            .columns(reminders.c.id)
            .cte("lost")
        )
        rows = await self._connection.execute(
            update(reminders).where(reminders.c.id == lost.c.id).values(changed_at=now).returning(reminders)
        )
        return [Triggered(scheduling_of(row), row[reminders.c.traceparent]) for row in rows.mappings()]

    async def next_due_at(self) -> dt.datetime | None:
        """When the earliest scheduling is due; it may have passed. None where nothing is scheduled."""
        earliest: dt.datetime | None = await self._connection.scalar(
            select(func.min(reminders.c.remind_at)).where(_IS_SCHEDULED)
        )
        return earliest
