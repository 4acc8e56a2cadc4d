"""The relay: publishes what the outbox holds, in its order, at least once."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from events.backoff import Backoff
from events.locks import lock_key
from events.messaging import Messaging
from events.metrics import OUTBOX_FAILURES, OUTBOX_PUBLISHED
from events.publisher import Message, Publisher, PublisherUnavailable, PublishFailed
from events.settings import ServiceSettings
from events.topics import Topic, dead_letter_topic

_log = structlog.get_logger(__name__)

# How soon to look again where another relay of the service is at work; it holds the lock for one batch only.
_STANDBY_SECONDS = 0.2

# Each topic has a batch of its own, so that one that fails keeps none of the others waiting. Rows held back after
# failing alone hold back the later ones of their key, which keeps a key's order.
_PENDING = text("""
    WITH held AS MATERIALIZED (
        SELECT topic, partition_key, min(id) AS first
        FROM outbox
        WHERE published_at IS NULL AND set_aside_at IS NULL AND attempts > 0 AND next_attempt_at > :now
        GROUP BY topic, partition_key
    )
    SELECT pending.* FROM unnest(CAST(:topics AS text[])) AS wanted(topic)
    CROSS JOIN LATERAL (
        SELECT batch.*, sum(octet_length(payload)) OVER (ORDER BY id) - octet_length(payload) AS bytes_before
        FROM (
            SELECT id, event_id, topic, partition_key, type, subject, payload, raw, attempts
            FROM outbox
            WHERE outbox.topic = wanted.topic AND published_at IS NULL AND set_aside_at IS NULL
              AND NOT EXISTS (
                  SELECT FROM held
                  WHERE held.topic = outbox.topic AND held.partition_key = outbox.partition_key
                    AND held.first <= outbox.id
              )
            ORDER BY id
            LIMIT :rows
        ) AS batch
    ) AS pending
    WHERE pending.bytes_before < :bytes
    ORDER BY pending.id
""")


@dataclass(frozen=True)
class RelayLimits:
    """Durations are in seconds; a batch is one topic's."""

    poll: float
    batch_rows: int
    batch_bytes: int
    publish_timeout: float
    backoff: Backoff

    @classmethod
    def of(cls, settings: ServiceSettings) -> "RelayLimits":
        """The limits that a service's settings name."""
        return cls(
            poll=settings.relay_poll_seconds,
            batch_rows=settings.relay_batch_rows,
            batch_bytes=settings.relay_batch_bytes,
            publish_timeout=settings.relay_publish_timeout_seconds,
            backoff=Backoff(settings.relay_first_delay_seconds, 2.0, settings.relay_max_delay_seconds),
        )


@dataclass(frozen=True)
class _Row:
    id: int
    event_id: object
    topic: str
    partition_key: str
    type: str
    subject: str
    payload: str
    raw: bool
    attempts: int

    def message(self) -> Message:
        return Message(self.id, self.partition_key, self.payload, self.raw)


@dataclass
class _Delivery:
    """What became of one topic's batch."""

    topic: str
    published: list[_Row] = field(default_factory=list)
    held: list[tuple[_Row, str]] = field(default_factory=list)
    refused: list[tuple[_Row, str]] = field(default_factory=list)
    halted: str | None = None
    """Why the rest of the batch was not tried, where it was not."""

    @property
    def held_keys(self) -> set[str]:
        return {row.partition_key for row, _ in self.held}


@dataclass(frozen=True)
class RelayPass:
    """What one pass over the outbox did."""

    elected: bool
    """Whether this relay was the one at work; false where another was."""
    published: int = 0
    more: bool = False
    """Whether a batch was full, so that more may wait."""


