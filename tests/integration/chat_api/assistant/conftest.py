"""The Chat API on a database of its own, and somebody who talks to it."""

from collections.abc import AsyncIterator

import pytest

from tests.support.chat_service import ChatService, Talker, chat_service
from tests.support.databases import NewDatabase


@pytest.fixture
async def database_url(new_database: NewDatabase) -> str:
    return await new_database("chat_api")


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[ChatService]:
    async with chat_service(database_url) as running:
        yield running


@pytest.fixture
async def user(service: ChatService) -> AsyncIterator[Talker]:
    async with Talker.register(service.base_url) as talker:
        yield talker
