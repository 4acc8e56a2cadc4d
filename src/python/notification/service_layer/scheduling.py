"""The due job: finds the reminders whose time has come, and says so."""

import asyncio
import datetime as dt

import structlog

from events.contracts import ReminderTriggered
from events.tracing import use_traceparent
from events.unit_of_work import UnitOfWorkFactory
from notification.adapters.repositories.reminders import Triggered
from notification.metrics import TRIGGER_LATENESS
from notification.service_layer.unit_of_work import NotificationUnitOfWork

_log = structlog.get_logger(__name__)


class DueJob:
    """Marks reminders as due and publishes `reminder.triggered`, a batch in a transaction.

    Any number may run at once, in as many replicas: each reminder is taken by one. What came due while none ran is
    taken up when one runs again.

    Args:
        poll_seconds: how soon a reminder is noticed that was scheduled for a time nearer than that.
    """

    def __init__(
        self, new_unit_of_work: UnitOfWorkFactory[NotificationUnitOfWork], *, poll_seconds: float, batch_rows: int
    ):
        self._new_unit_of_work = new_unit_of_work
        self._poll_seconds = poll_seconds
        self._batch_rows = batch_rows

    async def run(self, stop: asyncio.Event) -> None:
        """Does so until `stop` is set; the batch under way is finished."""
        while not stop.is_set():
            pause = await self.trigger_batch()
            try:
                async with asyncio.timeout(pause):
                    await stop.wait()
            except TimeoutError:
                continue

    async def trigger_batch(self) -> float:
        """Triggers the reminders that are due, up to a batch of them; returns in how many seconds to look again."""
        async with self._new_unit_of_work() as uow:
            now = uow.clock.now()
            triggered = await uow.reminders.trigger_due(now, self._batch_rows)
            for each in triggered:
                await publish_triggered(uow, each, now)
            next_due_at = await uow.reminders.next_due_at()
            await uow.commit()
        for each in triggered:
            TRIGGER_LATENESS.observe((now - each.scheduling.remind_at).total_seconds())
        if triggered:
            _log.info("reminders triggered", reminders=len(triggered))
        if not triggered and next_due_at is not None and next_due_at <= now:
            return self._poll_seconds  # others have in hand all that is due
        return self._pause(now, next_due_at)

    def _pause(self, now: dt.datetime, next_due_at: dt.datetime | None) -> float:
        if next_due_at is None:
            return self._poll_seconds
        return min(max((next_due_at - now).total_seconds(), 0.0), self._poll_seconds)


async def publish_triggered(uow: NotificationUnitOfWork, triggered: Triggered, now: dt.datetime) -> None:
    """Publishes that a reminder is due, in the trace of the request that asked for it."""
    scheduling = triggered.scheduling
    with use_traceparent(triggered.traceparent):
        await uow.publish(
            ReminderTriggered(
                user_id=scheduling.user_id,
                version=scheduling.version,
                reminder_id=scheduling.reminder_id,
                task_id=scheduling.task_id,
                remind_at=scheduling.remind_at,
                triggered_at=now,
            )
        )
