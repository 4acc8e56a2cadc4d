"""The tools as MCP clients reach them: with the official client, over a real socket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import CallToolResult

from chat_api.assistant.tools import TOOLS
from tests.support.chat_service import ChatService, Talker, chat_service


@asynccontextmanager
async def connected(service: ChatService, token: str, mode: Any = "auto") -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with create_mcp_http_client(headers) as http:
        transport = streamable_http_client(f"{service.base_url}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


@pytest.fixture
async def token(user: Talker) -> str:
    return await user.token()


both_protocols = pytest.mark.parametrize("mode", ["auto", "legacy"])
"""The newest protocol, and one that begins with a handshake."""


def result(answer: CallToolResult) -> Any:
    assert not answer.is_error, answer.content
    return answer.structured_content


def error(answer: CallToolResult) -> Any:
    assert answer.is_error
    (content,) = answer.content
    return json.loads(content.text)["error"]  # type: ignore[union-attr]


@both_protocols
@pytest.mark.proves("FR-001")
async def test_all_tools_are_listed_with_their_schemas(service: ChatService, token: str, mode: str) -> None:
    async with connected(service, token, mode) as client:
        listed = (await client.list_tools()).tools

    assert [tool.name for tool in listed] == [tool.name for tool in TOOLS]
    for tool in listed:
        assert tool.description
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema is not None
        assert tool.annotations is not None
    assert [t.name for t in listed if t.annotations and t.annotations.destructive_hint] == ["delete_task"]


@both_protocols
@pytest.mark.proves("FR-001")
async def test_a_task_lives_its_life_through_the_tools(service: ChatService, token: str, mode: str) -> None:
    async with connected(service, token, mode) as client:

        async def call(tool: str, **arguments: object) -> Any:
            return result(await client.call_tool(tool, arguments))

        added = await call("add_task", title="Water the plants", due="tomorrow 9am", repeat="every day", tags=["home"])
        assert added["task"]["due"]["text"] == "tomorrow, Tue 3 Mar 2026, 09:00 (Europe/Berlin)"
        assert added["task"]["recurrence"]["text"] == "every day"

        reminder = (await call("add_reminder", number=1, before_due="1 hour"))["reminder"]
        assert reminder["remind_at"] == "2026-03-03T08:00:00+01:00"
        (listed,) = (await call("list_reminders", number=1))["reminders"]
        assert listed["reminder_id"] == reminder["reminder_id"]
        moved = await call("update_task", number=1, due="2026-03-04T10:00")
        assert moved["moved_reminders"][0]["remind_at"] == "2026-03-04T09:00:00+01:00"
        cancelled = await call("cancel_reminder", reminder_id=reminder["reminder_id"])
        assert cancelled["reminder"]["state"] == "cancelled"

        assert (await call("complete_task", number=1))["next_due"]["date"] == "2026-03-04"
        assert (await call("reopen_task", number=1))["task"]["status"] == "open"
        assert (await call("skip_occurrence", number=1))["task"]["status"] == "done"
        assert [task["number"] for task in (await call("list_tasks", status="done", tags=["home"]))["tasks"]] == [1]
        assert (await call("delete_task", number=1))["series_ended"] is False
        assert error(await client.call_tool("get_task", {"number": 1}))["code"] == "task-not-found"

    published = await service.published()
    assert {"task.created", "task.updated", "task.completed", "task.deleted", "reminder.scheduled"} <= set(published)


async def test_a_repeat_is_previewed_without_adding_anything(service: ChatService, token: str) -> None:
    async with connected(service, token) as client:
        preview = result(await client.call_tool("preview_recurrence", {"repeat": "every 31st", "count": 3}))
        assert result(await client.call_tool("list_tasks", {}))["tasks"] == []

    assert [due["date"] for due in preview["dates"]] == ["2026-03-31", "2026-04-30", "2026-05-31"]
    assert preview["more"] is True


@pytest.mark.parametrize(
    ("tool", "arguments", "code", "words"),
    [
        ("complete_task", {"number": 42}, "task-not-found", "You have no task 42."),
        ("complete_task", {"number": "1"}, "invalid-arguments", "number: "),
        ("complete_task", {"number": 2**31}, "invalid-arguments", "number: "),
        ("complete_task", {}, "invalid-arguments", "number: Field required"),
        ("add_task", {"title": "a", "colour": "red"}, "invalid-arguments", "colour: "),
        ("add_task", {"title": "a", "due": "when pigs fly"}, "not-understood", "Write it like"),
        ("add_task", {"title": "a", "repeat": "every hour"}, "not-understood", "daily at the most"),
        ("add_task", {"title": " "}, "invalid", "title"),
        ("add_reminder", {"number": 1, "at": "tomorrow", "before_due": "1 hour"}, "invalid-arguments", "either"),
        ("add_reminder", {"number": 1, "at": "tomorrow"}, "not-understood", "time of day"),
        ("add_reminder", {"number": 1, "at": "2020-01-01T10:00"}, "reminder-in-the-past", ""),
        ("cancel_reminder", {"reminder_id": "01890000-0000-7000-8000-000000000000"}, "reminder-not-found", ""),
        ("update_task", {"number": 1}, "invalid-arguments", "at least one field"),
        ("skip_occurrence", {"number": 1}, "not-recurring", "does not repeat"),
        ("drop_database", {}, "unknown-tool", "add_task"),
    ],
)
async def test_what_cannot_be_done_is_an_error_that_says_what_to_do(
    service: ChatService, user: Talker, token: str, tool: str, arguments: dict[str, object], code: str, words: str
) -> None:
    await user.say("add buy milk")
    async with connected(service, token) as client:
        failure = error(await client.call_tool(tool, arguments))

    assert failure["code"] == code
    assert words in failure["message"]
    assert (await user.task(1))["version"] == 1


async def test_a_token_reaches_its_own_users_tasks_only(service: ChatService, user: Talker, token: str) -> None:
    async with Talker.register(service.base_url) as other:
        await other.say("add buy milk")

    async with connected(service, token) as client:
        assert error(await client.call_tool("get_task", {"number": 1}))["code"] == "task-not-found"


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Bearer", "Basic dXNlcjpwYXNz"])
async def test_without_a_valid_token_nothing_is_served(service: ChatService, authorization: str | None) -> None:
    headers = {"Accept": "application/json, text/event-stream"}
    if authorization is not None:
        headers["Authorization"] = authorization
    async with httpx.AsyncClient(base_url=service.base_url) as http:
        answer = await http.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_session_cookie_is_no_key_to_the_tools(user: Talker) -> None:
    answer = await user.http.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})

    assert answer.status_code == 401


async def test_a_revoked_token_is_refused(service: ChatService, user: Talker, token: str) -> None:
    (listed,) = (await user.http.get("/api/auth/tokens")).json()["items"]
    await user.http.delete(f"/api/auth/tokens/{listed['id']}")
    headers = {"Authorization": f"Bearer {token}"}

    async with httpx.AsyncClient(base_url=service.base_url) as http:
        assert (await http.post("/mcp", json={}, headers=headers)).status_code == 401


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_is_nothing_but_post(service: ChatService, token: str, method: str) -> None:
    async with httpx.AsyncClient(base_url=service.base_url) as http:
        answer = await http.request(method, "/mcp", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("host", "allowed"), [("evil.example", False), ("tickler.example", True), ("mcp.example:8443", True)]
)
async def test_only_names_of_the_service_are_served(database_url: str, host: str, allowed: bool) -> None:
    async with (
        chat_service(
            database_url, public_url="http://tickler.example", mcp_allowed_hosts=("mcp.example:8443",)
        ) as service,
        Talker.register(service.base_url) as user,
    ):
        headers = {
            "Authorization": f"Bearer {await user.token()}",
            "Host": host,
            "Accept": "application/json, text/event-stream",
        }
        answer = await user.http.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=headers)

    assert (answer.status_code != 421) is allowed


async def test_a_body_that_is_too_large_is_refused(service: ChatService, token: str) -> None:
    async with httpx.AsyncClient(base_url=service.base_url) as http:
        answer = await http.post(
            "/mcp",
            content=b" " * 300_000,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )

    assert answer.status_code == 413
