"""The schema: what the migrations make is what the code describes."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from events.migrations.environment import downgrade, upgrade
from notification.adapters.tables import metadata
from tests.support.databases import NewDatabase


async def test_the_migrated_tables_are_those_that_the_code_describes(new_database: NewDatabase) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        )
        return list(compare_metadata(context, metadata))

    engine = create_async_engine(await new_database("notification"), poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrations_go_down_and_up_again(new_database: NewDatabase) -> None:
    url = await new_database("notification")
    await downgrade(url, "notification", "base")
    await upgrade(url, "notification")


async def test_what_is_due_and_what_waits_is_found_by_index(new_database: NewDatabase) -> None:
    engine = create_async_engine(await new_database("notification"), poolclass=NullPool)
    queries = {
        "reminders_due": "SELECT id FROM reminders WHERE state = 'scheduled' AND remind_at <= now() ORDER BY remind_at",
        "reminders_triggered": "SELECT id FROM reminders WHERE state = 'triggered' AND changed_at <= now()"
        " ORDER BY changed_at",
        "deliveries_waiting": "SELECT id FROM deliveries WHERE state IN ('pending', 'uncertain')"
        " AND next_attempt_at <= now() ORDER BY next_attempt_at",
        "deliveries_leased": "SELECT id FROM deliveries WHERE state = 'sending' AND lease_until <= now()",
    }
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        await connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        for index, query in queries.items():
            plan = await connection.exec_driver_sql(f"EXPLAIN {query}")
            assert f"using {index}" in "\n".join(line for (line,) in plan)
