"""What follows a completion, over a unit of work in memory."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import REGISTRY

from events.contracts import (
    Basis,
    DueData,
    EventData,
    RecurringTaskCreated,
    Resolution,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskUpdated,
    UserUpdated,
)
from events.envelope import Event
from events.errors import EventRejected
from events.recurrence import instance_id
from events.subscriptions import Outcome
from events.topics import Topic
from recurring.service_layer.subscriptions import SUBSCRIPTIONS
from tests.support.fakes import nth_id
from tests.support.series import (
    SERIES,
    START,
    TASK,
    USER,
    MemoryRows,
    MemoryUnitOfWork,
    completed,
    completed_instance,
    event_of,
    task_data,
    user_deleted,
)

NEW_SERIES = nth_id(20)


@dataclass
class Service:
    """The service's handlers over rows in memory."""

    rows: MemoryRows = field(default_factory=MemoryRows)

    async def handle(self, event: Event[Any]) -> Outcome:
        handler = SUBSCRIPTIONS.handler_of(event)
        if handler is None:
            return Outcome.IGNORED
        async with MemoryUnitOfWork(self.rows) as uow:
            outcome = await handler(event, uow)
            if outcome is not Outcome.IGNORED:
                await uow.commit()
            return outcome

    @property
    def brought(self) -> list[RecurringTaskCreated]:
        """What was published."""
        assert all(isinstance(data, RecurringTaskCreated) for data in self.rows.published)
        return [data for data in self.rows.published if isinstance(data, RecurringTaskCreated)]

    @property
    def instances(self) -> dict[int, dt.date]:
        """The rows of the first series: dates by ordinal."""
        return {
            row.recurrence.ordinal: row.due.date
            for row in self.rows.instances_by_task.values()
            if row.recurrence.series_id == SERIES
        }


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def counted() -> Callable[[str], float]:
    """How often a result was counted since the test began."""

    def value(result: str) -> float:
        return REGISTRY.get_sample_value("tickler_recurring_completions_total", {"result": result}) or 0.0

    before = {result: value(result) for result in ("created", "again", "ended", "continued")}
    return lambda result: value(result) - before[result]


@pytest.mark.proves("US2.2", "FR-005")
async def test_completing_a_daily_task_brings_tomorrows(service: Service, counted: Callable[[str], float]) -> None:
    assert await service.handle(completed(time=dt.time(18, 30))) is Outcome.APPLIED

    (brought,) = service.brought
    assert brought.task_id == instance_id(SERIES, 2)
    assert (brought.parent_task_id, brought.parent_version, brought.version) == (TASK, 2, 2)
    assert brought.user_id == USER
    assert brought.due == DueData(date=dt.date(2026, 3, 3), time=dt.time(18, 30), timezone="Europe/Berlin")
    assert (brought.title, brought.notes, brought.priority) == ("Water the plants", "Also the cactus", "high")
    assert (brought.tags, brought.timezone) == (("home", "green"), "Europe/Berlin")
    assert brought.skipped == ()
    assert brought.recurrence == completed().data.task.recurrence.model_copy(  # type: ignore[union-attr]
        update={"ordinal": 2, "date": dt.date(2026, 3, 3)}
    )
    assert service.rows.instances_by_task == {brought.task_id: brought}
    assert counted("created") == 1


async def test_completing_late_names_what_was_skipped(service: Service) -> None:
    await service.handle(completed(at="2026-03-05T10:00"))
    (brought,) = service.brought
    assert brought.due.date == dt.date(2026, 3, 5)
    assert brought.skipped == (dt.date(2026, 3, 3), dt.date(2026, 3, 4))
    assert brought.recurrence.ordinal == 4


async def test_the_next_is_computed_from_the_event_and_not_from_the_time_it_is_handled(service: Service) -> None:
    """The service was down for a year, its clock says: what follows is what would have followed then."""
    await service.handle(completed(at="2025-03-02T10:00"))
    assert [brought.due.date for brought in service.brought] == [dt.date(2026, 3, 3)]


async def test_a_series_by_completion_counts_from_the_completion(service: Service) -> None:
    await service.handle(completed(rule="FREQ=DAILY;INTERVAL=3", basis=Basis.COMPLETION, at="2026-03-10T10:00"))
    assert [brought.due.date for brought in service.brought] == [dt.date(2026, 3, 13)]


async def test_skipping_an_occurrence_brings_the_next_as_well(service: Service) -> None:
    assert await service.handle(completed(resolution=Resolution.SKIPPED)) is Outcome.APPLIED
    assert service.instances == {2: dt.date(2026, 3, 3)}


async def test_a_task_whose_due_was_taken_away_goes_by_the_date_of_its_occurrence(service: Service) -> None:
    event = completed()
    without_due = event.data.model_copy(update={"task": event.data.task.model_copy(update={"due": None})})
    await service.handle(event_of(without_due))
    (brought,) = service.brought
    assert brought.due == DueData(date=dt.date(2026, 3, 3), time=None, timezone="Europe/Berlin")


