"""Databases for tests: migrated once per run and service, then copied for each test.

They are made on the server that ``TICKLER_TEST_DATABASE_URL`` names, a superuser's DSN.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from events.migrations.environment import upgrade

_VARIABLE = "TICKLER_TEST_DATABASE_URL"

NewDatabase = Callable[[str | None], Awaitable[str]]
"""Makes a database with the schema of a service's package, and returns its ``postgresql+asyncpg://`` URL."""


class Templates:
    """The migrated databases that this process copies for its tests, one per service package."""

    def __init__(self, admin_dsn: str):
        self._admin_dsn = admin_dsn
        self._prefix = f"tickler_test_{os.getpid()}_{secrets.token_hex(4)}"
        self._templates: dict[str, str] = {}
        self._copies = 0

    async def copy(self, package: str | None) -> str:
        """A fresh database, migrated for `package` (empty for none); returns its name."""
        if package is not None and package not in self._templates:
            template = f"{self._prefix}_{package.replace('.', '_')}"
            await self._admin(f'CREATE DATABASE "{template}"')
            await upgrade(self.url(template), package)
            self._templates[package] = template
        self._copies += 1
        name = f"{self._prefix}_{self._copies}"
        source = self._templates[package] if package is not None else "template1"
        await self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        return name

    async def drop(self, name: str) -> None:
        await self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def drop_templates(self) -> None:
        for template in self._templates.values():
            await self.drop(template)

    def url(self, name: str) -> str:
        """The asyncpg URL of the database `name`."""
        parts = urlsplit(self._admin_dsn)
        return urlunsplit(parts._replace(scheme="postgresql+asyncpg", path=f"/{name}"))

    async def _admin(self, statement: str) -> None:
        connection = await asyncpg.connect(self._admin_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def plain_dsn(url: str) -> str:
    """The DSN that asyncpg itself understands, of a ``postgresql+asyncpg://`` URL."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


@pytest.fixture(scope="session")
def database_templates() -> Iterator[Templates]:
    """The process's templates, dropped at the end of the run."""
    dsn = os.environ.get(_VARIABLE)
    if not dsn:
        pytest.fail(
            f"{_VARIABLE} is not set. It names a PostgreSQL superuser's DSN, such as"
            " postgresql://postgres@127.0.0.1:5432/postgres; `make test` starts a server and sets it.",
            pytrace=False,
        )
    templates = Templates(dsn)
    yield templates
    asyncio.run(templates.drop_templates())


@pytest.fixture
async def new_database(database_templates: Templates) -> AsyncIterator[NewDatabase]:
    """Makes databases that are dropped when the test ends: ``url = await new_database("chat_api")``."""
    names: list[str] = []

    async def make(package: str | None) -> str:
        names.append(await database_templates.copy(package))
        return database_templates.url(names[-1])

    yield make
    for name in names:
        await database_templates.drop(name)
