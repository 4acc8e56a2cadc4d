"""The Chat API on a database of its own, behind its HTTP application."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from quart import Quart
from quart.typing import TestClientProtocol
from sqlalchemy import text
from sqlalchemy.exc import ResourceClosedError

from chat_api.adapters.passwords import Argon2Hasher
from chat_api.bootstrap import bootstrap
from chat_api.config import ChatSettings
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.contracts import EventData
from events.envelope import Event, make_event
from events.service import EventService
from events.tracing import new_traceparent
from tests.support.databases import NewDatabase
from tests.support.fakes import FixedClock, SequentialIds, nth_id

TOKEN = "the app token of these tests"
PASSWORD = "correct horse battery staple"
Json = Any


@dataclass(frozen=True)
class Answer:
    """What a request was answered."""

    status: int
    headers: dict[str, str]
    body: Json


@dataclass
class Client:
    """Somebody with a cookie jar, or a bearer token, of their own."""

    http: TestClientProtocol
    id: str = ""
    email: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.name: cookie.value or "" for cookie in self.http.cookie_jar or ()}

    @property
    def cookie_header(self) -> str:
        """The cookies as a header, for use by somebody else or after they were taken away."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def send(self, method: str, path: str, body: Json = None, **headers: str) -> Answer:
        """Sends a request; `headers` are written with underscores."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.http.open(
            path, method=method, headers=self.headers | names, **({} if body is None else {"json": body})
        )
        raw = await response.get_data(as_text=True)
        is_json = "json" in (response.content_type or "")
        return Answer(response.status_code, dict(response.headers), json.loads(raw) if raw and is_json else raw)

    async def call(self, method: str, path: str, body: Json = None, **headers: str) -> Json:
        """Sends a request that succeeds; returns the body of its answer."""
        answer = await self.send(method, path, body, **headers)
        assert 200 <= answer.status < 300, answer
        return answer.body

    async def refused(self, status: int, code: str, method: str, path: str, body: Json = None, **headers: str) -> Json:
        """Sends a request that is refused with a problem document, which it returns."""
        answer = await self.send(method, path, body, **headers)
        assert (answer.status, answer.body.get("code")) == (status, code), answer
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.body["status"] == status
        assert answer.body["type"] == f"urn:tickler:problem:{code}"
        return answer.body

    async def add(self, title: str = "Water the plants", **fields: Json) -> Json:
        return await self.call("POST", "/api/tasks", {"title": title, **fields})

    async def tasks(self, query: str = "") -> list[Json]:
        return list((await self.call("GET", f"/api/tasks{query}"))["items"])

    async def task(self, number: int) -> Json:
        return await self.call("GET", f"/api/tasks/{number}")

    async def edit(self, number: int, **fields: Json) -> Json:
        return await self.call("PATCH", f"/api/tasks/{number}", fields)

    async def do(self, what: str, number: int) -> Json:
        return await self.call("POST", f"/api/tasks/{number}/{what}")

    async def remind(self, number: int, **when: str) -> Json:
        return await self.call("POST", f"/api/tasks/{number}/reminders", when)

    async def reminders(self) -> list[Json]:
        return list((await self.call("GET", "/api/reminders"))["items"])


@dataclass
class ChatApi:
    """One replica of the service. Its clock stands still until it is moved."""

    service: EventService[ChatUnitOfWork]
    app: Quart
    clock: FixedClock
    database_url: str
    _delivered: int = 0
    _users: int = 0

    def stranger(self) -> Client:
        """Somebody who is not logged in."""
        return Client(self.app.test_client())

    async def register(self, email: str | None = None, timezone: str = "Europe/Berlin") -> Client:
        """A new user, logged in by cookie."""
        self._users += 1
        client = Client(self.app.test_client(), email=email or f"user-{self._users}@example.com")
        body = {"email": client.email, "password": PASSWORD, "timezone": timezone}
        answer = await client.call("POST", "/api/auth/register", body)
        client.id = answer["user"]["id"]
        return client

    async def deliver(self, data: EventData, *, source: str = "recurring", event_id: UUID | None = None) -> str:
        """Delivers an event in bulk as the sidecar does; returns its outcome, which must be kept in the inbox."""
        self._delivered += 1
        event: Event[EventData] = make_event(
            data,
            event_id=event_id or nth_id(1_000_000 + self._delivered),
            source=source,
            time=self.clock.now(),
            traceparent=new_traceparent(),
        )
        answer = await self.app.test_client().post(
            f"/events/{event.topic}",
            json={"id": "a batch", "entries": [{"entryId": "1", "event": json.loads(event.to_json())}]},
            headers={"dapr-api-token": TOKEN},
        )
        assert await answer.get_json() == {"statuses": [{"entryId": "1", "status": "SUCCESS"}]}
        parked = await self.rows("SELECT last_error FROM parked_events")
        assert parked == []
        (row,) = await self.rows("SELECT outcome FROM processed_events WHERE event_id = :id", id=event.envelope.id)
        return str(row["outcome"])

    async def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """What `query` finds, or nothing where it finds nothing; what it changes is committed."""
        async with self.service.engine.begin() as connection:
            result = await connection.execute(text(query), parameters)
            try:
                return [dict(row) for row in result.mappings()]
            except ResourceClosedError:
                return []

    async def published(self, *types: str) -> list[Json]:
        """The events in the outbox in its order: of these types, or all."""
        events = [json.loads(row["payload"]) for row in await self.rows("SELECT payload FROM outbox ORDER BY id")]
        return [event for event in events if not types or event["type"] in types]

    async def published_types(self) -> list[str]:
        return [event["type"] for event in await self.published()]

    async def forget_published(self, *, but: str = "") -> None:
        """Empties the outbox, of all types but this one, so that a test sees what comes next."""
        await self.rows("DELETE FROM outbox WHERE type <> :but", but=but)


NewReplica = Callable[..., Awaitable[ChatApi]]
"""Makes another replica on the test's database; keywords are settings."""


def settings_for(url: str, **settings: Any) -> ChatSettings:
    return ChatSettings(database_url=url, app_api_token=SecretStr(TOKEN), **settings)


@pytest.fixture
async def database_url(new_database: NewDatabase) -> str:
    return await new_database("chat_api")


@pytest.fixture(scope="session")
def passwords() -> Argon2Hasher:
    """Hashes as the service does, only faster."""
    return Argon2Hasher(memory_kib=8, passes=1)


@pytest.fixture
async def new_replica(database_url: str, passwords: Argon2Hasher) -> AsyncIterator[NewReplica]:
    made: list[ChatApi] = []

    async def make(url: str = database_url, **settings: Any) -> ChatApi:
        clock, ids = FixedClock(), SequentialIds(1 + 100_000 * len(made))
        service, app = bootstrap(settings_for(url, **settings), clock=clock, ids=ids, passwords=passwords)
        made.append(ChatApi(service, app, clock, url))
        return made[-1]

    yield make
    for replica in made:
        await replica.service.close()


@pytest.fixture
async def api(new_replica: NewReplica) -> ChatApi:
    return await new_replica()


@pytest.fixture
async def user(api: ChatApi) -> Client:
    """A user in Berlin; the clock shows 2 March 2026, 10:00 there."""
    return await api.register()
