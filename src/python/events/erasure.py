"""Erasing a user from a service's messaging tables."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# In this order: an event that dies while its parked row is waited for has become a dead letter, which the second
# statement then sees.
_ERASE = (
    text("DELETE FROM parked_events WHERE user_id = :user_id"),
    text("DELETE FROM dead_letters WHERE user_id = :user_id"),
    text("DELETE FROM outbox WHERE user_id = :user_id AND published_at IS NOT NULL"),
)


async def erase_messages(connection: AsyncConnection, user_id: UUID) -> None:
    """Deletes the user's parked events, dead letters in any state, and published outbox rows in this service.

    Outbox rows that are not published yet stay, since they must reach the other services: they are published and
    then go with retention, and one that was set aside stays until an operator has dealt with it.

    To be called before the user's own rows are locked: the retry loop holds a parked event while its handler waits
    for those rows, and this waits for the parked event. The event being handled may be among those deleted.
    """
    for statement in _ERASE:
        await connection.execute(statement, {"user_id": user_id})
