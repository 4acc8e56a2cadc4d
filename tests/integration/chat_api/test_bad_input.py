"""Requests that cannot be accepted: each gets a clear problem document, and nothing is half written."""

import asyncio
import json
from typing import Any

import pytest

from tests.integration.chat_api.conftest import PASSWORD, ChatApi, Client, Json

NEW_ACCOUNT = {"email": "ada@example.com", "password": PASSWORD, "timezone": "Europe/London"}


def task(**fields: Json) -> Json:
    return {"title": "x", **fields}


BAD_TASKS: list[tuple[Json, int]] = [
    ({}, 422),
    (task(title=""), 422),
    (task(title=" \n\t "), 422),
    (task(title="x" * 501), 422),
    (task(title="a\x00b"), 422),
    (task(title=5), 422),
    (task(title=None), 422),
    (task(title=["x"]), 422),
    (task(colour="red"), 422),
    (task(number=7), 422),
    (task(notes="x" * 10_001), 422),
    (task(notes="a\x00b"), 422),
    (task(priority="urgent"), 422),
    (task(priority=1), 422),
    (task(tags="home"), 422),
    (task(tags=[""]), 422),
    (task(tags=["#"]), 422),
    (task(tags=["a,b"]), 422),
    (task(tags=["x" * 60]), 422),
    (task(tags=[f"tag {n}" for n in range(21)]), 422),
    (task(tags=[1]), 422),
    (task(due="2026-03-05"), 422),
    (task(due={}), 422),
    (task(due={"date": "2026-02-30"}), 422),
    (task(due={"date": "05.03.2026"}), 422),
    (task(due={"date": "1767225600"}), 422),
    (task(due={"date": 1767225600}), 422),
    (task(due={"date": "0001-01-01"}), 422),
    (task(due={"date": "9999-12-31"}), 422),
    (task(due={"date": "2026-03-05", "time": "25:00"}), 422),
    (task(due={"date": "2026-03-05", "time": "09:00Z"}), 422),
    (task(due={"date": "2026-03-05", "time": 9}), 422),
    (task(due={"date": "2026-03-05", "timezone": "Mars/Olympus"}), 422),
    (task(due={"date": "2026-03-05", "timezone": "../../etc/passwd"}), 422),
    (task(due={"date": "2026-03-05", "timezone": "Europe"}), 422),
    (task(due={"date": "2026-03-05", "timezone": "Europe/Berlin\x00"}), 422),
    (task(due={"date": "2026-03-05", "colour": "red"}), 422),
    (task(recurrence="daily"), 422),
    (task(recurrence={"rule": ""}), 422),
    (task(recurrence={"rule": "every day"}), 422),
    (task(recurrence={"rule": "FREQ=SECONDLY"}), 422),
    (task(recurrence={"rule": "FREQ=DAILY;INTERVAL=0"}), 422),
    (task(recurrence={"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}), 422),
    (task(recurrence={"rule": "FREQ=DAILY;UNTIL=20200101"}), 422),
    (task(recurrence={"rule": "FREQ=DAILY;UNTIL=20260301"}, due={"date": "2026-03-05"}), 422),
    (task(recurrence={"rule": "FREQ=DAILY", "basis": "moon"}), 422),
    (task(recurrence={"rule": "x" * 600}), 422),
    (task(recurrence={"rule": "FREQ=DAILY\x00"}), 422),
    (task(reminders=[{}]), 422),
    (task(reminders=[{"at": "2026-03-05T10:00:00"}]), 422),
    (task(reminders=[{"at": "1767225600"}]), 422),
    (task(reminders=[{"at": "tomorrow"}]), 422),
    (task(reminders=[{"at": "9999-12-31T23:59:59-12:00"}]), 422),
    (task(reminders=[{"at": "0001-01-01T00:00:00+12:00"}]), 422),
    (task(reminders=[{"at": "2026-03-05T10:00:00Z", "before_due": "PT1H"}]), 422),
    (task(due={"date": "2026-03-05"}, reminders=[{"before_due": "-PT1H"}]), 422),
    (task(due={"date": "2026-03-05"}, reminders=[{"before_due": "P400D"}]), 422),
    (task(due={"date": "2026-03-05"}, reminders=[{"before_due": "P99999999999D"}]), 422),
    (task(due={"date": "2026-03-05"}, reminders=[{"before_due": 3600}]), 422),
    (task(due={"date": "2026-03-05"}, reminders=[{"before_due": "P1M"}]), 422),
    (task(reminders=[{"at": f"2026-03-05T10:00:{n:02}Z"} for n in range(21)]), 422),
    ([], 422),
    ("x", 422),
    (None, 422),
]


async def raw(user: Client, path: str, body: bytes, content_type: str | None = "application/json") -> Json:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await user.http.post(path, data=body, headers=headers)
    assert answer.content_type == "application/problem+json"
    return await answer.get_json()


async def test_a_task_that_cannot_be_meant_is_refused_and_leaves_nothing(api: ChatApi, user: Client) -> None:
    await api.forget_published()
    for body, status in BAD_TASKS:
        problem = await raw(user, "/api/tasks", json.dumps(body).encode())
        assert (problem["status"], bool(problem.get("detail"))) == (status, True), (body, problem)
    assert await user.tasks("?status=all") == []
    assert await api.published() == []
    assert (await user.add())["number"] == 1, "no number was used up"


async def test_an_edit_that_cannot_be_meant_is_refused_and_leaves_the_task_as_it_was(
    api: ChatApi, user: Client
) -> None:
    before = await user.add(due={"date": "2026-03-05"})
    await api.forget_published()
    for fields in (
        {"title": ""},
        {"title": None},
        {"notes": None},
        {"priority": None},
        {"tags": None},
        {"status": "done"},
        {"due": {"date": "2026-02-30"}},
        {"due": {"date": "2026-03-05", "timezone": "Mars/Olympus"}},
        {"recurrence": {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}},
        {"title": "fine", "recurrence": {"rule": "nonsense"}},
    ):
        answer = await user.send("PATCH", "/api/tasks/1", fields)
        assert answer.status == 422, (fields, answer)
    assert await user.task(1) == before
    assert await api.published() == []


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "bad-request"),
        (b"", "application/json", 400, "bad-request"),
        (b'{"title": "x",}', "application/json", 400, "bad-request"),
        (b'{"title": NaN}', "application/json", 400, "bad-request"),
        (b'{"title": "\xff"}', "application/json", 400, "bad-request"),
        (b"[" * 100_000, "application/json", 400, "bad-request"),
        (b'{"title": "\\ud800"}', "application/json", 422, "invalid"),
        (b'{"title": "x"}', None, 415, "unsupported-media-type"),
        (b'{"title": "x"}', "text/plain", 415, "unsupported-media-type"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b'{"title": "' + b"x" * 300_000 + b'"}', "application/json", 413, "too-large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    user: Client, body: bytes, content_type: str | None, status: int, code: str
) -> None:
    problem = await raw(user, "/api/tasks", body, content_type)
    assert (problem["status"], problem["code"]) == (status, code)
    assert await user.tasks() == []


async def test_each_wrong_field_is_named(user: Client) -> None:
    problem = await user.refused(
        422, "invalid", "POST", "/api/tasks", {"title": 5, "due": {"date": 1}, "colour": "red"}
    )
    assert [error["field"] for error in problem["errors"]] == ["title", "due.date", "colour"]


async def test_an_account_that_cannot_be_meant_is_refused(api: ChatApi) -> None:
    changes: list[dict[str, Any]] = [
        {"email": "nobody"},
        {"email": "a@b@example.com"},
        {"email": "ada@example.com\x00"},
        {"email": ""},
        {"email": "a" * 250 + "@example.com"},
        {"email": 5},
        {"password": "short"},
        {"password": "x" * 257},
        {"password": None},
        {"timezone": "Mars/Olympus"},
        {"timezone": ""},
        {"timezone": "/etc/localtime"},
        {"admin": True},
    ]
    for change in changes:
        answer = await api.stranger().send("POST", "/api/auth/register", NEW_ACCOUNT | change)
        assert answer.status == 422, (change, answer)
        assert "password" not in change or PASSWORD not in str(answer.body)
    assert await api.rows("SELECT id FROM users") == []


@pytest.mark.parametrize(
    "credentials",
    [
        {"email": "x\x00@example.com", "password": "x"},
        {"email": "", "password": ""},
        {"email": "ada@example.com", "password": "a\x00b"},
    ],
)
async def test_credentials_that_cannot_be_are_simply_wrong(api: ChatApi, credentials: Json) -> None:
    await api.stranger().refused(401, "wrong-credentials", "POST", "/api/auth/login", credentials)


async def test_what_does_not_exist_is_a_problem_document_too(user: Client) -> None:
    await user.refused(404, "not-found", "GET", "/api/nothing")
    answer = await user.send("PUT", "/api/tasks")
    assert (answer.status, answer.body["code"]) == (405, "method-not-allowed")
    assert "POST" in answer.headers["allow"]


async def test_a_request_with_a_key_is_done_once_and_answered_alike(api: ChatApi, user: Client) -> None:
    body = task(due={"date": "2026-03-05"})
    first = await user.send("POST", "/api/tasks", body, Idempotency_Key="the same")
    again = await user.send("POST", "/api/tasks", dict(reversed(body.items())), Idempotency_Key="the same")
    assert (again.status, again.body) == (201, first.body)
    for name in ("location", "etag"):
        assert again.headers[name] == first.headers[name]
    assert len(await user.tasks()) == 1
    assert len(await api.published("task.created")) == 1


async def test_requests_at_once_with_one_key_are_done_once(api: ChatApi, user: Client) -> None:
    await user.add()
    for path, body in (("/api/tasks", task()), ("/api/tasks/1/reminders", {"at": "2026-03-05T10:00:00Z"})):
        answers = await asyncio.gather(*(user.send("POST", path, body, Idempotency_Key=path) for _ in range(8)))
        assert {answer.status for answer in answers} == {201}
        assert len({answer.body["id"] for answer in answers}) == 1
    assert len(await user.tasks()) == 2
    assert len(await user.reminders()) == 1


async def test_a_key_with_another_request_is_refused(api: ChatApi, user: Client) -> None:
    await user.call("POST", "/api/tasks", task(), Idempotency_Key="k")
    await user.refused(422, "idempotency-key-reused", "POST", "/api/tasks", task(notes="y"), Idempotency_Key="k")
    reminder = {"at": "2026-03-05T10:00:00Z"}
    await user.refused(422, "idempotency-key-reused", "POST", "/api/tasks/1/reminders", reminder, Idempotency_Key="k")
    other = await api.register()
    assert (await other.call("POST", "/api/tasks", task(notes="y"), Idempotency_Key="k"))["number"] == 1


async def test_a_refused_request_does_not_use_its_key_up(user: Client) -> None:
    past = task(reminders=[{"at": "2026-03-01T10:00:00Z"}])
    await user.refused(422, "reminder-in-the-past", "POST", "/api/tasks", past, Idempotency_Key="k")
    assert (await user.call("POST", "/api/tasks", task(), Idempotency_Key="k"))["number"] == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there"])
async def test_a_key_that_cannot_be_one_is_refused(user: Client, key: str) -> None:
    await user.refused(400, "bad-request", "POST", "/api/tasks", task(), Idempotency_Key=key)