class Relay:
    """One of a service's relays. Of those that run at once, one is at work, elected anew for each batch."""

    def __init__(self, messaging: Messaging, publisher: Publisher, limits: RelayLimits, awake: asyncio.Event):
        """`awake` is set by whoever commits to the outbox."""
        self._messaging = messaging
        self._publisher = publisher
        self._limits = limits
        self._awake = awake
        self._lock = lock_key("relay", messaging.service)
        self._topics = [*map(str, Topic), dead_letter_topic(messaging.service)]
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Publishes until `stop` is set, and then once more: what was committed last need not wait for a restart."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._awake.clear()
                done = await self.publish_pending()
                if not done.more:
                    await self._rest(stopping, self._limits.poll if done.elected else _STANDBY_SECONDS)
            await self.publish_pending()
        finally:
            stopping.cancel()

    async def publish_pending(self) -> RelayPass:
        """Publishes at most one batch of each topic that is not backing off."""
        moment = asyncio.get_running_loop().time()
        topics = [topic for topic in self._topics if self._not_before.get(topic, 0.0) <= moment]
        async with self._messaging.engine.connect() as connection:
            elected = await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": self._lock})
            if not elected:
                return RelayPass(elected=False)
            batches = await self._pending(connection, topics)
            deliveries = await asyncio.gather(*(self._deliver(topic, rows) for topic, rows in batches.items()))
            for delivery in deliveries:
                await self._mark(connection, delivery)
            await connection.commit()
        for delivery in deliveries:
            self._account(delivery)
        return RelayPass(
            elected=True,
            published=sum(len(delivery.published) for delivery in deliveries),
            more=any(self._was_full(batches[delivery.topic]) for delivery in deliveries if delivery.halted is None),
        )

    def _was_full(self, rows: Sequence[_Row]) -> bool:
        return (
            len(rows) == self._limits.batch_rows
            or sum(len(row.payload.encode()) for row in rows) >= self._limits.batch_bytes
        )

    async def _rest(self, stopping: "asyncio.Task[bool]", seconds: float) -> None:
        waking = asyncio.create_task(self._awake.wait())
        try:
            await asyncio.wait({waking, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()

    async def _pending(self, connection: AsyncConnection, topics: list[str]) -> dict[str, list[_Row]]:
        rows = await connection.execute(
            _PENDING,
            {
                "now": self._messaging.clock.now(),
                "topics": topics,
                "rows": self._limits.batch_rows,
                "bytes": self._limits.batch_bytes,
            },
        )
        batches: dict[str, list[_Row]] = {}
        for row in rows.mappings():
            values = {name: value for name, value in row.items() if name != "bytes_before"}
            batches.setdefault(row["topic"], []).append(_Row(**values))
        return batches

    async def _deliver(self, topic: str, rows: Sequence[_Row]) -> _Delivery:
        delivery = _Delivery(topic)
        await self._publish(delivery, rows)
        return delivery

    async def _publish(self, delivery: _Delivery, rows: Sequence[_Row]) -> None:
        """Publishes `rows`; where a call fails, finds the rows that it fails for, and publishes the others."""
        if delivery.held:
            rows = [row for row in rows if row.partition_key not in delivery.held_keys]
        if not rows or delivery.halted:
            return
        try:
            async with asyncio.timeout(self._limits.publish_timeout):
                failed = await self._publisher.publish(delivery.topic, [row.message() for row in rows])
        except (PublisherUnavailable, TimeoutError) as error:
            delivery.halted = str(error) or "time-out"
        except PublishFailed as error:
            await self._publish_apart(delivery, rows, error)
        else:
            by_id = {row.id: row for row in rows}
            for failure in failed:
                row = by_id.pop(failure.id)
                if failure.permanent and len(rows) > 1:
                    await self._publish(delivery, [row])  # it may only have shared the blame
                elif failure.permanent:
                    delivery.refused.append((row, failure.error))
                else:
                    delivery.held.append((row, failure.error))
            delivery.published += by_id.values()

    async def _publish_apart(self, delivery: _Delivery, rows: Sequence[_Row], error: PublishFailed) -> None:
        if len(rows) == 1:
            (row,) = rows
            if error.permanent:
                delivery.refused.append((row, str(error)))
            else:
                # Nobody can say whether it lies with the row. It is held back alone, so that the next pass, after
                # a pause, begins with another: the bus being away stays cheap, and a bad row blocks its key alone.
                delivery.held.append((row, str(error)))
                delivery.halted = str(error)
            return
        if error.permanent:
            middle = len(rows) // 2
            await self._publish(delivery, rows[:middle])
            await self._publish(delivery, rows[middle:])
        else:
            await self._publish(delivery, rows[:1])
            middle = (len(rows) + 1) // 2
            await self._publish(delivery, rows[1:middle])
            await self._publish(delivery, rows[middle:])

    async def _mark(self, connection: AsyncConnection, delivery: _Delivery) -> None:
        outbox = self._messaging.tables.outbox
        now = self._messaging.clock.now()
        if delivery.published:
            await connection.execute(
                text("UPDATE outbox SET published_at = :now, error = NULL WHERE id = ANY(:ids)"),
                {"now": now, "ids": [row.id for row in delivery.published]},
            )
        for row, error in delivery.held:
            attempts = row.attempts + 1
            later = now + dt.timedelta(seconds=self._limits.backoff.delay(attempts))
            await connection.execute(
                update(outbox)
                .where(outbox.c.id == row.id)
                .values(attempts=attempts, next_attempt_at=later, error=error)
            )
        for row, error in delivery.refused:
            await connection.execute(
                update(outbox)
                .where(outbox.c.id == row.id)
                .values(attempts=row.attempts + 1, set_aside_at=now, error=error)
            )

    def _account(self, delivery: _Delivery) -> None:
        topic = delivery.topic
        OUTBOX_PUBLISHED.labels(topic).inc(len(delivery.published))
        for row, error in delivery.refused:
            OUTBOX_FAILURES.labels(topic, "set-aside").inc()
            _log.error(
                "outbox row set aside",
                outbox_id=row.id,
                event_id=str(row.event_id),
                event_type=row.type,
                subject=row.subject,
                topic=topic,
                error=error,
            )
        for row, error in delivery.held:
            OUTBOX_FAILURES.labels(topic, "held-back").inc()
            _log.warning(
                "outbox row held back",
                outbox_id=row.id,
                event_id=str(row.event_id),
                event_type=row.type,
                subject=row.subject,
                topic=topic,
                error=error,
            )
        if delivery.halted is None:
            self._failures.pop(topic, None)
            self._not_before.pop(topic, None)
            return
        OUTBOX_FAILURES.labels(topic, "unavailable").inc()
        failures = self._failures[topic] = self._failures.get(topic, 0) + 1
        delay = self._limits.backoff.delay(failures)
        self._not_before[topic] = asyncio.get_running_loop().time() + delay
        _log.warning("publishing is held up", topic=topic, failures=failures, error=delivery.halted)
