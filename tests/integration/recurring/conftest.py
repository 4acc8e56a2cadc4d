"""The Recurring Task Service on a database of its own, behind its HTTP application."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr
from quart.typing import TestClientProtocol
from sqlalchemy import text

from events.contracts import EventData
from events.envelope import Event
from events.service import EventService
from events.topics import Topic
from recurring.bootstrap import bootstrap
from recurring.config import RecurringSettings
from recurring.service_layer.unit_of_work import RecurringUnitOfWork
from tests.support.databases import NewDatabase
from tests.support.fakes import FixedClock

TOKEN = "the app token of these tests"


@dataclass
class Recurring:
    """One replica of the service."""

    service: EventService[RecurringUnitOfWork]
    client: TestClientProtocol
    clock: FixedClock

    async def deliver(self, *events: Event[EventData] | object, topic: str = Topic.TASKS) -> list[str]:
        """Delivers `events` in bulk as the sidecar does; returns the status of each."""
        entries = [
            {
                "entryId": str(position),
                "event": json.loads(event.to_json()) if isinstance(event, Event) else event,
                "contentType": "application/cloudevents+json",
            }
            for position, event in enumerate(events)
        ]
        answer = await self.client.post(
            f"/events/{topic}", json={"id": "a batch", "entries": entries}, headers={"dapr-api-token": TOKEN}
        )
        assert answer.status_code == 200, await answer.get_data(as_text=True)
        statuses = (await answer.get_json())["statuses"]
        assert [status["entryId"] for status in statuses] == [entry["entryId"] for entry in entries]
        return [status["status"] for status in statuses]

    async def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """What `query` finds."""
        async with self.service.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(query), parameters)).mappings()]

    async def count(self, table: str) -> int:
        (row,) = await self.rows(f"SELECT count(*) AS number FROM {table}")  # noqa: S608
        return int(row["number"])

    async def outcomes(self) -> list[str]:
        """The outcomes of the processed events, in the order of their ids."""
        return [row["outcome"] for row in await self.rows("SELECT outcome FROM processed_events ORDER BY event_id")]

    async def published(self) -> list[dict[str, Any]]:
        """The events of the outbox, in its order."""
        return [json.loads(row["payload"]) for row in await self.rows("SELECT payload FROM outbox ORDER BY id")]


NewReplica = Callable[[], Awaitable[Recurring]]
"""Makes another replica on the test's database."""


def settings_for(url: str) -> RecurringSettings:
    return RecurringSettings(database_url=url, app_api_token=SecretStr(TOKEN))


@pytest.fixture
async def database_url(new_database: NewDatabase) -> str:
    return await new_database("recurring")


@pytest.fixture
async def new_replica(database_url: str) -> AsyncIterator[NewReplica]:
    made: list[Recurring] = []

    async def make() -> Recurring:
        clock = FixedClock()
        service, app = bootstrap(settings_for(database_url), clock=clock)
        made.append(Recurring(service, app.test_client(), clock))
        return made[-1]

    yield make
    for replica in made:
        await replica.service.close()


@pytest.fixture
async def recurring(new_replica: NewReplica) -> Recurring:
    return await new_replica()
