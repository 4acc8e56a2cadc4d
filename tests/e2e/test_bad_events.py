"""What is no event of ours, or comes from the future, is a dead letter, and the next event is not kept waiting."""

import asyncio
import datetime as dt
import json
import uuid
from typing import Any

import httpx
import pytest

from tests.support.evidence import eventually_handled, eventually_published
from tests.support.running import RunningStack
from tests.support.tickler import User
from tests.support.waiting import eventually

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def from_the_future(task_id: str) -> dict[str, Any]:
    """A well-formed event whose contract no consumer here knows."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "chat-api",
        "type": "task.completed",
        "subject": task_id,
        "time": dt.datetime.now(dt.UTC).isoformat(),
        "datacontenttype": "application/json",
        "dataschema": "urn:tickler:events:task.completed:v99",
        "partitionkey": task_id,
        "traceparent": TRACE,
        "traceid": TRACE,
        "data": {"anything": "else"},
    }


async def publish(stack: RunningStack, event: dict[str, Any]) -> None:
    """Publishes past the outbox, through Chat API's sidecar."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{stack.info['dapr']['chat-api']['http']}") as sidecar:
        answer = await sidecar.post(
            "/v1.0/publish/pubsub/task-events",
            params={"metadata.partitionKey": event["subject"]},
            content=json.dumps(event),
            headers={"content-type": "application/cloudevents+json"},
        )
        answer.raise_for_status()


async def eventually_dead(stack: RunningStack, schema: str, mark: str) -> dict[str, Any]:
    """The dead letter of a service whose payload contains `mark`, awaited."""

    async def found() -> dict[str, Any] | None:
        async with stack.database() as connection:
            row = await connection.fetchrow(
                f"SELECT * FROM {schema}.dead_letters WHERE position($1 in convert_from(payload, 'UTF8')) > 0",  # noqa: S608
                mark,
            )
        return dict(row) if row else None

    return await eventually(found, f"{schema} has the dead letter")


async def run(stack: RunningStack, service: str, *arguments: str) -> str:
    """The output of a service's command line, run as an operator of this stack runs it."""
    argv, environment = stack.control.command(service)
    process = await asyncio.create_subprocess_exec(
        *argv,
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


@pytest.mark.proves("EDGE-SCHEMA", "FR-020", "FR-010")
async def test_an_event_of_an_unknown_major_version_is_a_dead_letter_and_blocks_nothing(
    stack: RunningStack, user: User
) -> None:
    task = await user.add_task(title="Call the dentist")
    before = await stack.metric("recurring", "tickler_dead_letters_total", reason="unknown-contract")
    event = from_the_future(task["id"])

    await publish(stack, event)
    await user.complete_task(task["number"])

    for schema in ("recurring", "notification"):
        letter = await eventually_dead(stack, schema, event["id"])
        assert (letter["reason"], letter["state"]) == ("unknown-contract", "open")
    assert await stack.metric("recurring", "tickler_dead_letters_total", reason="unknown-contract") > before
    completed = await eventually_published(stack, "chat-api", "task.completed", task["id"])
    await eventually_handled(stack, "recurring", completed.event_id)


@pytest.mark.proves("FR-020")
async def test_an_event_without_an_id_that_the_contracts_allow_is_a_dead_letter(
    stack: RunningStack, user: User
) -> None:
    task = await user.add_task(title="Call the dentist")
    mark = f"not-a-uuid-{uuid.uuid4()}"

    await publish(stack, from_the_future(task["id"]) | {"id": mark})

    assert (await eventually_dead(stack, "recurring", mark))["reason"] == "malformed"


@pytest.mark.proves("FR-020", "FR-021")
async def test_an_operator_lists_shows_replays_and_discards_a_dead_letter(stack: RunningStack, user: User) -> None:
    task = await user.add_task(title="Call the dentist")
    event = from_the_future(task["id"])
    await publish(stack, event)
    letter_id = str((await eventually_dead(stack, "recurring", event["id"]))["id"])

    assert letter_id in await run(stack, "recurring", "dead-letters", "list")
    shown = await run(stack, "recurring", "dead-letters", "show", letter_id)
    assert event["id"] in shown
    assert "unknown-contract" in shown

    await run(stack, "recurring", "dead-letters", "discard", letter_id)
    assert letter_id not in await run(stack, "recurring", "dead-letters", "list")


async def test_an_event_with_a_wrong_token_is_refused(stack: RunningStack) -> None:
    async with httpx.AsyncClient(base_url=stack.url("recurring")) as http:
        answer = await http.post("/events/task-events", json={"entries": []}, headers={"dapr-api-token": "guessed"})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
