"""``make chat``: the terminal's side of a conversation, as a program of its own."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

import stack.chat
from tests.support.chat_service import ChatService
from tests.support.sockets import Request, Response, http_server

SOURCES = Path(stack.chat.__file__).parents[1]


@pytest.fixture
def state(tmp_path: Path, service: ChatService) -> Path:
    """The state directory of a stack whose Chat API is the test's."""
    (tmp_path / "stack.json").write_text(json.dumps({"urls": {"chat-api": service.base_url}}))
    return tmp_path


async def chat(state: Path, *message: str, typed: str = "") -> tuple[int, str, str]:
    """Runs the program; returns its status, and what it wrote to its two outputs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        stack.chat.__name__,
        *message,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(SOURCES), "TICKLER_STATE_DIR": str(state), "TZ": "Europe/Berlin"},
    )
    async with asyncio.timeout(60):
        out, errors = await process.communicate(typed.encode())
    return process.returncode or 0, out.decode(), errors.decode()


async def test_a_single_message_is_answered_and_the_user_is_remembered(state: Path) -> None:
    assert await chat(state, "add buy milk tomorrow at 5pm") == (
        0,
        'Added task 1 "buy milk". It is due tomorrow, Tue 3 Mar 2026, 17:00 (Europe/Berlin).\n',
        "",
    )
    assert (state / "chat.json").stat().st_mode & 0o777 == 0o600
    status, out, _ = await chat(state, "complete task 1")
    assert (status, out) == (0, 'Done: task 1 "buy milk".\n')


async def test_typed_lines_are_one_conversation(state: Path) -> None:
    status, out, _ = await chat(state, typed="add buy milk\n\ncomplete it\n")

    assert status == 0
    assert 'Added task 1 "buy milk".' in out
    assert 'Done: task 1 "buy milk".' in out


async def test_credentials_of_an_older_stack_are_replaced(state: Path) -> None:
    (state / "chat.json").write_text(json.dumps({"email": "old@example.com", "token": "unknown here"}))

    status, out, _ = await chat(state, "hello")

    assert (status, out.startswith("Hello!")) == (0, True)


async def test_without_a_stack_it_says_how_to_start_one(tmp_path: Path) -> None:
    status, out, errors = await chat(tmp_path, "hello")

    assert (status, out) == (1, "")
    assert errors == "the stack is not running; `make up` starts it\n"


async def test_where_chat_api_does_not_answer_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text(json.dumps({"urls": {"chat-api": "http://127.0.0.1:1"}}))

    status, _, errors = await chat(tmp_path, "hello")

    assert status == 1
    assert "does not answer" in errors
    assert "`make up`" in errors


async def test_what_happens_by_itself_is_told() -> None:
    """Reminders that were sent or failed, and a series' next task; everything else the user has done."""
    stream = "".join(
        f"event: {event}\ndata: {json.dumps(change)}\n\n"
        for event, change in (
            ("task.created", {"task_number": 1}),
            ("task.created", {"task_number": 2}),
            ("task.updated", {"task_number": 1}),
            ("reminder.updated", {"task_number": 1, "reminder_id": "a"}),
            ("reminder.updated", {"task_number": 1, "reminder_id": "b"}),
            ("resync", {}),
        )
    )
    reminders = [
        {"id": "a", "state": "sent", "task_number": 1, "task_title": "swim"},
        {"id": "b", "state": "triggered", "task_number": 1, "task_title": "swim"},
    ]
    answers: dict[str, object] = {
        "/api/tasks/1": {"number": 1, "title": "swim", "recurrence": None},
        "/api/tasks/2": {"number": 2, "title": "run", "recurrence": {"ordinal": 2}, "due": {"date": "2026-03-03"}},
        "/api/reminders?task=1": {"items": reminders},
    }

    async def answer(request: Request) -> Response:
        if request.path == "/api/stream":
            return Response(200, stream.encode(), "text/event-stream")
        return Response(200, json.dumps(answers[request.path]).encode())

    async with http_server(answer) as url:
        told = await asyncio.to_thread(lambda: list(stack.chat.happenings(stack.chat.Api(url))))

    assert told == ['task 2 "run" is next, due 2026-03-03', 'the reminder of task 1 "swim" was sent']
