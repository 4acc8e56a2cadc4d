"""The Chat API in the test's own process, over a real socket, and somebody who uses it."""

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx
from hypercorn.asyncio import serve
from hypercorn.config import Config
from pydantic import SecretStr
from quart import Quart

from chat_api.bootstrap import bootstrap
from chat_api.bootstrap_assistant import with_assistant
from chat_api.config import ChatSettings
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.service import EventService
from tests.support.fakes import FixedClock

Json = Any
"""What JSON text parses to."""


class PlainPasswords:
    """Keeps passwords as they are, which takes no time."""

    async def hash(self, password: str) -> str:
        return password

    async def verify(self, password: str, password_hash: str | None) -> bool:
        return password == password_hash


@dataclass(frozen=True)
class ChatService:
    """A running service without its background loops: what it publishes stays in its outbox."""

    base_url: str
    clock: FixedClock
    service: EventService[ChatUnitOfWork]

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        """What an SQL statement finds."""
        async with self.service.new_unit_of_work() as uow:
            found = await uow.connection.exec_driver_sql(statement)
            return [dict(row) for row in found.mappings()]

    async def published(self) -> list[str]:
        """The types of the events in the outbox, in their order."""
        return [row["type"] for row in await self.rows("SELECT type FROM outbox ORDER BY id")]


@asynccontextmanager
async def chat_service(database_url: str, **settings: Any) -> AsyncIterator[ChatService]:
    """Serves the Chat API on a free port, at the time of a clock that the test moves."""
    clock = FixedClock()
    service, app = bootstrap(
        ChatSettings(database_url=database_url, app_api_token=SecretStr("made-up"), **settings),
        clock=clock,
        passwords=PlainPasswords(),
        assistant=with_assistant,
    )
    try:
        async with serving(app) as base_url:
            yield ChatService(base_url, clock, service)
    finally:
        await service.close()


@asynccontextmanager
async def serving(app: Quart) -> AsyncIterator[str]:
    """Serves an application on a free port of 127.0.0.1 and yields its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]  # open already, so requests wait until they are served
    config.accesslog = config.errorlog = None
    config.graceful_timeout = config.shutdown_timeout = 5
    stop = asyncio.Event()
    running = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        await running


class Talker:
    """A registered user who talks to the assistant, in one conversation unless another is named."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.conversation_id: str | None = None

    @classmethod
    @asynccontextmanager
    async def register(cls, base_url: str, timezone: str = "Europe/Berlin") -> AsyncIterator[Self]:
        async with httpx.AsyncClient(base_url=base_url, timeout=30) as http:
            email = f"user-{secrets.token_hex(8)}@example.com"
            account = {"email": email, "password": "correct horse", "timezone": timezone}
            (await http.post("/api/auth/register", json=account)).raise_for_status()
            yield cls(http)

    async def token(self) -> str:
        """A new bearer token."""
        answer = await self.http.post("/api/auth/tokens", json={"name": "test"})
        answer.raise_for_status()
        return str(answer.json()["token"])

    async def post(
        self, message: object, *, key: str | None = None, accept: str = "application/json", **body: object
    ) -> httpx.Response:
        """Sends a message and returns the answer, whatever its status."""
        headers = {"Accept": accept} | ({"Idempotency-Key": key} if key else {})
        return await self.http.post("/api/chat", json={"message": message, **body}, headers=headers)

    async def say(self, message: str, *, key: str | None = None) -> "Heard":
        """Says something and returns the answer."""
        body = {"conversation_id": self.conversation_id} if self.conversation_id else {}
        answer = await self.post(message, key=key, **body)
        assert answer.status_code == 200, answer.text
        heard = Heard(**answer.json())
        self.conversation_id = heard.conversation_id
        return heard

    async def tasks(self, status: str = "all") -> list[Json]:
        answer = await self.http.get("/api/tasks", params={"status": status, "limit": 200})
        answer.raise_for_status()
        return list(answer.json()["items"])

    async def task(self, number: int) -> Json:
        answer = await self.http.get(f"/api/tasks/{number}")
        answer.raise_for_status()
        return answer.json()


@dataclass(frozen=True)
class Heard:
    """What the assistant answered."""

    conversation_id: str
    reply: str
    actions: list[Json]

    @property
    def tools(self) -> list[str]:
        """The names of the tools called, in their order."""
        return [action["tool"] for action in self.actions]


def server_sent(text: str) -> list[tuple[str, Json]]:
    """The events of a finished stream: their names and data."""
    events = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append((fields["event"], json.loads(fields["data"])))
    return events