@pytest.mark.proves("FR-012")
async def test_a_completion_without_a_recurrence_is_ignored(service: Service) -> None:
    data = TaskCompleted(
        user_id=USER,
        version=2,
        task=task_data(),
        had_recurrence=False,
        completed_at=dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
    )
    assert await service.handle(event_of(data)) is Outcome.IGNORED
    assert service.rows == MemoryRows()


async def test_other_events_of_tasks_and_users_are_ignored(service: Service) -> None:
    at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    others: list[EventData] = [
        TaskCreated(user_id=USER, version=1, task=task_data()),
        TaskUpdated(user_id=USER, version=2, task=task_data(), changed=("title",)),
        TaskDeleted(user_id=USER, version=3, task=task_data(), deleted_at=at),
        UserUpdated(user_id=USER, version=1, email="ada@example.com", timezone="UTC"),
    ]
    assert [await service.handle(event_of(data)) for data in others] == [Outcome.IGNORED] * 4


def test_the_service_listens_to_tasks_and_users() -> None:
    assert SUBSCRIPTIONS.topics == {Topic.TASKS, Topic.USERS}


async def test_a_completion_that_arrives_after_a_later_edit_still_recurs(service: Service) -> None:
    await service.handle(event_of(TaskUpdated(user_id=USER, version=3, task=task_data(version=3), changed=("title",))))
    assert await service.handle(completed(version=2)) is Outcome.APPLIED


@pytest.mark.parametrize("rule", ["FREQ=DAILY;COUNT=1", "FREQ=DAILY;UNTIL=20260302"])
async def test_the_last_occurrence_of_a_series_brings_nothing(
    service: Service, counted: Callable[[str], float], rule: str
) -> None:
    assert await service.handle(completed(rule=rule)) is Outcome.APPLIED
    assert service.brought == []
    assert service.instances == {}
    assert service.rows.completions_by_task[TASK].next_task_id is None
    assert counted("ended") == 1


async def test_completing_again_brings_the_same_instance_for_the_new_version(
    service: Service, counted: Callable[[str], float]
) -> None:
    await service.handle(completed(version=2))
    again = completed(version=4, at="2026-03-02T11:00", title="Water all plants")
    assert await service.handle(again) is Outcome.APPLIED

    first, second = service.brought
    assert second.task_id == first.task_id
    assert (second.parent_version, second.title) == (4, "Water all plants")
    assert service.rows.instances_by_task == {first.task_id: second}
    assert (counted("created"), counted("again")) == (1, 1)


async def test_an_earlier_completion_that_arrives_after_a_later_one_does_nothing(service: Service) -> None:
    await service.handle(completed(version=4))
    rows = MemoryRows(**vars(service.rows))
    assert await service.handle(completed(version=2, at="2026-03-09T10:00")) is Outcome.STALE
    assert await service.handle(completed(version=4)) is Outcome.STALE
    assert service.rows == rows


async def test_completing_again_once_the_next_has_passed_brings_the_one_that_is_due_in_its_place(
    service: Service,
) -> None:
    await service.handle(completed(version=2))
    assert service.instances == {2: dt.date(2026, 3, 3)}
    assert await service.handle(completed(version=4, at="2026-03-05T10:00")) is Outcome.APPLIED
    assert service.instances == {4: dt.date(2026, 3, 5)}
    assert [brought.recurrence.ordinal for brought in service.brought] == [2, 4]


async def test_completing_again_once_the_series_is_over_takes_its_instance_back(service: Service) -> None:
    rule = "FREQ=DAILY;COUNT=2"
    await service.handle(completed(rule=rule, version=2))
    assert await service.handle(completed(rule=rule, version=4, at="2026-03-05T10:00")) is Outcome.APPLIED
    assert service.instances == {}
    assert len(service.brought) == 1


@pytest.mark.parametrize("at", ["2026-03-02T12:00", "2026-03-20T12:00"])
async def test_completing_again_brings_nothing_where_the_series_has_gone_on(
    service: Service, counted: Callable[[str], float], at: str
) -> None:
    await service.handle(completed(version=2))
    await service.handle(completed_instance(service.brought[0], at="2026-03-02T11:00"))
    assert service.instances == {2: dt.date(2026, 3, 3), 3: dt.date(2026, 3, 4)}

    assert await service.handle(completed(version=4, at=at)) is Outcome.STALE

    assert service.instances == {2: dt.date(2026, 3, 3), 3: dt.date(2026, 3, 4)}
    assert len(service.brought) == 2
    assert counted("continued") == 1
    assert await service.handle(completed(version=3)) is Outcome.STALE
    assert await service.handle(completed(version=6, at=at)) is Outcome.STALE
    assert counted("continued") == 2


