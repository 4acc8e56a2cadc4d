"""Deliveries: what has become of each mail."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notification.adapters.tables import deliveries
from notification.domain.delivery import Delivery, DeliveryState
from notification.domain.reminder import Scheduling

# Spelled out: a generic plan with parameters in their place could not use the partial indexes.
_WAITS = deliveries.c.state.in_([literal_column("'pending'"), literal_column("'uncertain'")])
_IS_SENDING = deliveries.c.state == literal_column("'sending'")


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
        row = (
            await self._connection.execute(select(deliveries).where(deliveries.c.id == delivery_id).with_for_update())
        ).first()
        return _delivery(row) if row else None

    async def of_scheduling(self, reminder_id: UUID, version: int) -> Delivery | None:
        """The delivery of a scheduling, locked until the transaction ends."""
        row = (
            await self._connection.execute(
                select(deliveries)
                .where(deliveries.c.reminder_id == reminder_id, deliveries.c.reminder_version == version)
                .with_for_update()
            )
        ).first()
        return _delivery(row) if row else None

    async def begin_attempt(self, delivery: Delivery, *, lease_until: dt.datetime, message_id: str) -> int:
        """Begins an attempt under a lease; returns which attempt it is, from 1."""
        attempt: int = (
            await self._connection.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery.id)
                .values(
                    state=DeliveryState.SENDING.value,
                    attempts=deliveries.c.attempts + 1,
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
        return [_delivery(row) for row in rows]

    async def overdue(self, before: dt.datetime, limit: int) -> Sequence[UUID]:
        """Ids of deliveries that should have had an attempt before `before`, the longest overdue first."""
        rows = await self._connection.execute(
            select(deliveries.c.id)
            .where(_WAITS, deliveries.c.next_attempt_at <= before)
            .order_by(deliveries.c.next_attempt_at)
            .limit(limit)
        )
        return list(rows.scalars())


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        reminder_id=row.reminder_id,
        reminder_version=row.reminder_version,
        task_id=row.task_id,
        user_id=row.user_id,
        remind_at=row.remind_at,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        lease_until=row.lease_until,
        message_id=row.message_id,
        traceparent=row.traceparent,
        uncertain=row.uncertain,
    )
