"""The Chat API with its assistant, over a real socket, and somebody who talks to it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from tests.support.chat_service import ChatService, Talker, chat_service
from tests.support.databases import Templates, plain_dsn


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_database(database_templates: Templates) -> AsyncIterator[str]:
    """One database for a module's tests: each has a user of its own, so they do not meet."""
    name = await database_templates.copy("chat_api")
    yield database_templates.url(name)
    await database_templates.drop(name)


@pytest.fixture
async def database_url(shared_database: str) -> str:
    """The database, with an empty outbox."""
    connection = await asyncpg.connect(plain_dsn(shared_database))
    await connection.execute("DELETE FROM outbox")
    await connection.close()
    return shared_database


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[ChatService]:
    async with chat_service(database_url) as running:
        yield running


@pytest.fixture
async def user(service: ChatService) -> AsyncIterator[Talker]:
    """In Berlin, where the service's clock shows Monday, 2 March 2026, 10:00."""
    async with Talker.register(service.base_url) as talker:
        yield talker
