"""Reminders: when they are, how they move, and how far they have come."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from events.contracts import CancelReason, ReminderCancelled, ReminderSent, ReminderTriggered
from tests.integration.chat_api.conftest import ChatApi, Client, Json

pytestmark = pytest.mark.proves("FR-011")


def about(user: Client, reminder: Json, **more: Any) -> dict[str, Any]:
    return {
        "user_id": UUID(user.id),
        "version": reminder["version"],
        "reminder_id": UUID(reminder["id"]),
        "task_id": UUID(reminder["task_id"]),
        "remind_at": dt.datetime.fromisoformat(reminder["remind_at"]),
        **more,
    }


def triggered(user: Client, reminder: Json) -> ReminderTriggered:
    return ReminderTriggered(**about(user, reminder, triggered_at=dt.datetime(2026, 3, 3, 10, tzinfo=dt.UTC)))


def sent(user: Client, reminder: Json) -> ReminderSent:
    return ReminderSent(**about(user, reminder, sent_at=dt.datetime(2026, 3, 3, 10, tzinfo=dt.UTC), message_id="<1@x>"))


def cancelled(user: Client, reminder: Json, reason: CancelReason) -> ReminderCancelled:
    return ReminderCancelled(
        **about(user, reminder, cancelled_at=dt.datetime(2026, 3, 3, 10, tzinfo=dt.UTC), reason=reason)
    )


async def state(user: Client) -> str:
    (reminder,) = await user.reminders()
    return str(reminder["state"])


async def test_a_reminder_is_published_with_the_task_version_that_lists_it(api: ChatApi, user: Client) -> None:
    task = await user.add(due={"date": "2026-03-05"})
    await api.forget_published()

    answer = await user.send("POST", "/api/tasks/1/reminders", {"at": "2026-03-03T12:00:00+01:00"})

    assert answer.status == 201
    assert answer.body["remind_at"] == "2026-03-03T11:00:00Z"
    assert (answer.body["state"], answer.body["version"]) == ("scheduled", 1)
    updated, scheduled = await api.published()
    assert (updated["type"], scheduled["type"]) == ("task.updated", "reminder.scheduled")
    assert updated["data"]["changed"] == ["reminders"]
    assert [r["reminder_id"] for r in updated["data"]["task"]["reminders"]] == [answer.body["id"]]
    assert scheduled["subject"] == scheduled["partitionkey"] == task["id"]
    assert scheduled["data"]["task_version"] == updated["data"]["version"] == 2
    assert scheduled["data"]["task_title"] == "Water the plants"
    assert scheduled["data"]["task_due"] == {"date": "2026-03-05", "time": None, "timezone": "Europe/Berlin"}


async def test_reminders_given_with_a_new_task_are_scheduled_with_it(api: ChatApi, user: Client) -> None:
    await api.forget_published()
    task = await user.add(due={"date": "2026-03-05", "time": "09:00"}, reminders=[{"before_due": "PT30M"}])
    assert [r["remind_at"] for r in task["reminders"]] == ["2026-03-05T07:30:00Z"]
    assert await api.published_types() == ["task.created", "reminder.scheduled"]


@pytest.mark.parametrize(
    ("due", "before", "expected"),
    [
        ({"date": "2026-03-05", "time": "09:00"}, "PT0S", "2026-03-05T08:00:00Z"),
        ({"date": "2026-03-05"}, "P1D", "2026-03-04T08:00:00Z"),  # any time that day: counted from 9:00
        ({"date": "2026-03-29", "time": "09:00"}, "P1D", "2026-03-28T08:00:00Z"),  # clocks change: 9:00 stays 9:00
        ({"date": "2026-03-29", "time": "09:00"}, "PT24H", "2026-03-28T08:00:00Z"),
        ({"date": "2026-03-29", "time": "03:30"}, "PT1H", "2026-03-29T00:30:00Z"),  # an hour on the clock's way
        ({"date": "2026-03-05", "time": "09:00"}, "P1DT1H", "2026-03-04T07:00:00Z"),
        ({"date": "2026-04-05"}, "P2W", "2026-03-22T08:00:00Z"),
    ],
)
async def test_a_reminder_before_the_due_counts_days_on_the_calendar_and_hours_on_the_clock(
    user: Client, due: Json, before: str, expected: str
) -> None:
    task = await user.add(due=due, reminders=[{"before_due": before}])
    assert [r["remind_at"] for r in task["reminders"]] == [expected]


async def test_a_reminder_in_the_past_is_refused_in_clear_words(api: ChatApi, user: Client) -> None:
    await user.add(due={"date": "2026-03-02", "time": "10:30"})
    await api.forget_published()
    for body in ({"at": "2026-03-02T08:59:59Z"}, {"at": "2026-03-02T09:00:00Z"}, {"before_due": "PT1H"}):
        problem = await user.refused(422, "reminder-in-the-past", "POST", "/api/tasks/1/reminders", body)
        assert "Europe/Berlin" in problem["detail"]
    new = {"title": "x", "due": {"date": "2026-03-02", "time": "10:30"}, "reminders": [{"before_due": "PT1H"}]}
    await user.refused(422, "reminder-in-the-past", "POST", "/api/tasks", new)
    assert await api.published() == []
    assert len(await user.tasks()) == 1


async def test_a_reminder_before_a_due_that_is_not_there_is_refused(user: Client) -> None:
    await user.add()
    await user.refused(422, "no-due-date", "POST", "/api/tasks/1/reminders", {"before_due": "PT1H"})


async def test_a_done_task_takes_no_reminder(user: Client) -> None:
    await user.add()
    await user.do("complete", 1)
    await user.refused(409, "task-done", "POST", "/api/tasks/1/reminders", {"at": "2026-03-03T10:00:00Z"})


async def test_a_task_has_a_bounded_number_of_reminders(user: Client) -> None:
    await user.add(reminders=[{"at": f"2026-03-03T10:{n:02}:00Z"} for n in range(20)])
    await user.refused(422, "too-many-reminders", "POST", "/api/tasks/1/reminders", {"at": "2026-03-04T10:00:00Z"})


async def test_relative_reminders_move_with_the_due_and_absolute_ones_stay(api: ChatApi, user: Client) -> None:
    await user.add(due={"date": "2026-03-05", "time": "09:00"}, reminders=[{"before_due": "PT1H"}])
    await user.remind(1, at="2026-03-04T10:00:00Z")
    await api.forget_published()

    task = await user.edit(1, due={"date": "2026-03-06", "time": "09:00"})

    relative = next(r for r in task["reminders"] if r["before_due"])
    absolute = next(r for r in task["reminders"] if not r["before_due"])
    assert (relative["remind_at"], relative["version"]) == ("2026-03-06T07:00:00Z", 2)
    assert (absolute["remind_at"], absolute["version"]) == ("2026-03-04T10:00:00Z", 1)
    updated, scheduled = await api.published()
    assert updated["data"]["changed"] == ["due", "reminders"]
    assert (scheduled["data"]["reminder_id"], scheduled["data"]["version"]) == (relative["id"], 2)
    assert {r["reminder_id"]: r["version"] for r in updated["data"]["task"]["reminders"]} == {
        relative["id"]: 2,
        absolute["id"]: 1,
    }


async def test_a_due_moved_so_near_that_its_reminder_has_passed_cancels_it_until_it_moves_away_again(
    api: ChatApi, user: Client
) -> None:
    await user.add(due={"date": "2026-03-05", "time": "09:00"}, reminders=[{"before_due": "P1D"}])

    near = await user.edit(1, due={"date": "2026-03-02", "time": "18:00"})
    assert [(r["state"], r["cancel_reason"]) for r in near["reminders"]] == [("cancelled", "moved")]

    gone = await user.edit(1, due=None)
    assert [r["state"] for r in gone["reminders"]] == ["cancelled"]

    far = await user.edit(1, due={"date": "2026-03-09", "time": "09:00"})
    assert [(r["state"], r["remind_at"], r["version"]) for r in far["reminders"]] == [
        ("scheduled", "2026-03-08T08:00:00Z", 2)
    ]


async def test_a_reminder_that_was_sent_is_sent_again_before_a_due_that_moved_on(api: ChatApi, user: Client) -> None:
    await user.add(due={"date": "2026-03-02", "time": "12:00"}, reminders=[{"before_due": "PT1H"}])
    (first,) = await user.reminders()
    assert await api.deliver(sent(user, first), source="notification") == "applied"

    task = await user.edit(1, due={"date": "2026-03-03", "time": "12:00"})

    assert [(r["state"], r["version"]) for r in task["reminders"]] == [("scheduled", 2)]
    assert await api.deliver(sent(user, first), source="notification") == "stale", "it tells of the first scheduling"
    assert await state(user) == "scheduled"


async def test_cancelling_takes_a_reminder_off_the_tasks_list_and_it_stays_cancelled(
    api: ChatApi, user: Client
) -> None:
    await user.add(due={"date": "2026-03-05"})
    reminder = await user.remind(1, before_due="PT1H")
    await api.forget_published()

    cancelled = await user.call("DELETE", f"/api/reminders/{reminder['id']}")

    assert (cancelled["state"], cancelled["cancel_reason"]) == ("cancelled", "user")
    (event,) = await api.published()
    assert (event["type"], event["data"]["version"]) == ("task.updated", 3)
    assert event["data"]["task"]["reminders"] == []
    assert await user.call("DELETE", f"/api/reminders/{reminder['id']}") == cancelled
    assert len(await api.published()) == 1
    moved = await user.edit(1, due={"date": "2026-03-06"})
    assert [r["state"] for r in moved["reminders"]] == ["cancelled"]


async def test_another_users_reminder_is_not_found(api: ChatApi, user: Client) -> None:
    await user.add()
    reminder = await user.remind(1, at="2026-03-03T10:00:00Z")
    other = await api.register()
    await other.refused(404, "reminder-not-found", "DELETE", f"/api/reminders/{reminder['id']}")
    await other.refused(404, "reminder-not-found", "DELETE", "/api/reminders/nonsense")
    assert await other.reminders() == []
    assert await state(user) == "scheduled"


async def test_a_reminder_shows_how_far_it_has_come(api: ChatApi, user: Client) -> None:
    await user.add()
    reminder = await user.remind(1, at="2026-03-03T10:00:00Z")

    assert await api.deliver(triggered(user, reminder), source="notification") == "applied"
    assert await state(user) == "triggered"
    assert await api.deliver(sent(user, reminder), source="notification") == "applied"
    assert await state(user) == "sent"

    await user.refused(409, "reminder-over", "DELETE", f"/api/reminders/{reminder['id']}")


async def test_what_arrives_late_takes_nothing_back(api: ChatApi, user: Client) -> None:
    await user.add()
    reminder = await user.remind(1, at="2026-03-03T10:00:00Z")
    assert await api.deliver(sent(user, reminder), source="notification") == "applied"
    assert await api.deliver(triggered(user, reminder), source="notification") == "stale"
    assert await api.deliver(cancelled(user, reminder, CancelReason.DELETED), source="notification") == "stale"
    assert await api.deliver(sent(user, reminder), source="notification") == "stale"
    assert await state(user) == "sent"


async def test_a_reminder_that_cannot_be_delivered_has_failed(api: ChatApi, user: Client) -> None:
    await user.add()
    reminder = await user.remind(1, at="2026-03-03T10:00:00Z")
    assert await api.deliver(cancelled(user, reminder, CancelReason.UNDELIVERABLE), source="notification") == "applied"
    (shown,) = await user.reminders()
    assert (shown["state"], shown["cancel_reason"]) == ("failed", "undeliverable")


async def test_a_reminder_sent_while_its_task_was_being_completed_is_shown_as_sent(api: ChatApi, user: Client) -> None:
    await user.add()
    reminder = await user.remind(1, at="2026-03-03T10:00:00Z")
    await user.do("complete", 1)
    assert await api.deliver(cancelled(user, reminder, CancelReason.COMPLETED), source="notification") == "stale"
    assert await api.deliver(sent(user, reminder), source="notification") == "applied"
    assert await state(user) == "sent"


async def test_a_report_about_a_reminder_that_is_gone_is_stale(api: ChatApi, user: Client) -> None:
    await user.add()
    reminder = await user.remind(1, at="2026-03-03T10:00:00Z")
    await user.call("DELETE", "/api/tasks/1")
    assert await api.deliver(sent(user, reminder), source="notification") == "stale"


async def test_an_edit_keeps_a_reminder_on_its_way_in_the_tasks_list(api: ChatApi, user: Client) -> None:
    await user.add()
    reminder = await user.remind(1, at="2026-03-03T10:00:00Z")
    await api.deliver(triggered(user, reminder), source="notification")
    await api.forget_published()
    await user.edit(1, title="Water the cactus")
    (event,) = await api.published()
    assert [r["reminder_id"] for r in event["data"]["task"]["reminders"]] == [reminder["id"]]
