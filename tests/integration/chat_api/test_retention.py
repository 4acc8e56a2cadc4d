"""What has run out is pruned, and nothing else is."""

from uuid import UUID

import pytest

from chat_api.adapters.retention import Retention
from tests.integration.chat_api.conftest import PASSWORD, ChatApi, Client, settings_for


@pytest.mark.parametrize("batch_rows", [1, 100])
async def test_sessions_keys_tombstones_and_failures_are_kept_as_long_as_they_serve(
    api: ChatApi, user: Client, batch_rows: int
) -> None:
    retention = Retention.of(settings_for(api.database_url, retention_batch_rows=batch_rows))

    async def leave_traces(number: int) -> None:
        await api.stranger().call("POST", "/api/auth/login", {"email": user.email, "password": PASSWORD})
        await api.stranger().send("POST", "/api/auth/login", {"email": f"{number}@example.com", "password": "wrong"})
        await user.call("POST", "/api/tasks", {"title": "x"}, Idempotency_Key=f"{number}")
        await api.rows(
            "INSERT INTO task_tombstones VALUES (gen_random_uuid(), :user, :number, 2, 1, :now)",
            user=UUID(user.id),
            number=number,
            now=api.clock.now(),
        )

    async def traces() -> list[int]:
        return [
            (await api.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"]  # noqa: S608
            for table in ("sessions", "login_throttles", "idempotency_keys", "task_tombstones")
        ]

    for number in (1, 2, 3):
        await leave_traces(number)
    await retention.prune(api.service.new_unit_of_work)
    assert await traces() == [4, 3, 3, 3]

    user.headers["Authorization"] = f"Bearer {(await user.call('POST', '/api/auth/tokens', {'name': 'x'}))['token']}"
    api.clock.advance(days=31)
    await leave_traces(4)
    await retention.prune(api.service.new_unit_of_work)
    assert await traces() == [1, 1, 1, 4]

    api.clock.advance(days=60)
    await retention.prune(api.service.new_unit_of_work)
    assert (await traces())[3] == 1
    assert len(await user.tasks()) == 4
