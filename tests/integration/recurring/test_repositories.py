"""What the repositories promise, of PostgreSQL and of the ones in memory alike; and what only a database can show."""

import asyncio
import datetime as dt
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from events.contracts import RecurringTaskCreated
from recurring.adapters.retention import SeriesRetention
from recurring.domain.following import following_instance
from recurring.service_layer.repositories import Completion
from recurring.service_layer.unit_of_work import RecurringUnitOfWork
from tests.integration.recurring.conftest import Recurring
from tests.support.fakes import nth_id
from tests.support.series import SERIES, TASK, USER, MemoryRows, MemoryUnitOfWork, completed
from tests.support.waiting import eventually

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)

NewUnitOfWork = Callable[[], RecurringUnitOfWork]


@pytest.fixture(params=["postgres", "memory"])
def new_unit_of_work(request: pytest.FixtureRequest) -> NewUnitOfWork:
    if request.param == "memory":
        rows = MemoryRows()
        return lambda: MemoryUnitOfWork(rows)
    recurring: Recurring = request.getfixturevalue("recurring")
    return recurring.service.new_unit_of_work


def completion(task_id: UUID = TASK, *, user_id: UUID = USER, version: int = 2) -> Completion:
    return Completion(task_id, user_id, version, SERIES, nth_id(9), NOW)


def instance(*, parent: UUID = TASK, user_id: UUID = USER, title: str = "Water the plants") -> RecurringTaskCreated:
    data = completed(parent, user_id=user_id, title=title).data
    assert data.task.recurrence is not None
    following = following_instance(data, data.task.recurrence, now=NOW)
    assert following is not None
    return following


async def test_a_completion_takes_the_place_of_the_tasks_earlier_one(new_unit_of_work: NewUnitOfWork) -> None:
    async with new_unit_of_work() as uow:
        assert await uow.completions.get(TASK) is None
        await uow.completions.put(completion())
        await uow.completions.put(completion(version=4))
        await uow.completions.put(completion(nth_id(5)))
        await uow.commit()
    async with new_unit_of_work() as uow:
        assert await uow.completions.get(TASK) == completion(version=4)
        assert await uow.completions.get(nth_id(5)) == completion(nth_id(5))


async def test_what_is_not_committed_did_not_happen(new_unit_of_work: NewUnitOfWork) -> None:
    async with new_unit_of_work() as uow:
        await uow.completions.put(completion())
        await uow.instances.put(instance())
        await uow.users.erase(nth_id(4), NOW)
    async with new_unit_of_work() as uow:
        assert await uow.completions.get(TASK) is None
        assert await uow.instances.put(instance())
        assert await uow.users.hold(nth_id(4))


async def test_an_occurrence_is_new_once(new_unit_of_work: NewUnitOfWork) -> None:
    async with new_unit_of_work() as uow:
        assert await uow.instances.put(instance()) is True
        assert await uow.instances.put(instance(title="Water all plants")) is False
        await uow.commit()
    async with new_unit_of_work() as uow:
        assert await uow.instances.put(instance(parent=nth_id(6))) is False


async def test_only_the_parent_that_brought_an_instance_last_withdraws_it(new_unit_of_work: NewUnitOfWork) -> None:
    other = nth_id(6)
    async with new_unit_of_work() as uow:
        await uow.instances.put(instance())
        await uow.instances.put(instance(parent=other))
        await uow.instances.withdraw(instance().task_id, TASK)
        assert await uow.instances.put(instance(parent=other)) is False
        await uow.instances.withdraw(instance().task_id, other)
        assert await uow.instances.put(instance()) is True
        await uow.instances.withdraw(nth_id(99), TASK)


async def test_an_erased_user_is_gone_and_is_erased_once(new_unit_of_work: NewUnitOfWork) -> None:
    async with new_unit_of_work() as uow:
        assert await uow.users.hold(USER)
        await uow.completions.put(completion())
        await uow.completions.put(completion(nth_id(5), user_id=nth_id(4)))
        await uow.instances.put(instance())
        assert await uow.users.erase(USER, NOW) is True
        assert await uow.users.erase(USER, NOW) is False
        await uow.commit()
    async with new_unit_of_work() as uow:
        assert not await uow.users.hold(USER)
        assert await uow.users.hold(nth_id(4))
        assert await uow.completions.get(TASK) is None
        assert await uow.completions.get(nth_id(5)) is not None
        assert await uow.instances.put(instance()) is True


async def test_an_erasure_waits_for_a_completion_under_way_and_erases_it_too(recurring: Recurring) -> None:
    async def erase() -> None:
        async with recurring.service.new_unit_of_work() as uow:
            await uow.users.erase(USER, NOW)
            await uow.commit()

    async def is_waiting() -> bool:
        (row,) = await recurring.rows(
            "SELECT count(*) AS number FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return bool(row["number"])

    async with recurring.service.new_unit_of_work() as uow:
        assert await uow.users.hold(USER)
        erasure = asyncio.create_task(erase())
        await eventually(is_waiting, "the erasure waits")
        await uow.instances.put(instance())
        await uow.commit()
    await erasure
    assert await recurring.count("instances") == 0
    assert await recurring.count("erased_users") == 1


async def test_completions_of_one_user_do_not_wait_for_each_other(recurring: Recurring) -> None:
    new_unit_of_work = recurring.service.new_unit_of_work
    async with new_unit_of_work() as one, new_unit_of_work() as other, asyncio.timeout(10):
        assert await one.users.hold(USER)
        assert await other.users.hold(USER)


async def test_what_is_older_than_its_retention_is_pruned_in_batches(recurring: Recurring) -> None:
    retention = SeriesRetention(dt.timedelta(days=400), batch_rows=2)
    for number in range(5):
        await recurring.deliver(completed(nth_id(100 + number), series_id=nth_id(200 + number)))
    async with recurring.service.new_unit_of_work() as uow:
        await uow.users.erase(nth_id(4), recurring.clock.now())
        await uow.commit()
    recurring.clock.advance(days=399)
    await recurring.deliver(completed(nth_id(900), series_id=nth_id(901)))
    assert await retention.prune(recurring.service.new_unit_of_work) == 0

    recurring.clock.advance(days=2)
    assert await retention.prune(recurring.service.new_unit_of_work) == 11

    assert await recurring.rows("SELECT task_id FROM completions") == [{"task_id": nth_id(900)}]
    assert await recurring.count("instances") == 1
    assert await recurring.count("erased_users") == 0


async def test_an_occurrence_has_one_row_whatever_writes_it(recurring: Recurring) -> None:
    await recurring.deliver(completed())
    async with recurring.service.engine.connect() as connection:
        copy = text(
            "INSERT INTO instances SELECT gen_random_uuid(), series_id, ordinal, user_id, parent_task_id,"
            " parent_version, due_date, data, created_at, issued_at FROM instances ON CONFLICT DO NOTHING"
        )
        assert (await connection.execute(copy)).rowcount == 0
