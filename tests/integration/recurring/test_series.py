"""From a delivery over HTTP to rows and outbox."""

import asyncio
import datetime as dt

import pytest
from sqlalchemy import text

from events.contracts import RecurringTaskCreated, TaskCreated, TaskDeleted, TaskUpdated
from events.envelope import parse_event
from events.parking import ParkedEvents
from events.recurrence import instance_id
from events.topics import Topic
from tests.integration.recurring.conftest import NewReplica, Recurring
from tests.support.fakes import nth_id
from tests.support.messages import mark_published, tables_telling_of
from tests.support.series import (
    SERIES,
    START,
    TASK,
    USER,
    completed,
    completed_instance,
    event_of,
    task_data,
    user_deleted,
)
from tests.support.waiting import eventually


async def brought(recurring: Recurring) -> list[RecurringTaskCreated]:
    """What the outbox announces, read back as a consumer reads it."""
    events = [parse_event(body) for body in await recurring.published()]
    return [event.data for event in events if isinstance(event.data, RecurringTaskCreated)]


@pytest.mark.proves("US2.2", "FR-013")
async def test_a_completion_becomes_a_row_and_an_event_in_the_outbox(recurring: Recurring) -> None:
    completion = completed(time=dt.time(18, 30), at="2026-03-05T20:00")

    assert await recurring.deliver(completion) == ["SUCCESS"]

    (row,) = await recurring.rows("SELECT * FROM instances")
    assert (row["task_id"], row["series_id"], row["ordinal"]) == (instance_id(SERIES, 5), SERIES, 5)
    assert (row["parent_task_id"], row["parent_version"], row["user_id"]) == (TASK, 2, USER)
    assert row["due_date"] == dt.date(2026, 3, 6)
    (body,) = await recurring.published()
    assert (body["type"], body["source"], body["subject"]) == ("recurring.task.created", "recurring", str(TASK))
    assert body["partitionkey"] == str(TASK)
    assert body["traceparent"] == body["traceid"] == completion.envelope.traceparent
    assert row["data"] == body["data"]
    (data,) = await brought(recurring)
    assert (data.due.date, data.due.time) == (dt.date(2026, 3, 6), dt.time(18, 30))
    assert data.skipped == tuple(START + dt.timedelta(days=days) for days in (1, 2, 3))
    (outbox,) = await recurring.rows("SELECT topic, published_at FROM outbox")
    assert outbox == {"topic": Topic.RECURRING, "published_at": None}
    assert await recurring.outcomes() == ["applied"]


@pytest.mark.proves("FR-016", "FR-018")
async def test_a_completion_that_is_delivered_again_has_no_second_effect(recurring: Recurring) -> None:
    completion = completed()
    assert await recurring.deliver(completion, completion) == ["SUCCESS", "SUCCESS"]
    assert await recurring.deliver(completion) == ["SUCCESS"]
    assert await recurring.count("instances") == 1
    assert await recurring.count("outbox") == 1


@pytest.mark.proves("FR-012")
async def test_what_the_service_has_no_use_for_is_acknowledged_and_leaves_nothing(recurring: Recurring) -> None:
    at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    without_recurrence = completed().data.model_copy(update={"had_recurrence": False})
    statuses = await recurring.deliver(
        event_of(TaskCreated(user_id=USER, version=1, task=task_data())),
        event_of(TaskUpdated(user_id=USER, version=2, task=task_data(), changed=("title",))),
        event_of(TaskDeleted(user_id=USER, version=3, task=task_data(), deleted_at=at)),
        event_of(without_recurrence),
    )
    assert statuses == ["SUCCESS"] * 4
    for table in ("processed_events", "parked_events", "dead_letters", "completions", "instances", "outbox"):
        assert await recurring.count(table) == 0


async def test_a_series_is_followed_through_many_completions_in_one_delivery(recurring: Recurring) -> None:
    series = [nth_id(1_000 + number) for number in range(40)]
    tasks = [nth_id(2_000 + number) for number in range(40)]
    batch = [completed(task, series_id=number) for task, number in zip(tasks, series, strict=True)]
    assert await recurring.deliver(*batch) == ["SUCCESS"] * 40
    rows = await recurring.rows("SELECT series_id, parent_task_id, ordinal FROM instances")
    assert {(row["series_id"], row["parent_task_id"], row["ordinal"]) for row in rows} == {
        (number, task, 2) for task, number in zip(tasks, series, strict=True)
    }


