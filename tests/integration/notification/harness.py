"""The Notification Service without a bus: events are handed to its handlers, and read from its outbox."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Row, text

from events.backoff import Backoff
from events.contracts import CONTRACTS, EventData, ReminderCancelled, ReminderSent, ReminderTriggered
from events.envelope import make_event, parse_event
from events.messaging import Messaging
from events.subscriptions import Outcome
from events.tracing import new_traceparent
from notification.adapters.mails.composer import ReminderComposer
from notification.config import NotificationSettings
from notification.service_layer.delivering import DeliverReminder, RetryPolicy
from notification.service_layer.mailing import Mailer
from notification.service_layer.scheduling import DueJob
from notification.service_layer.subscriptions import subscriptions
from notification.service_layer.sweeping import Sweep
from notification.service_layer.unit_of_work import NotificationUnitOfWork
from tests.support.fakes import FixedClock

D = TypeVar("D", bound=EventData)

FIRST_DELAY = 10.0
MAX_ATTEMPTS = 4
LEASE = dt.timedelta(seconds=30)
EVENT_LOST_AFTER = dt.timedelta(minutes=5)


def no_jitter(limit: float) -> float:
    return limit


@dataclass
class Notification:
    """The service over a database of its own, at a time that the test sets."""

    messaging: Messaging
    clock: FixedClock
    settings: NotificationSettings
    enqueued: list[UUID] = field(default_factory=list)

    def unit_of_work(self) -> NotificationUnitOfWork:
        return NotificationUnitOfWork(self.messaging)

    async def receive(self, data: EventData) -> Outcome:
        """Has the event handled as the receiver does, but for the inbox: duplicates reach the handler."""
        event = make_event(
            data,
            event_id=uuid4(),
            source="chat-api",
            time=self.clock.now(),
            traceparent=new_traceparent(),
        )
        handler = subscriptions(self.enqueued.append).handler_of(event)
        if handler is None:
            return Outcome.IGNORED
        async with self.unit_of_work() as uow:
            outcome = await handler(event, uow)
            await uow.commit()
        return outcome

    async def receive_all(self, events: Sequence[EventData]) -> list[Outcome]:
        return [await self.receive(event) for event in events]

    def due_job(self, batch_rows: int = 100) -> DueJob:
        return DueJob(self.unit_of_work, poll_seconds=0.5, batch_rows=batch_rows)

    def sweep(self, requeued: list[UUID]) -> Sweep:
        async def enqueue_missing(delivery_ids: Sequence[UUID]) -> int:
            requeued.extend(delivery_ids)
            return len(delivery_ids)

        return Sweep(
            self.unit_of_work,
            enqueue_missing,
            grace=dt.timedelta(seconds=5),
            batch_rows=100,
            event_lost_after=EVENT_LOST_AFTER,
        )

    def deliver(self, mailer: Mailer) -> DeliverReminder:
        return DeliverReminder(
            partial(NotificationUnitOfWork, self.messaging),
            ReminderComposer(sender=self.settings.sender, public_url=self.settings.public_url),
            mailer,
            self.clock,
            retries=RetryPolicy(Backoff(FIRST_DELAY, 2.0, 100.0, jitter=no_jitter), MAX_ATTEMPTS),
            lease=LEASE,
            message_id_domain=self.settings.sender.domain,
        )

    async def come_due(self) -> list[UUID]:
        """Runs the due job and has its events handled; returns the deliveries that this brought."""
        before = len(self.enqueued)
        seen = {event.reminder_id: event.version for event in await self.published(ReminderTriggered)}
        await self.due_job().trigger_batch()
        for event in await self.published(ReminderTriggered):
            if seen.get(event.reminder_id) != event.version:
                await self.receive(event)
        return self.enqueued[before:]

    async def published(self, contract: type[D]) -> list[D]:
        """The data of the outbox's events of a type, in their order."""
        assert contract in CONTRACTS
        rows = await self.fetch("SELECT payload FROM outbox WHERE type = :type ORDER BY id", type=contract.TYPE)
        events = [parse_event(payload).data for (payload,) in rows]
        return [event for event in events if isinstance(event, contract)]

    async def reasons(self) -> list[str]:
        return [event.reason.value for event in await self.published(ReminderCancelled)]

    async def sent(self) -> list[tuple[UUID, int]]:
        return [(event.reminder_id, event.version) for event in await self.published(ReminderSent)]

    async def reminder_state(self, reminder_id: UUID) -> str:
        ((state,),) = await self.fetch("SELECT state FROM reminders WHERE id = :id", id=reminder_id)
        return str(state)

    async def delivery(self, delivery_id: UUID) -> dict[str, object]:
        rows = await self.fetch("SELECT * FROM deliveries WHERE id = :id", id=delivery_id)
        return dict(rows[0]._mapping)

    async def fetch(self, statement: str, **parameters: object) -> Sequence[Row[Any]]:
        async with self.messaging.engine.connect() as connection:
            return (await connection.execute(text(statement), parameters)).all()
