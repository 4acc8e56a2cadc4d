"""Deliveries: what has become of each mail."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notification.adapters.repositories.rows import (
    STANDING,
    TEXT,
    delivery_of,
    recipient_of,
    scheduling_of,
    standing_of,
    text_of,
)
from notification.adapters.tables import deliveries, recipients, reminders, tasks
from notification.domain.delivery import Delivery, DeliveryState
from notification.domain.mail import Recipient, TaskText
from notification.domain.reminder import Scheduling, TaskStanding

# Spelled out: a generic plan with parameters in their place could not use the partial indexes.
_WAITS = deliveries.c.state.in_([literal_column("'pending'"), literal_column("'uncertain'")])
_IS_SENDING = deliveries.c.state == literal_column("'sending'")


@dataclass(frozen=True)
class DeliveryContext:
    """A delivery with what decides about its next attempt."""

    delivery: Delivery
    scheduling: Scheduling
    """The reminder's latest; it may be a later one than the delivery's."""
    standing: TaskStanding
    text: TaskText
    recipient: Recipient | None
    """None where the user's profile has not arrived."""


class Deliveries:
    """One row for each mail that is, was or was to be sent."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def add(self, delivery_id: UUID, scheduling: Scheduling, *, traceparent: str, now: dt.datetime) -> bool:
        """Adds the delivery of a scheduling, to be sent at once; false where it has one."""
        added = await self._connection.execute(
            insert(deliveries)
            .values(
                id=delivery_id,
                reminder_id=scheduling.reminder_id,
                reminder_version=scheduling.version,
                task_id=scheduling.task_id,
                user_id=scheduling.user_id,
                remind_at=scheduling.remind_at,
                state=DeliveryState.PENDING.value,
                next_attempt_at=now,
                traceparent=traceparent,
                created_at=now,
            )
            .on_conflict_do_nothing(constraint="deliveries_scheduling")
            .returning(deliveries.c.id)
        )
        return added.first() is not None

    async def lock(self, delivery_id: UUID) -> Delivery | None:
        """A delivery, locked until the transaction ends."""
        rows = await self._connection.execute(
            select(deliveries).where(deliveries.c.id == delivery_id).with_for_update()
        )
        row = rows.mappings().first()
        return delivery_of(row) if row else None

    async def lock_with_context(self, delivery_id: UUID) -> DeliveryContext | None:
        """A delivery, locked until the transaction ends, and what it is about, which is only read."""
        row = (
            (
                await self._connection.execute(
                    select(deliveries, reminders, *STANDING, *TEXT, recipients)
                    .join(reminders, reminders.c.id == deliveries.c.reminder_id)
                    .join(tasks, tasks.c.id == reminders.c.task_id)
                    .outerjoin(recipients, recipients.c.user_id == deliveries.c.user_id)
                    .where(deliveries.c.id == delivery_id)
                    .with_for_update(of=deliveries)
                )
            )
            .mappings()
            .first()
        )
        if row is None:
            return None
        return DeliveryContext(
            delivery=delivery_of(row),
            scheduling=scheduling_of(row),
            standing=standing_of(row),
            text=text_of(row),
            recipient=recipient_of(row),
        )

    async def of_scheduling(self, reminder_id: UUID, version: int) -> Delivery | None:
        """The delivery of a scheduling, locked until the transaction ends."""
        rows = await self._connection.execute(
            select(deliveries)
            .where(deliveries.c.reminder_id == reminder_id, deliveries.c.reminder_version == version)
            .with_for_update()
        )
        row = rows.mappings().first()
        return delivery_of(row) if row else None

    async def begin_attempt(self, delivery: Delivery, *, lease_until: dt.datetime, message_id: str) -> int:
        """Begins an attempt under a lease; returns which attempt it is, from 1."""
        attempt: int = (
            await self._connection.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery.id)
                .values(
                    state=DeliveryState.SENDING.value,
                    attempts=deliveries.c.attempts + 1,
                    uncertain=delivery.uncertain,
                    lease_until=lease_until,
                    message_id=message_id,
                )
                .returning(deliveries.c.attempts)
            )
        ).scalar_one()
        return attempt

    async def postpone(
        self, delivery: Delivery, state: DeliveryState, *, uncertain: int, next_attempt_at: dt.datetime, error: str
    ) -> None:
        """Ends an attempt that another is to follow; `uncertain` counts those whose end is not known."""
        await self._connection.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery.id)
            .values(
                state=state.value,
                uncertain=uncertain,
                lease_until=None,
                next_attempt_at=next_attempt_at,
                last_error=error,
            )
        )

    async def end(self, delivery: Delivery, state: DeliveryState, *, error: str | None) -> None:
        """Ends a delivery without a mail."""
        await self._connection.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery.id)
            .values(state=state.value, lease_until=None, last_error=error)
        )

    async def mark_sent(self, delivery: Delivery, now: dt.datetime) -> None:
        """Ends a delivery with its mail taken."""
        await self._connection.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery.id)
            .values(state=DeliveryState.SENT.value, lease_until=None, sent_at=now, last_error=None)
        )

    async def expired(self, now: dt.datetime, limit: int) -> Sequence[Delivery]:
        """Deliveries whose worker has let its lease run out, locked; those that others have in hand are left out."""
        rows = await self._connection.execute(
            select(deliveries)
            .where(_IS_SENDING, deliveries.c.lease_until <= now)
            .order_by(deliveries.c.lease_until)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [delivery_of(row) for row in rows.mappings()]

    async def overdue(self, before: dt.datetime, limit: int) -> Sequence[UUID]:
        """Ids of deliveries that should have had an attempt before `before`, the longest overdue first."""
        rows = await self._connection.execute(
            select(deliveries.c.id)
            .where(_WAITS, deliveries.c.next_attempt_at <= before)
            .order_by(deliveries.c.next_attempt_at)
            .limit(limit)
        )
        return list(rows.scalars())
