"""User story 1: a task added in chat, and what the whole system does about it."""

import datetime as dt
import statistics
import time

import pytest

from tests.support.evidence import eventually_handled, eventually_published
from tests.support.measurements import Measurements
from tests.support.running import RunningStack
from tests.support.tickler import Json, User
from tests.support.waiting import eventually

SC_001_SECONDS = 3.0
"""The specification's own bound on creating a task, from the user's perspective."""


async def create_times(user: User, count: int) -> list[float]:
    """Seconds that each of `count` tasks took to be added in chat."""
    seconds = []
    for number in range(count):
        start = time.perf_counter()
        answer = await user.chat(f"Add task: Buy groceries for week {number + 1}")
        seconds.append(time.perf_counter() - start)
        assert answer["actions"][0]["tool"] == "add_task"
    return seconds


async def only_task(user: User) -> Json:
    (task,) = await user.tasks()
    return task


@pytest.mark.proves("US1.1", "FR-001", "FR-002", "FR-011")
async def test_a_task_added_in_chat_exists_and_its_event_is_published(stack: RunningStack, user: User) -> None:
    answer = await user.chat("Add task: Buy groceries")

    assert "Buy groceries" in answer["reply"]
    task = await only_task(user)
    assert (task["title"], task["status"]) == ("Buy groceries", "open")
    await eventually_published(stack, "chat-api", "task.created", task["id"])


@pytest.mark.proves("US1.2", "SC-001", "FR-012", "FR-021")
async def test_subscribed_services_receive_and_acknowledge_the_event(
    stack: RunningStack, user: User, measurements: Measurements
) -> None:
    services = ("recurring", "notification")
    before = {
        service: await stack.metric(service, "tickler_events_handled_total", type="task.created")
        for service in services
    }

    start = time.perf_counter()
    await user.chat("Add task: Buy groceries")
    assert time.perf_counter() - start < SC_001_SECONDS
    task = await only_task(user)
    event = await eventually_published(stack, "chat-api", "task.created", task["id"])

    for service in services:
        line = await eventually_handled(stack, service, event.event_id)
        assert line["event_type"] == "task.created"
        assert line["subject"] == task["id"]
        assert line["traceparent"].startswith("00-")
        assert await stack.metric(service, "tickler_events_handled_total", type="task.created") > before[service]
        handled_at = dt.datetime.fromisoformat(line["timestamp"])
        measurements.add("create to consumed", (handled_at - event.created_at).total_seconds())


@pytest.mark.proves("US1.3", "FR-025")
async def test_answers_stay_as_fast_while_kafka_is_frozen_and_events_arrive_afterwards(
    stack: RunningStack, user: User, measurements: Measurements
) -> None:
    await create_times(user, 5)
    usual = await create_times(user, 20)
    stack.control.freeze("kafka")
    try:
        frozen = await create_times(user, 20)
    finally:
        stack.control.thaw("kafka")

    measurements.add("create in chat", statistics.median(usual))
    measurements.add("create in chat, Kafka frozen", statistics.median(frozen))
    assert max(frozen) < SC_001_SECONDS
    tasks = await user.tasks(limit=100)
    assert len(tasks) == 45
    for task in tasks:
        event = await eventually_published(stack, "chat-api", "task.created", task["id"])
        await eventually_handled(stack, "recurring", event.event_id)


@pytest.mark.proves("US1.4", "US4.1", "US4.2", "FR-022", "EDGE-ZERO")
@pytest.mark.parametrize("service", ["notification", "recurring"])
async def test_with_a_consumer_stopped_the_user_succeeds_and_the_consumer_catches_up(
    stack: RunningStack, user: User, service: str
) -> None:
    stack.control.stop(service)
    try:
        seconds = await create_times(user, 5)
        remind_at = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
        reminders = [await user.remind(task["number"], remind_at) for task in await user.tasks()]
        assert max(seconds) < SC_001_SECONDS
    finally:
        stack.control.start(service)

    for task in await user.tasks():
        event = await eventually_published(stack, "chat-api", "task.created", task["id"])
        await eventually_handled(stack, service, event.event_id)
    if service == "notification":
        await eventually(lambda: kept(stack, reminders), "the reminders arrive in Notification")


async def kept(stack: RunningStack, reminders: list[dict[str, str]]) -> bool:
    async with stack.database() as connection:
        count = await connection.fetchval(
            "SELECT count(*) FROM notification.reminders WHERE id = ANY($1::uuid[])",
            [reminder["id"] for reminder in reminders],
        )
    return bool(count == len(reminders))
