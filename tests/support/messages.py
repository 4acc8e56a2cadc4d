"""What a service's messaging tables hold about somebody."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_TABLES = ("outbox", "parked_events", "dead_letters", "processed_events")


async def mark_published(engine: AsyncEngine) -> None:
    """Has all that waits in the outbox look published."""
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE outbox SET published_at = now() WHERE published_at IS NULL"))


async def tables_telling_of(engine: AsyncEngine, *words: str) -> list[str]:
    """The table of each row that has one of `words` in any of its columns, payloads included."""
    found = []
    async with engine.connect() as connection:
        for table in _TABLES:
            rows = (await connection.execute(text(f"SELECT * FROM {table}"))).mappings()  # noqa: S608
            found += [table for row in rows if any(word in str(dict(row)) for word in words)]
    return found
