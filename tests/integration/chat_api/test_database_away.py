"""The database cannot be used: a clear 503, soon, and nothing half done."""

import asyncio

import asyncpg
import pytest

from tests.integration.chat_api.conftest import PASSWORD, ChatApi, Client, NewReplica
from tests.support.databases import plain_dsn
from tests.support.waiting import eventually

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"

pytestmark = pytest.mark.proves("US4.3")


async def test_without_a_database_every_request_gets_a_clear_answer(new_replica: NewReplica) -> None:
    api = await new_replica(NOWHERE)
    stranger = api.stranger()
    async with asyncio.timeout(20):
        for method, path, body in (
            ("POST", "/api/auth/register", {"email": "a@example.com", "password": PASSWORD, "timezone": "UTC"}),
            ("POST", "/api/auth/login", {"email": "a@example.com", "password": PASSWORD}),
            ("POST", "/api/tasks", {"title": "x"}),
            ("GET", "/api/tasks", None),
            ("DELETE", "/api/me", None),
        ):
            answer = await stranger.send(method, path, body, Cookie="tickler_session=x")
            assert (answer.status, answer.body["code"]) == (503, "unavailable"), (path, answer)
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) >= 1


async def test_a_connection_lost_half_way_leaves_nothing_and_the_next_request_succeeds(
    api: ChatApi, user: Client
) -> None:
    await api.forget_published()
    other = await asyncpg.connect(plain_dsn(api.database_url))
    try:
        async with other.transaction():
            await other.execute("SELECT 1 FROM users FOR UPDATE")
            adding = asyncio.create_task(user.send("POST", "/api/tasks", {"title": "x"}, Idempotency_Key="k"))

            async def waiting() -> list[asyncpg.Record]:
                return list(
                    await other.fetch(
                        "SELECT pid FROM pg_stat_activity"
                        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    )
                )

            (row,) = await eventually(waiting, "the request waits for the user's row")
            await other.execute("SELECT pg_terminate_backend($1)", row["pid"])
            answer = await adding
    finally:
        await other.close()

    assert (answer.status, answer.body["code"]) == (503, "unavailable")
    for table in ("tasks", "outbox", "idempotency_keys"):
        assert await api.rows(f"SELECT 1 FROM {table}") == [], table  # noqa: S608
    assert (await user.call("POST", "/api/tasks", {"title": "x"}, Idempotency_Key="k"))["number"] == 1


async def test_when_all_connections_are_taken_a_request_is_refused_rather_than_kept_waiting(
    new_replica: NewReplica,
) -> None:
    api = await new_replica(database_pool_size=1, database_pool_timeout_seconds=0.1)
    user = await api.register()
    async with api.service.engine.connect():
        await user.refused(503, "unavailable", "GET", "/api/tasks")
    assert await user.tasks() == []


async def test_a_request_whose_body_is_still_on_its_way_holds_no_connection(new_replica: NewReplica) -> None:
    api = await new_replica(database_pool_size=1, database_pool_timeout_seconds=0.1)
    slow, other = await api.register(), await api.register()
    headers = {"Content-Type": "application/json", "Cookie": slow.cookie_header}
    async with slow.http.request("/api/tasks", method="POST", headers=headers) as request:
        await request.send(b'{"title":')
        for n in range(5):
            await other.add(f"Task {n}")
        await request.send(b'"Water the plants"}')
        await request.send_complete()
    assert (await request.as_response()).status_code == 201
