"""The sample service as a process: it migrates, serves, survives a lost database, and stops without losing anything."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.integration.events.test_delivery import bulk, delivered
from tests.support.databases import NewDatabase, plain_dsn
from tests.support.sample.service import PACKAGE
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[3]
TOKEN = {"dapr-api-token": "the token"}
NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"


class Process:
    """A running sample service."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: Path):
        self.process = process
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30)
        self._log = log

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines()]


Start = Callable[..., Awaitable[Process]]


def environment(url: str, port: int, **more: str) -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT / "src" / "python"), str(ROOT)])
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": paths,
        "DATABASE_URL": url,
        "PORT": str(port),
        "APP_API_TOKEN": "the token",
        "DAPR_HTTP_PORT": "1",
        "DAPR_GRPC_PORT": "1",
        **more,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def run(*arguments: str, env: dict[str, str], stdout: Any) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", PACKAGE, *arguments, env=env, cwd=ROOT, stdout=stdout, stderr=asyncio.subprocess.STDOUT
    )


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    started: list[Process] = []

    async def start(url: str, **more: str) -> Process:
        port, log = free_port(), tmp_path / f"{len(started)}.log"
        with log.open("wb") as stdout:
            process = Process(await run("serve", env=environment(url, port, **more), stdout=stdout), port, log)
        started.append(process)

        async def alive() -> bool:
            assert process.process.returncode is None, log.read_text("utf-8")
            try:
                return (await process.http.get("/health/live")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(alive, "the service answers", within=90)
        return process

    yield start
    for process in started:
        if process.process.returncode is None:
            process.process.kill()
        await process.process.wait()
        await process.http.aclose()


async def test_the_migrate_command_makes_the_schema(new_database: NewDatabase) -> None:
    url = await new_database(None)
    process = await run("migrate", env=environment(url, 1), stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    connection = await asyncpg.connect(plain_dsn(url))
    assert await connection.fetchval("SELECT count(*) FROM effects") == 0
    await connection.close()


async def test_a_delivery_takes_effect_and_leaves_lines_with_the_events_trace(start: Start, database_url: str) -> None:
    service = await start(database_url)
    event = delivered(1, 1)
    response = await service.http.post("/events/user-events", headers=TOKEN, json=bulk(event))
    assert response.json() == {"statuses": [{"entryId": "0", "status": "SUCCESS"}]}
    (line,) = [line for line in service.lines() if line["event"] == "event handled"]
    assert (line["event_id"], line["outcome"], line["traceparent"]) == (event["id"], "applied", event["traceparent"])


async def test_a_service_asked_to_stop_finishes_its_requests_and_ends_well(start: Start, database_url: str) -> None:
    service = await start(database_url)
    request = asyncio.create_task(service.http.post("/slow"))

    async def under_way() -> bool:
        return bool((await service.http.get("/slow")).json()["under_way"])

    await eventually(under_way, "the request is under way")
    service.process.send_signal(signal.SIGTERM)
    assert (await request).json() == {"finished": True}
    async with asyncio.timeout(15):
        assert await service.process.wait() == 0
    connection = await asyncpg.connect(plain_dsn(database_url))
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 1
    await connection.close()
    assert [line["event"] for line in service.lines()][-1] == "stopped"


@pytest.mark.proves("FR-025")
async def test_without_database_and_sidecar_a_service_starts_and_says_what_is_wrong(start: Start) -> None:
    service = await start(NOWHERE)
    assert (await service.http.get("/health/ready")).status_code == 200
    assert (await service.http.get("/health/events")).status_code == 503
    report = (await service.http.get("/health")).json()
    assert report["checks"]["database"]["status"] == "failing"
    assert report["checks"]["sidecar"]["problem"] == "the Dapr sidecar is not ready"
    delivery = await service.http.post("/events/user-events", headers=TOKEN, json=bulk(delivered(1, 1)))
    assert delivery.json() == {"statuses": [{"entryId": "0", "status": "RETRY"}]}


async def test_a_missing_setting_is_named_and_ends_the_command() -> None:
    env = environment("postgresql+asyncpg://x", 1)
    del env["APP_API_TOKEN"]
    process = await run("serve", env=env, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 1
    assert "APP_API_TOKEN" in output.decode()
    assert "Traceback" not in output.decode()
