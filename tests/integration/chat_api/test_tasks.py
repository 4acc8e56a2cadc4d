"""Adding, changing, listing and deleting tasks, and the events that tell of it."""

import asyncio

import pytest

from tests.integration.chat_api.conftest import ChatApi, Client, NewReplica

pytestmark = pytest.mark.proves("FR-011")

TOMORROW = {"date": "2026-03-03", "time": "09:30"}


async def test_a_task_has_what_it_was_given_and_is_published_in_the_same_transaction(
    api: ChatApi, user: Client
) -> None:
    await api.forget_published()

    answer = await user.send(
        "POST",
        "/api/tasks",
        {
            "title": "  Buy \n groceries ",
            "notes": "milk\nbread",
            "priority": "high",
            "tags": ["#Home", "home", "Shopping list"],
            "due": TOMORROW,
        },
    )

    assert answer.status == 201
    assert answer.headers["location"] == "/api/tasks/1"
    assert answer.headers["etag"] == '"1"'
    task = answer.body
    assert task["number"] == 1
    assert (task["title"], task["notes"]) == ("Buy groceries", "milk\nbread")
    assert (task["status"], task["priority"], task["version"]) == ("open", "high", 1)
    assert task["tags"] == ["home", "shopping list"]
    assert task["due"] == {"date": "2026-03-03", "time": "09:30:00", "timezone": "Europe/Berlin"}
    assert await user.task(1) == task
    (event,) = await api.published()
    assert (event["type"], event["subject"], event["partitionkey"]) == ("task.created", task["id"], task["id"])
    assert event["data"]["origin"] == "user"
    assert event["data"]["task"]["due"] == task["due"]


async def test_a_new_task_without_more_than_a_title_is_open_and_normal(user: Client) -> None:
    task = await user.add("Call mum")
    assert (task["status"], task["priority"], task["tags"], task["due"]) == ("open", "normal", [], None)
    assert task["timezone"] == "Europe/Berlin"


async def test_each_user_counts_tasks_from_one(api: ChatApi, user: Client) -> None:
    other = await api.register()
    assert [(await user.add())["number"] for _ in range(3)] == [1, 2, 3]
    assert (await other.add())["number"] == 1


async def test_tasks_added_at_once_get_different_numbers_without_gaps(api: ChatApi, user: Client) -> None:
    tasks = await asyncio.gather(*(user.add(f"Task {n}") for n in range(30)))
    assert sorted(task["number"] for task in tasks) == list(range(1, 31))


async def test_a_number_is_not_used_again_after_its_task_was_deleted(user: Client) -> None:
    await user.add()
    await user.call("DELETE", "/api/tasks/1")
    assert (await user.add())["number"] == 2


async def test_another_users_task_is_not_found(api: ChatApi, user: Client) -> None:
    await user.add()
    other = await api.register()
    for method, path, body in (
        ("GET", "/api/tasks/1", None),
        ("PATCH", "/api/tasks/1", {"title": "mine"}),
        ("DELETE", "/api/tasks/1", None),
        ("POST", "/api/tasks/1/complete", None),
        ("POST", "/api/tasks/1/reopen", None),
        ("POST", "/api/tasks/1/skip", None),
        ("POST", "/api/tasks/1/reminders", {"at": "2026-03-03T10:00:00Z"}),
    ):
        await other.refused(404, "task-not-found", method, path, body)
    assert (await user.task(1))["version"] == 1
    assert await other.tasks() == []


async def test_what_is_no_tasks_number_is_not_found(user: Client) -> None:
    for number in ("0", "-1", "2147483648", "99999999999999999999", "one", "1.0", "%C2%B2", "+1"):
        await user.refused(404, "task-not-found", "GET", f"/api/tasks/{number}")


async def test_an_edit_changes_what_is_given_and_names_it_in_its_event(api: ChatApi, user: Client) -> None:
    await user.add(notes="soon", tags=["home"])
    await api.forget_published()

    task = await user.edit(1, title="Water the cactus", priority="low", due=TOMORROW)

    assert (task["title"], task["priority"], task["notes"], task["tags"]) == (
        "Water the cactus",
        "low",
        "soon",
        ["home"],
    )
    assert task["version"] == 2
    (event,) = await api.published()
    assert event["type"] == "task.updated"
    assert event["data"]["version"] == 2
    assert event["data"]["changed"] == ["title", "priority", "due"]


async def test_an_edit_that_changes_nothing_makes_no_version_and_no_event(api: ChatApi, user: Client) -> None:
    await user.add(tags=["home"], due=TOMORROW)
    await api.forget_published()
    assert (await user.edit(1, title="Water  the plants", tags=["#HOME"], due=TOMORROW))["version"] == 1
    assert (await user.edit(1))["version"] == 1
    assert await api.published() == []


