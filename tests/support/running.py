"""The running stack that a test talks to: addresses, processes, databases and logs."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import redis.asyncio
from prometheus_client.parser import text_string_to_metric_families

from stack.control import Stack

SERVICES = ("chat-api", "notification", "recurring")


class RunningStack:
    """A started stack, found by the environment variable ``TICKLER_STACK`` (the path of its ``stack.json``)."""

    def __init__(self, description: Path) -> None:
        self.state = description.parent
        self.info: dict[str, Any] = json.loads(description.read_text("utf-8"))
        self.control = Stack.load(description)

    @property
    def chat_api(self) -> str:
        return str(self.info["urls"]["chat-api"])

    @property
    def mailpit(self) -> str:
        return str(self.info["urls"]["mailpit"])

    def url(self, service: str) -> str:
        return str(self.info["urls"][service])

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """A superuser's connection: tests look into every schema, services only into their own."""
        connection = await asyncpg.connect(self.info["database"]["admin"])
        try:
            yield connection
        finally:
            await connection.close()

    async def metric(self, service: str, name: str, **labels: str) -> float:
        """The sum of a service's samples called `name` that carry `labels`; 0 where there is none."""
        async with httpx.AsyncClient(base_url=self.url(service), timeout=30) as http:
            answer = await http.get("/metrics")
            answer.raise_for_status()
        return sum(
            sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def flush_redis(self) -> None:
        """Makes Redis forget everything, as a restart without persistence does."""
        async with redis.asyncio.Redis.from_url(self.info["redis"]) as connection:
            await connection.flushall()

    def log_lines(self, program: str, **fields: str) -> Iterator[dict[str, Any]]:
        """The JSON lines of a program's log that carry `fields`, oldest first."""
        with (self.state / "logs" / f"{program}.log").open(encoding="utf-8", errors="replace") as log:
            for line in log:
                if not line.startswith("{") or not all(value in line for value in fields.values()):
                    continue
                try:
                    entry = json.loads(line)
                except ValueError:  # the last line, still being written
                    continue
                if all(entry.get(name) == value for name, value in fields.items()):
                    yield entry


def the_running_stack() -> RunningStack:
    """The stack that ``TICKLER_STACK`` names; the test fails where there is none."""
    description = os.environ.get("TICKLER_STACK")
    if not description:
        pytest.fail("TICKLER_STACK names no stack.json; `make test` starts a stack and sets it")
    return RunningStack(Path(description))
