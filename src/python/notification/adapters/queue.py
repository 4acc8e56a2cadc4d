"""The worker's queue: arq jobs in Redis that carry nothing but a delivery's id.

Redis is never the truth. Whatever it loses, the sweep brings back; whatever is in it twice, PostgreSQL lets happen
once.
"""

import asyncio
import json
from collections.abc import Awaitable, Sequence
from typing import Any, Final, cast
from uuid import UUID

import structlog
from arq.connections import ArqRedis
from arq.constants import job_key_prefix
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from notification.metrics import ENQUEUE_FAILURES

_log = structlog.get_logger(__name__)

QUEUE: Final = "tickler:deliveries"
JOB: Final = "deliver_reminder"
WAKE_CHANNEL: Final = "tickler:outbox"

QueueAway = (RedisError, OSError)
"""What a call raises where Redis cannot be used."""

_BUFFERED = 10_000
_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0


def connect(url: str) -> ArqRedis:
    """A client for `url`. It connects when first used, and again when needed."""
    pool: ConnectionPool = ConnectionPool.from_url(
        url, socket_connect_timeout=_CONNECT_SECONDS, socket_timeout=_ANSWER_SECONDS
    )
    return ArqRedis(pool, job_serializer=serialize, job_deserializer=json.loads, default_queue_name=QUEUE)


def serialize(job: dict[str, Any]) -> bytes:
    """A job as JSON. arq serializes errors as well, though no result is kept."""
    return json.dumps(job, default=repr).encode()


def job_id(delivery_id: UUID) -> str:
    """The id of a delivery's job: there is one at a time."""
    return f"delivery:{delivery_id}"


class DeliveryQueue:
    """Puts deliveries into the worker's queue."""

    def __init__(self, redis: ArqRedis):
        self._redis = redis
        self._new: asyncio.Queue[UUID] = asyncio.Queue(_BUFFERED)

    def put_soon(self, delivery_id: UUID) -> None:
        """Has `run` enqueue a delivery. Neither blocks nor fails: what does not get through is swept."""
        try:
            self._new.put_nowait(delivery_id)
        except asyncio.QueueFull:
            ENQUEUE_FAILURES.inc()

    async def run(self, stop: asyncio.Event) -> None:
        """Enqueues what `put_soon` takes, until `stop` is set and nothing is left."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not (stop.is_set() and self._new.empty()):
                getting = asyncio.create_task(self._new.get())
                await asyncio.wait({getting, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not getting.done():
                    getting.cancel()
                    continue
                await self._enqueue_new(getting.result())
        finally:
            stopping.cancel()

    async def enqueue_missing(self, delivery_ids: Sequence[UUID]) -> int:
        """Enqueues those that are not in the queue; returns how many. Redis being away is logged, and zero."""
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for delivery_id in delivery_ids:
                    pipe.exists(job_key_prefix + job_id(delivery_id))
                queued = await pipe.execute()
            missing = [each for each, there in zip(delivery_ids, queued, strict=True) if not there]
            for delivery_id in missing:
                await self._enqueue(delivery_id)
        except QueueAway as error:
            ENQUEUE_FAILURES.inc()
            _log.warning("the queue is away", error=repr(error))
            return 0
        return len(missing)

    async def depth(self) -> int:
        """How many jobs are in the queue, those for later included. Raises one of `QueueAway`."""
        return cast("int", await self._redis.zcard(QUEUE))

    async def ping(self) -> None:
        """Raises one of `QueueAway` where Redis cannot be used."""
        await cast("Awaitable[bool]", self._redis.ping())

    async def _enqueue_new(self, delivery_id: UUID) -> None:
        try:
            await self._enqueue(delivery_id)
        except QueueAway as error:
            ENQUEUE_FAILURES.inc()
            _log.warning("delivery not enqueued; the sweep will", delivery_id=str(delivery_id), error=repr(error))

    async def _enqueue(self, delivery_id: UUID) -> None:
        await self._redis.enqueue_job(JOB, str(delivery_id), _job_id=job_id(delivery_id))
