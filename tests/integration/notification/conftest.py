"""Fixtures of the Notification Service's integration tests: real PostgreSQL, Redis and SMTP."""

import os
from collections.abc import AsyncIterator

import pytest
from arq.connections import ArqRedis

from notification.adapters.queue import connect
from notification.adapters.smtp import SmtpMailer, SmtpServer
from notification.bootstrap import make_messaging
from notification.config import NotificationSettings
from tests.integration.notification.harness import Notification
from tests.support.databases import NewDatabase
from tests.support.fakes import FixedClock
from tests.support.smtp_server import MailServer, mail_server

SMTP_TIMEOUT = 0.5
"""Seconds; what a slow server is slower than."""


@pytest.fixture
def redis_url() -> str:
    url = os.environ.get("TICKLER_TEST_REDIS_URL")
    if not url:
        pytest.fail("TICKLER_TEST_REDIS_URL is not set; `make test` starts a server and sets it.", pytrace=False)
    return url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[ArqRedis]:
    """An empty Redis database, which is emptied by each test that uses it."""
    client = connect(redis_url)
    await client.flushdb()
    yield client
    await client.aclose(close_connection_pool=True)


@pytest.fixture
async def settings(new_database: NewDatabase) -> NotificationSettings:
    return NotificationSettings(
        database_url=await new_database("notification"),
        app_api_token="token",  # type: ignore[arg-type]  # pydantic makes a secret of it
        port=0,
        redis_url=os.environ.get("TICKLER_TEST_REDIS_URL", "redis://127.0.0.1:1/0"),
        smtp_host="127.0.0.1",
        smtp_port=1,
        smtp_security="none",
        mail_from="Tickler <tickler@example.com>",
        public_url="https://tickler.example.com",
    )


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def notification(settings: NotificationSettings, clock: FixedClock) -> AsyncIterator[Notification]:
    messaging = make_messaging(settings, clock=clock)
    yield Notification(messaging, clock, settings)
    await messaging.engine.dispose()


@pytest.fixture
async def mails() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def mailer(mails: MailServer) -> AsyncIterator[SmtpMailer]:
    mailer = SmtpMailer(SmtpServer("127.0.0.1", mails.port), sender="tickler@example.com", timeout_seconds=SMTP_TIMEOUT)
    yield mailer
    await mailer.close()
