"""The live stream of a served process: changes as they are committed, and what is said when some are missed."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.support.databases import plain_dsn
from tests.support.tickler import User
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[3]


@dataclass
class Served:
    process: asyncio.subprocess.Process
    base_url: str


Start = Callable[..., Awaitable[Served]]


@pytest.fixture
async def start(database_url: str, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts the service as a process; keywords are further variables of its environment."""
    started: list[Served] = []

    async def start(**more: str) -> Served:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        log = tmp_path / f"{len(started)}.log"
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "src" / "python"),
            "DATABASE_URL": database_url,
            "PORT": str(port),
            "APP_API_TOKEN": "the token",
            "DAPR_HTTP_PORT": "1",
            "DAPR_GRPC_PORT": "1",
        }
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "chat_api.main", "serve"),
                env=environment | more,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        served = Served(process, f"http://127.0.0.1:{port}")
        started.append(served)

        async def listening() -> bool:
            if process.returncode is not None:
                raise RuntimeError(log.read_text("utf-8"))
            async with httpx.AsyncClient(base_url=served.base_url, timeout=20) as http:
                try:
                    report = (await http.get("/health")).json()
                except httpx.TransportError:
                    return False
            loops = report["checks"]["background"]["loops"]
            return bool(loops["changes"]["running"]) and await listeners(database_url) == len(started)

        await eventually(listening, "the service listens for changes", within=90)
        return served

    yield start
    for served in started:
        if served.process.returncode is None:
            served.process.kill()
        await served.process.wait()


async def listeners(database_url: str) -> int:
    """How many connections listen for changes, past their start-up."""
    connection = await asyncpg.connect(plain_dsn(database_url))
    try:
        return int(
            await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'chat-api changes'"
                " AND datname = current_database() AND state = 'idle'"
                " AND (query LIKE 'LISTEN%' OR query = 'SELECT 1')"
            )
        )
    finally:
        await connection.close()


class Reader:
    """Somebody who reads a stream."""

    def __init__(self, lines: AsyncIterator[str]):
        self._lines = lines

    async def next(self) -> dict[str, str]:
        """The fields of the next event; a comment's text is under the empty name."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(30):
            async for line in self._lines:
                if not line:
                    return fields
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        raise EOFError

    async def end(self) -> None:
        """Reads up to the stream's end."""
        async with asyncio.timeout(30):
            async for _ in self._lines:
                pass

    async def next_change(self) -> dict[str, str]:
        """The next event that is no comment."""
        while True:
            event = await self.next()
            if "event" in event:
                return event


@asynccontextmanager
async def reading(user: User, **headers: str) -> AsyncIterator[Reader]:
    async with user.http.stream("GET", "/api/stream", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream"
        reader = Reader(response.aiter_lines())
        assert await reader.next() == {"retry": "2000"}
        yield reader


async def test_a_user_sees_changes_made_in_any_replica_and_nobody_elses(start: Start) -> None:
    here, there = await start(), await start()
    async with (
        User.register(here.base_url) as user,
        User.register(here.base_url) as other,
        reading(user) as reader,
        reading(other) as others,
    ):
        task = await user.add_task(title="Water the plants")
        async with httpx.AsyncClient(base_url=there.base_url, cookies=user.http.cookies) as elsewhere:
            await elsewhere.patch("/api/tasks/1", json={"title": "Water the cactus"})
        await user.delete_task(1)

        changes = [await reader.next_change() for _ in range(3)]
        assert [change["event"] for change in changes] == ["task.created", "task.updated", "task.deleted"]
        for version, change in enumerate(changes, 1):
            data = json.loads(change["data"])
            assert (data["task_id"], data["task_number"], data["version"]) == (task["id"], 1, version)
            assert data["id"] == change["id"]

        mine = await other.add_task(title="Mine")
        assert json.loads((await others.next_change())["data"])["task_id"] == mine["id"]


async def test_what_is_rolled_back_is_not_told(start: Start) -> None:
    served = await start()
    async with User.register(served.base_url) as user, reading(user) as reader:
        refused = await user.http.post("/api/tasks", json={"title": "x", "reminders": [{"at": "2000-01-01T00:00:00Z"}]})
        assert refused.status_code == 422
        task = await user.add_task(title="Water the plants")
        assert json.loads((await reader.next_change())["data"])["task_id"] == task["id"]


async def test_a_reader_that_comes_back_is_told_to_load_everything_anew(start: Start) -> None:
    served = await start()
    async with User.register(served.base_url) as user, reading(user, **{"Last-Event-ID": "1"}) as reader:
        assert (await reader.next_change())["event"] == "resync"


async def test_readers_are_told_to_load_everything_anew_after_the_connection_to_the_database_was_lost(
    start: Start, database_url: str
) -> None:
    served = await start()
    async with User.register(served.base_url) as user, reading(user) as reader:
        connection = await asyncpg.connect(plain_dsn(database_url))
        ended = await connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'chat-api changes' AND datname = current_database()"
        )
        await connection.close()
        assert ended == 1

        assert (await reader.next_change())["event"] == "resync"
        await user.add_task(title="Water the plants")
        assert (await reader.next_change())["event"] == "task.created"


async def test_a_quiet_stream_shows_that_it_lives_and_ends_with_the_session(start: Start) -> None:
    served = await start(STREAM_HEARTBEAT_SECONDS="0.2")
    async with User.register(served.base_url) as user, reading(user) as reader:
        assert await reader.next() == {"": "still here"}
        (await user.http.post("/api/auth/logout")).raise_for_status()
        await reader.end()


async def test_shutdown_ends_streams_at_once_and_the_process_ends_well(start: Start) -> None:
    served = await start()
    async with User.register(served.base_url) as user, reading(user) as reader:
        served.process.send_signal(signal.SIGTERM)
        await reader.end()
    async with asyncio.timeout(15):
        assert await served.process.wait() == 0
