"""The outbox: rows that say what is to be published, written in the transaction of the change they tell of."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import EventData
from events.envelope import Event


@dataclass(frozen=True)
class OutboxRow:
    """One message to be published."""

    event_id: UUID | None
    topic: str
    partition_key: str
    type: str
    subject: str
    payload: str
    created_at: dt.datetime
    raw: bool = False
    """Published as it is, rather than as a CloudEvent: for what may be none."""
    user_id: UUID | None = None
    """Whose data the payload carries, where that is known."""


def outbox_row(event: Event[EventData]) -> OutboxRow:
    """The row that has `event` published on its topic."""
    return OutboxRow(
        event_id=event.envelope.id,
        topic=event.topic,
        partition_key=event.envelope.partitionkey,
        type=event.envelope.type,
        subject=event.envelope.subject,
        payload=event.to_json(),
        created_at=event.envelope.time,
        user_id=event.data.user_id,
    )


async def add_to_outbox(connection: AsyncConnection, outbox: Table, rows: Sequence[OutboxRow]) -> None:
    """Inserts `rows` in their order, in one statement."""
    if rows:
        await connection.execute(insert(outbox), [vars(row) for row in rows])