async def test_a_task_that_was_left_open_brings_nothing_where_the_series_has_gone_on_without_it(
    service: Service,
) -> None:
    await service.handle(completed(version=2))
    (left_open,) = service.brought
    await service.handle(completed(version=4, at="2026-03-05T10:00"))
    await service.handle(completed_instance(service.brought[-1], at="2026-03-05T11:00"))
    assert service.instances == {4: dt.date(2026, 3, 5), 5: dt.date(2026, 3, 6)}

    assert await service.handle(completed_instance(left_open, at="2026-03-05T12:00")) is Outcome.STALE

    assert service.instances == {4: dt.date(2026, 3, 5), 5: dt.date(2026, 3, 6)}
    assert len(service.brought) == 3


async def test_two_tasks_of_a_series_whose_next_is_the_same_occurrence_bring_one_instance(service: Service) -> None:
    """A task was reopened although its user had changed the next one: now both are open, and both are done late."""
    await service.handle(completed(version=2))
    (second,) = service.brought
    await service.handle(completed(version=4, at="2026-03-05T10:00"))
    await service.handle(completed_instance(second, at="2026-03-05T10:05"))

    assert [brought.recurrence.ordinal for brought in service.brought] == [2, 4, 4]
    assert service.instances == {4: dt.date(2026, 3, 5)}
    assert service.rows.instances_by_task[instance_id(SERIES, 4)].parent_task_id == second.task_id

    # Whoever brought it last has it: the other one no longer takes it back.
    await service.handle(completed(version=6, at="2026-03-06T10:00"))
    assert service.instances == {4: dt.date(2026, 3, 5), 5: dt.date(2026, 3, 6)}


async def test_a_task_that_went_over_to_another_series_takes_the_old_ones_instance_back(service: Service) -> None:
    await service.handle(completed(version=2))
    await service.handle(completed(version=5, series_id=NEW_SERIES, rule="FREQ=WEEKLY"))
    assert service.instances == {}
    assert set(service.rows.instances_by_task) == {instance_id(NEW_SERIES, 2)}
    assert service.brought[-1].due.date == START + dt.timedelta(weeks=1)


async def test_a_task_that_went_over_to_another_series_goes_on_there_though_the_old_one_went_on_as_well(
    service: Service,
) -> None:
    await service.handle(completed(version=2))
    await service.handle(completed_instance(service.brought[0], at="2026-03-02T11:00"))
    assert await service.handle(completed(version=5, series_id=NEW_SERIES)) is Outcome.APPLIED
    assert set(service.instances) == {2, 3}
    assert instance_id(NEW_SERIES, 2) in service.rows.instances_by_task


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (completed(rule="every other blue moon"), "the next occurrence cannot be computed: A rule is made of parts"),
        (completed(rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "This would never happen: every year on 30 February"),
        (completed(date=dt.date(1, 1, 1)), "between the years 1900 and 2999"),
        (completed(at="9999-12-31T23:59"), "beyond the calendar"),
    ],
    ids=["no rule", "never", "long ago", "after time"],
)
async def test_what_cannot_be_computed_is_rejected(service: Service, event: Event[TaskCompleted], reason: str) -> None:
    with pytest.raises(EventRejected) as caught:
        await service.handle(event)
    assert reason in caught.value.reason
    assert service.rows == MemoryRows()


async def test_a_zone_that_does_not_exist_is_rejected(service: Service) -> None:
    event = completed()
    nowhere = DueData(date=START, timezone="Europe/Atlantis")
    task = event.data.task.model_copy(update={"due": nowhere})
    with pytest.raises(EventRejected, match="There is no time zone 'Europe/Atlantis'"):
        await service.handle(event_of(event.data.model_copy(update={"task": task})))


async def test_a_recurrence_that_is_promised_but_missing_is_rejected(service: Service) -> None:
    event = completed()
    task = event.data.task.model_copy(update={"recurrence": None})
    with pytest.raises(EventRejected, match="does not carry it"):
        await service.handle(event_of(event.data.model_copy(update={"task": task})))


async def test_deleting_a_user_erases_what_is_kept_of_them_and_of_nobody_else(service: Service) -> None:
    other = nth_id(77)
    await service.handle(completed())
    await service.handle(completed(nth_id(78), user_id=other, series_id=NEW_SERIES))

    assert await service.handle(user_deleted()) is Outcome.APPLIED

    assert set(service.rows.completions_by_task) == {nth_id(78)}
    assert {row.user_id for row in service.rows.instances_by_task.values()} == {other}
    assert service.rows.messages_erased == [user_deleted().data.user_id]


async def test_a_completion_that_arrives_after_its_users_deletion_brings_nothing_back(service: Service) -> None:
    await service.handle(user_deleted())
    assert await service.handle(completed()) is Outcome.STALE
    assert service.brought == []
    assert service.instances == {}
    assert await service.handle(user_deleted()) is Outcome.STALE
