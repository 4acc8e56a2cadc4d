"""The arq worker over real Redis: from a queued id to a mail, and through Redis's absences."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from arq.connections import ArqRedis

from events.background import Run
from events.backoff import Backoff
from events.clock import SystemClock
from events.contracts import ReminderSent
from notification.adapters.queue import QUEUE, DeliveryQueue, connect
from notification.adapters.smtp import SmtpMailer
from notification.adapters.waking import RemoteWaker, listen
from notification.bootstrap import make_messaging
from notification.config import NotificationSettings
from notification.entrypoints.worker import DeliveryWorker, WorkerLimits
from tests.integration.notification.harness import FIRST_DELAY, Notification, no_jitter
from tests.integration.notification.test_delivering import due_delivery
from tests.support.chat_history import TaskHistory
from tests.support.fakes import FixedClock
from tests.support.smtp_server import MailServer, say
from tests.support.waiting import eventually

BACKOFF = Backoff(0.01, 1.0, 0.01, jitter=no_jitter)
LIMITS = WorkerLimits(max_jobs=4, job_timeout=20, poll=0.01, drain=5)


@asynccontextmanager
async def running(*loops: Run) -> AsyncIterator[asyncio.Event]:
    """Runs loops until the end of the block, and then until they have stopped."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(_as_coroutine(loop, stop))
        try:
            yield stop
        finally:
            stop.set()


async def _as_coroutine(loop: Run, stop: asyncio.Event) -> None:
    await loop(stop)


@pytest.fixture
async def worker(notification: Notification, redis: ArqRedis, mailer: SmtpMailer) -> DeliveryWorker:
    return DeliveryWorker(redis, notification.deliver(mailer), LIMITS, BACKOFF)


async def sent(notification: Notification, count: int) -> list[ReminderSent]:
    async def enough() -> list[ReminderSent]:
        events = await notification.published(ReminderSent)
        return events if len(events) >= count else []

    return await eventually(enough, f"{count} mails are sent")


