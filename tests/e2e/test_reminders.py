"""User story 3: a reminder's e-mail arrives when its time has come, once."""

import datetime as dt

import pytest

from tests.support.evidence import eventually_handled, eventually_published
from tests.support.measurements import Measurements
from tests.support.running import RunningStack
from tests.support.tickler import Json, Mailbox, User
from tests.support.waiting import eventually


def soon() -> dt.datetime:
    """A moment ahead that is near enough to wait for."""
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)


async def eventually_the_mail(mailbox: Mailbox, user: User) -> Json:
    mails = await eventually(lambda: mailbox.received(user.email), "the mail arrives")
    assert len(mails) == 1
    return await mailbox.read(mails[0]["ID"])


@pytest.mark.proves("US3.1", "FR-011")
async def test_a_reminder_in_five_minutes_publishes_its_scheduling(stack: RunningStack, user: User) -> None:
    before = dt.datetime.now(dt.UTC)
    await user.chat("Add task: Call the dentist")
    (task,) = await user.tasks()

    answer = await user.chat(f"Remind me about task {task['number']} in 5 minutes")

    assert answer["actions"][0]["tool"] == "add_reminder"
    await eventually_published(stack, "chat-api", "reminder.scheduled", task["id"])
    (reminder,) = await user.reminders()
    assert reminder["state"] == "scheduled"
    lead = dt.datetime.fromisoformat(reminder["remind_at"]) - before
    assert dt.timedelta(minutes=4, seconds=59) <= lead <= dt.timedelta(minutes=5, seconds=30)


@pytest.mark.proves("US3.2", "FR-004")
async def test_when_its_time_comes_the_job_publishes_that_it_is_triggered(stack: RunningStack, user: User) -> None:
    task = await user.add_task(title="Call the dentist")
    remind_at = soon()
    await user.remind(task["number"], remind_at)

    event = await eventually_published(stack, "notification", "reminder.triggered", task["id"])

    assert event.created_at >= remind_at


@pytest.mark.proves("US3.3", "FR-003", "FR-014")
async def test_on_the_triggered_event_the_mail_is_sent(
    stack: RunningStack, user: User, mailbox: Mailbox, measurements: Measurements
) -> None:
    task = await user.add_task(title="Call the dentist")
    remind_at = soon()
    await user.remind(task["number"], remind_at)

    event = await eventually_published(stack, "notification", "reminder.triggered", task["id"])
    assert (await eventually_handled(stack, "notification", event.event_id))["outcome"] == "applied"
    mail = await eventually_the_mail(mailbox, user)

    assert "Call the dentist" in mail["Subject"]
    assert "Call the dentist" in mail["Text"]
    assert "Call the dentist" in mail["HTML"]
    summary = (await mailbox.received(user.email))[0]
    accepted_at = dt.datetime.fromisoformat(summary["Created"])
    measurements.add("due to mail accepted", (accepted_at - remind_at).total_seconds())


@pytest.mark.proves("US3.4", "FR-015")
async def test_once_sent_it_is_published_as_sent_and_shown_as_sent(
    stack: RunningStack, user: User, mailbox: Mailbox
) -> None:
    task = await user.add_task(title="Call the dentist")
    reminder = await user.remind(task["number"], soon())

    event = await eventually_published(stack, "notification", "reminder.sent", task["id"])
    await eventually_handled(stack, "chat-api", event.event_id)

    assert (await user.reminder(reminder["id"]))["state"] == "sent"
    await eventually_the_mail(mailbox, user)


@pytest.mark.proves("FR-015")
async def test_completing_the_task_cancels_its_reminder_and_no_mail_is_sent(
    stack: RunningStack, user: User, mailbox: Mailbox
) -> None:
    task = await user.add_task(title="Call the dentist")
    cancelled = await user.remind(task["number"], dt.datetime.now(dt.UTC) + dt.timedelta(seconds=4))
    await user.complete_task(task["number"])
    await eventually_published(stack, "notification", "reminder.cancelled", task["id"])

    # A later reminder of another task is the sign that the first one's time has passed.
    other = await user.add_task(title="Water the plants")
    await user.remind(other["number"], dt.datetime.fromisoformat(cancelled["remind_at"]) + dt.timedelta(seconds=1))
    mail = await eventually_the_mail(mailbox, user)

    assert "Water the plants" in mail["Subject"]
    assert (await user.reminder(cancelled["id"]))["state"] == "cancelled"
