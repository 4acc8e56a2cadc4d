"""Accounts: registration, sessions, bearer tokens, the profile, and erasing it all."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from chat_api.adapters import tables
from chat_api.domain.actor import Actor
from chat_api.domain.drafts import TaskDraft
from chat_api.service_layer.errors import AccountGone
from chat_api.service_layer.tasks import add_task
from chat_api.service_layer.tokens import create_token
from tests.integration.chat_api.conftest import PASSWORD, TOKEN, ChatApi, Client, NewReplica
from tests.support.messages import mark_published, tables_telling_of


def login(email: str, password: str = PASSWORD) -> dict[str, str]:
    return {"email": email, "password": password}


async def test_registering_logs_in_and_tells_other_services_where_to_send_mail(api: ChatApi) -> None:
    stranger = api.stranger()
    body = {"email": "Ada@Example.com", "password": PASSWORD, "timezone": "Europe/London"}

    answer = await stranger.send("POST", "/api/auth/register", body)

    assert answer.status == 201
    user = answer.body["user"]
    assert (user["email"], user["timezone"], user["email_reminders"]) == ("Ada@example.com", "Europe/London", True)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("tickler_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert await stranger.call("GET", "/api/me") == user
    (event,) = await api.published()
    assert (event["type"], event["subject"]) == ("user.updated", user["id"])
    assert event["data"] == {
        "user_id": user["id"],
        "version": 1,
        "email": "Ada@example.com",
        "timezone": "Europe/London",
        "email_reminders": True,
    }


async def test_answers_of_the_api_are_kept_by_no_cache(api: ChatApi, user: Client) -> None:
    for path in ("/api/me", "/api/tasks", "/api/tasks/1"):
        headers = (await user.send("GET", path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


async def test_behind_https_the_cookie_is_kept_to_https(new_replica: NewReplica) -> None:
    api = await new_replica(public_url="https://tickler.example.com")
    body = {"email": "ada@example.com", "password": PASSWORD, "timezone": "UTC"}
    answer = await api.stranger().send("POST", "/api/auth/register", body)
    assert "; Secure" in answer.headers["set-cookie"]


async def test_neither_password_nor_session_nor_token_is_kept_in_the_clear(api: ChatApi, user: Client) -> None:
    token = (await user.call("POST", "/api/auth/tokens", {"name": "cli"}))["token"]
    (row,) = await api.rows("SELECT password_hash FROM users")
    assert row["password_hash"].startswith("$argon2id$")
    session = user.cookies["tickler_session"]
    everything = str(
        [await api.rows(f"SELECT * FROM {t}") for t in ("users", "sessions", "api_tokens", "outbox")]  # noqa: S608
    )
    for secret in (PASSWORD, token, session):
        assert secret not in everything


async def test_an_address_has_one_account_in_whatever_case(api: ChatApi, user: Client) -> None:
    body = {"email": user.email.upper(), "password": PASSWORD, "timezone": "UTC"}
    await api.stranger().refused(409, "email-taken", "POST", "/api/auth/register", body)
    assert await api.published_types() == ["user.updated"]


async def test_of_registrations_at_once_with_one_address_one_succeeds(api: ChatApi) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD, "timezone": "UTC"}
    answers = await asyncio.gather(
        *(
            api.stranger().send("POST", "/api/auth/register", body | {"email": e})
            for e in ("ada@example.com", "ADA@example.com") * 4
        )
    )
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7


async def test_logging_in_and_out(api: ChatApi, user: Client) -> None:
    other = api.stranger()
    answer = await other.call("POST", "/api/auth/login", login(user.email.upper()))
    assert answer["user"]["id"] == user.id
    assert (await other.call("GET", "/api/me"))["id"] == user.id

    stolen = {"Cookie": other.cookie_header}
    assert (await other.send("POST", "/api/auth/logout")).status == 204
    await other.refused(401, "unauthorized", "GET", "/api/me")
    await api.stranger().refused(401, "session-ended", "GET", "/api/me", **stolen)
    assert (await user.call("GET", "/api/me"))["id"] == user.id, "another session goes on"


async def test_a_session_ends_by_itself(api: ChatApi, user: Client) -> None:
    api.clock.advance(days=30)
    await user.refused(401, "session-ended", "GET", "/api/me")


async def test_a_wrong_password_and_an_unknown_address_are_told_alike(api: ChatApi, user: Client) -> None:
    wrong = await api.stranger().refused(
        401, "wrong-credentials", "POST", "/api/auth/login", login(user.email, "wrong")
    )
    unknown = await api.stranger().refused(401, "wrong-credentials", "POST", "/api/auth/login", login("no@example.com"))
    assert wrong == unknown
    assert len(await api.rows("SELECT secret_hash FROM sessions")) == 1


@pytest.mark.parametrize("registered", [True, False])
async def test_after_some_failures_the_next_attempt_has_to_wait_even_with_the_right_password(
    api: ChatApi, user: Client, registered: bool
) -> None:
    email = user.email if registered else "nobody@example.com"
    for _ in range(5):
        await api.stranger().refused(401, "wrong-credentials", "POST", "/api/auth/login", login(email, "wrong"))

    answer = await api.stranger().send("POST", "/api/auth/login", login(email.upper()))

    assert (answer.status, answer.body["code"]) == (429, "too-many-attempts")
    assert int(answer.headers["retry-after"]) >= 1
    other = await api.register()
    await api.stranger().call("POST", "/api/auth/login", login(other.email))
    api.clock.advance(seconds=2)
    if registered:
        await api.stranger().call("POST", "/api/auth/login", login(email))
        await api.stranger().refused(401, "wrong-credentials", "POST", "/api/auth/login", login(email, "wrong"))
        await api.stranger().call("POST", "/api/auth/login", login(email))


async def test_failures_at_once_are_all_counted(api: ChatApi) -> None:
    wrong = login("ada@example.com", "wrong")
    await asyncio.gather(*(api.stranger().send("POST", "/api/auth/login", wrong) for _ in range(4)))
    assert await api.rows("SELECT failures FROM login_throttles") == [{"failures": 4}]


async def test_a_bearer_token_works_without_a_cookie_until_it_is_revoked(api: ChatApi, user: Client) -> None:
    made = await user.call("POST", "/api/auth/tokens", {"name": "cli"})
    program = api.stranger()
    program.headers["Authorization"] = f"Bearer {made['token']}"
    assert (await program.call("GET", "/api/me"))["id"] == user.id

    listed = (await user.call("GET", "/api/auth/tokens"))["items"]
    assert listed == [{"id": made["id"], "name": "cli", "created_at": made["created_at"]}]
    other = await api.register()
    await other.refused(404, "token-not-found", "DELETE", f"/api/auth/tokens/{made['id']}")
    assert (await user.send("DELETE", f"/api/auth/tokens/{made['id']}")).status == 204
    await program.refused(401, "invalid-token", "GET", "/api/me")
    await user.refused(404, "token-not-found", "DELETE", f"/api/auth/tokens/{made['id']}")
    await user.refused(404, "token-not-found", "DELETE", "/api/auth/tokens/nonsense")


async def test_whoever_is_not_known_is_refused_everywhere(api: ChatApi) -> None:
    stranger = api.stranger()
    for header in ({}, {"Authorization": "Bearer nonsense"}, {"Cookie": "tickler_session=nonsense"}):
        for method, path in (
            ("GET", "/api/me"),
            ("PATCH", "/api/me"),
            ("DELETE", "/api/me"),
            ("GET", "/api/tasks"),
            ("POST", "/api/tasks"),
            ("GET", "/api/tasks/1"),
            ("POST", "/api/tasks/1/complete"),
            ("GET", "/api/reminders"),
            ("GET", "/api/stream"),
            ("POST", "/api/recurrence/preview"),
            ("GET", "/api/auth/tokens"),
        ):
            answer = await stranger.send(method, path, **header)
            assert answer.status == 401, (method, path, header, answer)
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Sec_Fetch_Site": "same-origin"}, True),
        ({"Sec_Fetch_Site": "none"}, True),
        ({"Sec_Fetch_Site": "cross-site"}, False),
        ({"Sec_Fetch_Site": "same-site", "Origin": "http://evil.localhost"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "https://tickler.example.com"}, True),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "https://tickler.example.com"}, True),
        ({"Origin": "https://evil.example.com"}, False),
        ({"Origin": "null"}, False),
    ],
)
async def test_a_browser_is_not_tricked_into_changes_by_another_site(
    new_replica: NewReplica, headers: dict[str, str], allowed: bool
) -> None:
    api = await new_replica(public_url="https://tickler.example.com")
    user = await api.register()
    user.headers["Cookie"] = user.cookie_header
    await user.add()

    answer = await user.send("POST", "/api/tasks/1/complete", **headers)

    assert (answer.status, answer.body.get("code")) == ((200, None) if allowed else (403, "cross-site-request"))
    assert (await user.send("GET", "/api/tasks", **headers)).status == 200, "reading changes nothing"


async def test_profile_changes_are_told_and_those_that_change_nothing_are_not(api: ChatApi, user: Client) -> None:
    await api.forget_published()
    profile = await user.call("PATCH", "/api/me", {"timezone": "Asia/Tokyo", "email_reminders": False})
    assert (profile["timezone"], profile["email_reminders"], profile["version"]) == ("Asia/Tokyo", False, 2)
    assert (await user.call("PATCH", "/api/me", {"timezone": "Asia/Tokyo"}))["version"] == 2
    (event,) = await api.published()
    assert (event["type"], event["data"]["version"], event["data"]["email_reminders"]) == ("user.updated", 2, False)
    assert (await user.add())["timezone"] == "Asia/Tokyo"


async def test_a_new_address_or_password_needs_the_current_password(api: ChatApi, user: Client) -> None:
    other = await api.register()
    elsewhere = api.stranger()
    await elsewhere.call("POST", "/api/auth/login", login(user.email))
    await user.refused(401, "wrong-credentials", "PATCH", "/api/me", {"password": "a new password"})
    wrong = {"email": "new@example.com", "current_password": "wrong"}
    await user.refused(401, "wrong-credentials", "PATCH", "/api/me", wrong)
    right = {"current_password": PASSWORD}
    await user.refused(409, "email-taken", "PATCH", "/api/me", {"email": other.email.upper(), **right})

    changed = await user.call("PATCH", "/api/me", {"email": "new@example.com", "password": "a new password", **right})

    assert changed["email"] == "new@example.com"
    await elsewhere.refused(401, "session-ended", "GET", "/api/me")
    await elsewhere.refused(401, "wrong-credentials", "POST", "/api/auth/login", login(user.email))
    await elsewhere.call("POST", "/api/auth/login", login("new@example.com", "a new password"))
    assert (await user.call("GET", "/api/me"))["version"] == 2


async def test_deleting_an_account_leaves_no_row_of_it_and_tells_every_service(api: ChatApi, user: Client) -> None:
    other = await api.register()
    await other.add()
    daily = {"recurrence": {"rule": "FREQ=DAILY"}, "reminders": [{"at": "2026-03-03T10:00:00Z"}]}
    await user.call("POST", "/api/tasks", {"title": "x", **daily}, Idempotency_Key="once")
    await user.call("POST", "/api/auth/tokens", {"name": "cli"})
    await api.stranger().send("POST", "/api/auth/login", login(user.email, "wrong"))
    await api.rows("INSERT INTO task_tombstones VALUES (gen_random_uuid(), :user, 9, 2, 1, now())", user=UUID(user.id))
    await api.forget_published()

    assert (await user.send("DELETE", "/api/me")).status == 204

    (event,) = await api.published()
    assert (event["type"], event["subject"], event["data"]["version"]) == ("user.deleted", user.id, 2)
    kept = {table.name for table in vars(tables.messaging).values()}
    async with api.service.engine.connect() as connection:
        for name in [t.name for t in tables.metadata.sorted_tables if t.name not in kept]:
            rows = (await connection.execute(text(f"SELECT * FROM {name}"))).mappings()  # noqa: S608
            for row in rows:
                assert user.id not in str(row), name
                assert user.email not in str(row), name
    await user.refused(401, "unauthorized", "GET", "/api/me")
    assert len(await other.tasks()) == 1
    again = await api.register(user.email)
    assert again.id != user.id
    assert await again.tasks() == []


async def test_deleting_an_account_erases_what_was_published_of_it_and_what_failed(api: ChatApi, user: Client) -> None:
    other = await api.register()
    for client in (user, other):
        await client.add(f"Secret of {client.id}")
        unreadable = {"data": {"user_id": client.id, "title": "a secret", "email": client.email}}
        await api.app.test_client().post(
            "/events/recurring-events",
            json={"id": "a batch", "entries": [{"entryId": "1", "event": unreadable}]},
            headers={"dapr-api-token": TOKEN},
        )
    engine = api.service.engine
    await mark_published(engine)
    await user.edit(1, title="Not published yet")
    kept = await tables_telling_of(engine, other.id, other.email)
    assert kept == ["outbox"] * 3 + ["dead_letters"]

    assert (await user.send("DELETE", "/api/me")).status == 204

    assert await tables_telling_of(engine, user.email, "Secret of " + user.id) == []
    waiting = await api.rows("SELECT type FROM outbox WHERE published_at IS NULL ORDER BY id")
    assert [row["type"] for row in waiting] == ["task.updated", "user.deleted"]
    assert await tables_telling_of(engine, user.id) == ["outbox"] * 2
    assert await tables_telling_of(engine, other.id, other.email) == kept


async def test_work_for_an_account_that_was_deleted_meanwhile_is_refused(api: ChatApi, user: Client) -> None:
    actor = Actor(UUID(user.id), user.email, "UTC")
    await user.call("DELETE", "/api/me")
    with pytest.raises(AccountGone):
        async with api.service.new_unit_of_work() as uow:
            await add_task(uow, actor, TaskDraft("x"))
    with pytest.raises(AccountGone):
        async with api.service.new_unit_of_work() as uow:
            await uow.idempotency_keys.claim(actor.user_id, "k", b"", now=api.clock.now())
    with pytest.raises(AccountGone):
        async with api.service.new_unit_of_work() as uow:
            await create_token(uow, actor, "cli")


async def test_deleting_an_account_while_it_is_in_use_leaves_nothing_half_done(api: ChatApi, user: Client) -> None:
    await user.add()
    working = [user.send("POST", "/api/tasks", {"title": f"Task {n}"}) for n in range(10)]
    working += [user.send("POST", "/api/tasks", {"title": f"T {n}"}, Idempotency_Key=f"{n}") for n in range(10)]
    working += [user.send("POST", "/api/tasks/1/reminders", {"at": "2026-03-03T10:00:00Z"}) for _ in range(5)]
    working.insert(9, user.send("DELETE", "/api/me"))

    answers = await asyncio.gather(*working)

    assert {answer.status for answer in answers} <= {201, 204, 401, 404}
    assert [answer.status for answer in answers].count(204) == 1
    for table in ("users", "tasks", "reminders", "idempotency_keys"):
        assert await api.rows(f"SELECT 1 FROM {table}") == [], table  # noqa: S608
    assert (await api.published_types())[-1] == "user.deleted"
