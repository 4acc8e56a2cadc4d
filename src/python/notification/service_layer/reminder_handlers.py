"""What reminder events mean: one is kept until it is due, and then becomes a mail."""

from collections.abc import Callable
from uuid import UUID

from events.contracts import CancelReason, ReminderScheduled, ReminderTriggered
from events.envelope import Event
from events.subscriptions import Outcome
from notification.domain.mail import Due, TaskText
from notification.domain.reminder import ReminderState, Scheduling, reason_to_cancel
from notification.service_layer.cancelling import announce, cancel
from notification.service_layer.unit_of_work import NotificationUnitOfWork

Enqueue = Callable[[UUID], None]
"""Has a worker take up a delivery; neither blocks nor fails, and may come to nothing: the sweep follows it up."""


async def on_reminder_scheduled(event: Event[ReminderScheduled], uow: NotificationUnitOfWork) -> Outcome:
    """Keeps a reminder, in the place of an earlier scheduling; cancels it at once where its task says so."""
    data = event.data
    now = uow.clock.now()
    task = await uow.tasks.merge(
        data.task_id,
        data.user_id,
        text_version=data.task_version,
        text=TaskText(
            number=data.task_number,
            title=data.task_title,
            due=Due(data.task_due.date, data.task_due.time, data.task_due.timezone) if data.task_due else None,
        ),
        now=now,
    )
    if task is None:
        return Outcome.STALE
    earlier = await uow.reminders.find(data.reminder_id)
    if earlier is not None:
        if earlier.version >= data.version:
            return Outcome.STALE
        if earlier.is_open:
            await cancel(uow, earlier, CancelReason.MOVED)
    scheduling = Scheduling(
        reminder_id=data.reminder_id,
        version=data.version,
        task_id=data.task_id,
        user_id=data.user_id,
        task_version=data.task_version,
        remind_at=data.remind_at,
    )
    reason = reason_to_cancel(scheduling, task)
    if reason is not None:
        await announce(uow, scheduling, reason)
        scheduling = scheduling.ended(ReminderState.CANCELLED)
    await uow.reminders.keep(scheduling, reason=reason, traceparent=event.envelope.traceparent, now=now)
    return Outcome.APPLIED


class OnReminderTriggered:
    """Makes a mail of a reminder that has come due, unless it was cancelled in the meantime."""

    def __init__(self, enqueue: Enqueue):
        self._enqueue = enqueue

    async def __call__(self, event: Event[ReminderTriggered], uow: NotificationUnitOfWork) -> Outcome:
        data = event.data
        task = await uow.tasks.lock(data.task_id)
        scheduling = await uow.reminders.find(data.reminder_id)
        if task is None or scheduling is None or scheduling.version != data.version:
            return Outcome.STALE
        if scheduling.state is not ReminderState.TRIGGERED:
            return Outcome.STALE
        reason = reason_to_cancel(scheduling, task)
        if reason is not None:
            cancelled = await cancel(uow, scheduling, reason)
            return Outcome.APPLIED if cancelled else Outcome.STALE
        delivery_id = uow.ids.new()
        added = await uow.deliveries.add(
            delivery_id, scheduling, traceparent=event.envelope.traceparent, now=uow.clock.now()
        )
        if not added:
            return Outcome.STALE
        uow.after_commit(lambda: self._enqueue(delivery_id))
        return Outcome.APPLIED