async def test_null_takes_a_due_away_and_a_due_without_a_zone_keeps_the_tasks(user: Client) -> None:
    await user.add(due={"date": "2026-03-03", "timezone": "Asia/Tokyo"})
    moved = await user.edit(1, due={"date": "2026-03-04"})
    assert moved["due"] == {"date": "2026-03-04", "time": None, "timezone": "Asia/Tokyo"}
    assert (await user.edit(1, due=None))["due"] is None


@pytest.mark.proves("EDGE-CONFLICT")
async def test_a_change_on_condition_of_an_old_version_is_refused_with_the_present_task(user: Client) -> None:
    await user.add()
    await user.edit(1, title="Changed by somebody else")

    for method, path, body in (
        ("PATCH", "/api/tasks/1", {"title": "Changed by me"}),
        ("DELETE", "/api/tasks/1", None),
        ("POST", "/api/tasks/1/complete", None),
        ("POST", "/api/tasks/1/reminders", {"at": "2026-03-03T10:00:00Z"}),
    ):
        answer = await user.send(method, path, body, If_Match='"1"')
        assert (answer.status, answer.body["code"]) == (412, "task-changed")
        assert answer.headers["etag"] == '"2"'
        assert answer.body["task"]["title"] == "Changed by somebody else"
        assert answer.body["task"]["version"] == 2

    assert (await user.call("PATCH", "/api/tasks/1", {"title": "Mine"}, If_Match='"2"'))["version"] == 3
    assert (await user.call("PATCH", "/api/tasks/1", {"title": "Any"}, If_Match="*"))["version"] == 4


async def test_an_entity_tag_that_is_none_of_ours_is_refused(user: Client) -> None:
    await user.add()
    for tag in ("2", 'W/"2"', '"two"', '"1", "2"', '""'):
        await user.refused(400, "bad-request", "PATCH", "/api/tasks/1", {"title": "x"}, If_Match=tag)


@pytest.mark.proves("EDGE-CONFLICT")
async def test_of_changes_at_once_on_condition_of_one_version_only_one_is_made(
    new_replica: NewReplica, api: ChatApi, user: Client
) -> None:
    await user.add()
    other_replica = await new_replica()
    elsewhere = Client(other_replica.app.test_client())
    token = (await user.call("POST", "/api/auth/tokens", {"name": "another window"}))["token"]
    elsewhere.headers["Authorization"] = f"Bearer {token}"

    answers = await asyncio.gather(
        *(
            (user, elsewhere)[n % 2].send("PATCH", "/api/tasks/1", {"title": f"Title {n}"}, If_Match='"1"')
            for n in range(12)
        )
    )

    assert sorted(answer.status for answer in answers) == [200] + [412] * 11
    (winner,) = (answer.body for answer in answers if answer.status == 200)
    assert (await user.task(1))["title"] == winner["title"]
    assert len(await api.published("task.updated")) == 1


async def test_changes_at_once_without_a_condition_are_all_made_one_after_the_other(api: ChatApi, user: Client) -> None:
    await user.add()
    answers = await asyncio.gather(*(user.edit(1, title=f"Title {n}") for n in range(10)))
    assert sorted(answer["version"] for answer in answers) == list(range(2, 12))
    versions = [event["data"]["version"] for event in await api.published("task.updated")]
    assert versions == list(range(2, 12)), "the outbox has them in the order of their versions"


async def test_a_deleted_task_is_gone_and_told_with_its_last_state(api: ChatApi, user: Client) -> None:
    task = await user.add()
    await user.remind(1, at="2026-03-03T10:00:00Z")
    await api.forget_published()

    deleted = await user.call("DELETE", "/api/tasks/1")

    assert (deleted["id"], deleted["version"], deleted["ended_series"]) == (task["id"], 3, False)
    await user.refused(404, "task-not-found", "GET", "/api/tasks/1")
    assert await user.reminders() == []
    (event,) = await api.published()
    assert (event["type"], event["data"]["version"]) == ("task.deleted", 3)
    assert event["data"]["task"]["reminders"] == []


async def test_a_request_is_traced_from_its_header_into_its_events(api: ChatApi, user: Client) -> None:
    await api.forget_published()
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await user.call("POST", "/api/tasks", {"title": "Traced"}, traceparent=traceparent)
    (event,) = await api.published()
    assert event["traceparent"].split("-")[1] == "0af7651916cd43dd8448eb211c80319c"
