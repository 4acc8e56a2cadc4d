"""The sweep: takes up the deliveries and reminders that nobody is at, though somebody should be."""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog

from events.tracing import trace_id
from events.unit_of_work import UnitOfWorkFactory
from notification.metrics import ATTEMPTS, SWEPT
from notification.service_layer.scheduling import publish_triggered
from notification.service_layer.unit_of_work import NotificationUnitOfWork

_log = structlog.get_logger(__name__)

EnqueueMissing = Callable[[Sequence[UUID]], Awaitable[int]]
"""Enqueues deliveries that are not in the queue, and returns how many those were."""


class Sweep:
    """Brings back what a dead worker held, and what the queue or the broker lost.

    Args:
        grace: how long after its time an attempt is given to be made by the job that is queued for it.
        event_lost_after: how long after it was published the event of a due reminder is taken for lost.
    """

    def __init__(
        self,
        new_unit_of_work: UnitOfWorkFactory[NotificationUnitOfWork],
        enqueue_missing: EnqueueMissing,
        *,
        grace: dt.timedelta,
        batch_rows: int,
        event_lost_after: dt.timedelta,
    ):
        self._new_unit_of_work = new_unit_of_work
        self._enqueue_missing = enqueue_missing
        self._grace = grace
        self._batch_rows = batch_rows
        self._event_lost_after = event_lost_after

    async def sweep(self) -> None:
        """Takes up a batch of each kind."""
        await self._publish_lost()
        released = await self._release_expired()
        async with self._new_unit_of_work() as uow:
            overdue = await uow.deliveries.overdue(uow.clock.now() - self._grace, self._batch_rows)
        SWEPT.labels("lease-expired").inc(len(released))
        if released or overdue:
            SWEPT.labels("not-queued").inc(await self._enqueue_missing([*released, *overdue]))

    async def _publish_lost(self) -> None:
        """Publishes again that reminders are due of which no delivery came.

        An event that was only late does no harm: a scheduling has one delivery. Marking the reminder keeps this
        from happening more often than once in the time after which an event is taken for lost.
        """
        async with self._new_unit_of_work() as uow:
            now = uow.clock.now()
            lost = await uow.reminders.retrigger_lost(now - self._event_lost_after, now, self._batch_rows)
            for each in lost:
                await publish_triggered(uow, each, now)
            await uow.commit()
        for each in lost:
            _log.warning(
                "event of a due reminder was lost, published again",
                reminder_id=str(each.scheduling.reminder_id),
                subject=str(each.scheduling.task_id),
                traceparent=each.traceparent,
                trace_id=trace_id(each.traceparent),
            )
        SWEPT.labels("event-lost").inc(len(lost))

    async def _release_expired(self) -> list[UUID]:
        """Has attempts whose lease ran out count as uncertain: their workers may have sent the mail, and died."""
        async with self._new_unit_of_work() as uow:
            now = uow.clock.now()
            expired = await uow.deliveries.expired(now, self._batch_rows)
            for delivery in (each.abandoned() for each in expired):
                await uow.deliveries.postpone(
                    delivery,
                    delivery.state,
                    uncertain=delivery.uncertain,
                    next_attempt_at=now,
                    error="the worker's lease ran out",
                )
                _log.warning(
                    "lease of a delivery ran out",
                    delivery_id=str(delivery.id),
                    reminder_id=str(delivery.reminder_id),
                    subject=str(delivery.task_id),
                    traceparent=delivery.traceparent,
                    trace_id=trace_id(delivery.traceparent),
                )
            await uow.commit()
        ATTEMPTS.labels("uncertain").inc(len(expired))
        return [delivery.id for delivery in expired]