async def test_completing_again_announces_the_same_instance_for_the_new_version(recurring: Recurring) -> None:
    await recurring.deliver(completed(version=2))
    recurring.clock.advance(minutes=5)
    await recurring.deliver(completed(version=4, title="Water all plants", at="2026-03-02T11:00"))

    first, second = await brought(recurring)
    assert (first.task_id, first.parent_version) == (second.task_id, 2)
    assert (second.parent_version, second.title) == (4, "Water all plants")
    (row,) = await recurring.rows("SELECT * FROM instances")
    assert row["parent_version"] == 4
    assert row["data"]["title"] == "Water all plants"
    assert row["issued_at"] - row["created_at"] == dt.timedelta(minutes=5)


@pytest.mark.parametrize("together", [True, False])
async def test_an_earlier_completion_that_arrives_after_a_later_one_does_nothing(
    recurring: Recurring, together: bool
) -> None:
    later, earlier = completed(version=4), completed(version=2, at="2026-03-09T10:00")
    if together:
        assert await recurring.deliver(later, earlier) == ["SUCCESS", "SUCCESS"]
    else:
        await recurring.deliver(later)
        assert await recurring.deliver(earlier) == ["SUCCESS"]
    assert [data.parent_version for data in await brought(recurring)] == [4]
    assert await recurring.outcomes() == ["applied", "stale"]


async def test_completing_again_once_the_next_has_passed_replaces_its_row(recurring: Recurring) -> None:
    await recurring.deliver(completed(version=2))
    await recurring.deliver(completed(version=4, at="2026-03-05T10:00"))
    rows = await recurring.rows("SELECT ordinal, due_date FROM instances")
    assert rows == [{"ordinal": 4, "due_date": dt.date(2026, 3, 5)}]


async def test_a_series_that_is_over_is_recorded_and_brings_nothing(recurring: Recurring) -> None:
    await recurring.deliver(completed(rule="FREQ=DAILY;COUNT=1"))
    assert await recurring.rows("SELECT task_id, next_task_id FROM completions") == [
        {"task_id": TASK, "next_task_id": None}
    ]
    assert await recurring.count("instances") == 0
    assert await recurring.count("outbox") == 0
    assert await recurring.outcomes() == ["applied"]


async def test_replicas_that_get_one_completion_at_once_bring_one_instance(new_replica: NewReplica) -> None:
    replicas = [await new_replica() for _ in range(3)]
    completion = completed()
    answers = await asyncio.gather(*(replica.deliver(completion) for replica in replicas))
    assert answers == [["SUCCESS"]] * 3
    assert await replicas[0].count("instances") == 1
    assert await replicas[0].count("outbox") == 1
    assert await replicas[0].count("parked_events") == 0


async def test_tasks_that_reach_one_occurrence_at_once_make_one_row(new_replica: NewReplica) -> None:
    """Three occurrences of a series stand open, since earlier ones were reopened; all are done late."""
    replicas = [await new_replica() for _ in range(3)]
    late = "2026-03-05T10:00"
    completions = [
        completed(nth_id(300 + ordinal), ordinal=ordinal, date=START + dt.timedelta(days=ordinal - 1), at=late)
        for ordinal in (1, 2, 3)
    ]
    await asyncio.gather(
        *(replica.deliver(completion) for replica, completion in zip(replicas, completions, strict=True))
    )
    rows = await replicas[0].rows("SELECT task_id, ordinal FROM instances")
    assert rows == [{"task_id": instance_id(SERIES, 4), "ordinal": 4}]
    assert {data.task_id for data in await brought(replicas[0])} == {instance_id(SERIES, 4)}
    assert await replicas[0].outcomes() == ["applied"] * 3


async def test_the_series_goes_on_from_instance_to_instance(recurring: Recurring) -> None:
    await recurring.deliver(completed(rule="FREQ=MONTHLY;SKIP=BACKWARD;COUNT=3"))
    for at in ("2026-04-02T10:00", "2026-05-02T10:00"):
        latest = (await brought(recurring))[-1]
        await recurring.deliver(completed_instance(latest, at=at))
    assert [data.due.date for data in await brought(recurring)] == [dt.date(2026, 4, 2), dt.date(2026, 5, 2)]
    last = await recurring.rows("SELECT count(*) AS ended FROM completions WHERE next_task_id IS NULL")
    assert last == [{"ended": 1}]


