"""Fixtures of the tests that break the real stack while people use it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.support.running import RunningStack, the_running_stack
from tests.support.tickler import User
from tests.support.workload import Workload

USERS = 4


@pytest.fixture(scope="session")
def stack() -> RunningStack:
    return the_running_stack()


@pytest.fixture
async def workload(stack: RunningStack) -> AsyncIterator[Workload]:
    async with AsyncExitStack() as registered:
        users = [await registered.enter_async_context(User.register(stack.chat_api)) for _ in range(USERS)]
        yield Workload(users)
