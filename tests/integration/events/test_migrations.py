"""Migrations: what they make, and that two runners at once are safe."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from events.migrations.environment import downgrade, upgrade
from events.tables import messaging_tables
from tests.support.databases import NewDatabase

SAMPLE = "tests.support.sample"


async def tables_of(url: str) -> set[str]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        )
        return set(rows.scalars())


async def test_the_migrated_tables_are_those_that_the_code_describes(new_database: NewDatabase) -> None:
    url = await new_database(SAMPLE)
    metadata = MetaData()
    messaging_tables(metadata)

    def differences(connection: object) -> list[object]:
        context = MigrationContext.configure(
            connection,  # type: ignore[arg-type]
            opts={"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables},
        )
        return list(compare_metadata(context, metadata))

    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_two_that_migrate_at_once_leave_one_migrated_database(new_database: NewDatabase) -> None:
    url = await new_database(None)
    await asyncio.gather(*(upgrade(url, SAMPLE) for _ in range(3)))
    assert await tables_of(url) == {
        "alembic_version",
        "outbox",
        "processed_events",
        "parked_events",
        "dead_letters",
        "effects",
    }


async def test_migrating_down_leaves_nothing_behind(new_database: NewDatabase) -> None:
    url = await new_database(SAMPLE)
    await downgrade(url, SAMPLE, "base")
    assert await tables_of(url) == {"alembic_version"}
