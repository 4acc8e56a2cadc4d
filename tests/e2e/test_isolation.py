"""What goes on in one service, the others do not notice."""

import datetime as dt

import asyncpg
import pytest

from tests.e2e.test_recurring_tasks import eventually_next
from tests.support.evidence import SCHEMAS
from tests.support.running import RunningStack
from tests.support.tickler import Json, Mailbox, User
from tests.support.waiting import eventually


async def complete_a_daily_task(user: User) -> Json:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    task = await user.add_task(title="Water the plants", due={"date": today}, recurrence={"rule": "FREQ=DAILY"})
    await user.complete_task(task["number"])
    return task


async def assert_a_reminder_is_delivered(user: User, mailbox: Mailbox) -> None:
    task = await user.add_task(title="Call the dentist")
    await user.remind(task["number"], dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))
    await eventually(lambda: mailbox.received(user.email), "the mail arrives")


@pytest.mark.proves("US4.4", "FR-022")
async def test_a_service_that_hangs_neither_blocks_nor_slows_the_others(
    stack: RunningStack, user: User, mailbox: Mailbox
) -> None:
    stack.control.freeze("recurring")
    try:
        completed = await complete_a_daily_task(user)
        await assert_a_reminder_is_delivered(user, mailbox)
    finally:
        stack.control.thaw("recurring")

    await eventually_next(user, completed)


@pytest.mark.proves("US5.4")
async def test_a_migration_that_locks_one_services_tables_leaves_the_others_working(
    stack: RunningStack, user: User, mailbox: Mailbox
) -> None:
    async with stack.database() as migration:
        transaction = migration.transaction()
        await transaction.start()
        try:
            await migration.execute(
                "LOCK TABLE recurring.instances, recurring.processed_events, recurring.outbox IN ACCESS EXCLUSIVE MODE"
            )
            completed = await complete_a_daily_task(user)
            await assert_a_reminder_is_delivered(user, mailbox)
        finally:
            await transaction.rollback()

    await eventually_next(user, completed)


@pytest.mark.proves("FR-009", "FR-008")
@pytest.mark.parametrize("schema", SCHEMAS.values())
async def test_a_services_role_is_refused_every_table_of_the_others(stack: RunningStack, schema: str) -> None:
    async with stack.database() as admin:
        tables = await admin.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY($1)", list(SCHEMAS.values())
        )
    assert {row["schemaname"] for row in tables} == set(SCHEMAS.values())

    own = await asyncpg.connect(stack.info["database"][schema].replace("+asyncpg", ""))
    try:
        for row in tables:
            statement = f"SELECT FROM {row['schemaname']}.{row['tablename']} LIMIT 1"
            if row["schemaname"] == schema:
                await own.execute(statement)
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await own.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await own.execute("CREATE SCHEMA elsewhere")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await own.execute("CREATE TABLE public.elsewhere ()")
    finally:
        await own.close()
