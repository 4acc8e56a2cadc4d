"""Processes die, freeze and forget while people work; afterwards the count over the databases closes."""

import pytest

from tests.support.ledger import open_findings
from tests.support.running import RunningStack
from tests.support.tickler import Mailbox
from tests.support.waiting import eventually
from tests.support.workload import Workload

ROUND = 12
"""Acknowledged tasks before, during and after a fault: enough that events are under way at any moment."""


async def assert_the_count_closes(stack: RunningStack, workload: Workload) -> None:
    stack.control.wait_ready()
    left: list[str] = []

    async def closed() -> bool:
        async with stack.database() as connection:
            left[:] = await open_findings(connection, Mailbox(stack.mailpit), workload.acknowledged)
        return not left

    await eventually(closed, lambda: "the count closes; open: " + "\n".join(left[:20]), within=120, every=0.2)


LOSSES = {
    "UPDATE chat_api.outbox SET published_at = NULL WHERE type = 'task.updated'": "is not published",
    "DELETE FROM recurring.processed_events": "had no effect",
    "DELETE FROM chat_api.outbox WHERE type = 'task.created'": "was announced 0 times",
    "UPDATE recurring.instances SET parent_task_id = gen_random_uuid()": "has 0 next instances",
    "UPDATE notification.deliveries SET state = 'failed'": "is failed, not sent",
    "DELETE FROM notification.deliveries": "has 0 deliveries",
}
"""Losses made by hand, and what the count must say of each."""


async def test_the_count_notices_what_is_lost(stack: RunningStack, workload: Workload) -> None:
    async with workload.running():
        await workload.until_acknowledged(ROUND)
    await assert_the_count_closes(stack, workload)

    async with stack.database() as connection:
        for loss, expected in LOSSES.items():
            undone = connection.transaction()
            await undone.start()
            try:
                await connection.execute(loss)
                findings = await open_findings(connection, Mailbox(stack.mailpit), workload.acknowledged)
            finally:
                await undone.rollback()
            assert any(expected in finding for finding in findings), loss


@pytest.mark.proves("SC-007", "US4.1", "US4.2", "FR-016", "FR-025", "EDGE-ACK")
@pytest.mark.parametrize(
    "program",
    [
        "chat-api",
        "recurring",
        "notification",
        "notification-worker",
        "chat-api-dapr",
        "recurring-dapr",
        "notification-dapr",
    ],
)
async def test_a_process_killed_in_mid_flow_loses_and_doubles_nothing(
    stack: RunningStack, workload: Workload, program: str
) -> None:
    async with workload.running():
        await workload.until_acknowledged(ROUND)
        killed = stack.control.pid(program)
        stack.control.kill(program)
        await workload.until_acknowledged(ROUND)

    stack.control.wait_ready()
    assert stack.control.pid(program) != killed
    await assert_the_count_closes(stack, workload)


@pytest.mark.proves("SC-007", "US1.3", "FR-025")
async def test_kafka_frozen_delays_events_and_loses_none(stack: RunningStack, workload: Workload) -> None:
    async with workload.running():
        await workload.until_acknowledged(ROUND)
        stack.control.freeze("kafka")
        try:
            await workload.until_acknowledged(ROUND)
        finally:
            stack.control.thaw("kafka")
        await workload.until_acknowledged(ROUND)

    await assert_the_count_closes(stack, workload)


@pytest.mark.proves("US4.3", "SC-007")
async def test_postgresql_stopped_gives_clear_errors_and_leaves_nothing_half_done(
    stack: RunningStack, workload: Workload
) -> None:
    user = workload.acknowledged.users[0]
    async with workload.running():
        await workload.until_acknowledged(ROUND)
        stack.control.stop("postgres")
        try:
            refused = await user.http.post("/api/tasks", json={"title": "While the database is away"})
        finally:
            stack.control.start("postgres")
        await workload.until_acknowledged(ROUND)

    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert "While the database is away" not in {task["title"] for task in await user.tasks(limit=100)}
    await assert_the_count_closes(stack, workload)


@pytest.mark.proves("SC-007", "FR-003")
async def test_redis_flushed_delays_mails_and_loses_none(stack: RunningStack, workload: Workload) -> None:
    async with workload.running():
        await workload.until_acknowledged(ROUND)
        await stack.flush_redis()
        await workload.until_acknowledged(ROUND)

    await assert_the_count_closes(stack, workload)
