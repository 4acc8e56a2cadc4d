"""Ending reminders that will not be sent, and saying so."""

from events import contracts
from notification.domain.delivery import Delivery, DeliveryState
from notification.domain.reminder import CancelReason, ReminderState, Scheduling
from notification.service_layer.unit_of_work import NotificationUnitOfWork


async def cancel(uow: NotificationUnitOfWork, scheduling: Scheduling, reason: CancelReason, detail: str = "") -> bool:
    """Cancels an open scheduling unless its mail has begun; the caller holds the task's lock.

    Returns:
        Whether it was cancelled; then `reminder.cancelled` is published.
    """
    if scheduling.state is ReminderState.TRIGGERED:
        delivery = await uow.deliveries.of_scheduling(scheduling.reminder_id, scheduling.version)
        if delivery is not None:
            if delivery.state is not DeliveryState.PENDING:
                return False
            await uow.deliveries.end(delivery, DeliveryState.CANCELLED, error=None)
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
    await uow.deliveries.end(delivery, state, error=detail)
    await uow.reminders.end(
        delivery.reminder_id,
        delivery.reminder_version,
        ReminderState.FAILED if state is DeliveryState.FAILED else ReminderState.CANCELLED,
        reason=reason.value,
        now=uow.clock.now(),
    )
    await announce(uow, delivery, reason, detail)


async def announce(
    uow: NotificationUnitOfWork, ended: Scheduling | Delivery, reason: CancelReason, detail: str = ""
) -> None:
    """Publishes `reminder.cancelled`."""
    await uow.publish(
        contracts.ReminderCancelled(
            user_id=ended.user_id,
            version=ended.version if isinstance(ended, Scheduling) else ended.reminder_version,
            reminder_id=ended.reminder_id,
            task_id=ended.task_id,
            remind_at=ended.remind_at,
            cancelled_at=uow.clock.now(),
            reason=contracts.CancelReason(reason.value),
            detail=detail,
        )
    )
