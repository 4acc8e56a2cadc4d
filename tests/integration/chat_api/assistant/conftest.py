"""The Chat API with its assistant, over a real socket, and somebody who talks to it."""

from collections.abc import AsyncIterator

import pytest

from tests.support.chat_service import ChatService, Talker, chat_service


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[ChatService]:
    async with chat_service(database_url) as running:
        yield running


@pytest.fixture
async def user(service: ChatService) -> AsyncIterator[Talker]:
    """In Berlin, where the service's clock shows Monday, 2 March 2026, 10:00."""
    async with Talker.register(service.base_url) as talker:
        yield talker