async def test_a_rule_that_cannot_be_read_is_a_dead_letter_and_keeps_nothing_else_waiting(recurring: Recurring) -> None:
    broken = completed(nth_id(500), rule="FREQ=SOMETIMES", series_id=nth_id(501))
    assert await recurring.deliver(completed(), broken) == ["SUCCESS", "SUCCESS"]

    (letter,) = await recurring.rows("SELECT event_id, reason, error, state FROM dead_letters")
    assert (letter["event_id"], letter["reason"], letter["state"]) == (broken.envelope.id, "rejected", "open")
    assert "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY, not SOMETIMES" in letter["error"]
    assert await recurring.count("instances") == 1
    assert await recurring.count("parked_events") == 0
    topics = [row["topic"] for row in await recurring.rows("SELECT topic FROM outbox ORDER BY topic")]
    assert topics == ["recurring-dead-letters", "recurring-events"]


@pytest.mark.parametrize(
    "body",
    ["not an object", {}, {"specversion": "1.0", "type": "task.completed"}],
    ids=["text", "empty", "without an id"],
)
async def test_what_is_no_event_is_a_dead_letter(recurring: Recurring, body: object) -> None:
    assert await recurring.deliver(body, completed()) == ["SUCCESS", "SUCCESS"]
    assert [row["reason"] for row in await recurring.rows("SELECT reason FROM dead_letters")] == ["malformed"]
    assert await recurring.count("instances") == 1


async def test_a_delivery_with_a_wrong_token_is_refused_and_changes_nothing(recurring: Recurring) -> None:
    answer = await recurring.client.post(
        "/events/task-events", json={"entries": []}, headers={"dapr-api-token": "a guess"}
    )
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert await recurring.count("processed_events") == 0


async def test_deleting_a_user_erases_their_rows_and_keeps_late_completions_out(recurring: Recurring) -> None:
    other = nth_id(77)
    await recurring.deliver(completed(), completed(nth_id(78), user_id=other, series_id=nth_id(79)))

    assert await recurring.deliver(user_deleted(), topic=Topic.USERS) == ["SUCCESS"]
    assert await recurring.deliver(completed(version=5), completed(nth_id(80), series_id=nth_id(81))) == ["SUCCESS"] * 2

    for table in ("instances", "completions"):
        assert await recurring.rows(f"SELECT user_id FROM {table}") == [{"user_id": other}]  # noqa: S608
    assert await recurring.rows("SELECT user_id FROM erased_users") == [{"user_id": USER}]
    assert sorted(await recurring.outcomes()) == ["applied", "applied", "applied", "stale", "stale"]


async def test_deleting_a_user_erases_what_was_published_of_them_and_what_failed(recurring: Recurring) -> None:
    other = nth_id(77)
    await recurring.deliver(completed(), completed(nth_id(78), user_id=other, series_id=nth_id(79)))
    for user in (USER, other):
        await recurring.deliver({"data": {"user_id": str(user), "title": "a secret"}})
    await mark_published(recurring.service.engine)
    kept = await tables_telling_of(recurring.service.engine, str(other))
    assert kept == await tables_telling_of(recurring.service.engine, str(USER)) == ["outbox", "outbox", "dead_letters"]

    assert await recurring.deliver(user_deleted(), topic=Topic.USERS) == ["SUCCESS"]

    assert await tables_telling_of(recurring.service.engine, str(USER)) == []
    assert await tables_telling_of(recurring.service.engine, str(other)) == kept


async def test_deleting_a_user_whose_parked_event_is_being_tried_waits_for_it(recurring: Recurring) -> None:
    parked = ParkedEvents(recurring.service.messaging)
    completion = completed()
    await recurring.service.receiver.receive_dead(Topic.TASKS, completion.to_json().encode())

    async with recurring.service.new_unit_of_work() as uow:
        claimed = await parked.claim_first(uow, completion.envelope.partitionkey, recurring.clock.now())
        assert claimed is not None
        pid = await uow.connection.scalar(text("SELECT pg_backend_pid()"))
        deleting = asyncio.create_task(recurring.deliver(user_deleted(), topic=Topic.USERS))
        blocked = "SELECT 1 FROM pg_stat_activity WHERE :pid = ANY(pg_blocking_pids(pid))"
        await eventually(lambda: recurring.rows(blocked, pid=pid), "the deletion waits for the parked event")
        assert await uow.users.hold(USER)
        await parked.remove(uow, claimed)
        await uow.commit()

    assert await deleting == ["SUCCESS"]
    assert await recurring.outcomes() == ["applied"]
    assert await tables_telling_of(recurring.service.engine, str(USER)) == []
