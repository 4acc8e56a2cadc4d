"""Parked events: those that failed and wait for another attempt, and those that wait behind them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert

from events.messaging import Messaging
from events.unit_of_work import UnitOfWork

# Only the first of each partition key is due; the others wait behind it, whenever their own time is.
_DUE_KEYS = text("""
    SELECT partition_key FROM parked_events AS head
    WHERE next_attempt_at <= :now
      AND NOT EXISTS (
          SELECT FROM parked_events AS earlier
          WHERE earlier.partition_key = head.partition_key AND earlier.id < head.id
      )
    ORDER BY next_attempt_at
    LIMIT :rows
""")
_CLAIM_HEAD = text("""
    SELECT id, event_id, topic, partition_key, type, payload, received_at, attempts
    FROM parked_events
    WHERE id = (SELECT min(id) FROM parked_events WHERE partition_key = :key) AND next_attempt_at <= :now
    FOR UPDATE SKIP LOCKED
""")


@dataclass(frozen=True)
class ParkedEvent:
    """An event about to be parked. Times are in UTC."""

    event_id: UUID
    user_id: UUID
    topic: str
    partition_key: str
    type: str
    payload: str
    traceparent: str
    received_at: dt.datetime
    attempts: int
    next_attempt_at: dt.datetime
    last_error: str | None = None


@dataclass(frozen=True)
class ClaimedEvent:
    """A parked event that nobody else can claim until the unit of work ends."""

    id: int
    event_id: UUID
    topic: str
    partition_key: str
    type: str
    payload: str
    received_at: dt.datetime
    attempts: int


class ParkedEvents:
    """A service's parked events."""

    def __init__(self, messaging: Messaging):
        self._table = messaging.tables.parked_events

    async def add(self, uow: UnitOfWork, events: Sequence[ParkedEvent]) -> None:
        """Parks `events` in their order; those parked already stay as they are."""
        if events:
            await uow.connection.execute(
                insert(self._table).on_conflict_do_nothing(index_elements=["event_id"]),
                [vars(event) for event in events],
            )

    async def due_keys(self, uow: UnitOfWork, now: dt.datetime, limit: int) -> list[str]:
        """Partition keys whose first parked event is due, the longest waiting first."""
        return list(await uow.connection.scalars(_DUE_KEYS, {"now": now, "rows": limit}))

    async def claim_first(self, uow: UnitOfWork, partition_key: str, now: dt.datetime) -> ClaimedEvent | None:
        """The first parked event of the key; none where there is none, it is not due, or another has it."""
        row = (await uow.connection.execute(_CLAIM_HEAD, {"key": partition_key, "now": now})).mappings().first()
        return None if row is None else ClaimedEvent(**row)

    async def reschedule(
        self, uow: UnitOfWork, event: ClaimedEvent, *, attempts: int, next_attempt_at: dt.datetime, error: str
    ) -> None:
        """Has `event` wait for another attempt."""
        await uow.connection.execute(
            update(self._table)
            .where(self._table.c.id == event.id)
            .values(attempts=attempts, next_attempt_at=next_attempt_at, last_error=error)
        )

    async def remove(self, uow: UnitOfWork, event: ClaimedEvent) -> None:
        """Lets go of `event`; the one behind it is then the first."""
        await uow.connection.execute(delete(self._table).where(self._table.c.id == event.id))
