"""Ending reminders that will not be sent, and saying so."""

from events.contracts import CancelReason, ReminderCancelled
from notification.domain.delivery import Delivery, DeliveryState
from notification.domain.reminder import ReminderState, Scheduling
from notification.metrics import DELIVERIES_ENDED
from notification.service_layer.unit_of_work import NotificationUnitOfWork

MAY_HAVE_ARRIVED = "Its mail may have arrived all the same."


async def cancel(uow: NotificationUnitOfWork, scheduling: Scheduling, reason: CancelReason) -> bool:
    """Cancels an open scheduling unless a worker has its mail in hand; the caller holds the task's lock.

    Returns:
        Whether it was cancelled; then `reminder.cancelled` is published.
    """
    detail = ""
    if scheduling.state is ReminderState.TRIGGERED:
        delivery = await uow.deliveries.of_scheduling(scheduling.reminder_id, scheduling.version)
        if delivery is not None:
            if not delivery.is_waiting:
                return False
            await end_delivery(uow, delivery, DeliveryState.CANCELLED)
            detail = MAY_HAVE_ARRIVED if delivery.uncertain else ""
    ended = await uow.reminders.end(
        scheduling.reminder_id, scheduling.version, ReminderState.CANCELLED, reason=reason.value, now=uow.clock.now()
    )
    if ended:
        await announce(uow, scheduling, reason, detail)
    return ended


async def give_up(
    uow: NotificationUnitOfWork, delivery: Delivery, state: DeliveryState, reason: CancelReason, detail: str
) -> None:
    """Ends a locked delivery without a mail, as failed or cancelled, and its scheduling where that is still open."""
    await end_delivery(uow, delivery, state, detail)
    await uow.reminders.end(
        delivery.reminder_id,
        delivery.reminder_version,
        ReminderState.FAILED if state is DeliveryState.FAILED else ReminderState.CANCELLED,
        reason=reason.value,
        now=uow.clock.now(),
    )
    await announce(uow, delivery, reason, detail)


async def end_delivery(
    uow: NotificationUnitOfWork, delivery: Delivery, state: DeliveryState, error: str | None = None
) -> None:
    """Ends a locked delivery without a mail, and says nothing of it."""
    await uow.deliveries.end(delivery, state, error=error or None)
    uow.after_commit(DELIVERIES_ENDED.labels(state.value).inc)


async def announce(
    uow: NotificationUnitOfWork, ended: Scheduling | Delivery, reason: CancelReason, detail: str = ""
) -> None:
    """Publishes `reminder.cancelled`."""
    await uow.publish(
        ReminderCancelled(
            user_id=ended.user_id,
            version=ended.version if isinstance(ended, Scheduling) else ended.reminder_version,
            reminder_id=ended.reminder_id,
            task_id=ended.task_id,
            remind_at=ended.remind_at,
            cancelled_at=uow.clock.now(),
            reason=reason,
            detail=detail,
        )
    )
