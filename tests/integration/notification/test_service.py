"""The two processes as they are wired: events in over HTTP, mails out, and health whatever is away."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import pytest
from arq.connections import ArqRedis
from quart.typing import TestClientProtocol as Client
from sqlalchemy import text

from events.background import Supervisor
from events.contracts import EventData
from events.envelope import make_event
from events.tracing import new_traceparent
from notification.bootstrap import NotificationService, NotificationWorker
from notification.config import NotificationSettings
from tests.support.chat_history import TaskHistory
from tests.support.smtp_server import MailServer
from tests.support.waiting import eventually

DEADLINE = 5.0
NOBODY = "redis://127.0.0.1:1/0"

Hand = Callable[[EventData], Awaitable[None]]


@pytest.fixture
def live_settings(settings: NotificationSettings, redis: ArqRedis, mails: MailServer) -> NotificationSettings:
    return settings.model_copy(update={"smtp_port": mails.port})


@asynccontextmanager
async def running(supervisor: Supervisor, close: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    supervisor.start()
    try:
        yield
    finally:
        await supervisor.stop(DEADLINE)
        await close()


async def hand(client: Client, data: EventData) -> str:
    """Delivers an event as Dapr does, in bulk; returns its status."""
    event = make_event(
        data,
        event_id=uuid4(),
        source="chat-api",
        time=dt.datetime.now(dt.UTC),
        traceparent=new_traceparent(),
    )
    answer = await client.post(
        f"/events/{event.topic}",
        json={"entries": [{"entryId": "1", "event": event.to_json()}]},
        headers={"dapr-api-token": "token"},
    )
    assert answer.status_code == 200
    body = await answer.get_json()
    return str(body["statuses"][0]["status"])


async def test_from_scheduled_to_sent_through_both_processes(
    live_settings: NotificationSettings, mails: MailServer
) -> None:
    service, worker = NotificationService(live_settings), NotificationWorker(live_settings)
    history = TaskHistory()
    reminder = history.remind(dt.timedelta())
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(service.events.supervisor, service.close))
        await stack.enter_async_context(running(worker.supervisor, worker.close))
        client = service.app.test_client()
        assert await hand(client, history.register()) == "SUCCESS"
        assert await hand(client, reminder) == "SUCCESS"

        async def published(event_type: str) -> list[str]:
            async with service.events.new_unit_of_work() as uow:
                rows = await uow.connection.execute(
                    text("SELECT payload FROM outbox WHERE type = :type"), {"type": event_type}
                )
                return [payload for (payload,) in rows]

        async def is_triggered() -> list[str]:
            return await published("reminder.triggered")

        async def is_sent() -> list[str]:
            return await published("reminder.sent")

        (triggered,) = await eventually(is_triggered, "the reminder is triggered")
        # The bus is not there to bring it back.
        answer = await client.post(
            "/events/reminder-events",
            json={"entries": [{"entryId": "1", "event": triggered}]},
            headers={"dapr-api-token": "token"},
        )
        assert (await answer.get_json())["statuses"] == [{"entryId": "1", "status": "SUCCESS"}]
        await eventually(is_sent, "the reminder is sent")
    assert len(mails.taken) == 1


async def test_a_wrong_token_is_refused(live_settings: NotificationSettings) -> None:
    service = NotificationService(live_settings)
    answer = await service.app.test_client().post("/events/reminder-events", json={"entries": []})
    assert answer.status_code == 401
    await service.close()


async def test_without_redis_events_are_taken_and_health_says_what_is_wrong(settings: NotificationSettings) -> None:
    service = NotificationService(settings.model_copy(update={"redis_url": NOBODY}))
    async with running(service.events.supervisor, service.close):
        client = service.app.test_client()
        assert await hand(client, TaskHistory().remind(dt.timedelta(hours=1))) == "SUCCESS"
        assert (await client.get("/health/ready")).status_code == 200
        assert (await client.get("/health/events")).status_code == 200
        report = await client.get("/health")
        assert report.status_code == 503
        assert (await report.get_json())["checks"]["queue"]["status"] == "failing"


async def test_the_worker_tells_its_health_and_what_it_counts(
    live_settings: NotificationSettings, mails: MailServer
) -> None:
    worker = NotificationWorker(live_settings)
    async with running(worker.supervisor, worker.close):
        client = worker.app.test_client()
        report = await client.get("/health")
        assert (await report.get_json())["checks"].keys() == {"database", "queue", "mail server", "background"}
        assert report.status_code == 200
        metrics = await (await client.get("/metrics")).get_data(as_text=True)
        assert "tickler_delivery_attempts_total" in metrics
        assert "tickler_reminder_lateness_seconds" in metrics


async def test_a_worker_without_mail_server_stays_ready_and_says_so(settings: NotificationSettings) -> None:
    worker = NotificationWorker(settings.model_copy(update={"redis_url": NOBODY}))
    async with running(worker.supervisor, worker.close):
        client = worker.app.test_client()
        assert (await client.get("/health/ready")).status_code == 200
        checks = (await (await client.get("/health")).get_json())["checks"]
        assert checks["mail server"]["status"] == "failing"
        assert checks["queue"]["status"] == "failing"
        assert checks["database"]["status"] == "ok"


async def test_gauges_tell_of_what_waits(live_settings: NotificationSettings) -> None:
    service = NotificationService(live_settings)
    async with running(service.events.supervisor, service.close):
        client = service.app.test_client()
        await hand(client, TaskHistory().remind(dt.timedelta(hours=10_000)))

        async def counted() -> bool:
            metrics = await (await client.get("/metrics")).get_data(as_text=True)
            return "tickler_reminders_scheduled 1.0" in metrics and "tickler_delivery_queue_depth 0.0" in metrics

        await eventually(counted, "the gauges are read")
