"""User story 2: completing a recurring task brings its next instance."""

import datetime as dt
import time
from zoneinfo import ZoneInfo

import pytest

from tests.support.evidence import eventually_handled, eventually_published
from tests.support.measurements import Measurements
from tests.support.running import RunningStack
from tests.support.tickler import Json, User
from tests.support.waiting import eventually

SC_002_SECONDS = 30.0
"""The specification's own bound from completion to the next instance."""


def today(user: User) -> dt.date:
    return dt.datetime.now(ZoneInfo(user.timezone)).date()


async def add_daily_task(user: User) -> Json:
    answer = await user.chat("Add task: Water the plants every day")
    assert answer["actions"][0]["tool"] == "add_task"
    (task,) = await user.tasks()
    assert task["recurrence"]["rule"] == "FREQ=DAILY"
    assert task["due"]["date"] == today(user).isoformat()
    return task


async def eventually_next(user: User, parent: Json) -> Json:
    async def found() -> Json:
        return next((task for task in await user.tasks() if task["id"] != parent["id"]), None)

    return await eventually(found, "the next instance is listed")


@pytest.mark.proves("US2.1", "FR-005", "FR-012")
async def test_the_recurring_service_receives_the_completion_of_a_daily_task(stack: RunningStack, user: User) -> None:
    task = await add_daily_task(user)

    answer = await user.chat(f"Mark task {task['number']} as done")

    assert answer["actions"][0]["tool"] == "complete_task"
    event = await eventually_published(stack, "chat-api", "task.completed", task["id"])
    line = await eventually_handled(stack, "recurring", event.event_id)
    assert line["outcome"] == "applied"


@pytest.mark.proves("US2.2", "US2.4", "SC-002")
async def test_the_next_instance_is_due_tomorrow_and_listed(user: User, measurements: Measurements) -> None:
    task = await add_daily_task(user)

    start = time.perf_counter()
    await user.chat(f"Mark task {task['number']} as done")
    successor = await eventually_next(user, task)
    seconds = time.perf_counter() - start

    measurements.add("complete to next instance", seconds)
    assert seconds < SC_002_SECONDS
    assert successor["due"]["date"] == (today(user) + dt.timedelta(days=1)).isoformat()
    assert (successor["title"], successor["series_id"]) == (task["title"], task["series_id"])
    assert [listed["id"] for listed in await user.tasks()] == [successor["id"]]


@pytest.mark.proves("US2.3", "FR-013", "FR-007")
async def test_the_next_instance_is_published_as_recurring_task_created(stack: RunningStack, user: User) -> None:
    task = await add_daily_task(user)
    await user.complete_task(task["number"])

    event = await eventually_published(stack, "recurring", "recurring.task.created", task["id"])

    line = await eventually_handled(stack, "chat-api", event.event_id)
    assert line["outcome"] == "applied"
    successor = await eventually_next(user, task)
    await eventually_published(stack, "chat-api", "task.created", successor["id"])


async def test_reopening_takes_the_untouched_successor_back_and_completing_again_brings_it_again(
    stack: RunningStack, user: User
) -> None:
    task = await add_daily_task(user)
    await user.complete_task(task["number"])
    successor = await eventually_next(user, task)

    await user.reopen_task(task["number"])
    assert [listed["id"] for listed in await user.tasks()] == [task["id"]]

    await user.complete_task(task["number"])
    again = await eventually_next(user, task)
    assert again["id"] == successor["id"]
