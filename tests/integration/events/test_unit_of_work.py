"""The unit of work: a change and its events are both there, or neither."""

import asyncio
import json
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from events.contracts import UserUpdated
from events.errors import Unavailable
from events.tracing import use_traceparent
from events.unit_of_work import UnitOfWork
from tests.support.fakes import nth_id
from tests.support.sample.service import Sample

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def data(user: int = 1, version: int = 1) -> UserUpdated:
    return UserUpdated(user_id=nth_id(user), version=version, email="a@example.com", timezone="UTC")


async def add_effect(sample: Sample, uow: object) -> None:
    connection = uow.connection  # type: ignore[attr-defined]
    await connection.execute(
        text("INSERT INTO effects (event_id, subject, version) VALUES (:id, 'x', 1)"), {"id": nth_id(1)}
    )


async def test_a_change_and_its_event_are_committed_together(sample: Sample) -> None:
    async with sample.unit_of_work() as uow:
        await add_effect(sample, uow)
        with use_traceparent(TRACE):
            event = await uow.publish(data())
        await uow.commit()
    assert await sample.count("effects") == 1
    (payload,) = await sample.column("outbox", "payload")
    body = json.loads(str(payload))
    assert body["id"] == str(event.envelope.id)
    assert (body["traceparent"], body["traceid"]) == (TRACE, TRACE)
    assert body["source"] == "sample"
    assert await sample.column("outbox", "subject") == [str(nth_id(1))]


async def test_without_a_commit_nothing_stays(sample: Sample) -> None:
    async with sample.unit_of_work() as uow:
        await add_effect(sample, uow)
        await uow.publish(data())
    assert (await sample.count("effects"), await sample.count("outbox")) == (0, 0)


async def test_an_error_undoes_the_change_and_its_event(sample: Sample) -> None:
    async def attempt() -> None:
        async with sample.unit_of_work() as uow:
            await add_effect(sample, uow)
            await uow.publish(data())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await attempt()
    assert (await sample.count("effects"), await sample.count("outbox")) == (0, 0)


@pytest.mark.proves("US4.3")
async def test_losing_the_database_half_way_is_unavailable_and_leaves_nothing(sample: Sample) -> None:
    async def attempt() -> None:
        async with sample.unit_of_work() as uow:
            await add_effect(sample, uow)
            await uow.publish(data())
            await uow.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Unavailable):
        await attempt()
    assert (await sample.count("effects"), await sample.count("outbox")) == (0, 0)


async def test_losing_the_database_before_the_commit_is_unavailable_and_leaves_nothing(sample: Sample) -> None:
    async def attempt() -> None:
        async with sample.unit_of_work() as uow:
            await add_effect(sample, uow)
            pid = await uow.connection.scalar(text("SELECT pg_backend_pid()"))
            async with sample.engine.connect() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            await uow.commit()

    with pytest.raises(Unavailable):
        await attempt()
    assert await sample.count("effects") == 0


async def test_a_database_that_refuses_connections_is_unavailable() -> None:
    away = Sample("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")

    async def attempt() -> None:
        async with away.unit_of_work():
            pass

    with pytest.raises(Unavailable) as caught:
        await attempt()
    assert caught.value.status == 503
    assert caught.value.headers["Retry-After"] == "2"


async def test_a_pool_without_a_free_connection_is_unavailable(sample: Sample, database_url: str) -> None:
    engine = create_async_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    messaging = replace(sample.messaging, engine=engine)

    async def attempt() -> None:
        async with UnitOfWork(messaging), UnitOfWork(messaging):
            pass

    with pytest.raises(Unavailable):
        await attempt()
    await engine.dispose()


async def test_a_lock_that_is_not_to_be_had_in_time_is_unavailable(sample: Sample) -> None:
    async with sample.unit_of_work() as holder:
        await holder.connection.execute(text("LOCK TABLE effects"))

        async def attempt() -> None:
            async with sample.unit_of_work() as uow:
                await uow.connection.execute(text("SET LOCAL lock_timeout = 20"))
                await add_effect(sample, uow)

        with pytest.raises(Unavailable):
            await attempt()


async def test_a_broken_constraint_is_the_services_to_understand(sample: Sample) -> None:
    async def attempt() -> None:
        async with sample.unit_of_work() as uow:
            await uow.connection.execute(text("INSERT INTO effects (event_id) VALUES (NULL)"))

    with pytest.raises(IntegrityError):
        await attempt()


async def test_a_savepoint_undoes_its_part_alone(sample: Sample) -> None:
    woken: list[str] = []
    async with sample.unit_of_work() as uow:
        await uow.publish(data(version=1))

        async def attempt() -> None:
            async with uow.savepoint():
                await add_effect(sample, uow)
                await uow.publish(data(version=2))
                uow.after_commit(lambda: woken.append("undone"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await attempt()
        await uow.publish(data(version=3))
        uow.after_commit(lambda: woken.append("kept"))
        await uow.commit()
    assert await sample.count("effects") == 0
    versions = [json.loads(str(payload))["data"]["version"] for payload in await sample.column("outbox", "payload")]
    assert versions == [1, 3]
    assert woken == ["kept"]


async def test_hooks_run_only_after_a_commit(sample: Sample) -> None:
    woken: list[int] = []
    async with sample.unit_of_work() as uow:
        uow.after_commit(lambda: woken.append(1))
    assert woken == []


async def test_a_row_lock_makes_the_outbox_order_that_of_the_changes(sample: Sample) -> None:
    await sample.receive()  # an empty delivery is nothing
    async with sample.unit_of_work() as uow:
        await add_effect(sample, uow)
        await uow.commit()

    async def change(version: int, locked: asyncio.Event, may_commit: asyncio.Event | None) -> None:
        async with sample.unit_of_work() as uow:
            await uow.connection.execute(text("SELECT 1 FROM effects FOR UPDATE"))
            locked.set()
            await uow.publish(data(version=version))
            if may_commit is not None:
                await may_commit.wait()
            await uow.commit()

    first_locked, second_locked, may_commit = asyncio.Event(), asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(change(1, first_locked, may_commit))
        await first_locked.wait()
        group.create_task(change(2, second_locked, None))
        may_commit.set()
    versions = [json.loads(str(payload))["data"]["version"] for payload in await sample.column("outbox", "payload")]
    assert versions == [1, 2]
