"""What the services' own databases and logs say of an event's way."""

import datetime as dt
from dataclasses import dataclass

import asyncpg

from tests.support.running import RunningStack
from tests.support.waiting import eventually

SCHEMAS = {"chat-api": "chat_api", "notification": "notification", "recurring": "recurring"}


@dataclass(frozen=True)
class Published:
    """An event that a service's relay handed to Kafka."""

    event_id: str
    created_at: dt.datetime
    published_at: dt.datetime


async def published(connection: asyncpg.Connection, service: str, event_type: str, subject: str) -> list[Published]:
    """The published events of a type about a subject, oldest first."""
    rows = await connection.fetch(
        f"SELECT event_id, created_at, published_at FROM {SCHEMAS[service]}.outbox"  # noqa: S608
        " WHERE type = $1 AND subject = $2 AND published_at IS NOT NULL ORDER BY id",
        event_type,
        subject,
    )
    return [Published(str(row["event_id"]), row["created_at"], row["published_at"]) for row in rows]


async def eventually_published(stack: RunningStack, service: str, event_type: str, subject: str) -> Published:
    """The one published event of a type about a subject, awaited; fails where it is not exactly one."""

    async def found() -> list[Published]:
        async with stack.database() as connection:
            return await published(connection, service, event_type, subject)

    (event,) = await eventually(found, f"{event_type} about {subject} is published by {service}")
    return event


async def eventually_handled(stack: RunningStack, service: str, event_id: str) -> dict[str, str]:
    """The log line with which a service acknowledged an event, awaited: `outcome`, `timestamp` and more."""

    async def found() -> dict[str, str] | None:
        return next(stack.log_lines(service, event_id=event_id, event="event handled"), None)

    return await eventually(found, f"{service} acknowledges {event_id}")
