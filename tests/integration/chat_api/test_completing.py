"""Completing, skipping, reopening and deleting occurrences, and the next instances that Recurring announces."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chat_api.domain.actor import Actor
from chat_api.service_layer.tasks import delete_task, reopen_task
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.contracts import (
    Basis,
    DueData,
    RecurrenceData,
    RecurringTaskCreated,
    Resolution,
)
from events.recurrence import Due, Occurrence, Rule, instance_id, next_occurrence
from tests.integration.chat_api.conftest import ChatApi, Client, Json, NewReplica
from tests.support.waiting import eventually

DAILY: dict[str, Any] = {"recurrence": {"rule": "FREQ=DAILY"}, "due": {"date": "2026-03-02", "time": "18:00"}}


async def answer_of_recurring(api: ChatApi, **changes: Any) -> RecurringTaskCreated:
    """What Recurring answers to the latest task.completed; `changes` are fields that it has otherwise."""
    completed = (await api.published("task.completed"))[-1]["data"]
    task, recurrence = completed["task"], completed["task"]["recurrence"]
    due = Due(
        dt.date.fromisoformat(task["due"]["date"]),
        None if task["due"]["time"] is None else dt.time.fromisoformat(task["due"]["time"]),
        task["due"]["timezone"],
    )
    following = next_occurrence(
        Rule.parse(recurrence["rule"]),
        Basis(recurrence["basis"]),
        start=dt.date.fromisoformat(recurrence["start"]),
        current=Occurrence(recurrence["ordinal"], dt.date.fromisoformat(recurrence["date"])),
        due=due,
        completed_at=dt.datetime.fromisoformat(completed["completed_at"]),
        resolution=Resolution(completed["resolution"]),
    )
    assert following is not None
    series_id, ordinal = UUID(recurrence["series_id"]), following.occurrence.ordinal
    fields = {
        "user_id": task["user_id"],
        "version": 1,
        "task_id": instance_id(series_id, ordinal),
        "parent_task_id": task["task_id"],
        "parent_version": completed["version"],
        "title": task["title"],
        "notes": task["notes"],
        "priority": task["priority"],
        "tags": task["tags"],
        "due": DueData(date=following.due.date, time=following.due.time, timezone=following.due.timezone),
        "timezone": following.due.timezone,
        "recurrence": RecurrenceData.model_validate(
            recurrence | {"ordinal": ordinal, "date": following.occurrence.date}
        ),
        "created_at": completed["completed_at"],
    }
    return RecurringTaskCreated.model_validate(fields | changes)


async def complete_and_follow(api: ChatApi, user: Client, number: int) -> Json:
    """Completes a task, has Recurring answer, and returns the next instance."""
    await user.do("complete", number)
    assert await api.deliver(await answer_of_recurring(api)) == "applied"
    return (await user.tasks())[-1]


async def test_completing_a_task_tells_so_and_cancels_its_reminders(api: ChatApi, user: Client) -> None:
    await user.add()
    await user.remind(1, at="2026-03-03T10:00:00Z")
    await api.forget_published()

    done = await user.do("complete", 1)

    assert (done["status"], done["resolution"], done["version"]) == ("done", "completed", 3)
    assert done["completed_at"] == "2026-03-02T09:00:00Z"
    (reminder,) = done["reminders"]
    assert (reminder["state"], reminder["cancel_reason"]) == ("cancelled", "completed")
    (event,) = await api.published()
    assert event["type"] == "task.completed"
    assert (event["data"]["had_recurrence"], event["data"]["resolution"]) == (False, "completed")
    assert event["data"]["task"]["reminders"] == []


async def test_a_done_task_stays_as_it_is_when_completed_again(api: ChatApi, user: Client) -> None:
    await user.add()
    done = await user.do("complete", 1)
    assert await user.do("complete", 1) == done
    assert len(await api.published("task.completed")) == 1


async def test_completions_at_once_complete_once(api: ChatApi, user: Client) -> None:
    await user.add(**DAILY)
    await asyncio.gather(*(user.do("complete", 1) for _ in range(10)))
    assert len(await api.published("task.completed")) == 1


async def test_a_repeat_is_kept_in_canonical_form_and_said_in_words(user: Client) -> None:
    task = await user.add(recurrence={"rule": "rrule:byday=mo;freq=weekly"}, due={"date": "2026-03-09"})
    assert task["recurrence"] == {
        "rule": "FREQ=WEEKLY;BYDAY=MO",
        "text": "every Monday",
        "basis": "due",
        "start": "2026-03-09",
        "ordinal": 1,
        "date": "2026-03-09",
    }
    assert UUID(task["series_id"])


async def test_a_repeat_without_a_due_begins_with_the_first_date_that_it_names(user: Client) -> None:
    task = await user.add(recurrence={"rule": "FREQ=WEEKLY;BYDAY=FR"})
    assert task["due"] == {"date": "2026-03-06", "time": None, "timezone": "Europe/Berlin"}


@pytest.mark.proves("US2.4")
async def test_the_next_instance_is_taken_in_and_told(api: ChatApi, user: Client) -> None:
    parent = await user.add("Water", notes="all", priority="high", tags=["home"], **DAILY)
    await user.do("complete", 1)
    await api.forget_published(but="task.completed")

    assert await api.deliver(await answer_of_recurring(api)) == "applied"

    (task,) = await user.tasks()
    assert (task["number"], task["title"], task["notes"]) == (2, "Water", "all")
    assert (task["priority"], task["tags"], task["version"]) == ("high", ["home"], 1)
    assert task["due"] == {"date": "2026-03-03", "time": "18:00:00", "timezone": "Europe/Berlin"}
    assert task["series_id"] == parent["series_id"]
    assert (task["recurrence"]["ordinal"], task["recurrence"]["start"]) == (2, "2026-03-02")
    (created,) = await api.published("task.created")
    assert (created["data"]["origin"], created["subject"]) == ("series", task["id"])


@pytest.mark.proves("FR-016", "FR-018")
async def test_the_same_instance_announced_again_has_no_effect(api: ChatApi, user: Client) -> None:
    await user.add(**DAILY)
    await user.do("complete", 1)
    answer = await answer_of_recurring(api)
    event_id = UUID(int=1 << 100)

    assert await api.deliver(answer, event_id=event_id) == "applied"
    assert await api.deliver(answer, event_id=event_id) == "applied", "the inbox has the first outcome"
    assert await api.deliver(answer) == "stale", "another event, the same instance"

    assert len(await user.tasks()) == 1
    assert len(await api.published("task.created")) == 2


async def test_replicas_that_take_in_one_instance_at_once_do_so_once(
    api: ChatApi, user: Client, new_replica: NewReplica
) -> None:
    await user.add(**DAILY)
    await user.do("complete", 1)
    answer = await answer_of_recurring(api)
    other = await new_replica()

    outcomes = await asyncio.gather(
        api.deliver(answer, event_id=UUID(int=1 << 100)), other.deliver(answer, event_id=UUID(int=2 << 100))
    )

    assert sorted(outcomes) == ["applied", "stale"]
    assert len(await user.tasks()) == 1


async def test_relative_reminders_are_copied_to_the_next_instance_and_others_are_not(
    api: ChatApi, user: Client
) -> None:
    await user.add(
        recurrence={"rule": "FREQ=DAILY"},
        due={"date": "2026-03-04", "time": "18:00"},
        reminders=[{"before_due": "PT1H"}, {"before_due": "P1DT9H"}, {"at": "2026-03-09T20:00:00Z"}],
    )
    cancelled = await user.remind(1, before_due="PT2H")
    await user.call("DELETE", f"/api/reminders/{cancelled['id']}")

    api.clock.set(dt.datetime(2026, 3, 4, 15, tzinfo=dt.UTC))

    task = await complete_and_follow(api, user, 1)

    assert [(r["before_due"], r["remind_at"], r["state"]) for r in task["reminders"]] == [
        ("P1DT9H", "2026-03-04T08:00:00Z", "cancelled"),  # it has passed, but the instance after has it again
        ("PT1H", "2026-03-05T16:00:00Z", "scheduled"),
    ]
    (event,) = [e for e in await api.published("reminder.scheduled") if e["data"]["task_id"] == task["id"]]
    assert (event["data"]["task_version"], event["data"]["version"]) == (1, 1)
    after = await complete_and_follow(api, user, task["number"])
    assert [(r["before_due"], r["remind_at"], r["state"]) for r in after["reminders"]] == [
        ("P1DT9H", "2026-03-05T08:00:00Z", "scheduled"),
        ("PT1H", "2026-03-06T16:00:00Z", "scheduled"),
    ]


async def test_skipping_is_a_completion_that_says_so(api: ChatApi, user: Client) -> None:
    await user.add(**DAILY)
    skipped = await user.do("skip", 1)
    assert (skipped["status"], skipped["resolution"]) == ("done", "skipped")
    (event,) = await api.published("task.completed")
    assert (event["data"]["resolution"], event["data"]["had_recurrence"]) == ("skipped", True)


async def test_a_task_that_does_not_repeat_cannot_be_skipped(api: ChatApi, user: Client) -> None:
    await user.add()
    await user.refused(409, "not-recurring", "POST", "/api/tasks/1/skip")
    assert await api.published("task.completed") == []


async def test_reopening_takes_an_untouched_successor_back_and_completing_again_brings_it_back(
    api: ChatApi, user: Client
) -> None:
    await user.add(**DAILY, reminders=[{"before_due": "PT1H"}])
    successor = await complete_and_follow(api, user, 1)
    stale = await answer_of_recurring(api)
    await api.forget_published()

    reopened = await user.do("reopen", 1)

    assert (reopened["status"], reopened["completed_at"], reopened["resolution"]) == ("open", None, None)
    assert (reopened["retracted_successor"], reopened["kept_successor"]) == (2, None)
    assert [task["number"] for task in await user.tasks()] == [1]
    types = await api.published_types()
    assert sorted(types) == ["reminder.scheduled", "task.deleted", "task.updated"]
    (deleted,) = await api.published("task.deleted")
    assert (deleted["subject"], deleted["data"]["version"]) == (successor["id"], 2)

    assert await api.deliver(stale) == "stale", "the parent no longer stands completed"
    again = await complete_and_follow(api, user, 1)
    assert (again["id"], again["number"], again["version"]) == (successor["id"], 2, 3)
    assert [r["state"] for r in again["reminders"]] == ["scheduled"]
    assert await api.deliver(stale) == "stale", "it answers the first completion"

    assert (await user.do("reopen", 1))["retracted_successor"] == 2, "back again, it is as untouched as before"


async def test_a_successor_that_its_user_has_touched_stays_and_the_answer_says_so(api: ChatApi, user: Client) -> None:
    await user.add(**DAILY)
    successor = await complete_and_follow(api, user, 1)
    await user.edit(successor["number"], title="Water thoroughly")

    reopened = await user.do("reopen", 1)

    assert (reopened["retracted_successor"], reopened["kept_successor"]) == (None, 2)
    assert {task["number"] for task in await user.tasks()} == {1, 2}


async def test_reopening_schedules_what_completing_cancelled_where_it_is_still_ahead(
    api: ChatApi, user: Client
) -> None:
    await user.add()
    early = await user.remind(1, at="2026-03-02T12:00:00Z")
    late = await user.remind(1, at="2026-03-02T18:00:00Z")
    mine = await user.remind(1, at="2026-03-02T19:00:00Z")
    await user.call("DELETE", f"/api/reminders/{mine['id']}")
    await user.do("complete", 1)
    api.clock.advance(hours=5)
    await api.forget_published()

    reopened = await user.do("reopen", 1)

    states = {r["id"]: (r["state"], r["version"]) for r in reopened["reminders"]}
    assert states == {early["id"]: ("cancelled", 1), late["id"]: ("scheduled", 2), mine["id"]: ("cancelled", 1)}
    assert await api.published_types() == ["task.updated", "reminder.scheduled"]
    (event,) = await api.published("reminder.scheduled")
    assert (event["data"]["reminder_id"], event["data"]["version"]) == (late["id"], 2)
    assert event["data"]["task_version"] == reopened["version"]


async def test_reopening_an_open_task_changes_nothing(api: ChatApi, user: Client) -> None:
    await user.add()
    await api.forget_published()
    assert (await user.do("reopen", 1))["version"] == 1
    assert await api.published() == []


async def test_deleting_the_open_instance_ends_the_series_and_the_answer_says_so(api: ChatApi, user: Client) -> None:
    await user.add(**DAILY)
    await user.do("complete", 1)
    answer = await answer_of_recurring(api)
    assert await api.deliver(answer) == "applied"

    assert (await user.call("DELETE", "/api/tasks/2"))["ended_series"] is True
    assert await api.deliver(answer) == "stale", "what was deleted stays so"
    assert await user.tasks() == []
    assert (await user.call("DELETE", "/api/tasks/1"))["ended_series"] is False


@pytest.mark.parametrize("what", ["reopened", "deleted", "account deleted", "another's", "unknown"])
async def test_an_instance_is_stale_where_its_parent_is_no_longer_completed_so(
    api: ChatApi, user: Client, what: str
) -> None:
    await user.add(**DAILY)
    await user.do("complete", 1)
    answer = await answer_of_recurring(api)
    if what == "reopened":
        await user.do("reopen", 1)
    elif what == "deleted":
        await user.call("DELETE", "/api/tasks/1")
    elif what == "account deleted":
        await user.call("DELETE", "/api/me")
    elif what == "another's":
        other = await api.register()
        answer = answer.model_copy(update={"user_id": UUID(other.id)})
    else:
        answer = answer.model_copy(update={"parent_task_id": UUID(int=1)})
    created = len(await api.published("task.created"))

    assert await api.deliver(answer) == "stale"

    assert len(await api.published("task.created")) == created


async def test_an_edit_of_a_done_occurrence_does_not_void_its_successor(api: ChatApi, user: Client) -> None:
    await user.add(**DAILY)
    await user.do("complete", 1)
    await user.edit(1, title="Watered")
    assert await api.deliver(await answer_of_recurring(api)) == "applied"


async def test_due_and_repeat_of_a_done_task_cannot_be_changed(user: Client) -> None:
    await user.add(**DAILY)
    await user.do("complete", 1)
    for change in ({"due": None}, {"due": {"date": "2026-03-09"}}, {"recurrence": None}):
        await user.refused(409, "task-done", "PATCH", "/api/tasks/1", change)


async def test_another_rule_begins_a_new_series_and_the_same_rule_does_not(api: ChatApi, user: Client) -> None:
    task = await user.add(**DAILY)
    same = await user.edit(1, recurrence={"rule": "FREQ=DAILY;INTERVAL=1"})
    assert (same["series_id"], same["version"]) == (task["series_id"], 1)

    moved = await user.edit(1, due={"date": "2026-03-05"})
    assert moved["recurrence"] == task["recurrence"], "the occurrence keeps its date when its due is moved"

    other = await user.edit(1, recurrence={"rule": "FREQ=WEEKLY"})
    assert other["series_id"] != task["series_id"]
    assert (other["recurrence"]["ordinal"], other["recurrence"]["start"]) == (1, "2026-03-05")
    assert (await user.edit(1, recurrence=None))["series_id"] is None


async def test_a_task_that_repeats_keeps_a_due(user: Client) -> None:
    await user.add(**DAILY)
    await user.refused(422, "no-due-date", "PATCH", "/api/tasks/1", {"due": None})
    assert (await user.edit(1, due=None, recurrence=None))["due"] is None


async def test_a_preview_shows_the_dates_and_the_rule_in_words_and_keeps_nothing(api: ChatApi, user: Client) -> None:
    body = {"rule": "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD", "limit": 3, "due": {"date": "2026-01-31"}}
    preview = await user.call("POST", "/api/recurrence/preview", body)
    assert [due["date"] for due in preview["dates"]] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert preview["rule"] == "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD"
    assert preview["text"]
    assert await user.tasks() == []


async def test_while_a_kept_successor_stands_its_series_brings_no_other(api: ChatApi, user: Client) -> None:
    await user.add(**DAILY)
    await complete_and_follow(api, user, 1)
    await user.edit(2, title="Water thoroughly")
    await user.do("reopen", 1)
    api.clock.advance(days=3)
    await user.do("complete", 1)
    late = await answer_of_recurring(api)
    assert late.recurrence.ordinal > 2, "the kept one's time has passed"

    assert await api.deliver(late) == "stale"

    assert [task["number"] for task in await user.tasks()] == [2]
    following = await complete_and_follow(api, user, 2)
    assert (following["number"], following["recurrence"]["ordinal"]) == (3, late.recurrence.ordinal)


async def test_reopening_retracts_the_instance_of_the_present_series_beside_a_kept_one_of_an_earlier(
    api: ChatApi, user: Client
) -> None:
    await user.add(**DAILY)
    await complete_and_follow(api, user, 1)
    await user.edit(2, title="Water thoroughly")
    await user.do("reopen", 1)
    await user.edit(1, recurrence={"rule": "FREQ=WEEKLY"})
    await complete_and_follow(api, user, 1)

    reopened = await user.do("reopen", 1)

    assert (reopened["retracted_successor"], reopened["kept_successor"]) == (3, None)
    assert {task["number"] for task in await user.tasks()} == {1, 2}


async def test_a_completion_after_which_the_account_is_deleted_brings_nothing_back(api: ChatApi, user: Client) -> None:
    await user.add(reminders=[{"before_due": "PT1H"}], **DAILY)
    await user.do("complete", 1)
    answer = await answer_of_recurring(api)
    await user.call("DELETE", "/api/me")
    await api.forget_published()

    assert await api.deliver(answer) == "stale"

    for table in ("tasks", "reminders", "task_tombstones"):
        assert await api.rows(f"SELECT 1 FROM {table}") == [], table  # noqa: S608
    assert await api.published() == []


async def test_an_instance_that_arrives_while_its_parent_is_being_deleted_waits(api: ChatApi, user: Client) -> None:
    await user.add(**DAILY)
    await complete_and_follow(api, user, 1)
    await user.do("complete", 2)
    assert await arriving_during(api, user, lambda uow, actor: delete_task(uow, actor, 2)) == "stale"
    assert await user.tasks() == []


async def test_an_instance_that_arrives_while_its_parent_is_being_reopened_waits(api: ChatApi, user: Client) -> None:
    await user.add(**DAILY)
    await complete_and_follow(api, user, 1)
    assert await arriving_during(api, user, lambda uow, actor: reopen_task(uow, actor, 1)) == "stale"
    assert [task["number"] for task in await user.tasks()] == [1]


async def arriving_during(api: ChatApi, user: Client, act: Callable[[ChatUnitOfWork, Actor], Awaitable[object]]) -> str:
    """The outcome of Recurring's answer, which arrives while `act` has locked a task that it is about to delete."""
    answer = await answer_of_recurring(api)
    arriving: list[asyncio.Task[str]] = []
    async with api.service.new_unit_of_work() as uow:
        pid = await uow.connection.scalar(text("SELECT pg_backend_pid()"))
        delete = uow.tasks.delete

        async def waits() -> bool:
            blocked = "SELECT 1 FROM pg_stat_activity WHERE CAST(:pid AS int) = ANY(pg_blocking_pids(pid))"
            return bool(await api.rows(blocked, pid=pid))

        async def delete_late(*args: Any, **options: Any) -> None:
            arriving.append(asyncio.create_task(api.deliver(answer)))
            await eventually(waits, "the event's handler waits")
            await delete(*args, **options)

        uow.tasks.delete = delete_late  # type: ignore[method-assign]
        await act(uow, Actor(UUID(user.id), user.email, "UTC"))
        await uow.commit()
    return await arriving[0]