async def test_a_queued_delivery_is_sent_and_leaves_nothing_in_the_queue(
    notification: Notification, redis: ArqRedis, worker: DeliveryWorker, mails: MailServer
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    queue = DeliveryQueue(redis)
    async with running(worker.run, queue.run):
        queue.put_soon(delivery_id)
        await sent(notification, 1)
    assert len(mails.taken) == 1
    assert await queue.depth() == 0
    assert await redis.keys("arq:*") == []


async def test_a_delivery_queued_twice_by_two_replicas_is_sent_once_by_two_workers(
    notification: Notification, redis_url: str, redis: ArqRedis, mailer: SmtpMailer, mails: MailServer
) -> None:
    deliveries = [await due_delivery(notification, TaskHistory()) for _ in range(10)]
    clients = [connect(redis_url) for _ in range(2)]
    workers = [DeliveryWorker(client, notification.deliver(mailer), LIMITS, BACKOFF) for client in clients]
    queues = [DeliveryQueue(client) for client in clients]
    async with running(*(worker.run for worker in workers)):
        await asyncio.gather(*(queue.enqueue_missing(deliveries) for queue in queues))
        await sent(notification, 10)
    assert len(set(mails.message_ids)) == len(mails.taken) == 10
    for client in clients:
        await client.aclose(close_connection_pool=True)


async def test_a_refused_mail_waits_in_the_queue_for_its_next_attempt(
    notification: Notification, redis: ArqRedis, worker: DeliveryWorker, mails: MailServer
) -> None:
    mails.at_recipient.append(say("450 later"))
    delivery_id = await due_delivery(notification, TaskHistory())
    queue = DeliveryQueue(redis)
    async with running(worker.run):
        await queue.enqueue_missing([delivery_id])

        async def postponed() -> bool:
            now = (await redis.time())[0]
            scores = [score for _, score in await redis.zrange(QUEUE, 0, -1, withscores=True)]
            return any(score / 1000 > now + FIRST_DELAY / 2 for score in scores)

        await eventually(postponed, "the job waits for its next attempt")
    assert await queue.enqueue_missing([delivery_id]) == 0


async def test_what_a_flush_of_redis_lost_is_brought_back_by_the_sweep(
    notification: Notification, redis: ArqRedis, worker: DeliveryWorker, mails: MailServer, clock: FixedClock
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    queue = DeliveryQueue(redis)
    await queue.enqueue_missing([delivery_id])
    await redis.flushdb()
    clock.advance(seconds=10)
    requeued: list[UUID] = []
    await notification.sweep(requeued).sweep()
    assert await queue.enqueue_missing(requeued) == 1
    async with running(worker.run):
        await sent(notification, 1)
    assert len(mails.taken) == 1


@pytest.mark.proves("FR-022")
async def test_without_redis_nothing_fails_and_the_worker_comes_back_with_it(
    notification: Notification, redis: ArqRedis, redis_url: str, mailer: SmtpMailer, mails: MailServer
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    redis_port = int(redis_url.rsplit(":", 1)[1].split("/")[0])
    async with Switch.to(redis_port) as switch:
        client = connect(f"redis://127.0.0.1:{switch.port}/{redis_url.rsplit('/', 1)[1]}")
        queue = DeliveryQueue(client)
        worker = DeliveryWorker(client, notification.deliver(mailer), LIMITS, BACKOFF)
        async with running(worker.run, queue.run):
            await switch.off()
            queue.put_soon(delivery_id)
            assert await queue.enqueue_missing([delivery_id]) == 0
            await switch.on()

            async def enqueued() -> bool:
                return await queue.enqueue_missing([delivery_id]) == 1 or bool(mails.taken)

            await eventually(enqueued, "the queue is back")
            await sent(notification, 1)
        await client.aclose(close_connection_pool=True)
    assert len(mails.taken) == 1


async def test_a_worker_that_is_told_to_stop_finishes_the_mail_under_way(
    notification: Notification, redis: ArqRedis, worker: DeliveryWorker, mails: MailServer
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def gate(_connection: object) -> None:
        begun.set()
        await go_on.wait()

    mails.at_recipient.append(gate)
    delivery_id = await due_delivery(notification, TaskHistory())
    async with running(worker.run) as stop:
        await DeliveryQueue(redis).enqueue_missing([delivery_id])
        await begun.wait()
        stop.set()
        go_on.set()
    assert len(await notification.published(ReminderSent)) == 1


async def test_a_job_that_finds_the_database_away_is_tried_again(
    notification: Notification, redis: ArqRedis, settings: NotificationSettings, mailer: SmtpMailer, mails: MailServer
) -> None:
    away = settings.model_copy(update={"database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"})
    messaging = make_messaging(away, clock=SystemClock())
    deliver = Notification(messaging, FixedClock(), away).deliver(mailer)
    worker = DeliveryWorker(redis, deliver, LIMITS, BACKOFF)
    delivery_id = await due_delivery(notification, TaskHistory())
    queue = DeliveryQueue(redis)
    async with running(worker.run):
        await queue.enqueue_missing([delivery_id])

        async def tried() -> bool:
            return bool(await redis.exists(f"arq:retry:delivery:{delivery_id}"))

        await eventually(tried, "the job is tried")
    assert await queue.depth() == 1
    assert mails.taken == []


async def test_a_commit_of_the_worker_wakes_the_relay_of_the_serving_process(redis: ArqRedis, redis_url: str) -> None:
    woken = asyncio.Event()
    client = connect(redis_url)
    waker = RemoteWaker(client)

    async def listening(stop: asyncio.Event) -> None:
        await listen(redis, woken.set, BACKOFF, stop)

    async with running(listening, waker.run):

        async def wakes() -> bool:
            waker.wake()
            return woken.is_set()

        await eventually(wakes, "the relay is woken")
    await client.aclose(close_connection_pool=True)


class Switch:
    """A way to a port of this machine that can be cut."""

    def __init__(self, target: int):
        self._target = target
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def to(cls, target: int) -> "AsyncIterator[Switch]":
        switch = cls(target)
        await switch.on()
        try:
            yield switch
        finally:
            await switch.off()

    async def on(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def off(self) -> None:
        assert self._server is not None
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connect(reader, writer))
        self._pumps.add(task)
        task.add_done_callback(self._pumps.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, target_writer))
                group.create_task(_pump(target_reader, writer))
        finally:
            writer.close()
            target_writer.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.close()
