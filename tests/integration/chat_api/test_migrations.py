"""The service's schema: what its migrations make, and that it is the service's own."""

import os
import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chat_api.adapters import tables
from events.migrations.environment import downgrade, upgrade
from tests.integration.chat_api.conftest import NewReplica
from tests.support.databases import NewDatabase, plain_dsn


async def test_the_migrated_tables_are_those_that_the_code_describes(database_url: str) -> None:
    def differences(connection: Connection) -> list[str]:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: (kind, name) != ("table", "alembic_version")}
        )
        # Indexes serve the server only, so the migrations alone describe them.
        return [str(each) for each in compare_metadata(context, tables.metadata) if each[0] != "remove_index"]

    engine = create_async_engine(database_url, poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_down_leaves_nothing_behind_and_up_again_works(database_url: str) -> None:
    await downgrade(database_url, "chat_api", "base")
    connection = await asyncpg.connect(plain_dsn(database_url))
    found = await connection.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    await connection.close()
    assert [row["table_name"] for row in found] == ["alembic_version"]
    await upgrade(database_url, "chat_api")


@pytest.fixture
async def roles(new_database: NewDatabase) -> AsyncIterator[tuple[str, str]]:
    """URLs of two unprivileged roles on one database, each with a schema of its own."""
    url = await new_database(None)
    suffix = f"{os.getpid()}_{secrets.token_hex(4)}"
    names = [f"test_chat_api_{suffix}", f"test_other_{suffix}"]
    admin = await asyncpg.connect(plain_dsn(url))
    await admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for name in names:
        await admin.execute(
            f"CREATE ROLE {name} LOGIN PASSWORD '{name}'; ALTER ROLE {name} SET search_path = {name};"
            f" CREATE SCHEMA {name} AUTHORIZATION {name}"
        )
    yield url_of(url, names[0]), url_of(url, names[1])
    for name in names:
        await admin.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
    await admin.close()


def url_of(url: str, role: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{role}:{role}@{parts.netloc.rpartition('@')[2]}"))


@pytest.mark.proves("FR-009")
async def test_the_service_lives_in_its_own_schema_and_other_roles_are_refused(
    roles: tuple[str, str], new_replica: NewReplica
) -> None:
    own, other = roles
    await upgrade(own, "chat_api")
    api = await new_replica(own)
    user = await api.register()
    await user.add()
    await api.service.close()

    schema = urlsplit(own).username
    connection = await asyncpg.connect(plain_dsn(other))
    try:
        for table in tables.metadata.tables:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT * FROM {schema}.{table}")  # noqa: S608
    finally:
        await connection.close()
