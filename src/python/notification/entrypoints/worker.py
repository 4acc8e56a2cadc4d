"""The arq worker: takes delivery ids from the queue and has an attempt made for each."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from arq import Retry, Worker, func
from arq.connections import ArqRedis

from events.backoff import Backoff
from events.errors import Unavailable
from notification.adapters.queue import JOB, QUEUE, QueueAway, serialize
from notification.service_layer.delivering import DeliverReminder

_log = structlog.get_logger(__name__)

_DATABASE_AWAY_SECONDS = 1.0
_CANCEL_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class WorkerLimits:
    """Durations are in seconds."""

    max_jobs: int
    job_timeout: float
    poll: float
    drain: float
    """How long jobs under way may take to finish once the worker is to stop."""


class DeliveryWorker:
    """Runs jobs until told to stop. Where Redis goes away, it finishes its jobs and begins anew when it is back."""

    def __init__(self, redis: ArqRedis, deliver: DeliverReminder, limits: WorkerLimits, backoff: Backoff):
        self._redis = redis
        self._deliver = deliver
        self._limits = limits
        self._backoff = backoff

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then finishes the jobs under way."""
        failures = 0
        while not stop.is_set():
            try:
                await self._work(stop)
            except QueueAway as error:
                failures += 1
                _log.warning("the queue is away", error=repr(error), failures=failures)
                try:
                    async with asyncio.timeout(self._backoff.delay(failures)):
                        await stop.wait()
                except TimeoutError:
                    continue
            else:
                failures = 0

    async def _work(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; raises one of `QueueAway` where Redis is away."""
        worker = self._arq_worker()
        working = asyncio.create_task(worker.async_run())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            worker.allow_pick_jobs = False
            await self._drain(worker)
            await _cancel(working)
        if not working.cancelled():
            working.result()

    async def _drain(self, worker: Worker) -> None:
        """Lets the jobs under way record in PostgreSQL what became of them, which needs no Redis."""
        jobs = list(worker.tasks.values())
        if jobs:
            _, late = await asyncio.wait(jobs, timeout=self._limits.drain)
            for job in late:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    def _arq_worker(self) -> Worker:
        return Worker(
            [func(self._job, name=JOB)],  # type: ignore[arg-type]  # its protocol is of any arguments
            queue_name=QUEUE,
            redis_pool=self._redis,
            handle_signals=False,
            max_jobs=self._limits.max_jobs,
            job_timeout=self._limits.job_timeout,
            keep_result=0,
            poll_delay=self._limits.poll,
            max_tries=sys.maxsize,  # PostgreSQL counts the attempts
            job_serializer=serialize,
            job_deserializer=json.loads,
            log_results=False,
        )

    async def _job(self, _ctx: dict[str, Any], delivery_id: str) -> None:
        with structlog.contextvars.bound_contextvars(delivery_id=delivery_id):
            try:
                wait = await self._deliver.attempt(UUID(delivery_id))
            except Unavailable as error:
                _log.warning("the database is away", error=repr(error))
                raise Retry(_DATABASE_AWAY_SECONDS) from error
        if wait is not None:
            raise Retry(wait)


async def _cancel(task: "asyncio.Task[None]") -> None:
    """Cancels `task` until it has ended: a cancellation that meets a time-out inside the Redis client gets lost."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN_SECONDS)
