"""Fixtures of the tests that use the whole real stack from outside."""

from collections.abc import AsyncIterator

import pytest

from tests.support.measurements import Measurements
from tests.support.running import RunningStack, the_running_stack
from tests.support.tickler import Mailbox, User

_MEASUREMENTS = pytest.StashKey[Measurements]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_MEASUREMENTS] = Measurements()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    config.stash[_MEASUREMENTS].report(terminalreporter)


@pytest.fixture
def measurements(pytestconfig: pytest.Config) -> Measurements:
    return pytestconfig.stash[_MEASUREMENTS]


@pytest.fixture(scope="session")
def stack() -> RunningStack:
    return the_running_stack()


@pytest.fixture
async def user(stack: RunningStack) -> AsyncIterator[User]:
    async with User.register(stack.chat_api) as registered:
        yield registered


@pytest.fixture
def mailbox(stack: RunningStack) -> Mailbox:
    return Mailbox(stack.mailpit)
