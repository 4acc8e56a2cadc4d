"""What the Chat API does on events of other services. Handlers never commit."""

from chat_api.domain import reminding
from chat_api.domain.change import Change
from chat_api.domain.reminder import ReminderState
from chat_api.domain.task import Due, Priority, Recurrence, Status, Task
from chat_api.service_layer.announcements import task_data
from chat_api.service_layer.tasks import publish_schedules
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.contracts import (
    CancelReason,
    RecurringTaskCreated,
    ReminderCancelled,
    ReminderSent,
    ReminderTriggered,
    TaskCreated,
)
from events.envelope import Event
from events.subscriptions import Outcome, Subscriptions


async def on_recurring_task_created(event: Event[RecurringTaskCreated], uow: ChatUnitOfWork) -> Outcome:
    """Takes the next instance of a series in, with the reminders that count from the due.

    It is stale where the parent does not stand completed at the version that the event answers (it was reopened or
    deleted, or its user is gone), where the instance is there already, or an earlier one that its user has touched
    and that was kept when the parent was reopened, and where it was deleted while the parent stood at that same
    completion. Where it was deleted earlier, completing the parent again brings it back.
    """
    data = event.data
    # The user's row is locked by taking a number; to lock it before the task's keeps the order of locks.
    if await uow.users.get_for_update(data.user_id) is None:
        return Outcome.STALE
    parent = await uow.tasks.get_by_id_for_update(data.parent_task_id)
    if parent is None or parent.user_id != data.user_id or parent.completed_version != data.parent_version:
        return Outcome.STALE
    if await uow.tasks.exists(data.task_id):
        return Outcome.STALE
    kept = await uow.tasks.successor_for_update(parent.id, data.recurrence.series_id)
    if kept is not None and kept.recurrence is not None and kept.recurrence.series_id == data.recurrence.series_id:
        return Outcome.STALE
    tombstone = await uow.tasks.tombstone(data.task_id)
    if tombstone is not None and tombstone.parent_version >= data.parent_version:
        return Outcome.STALE
    now = uow.clock.now()
    due = Due(data.due.date, data.due.time, data.due.timezone)
    version = 1 if tombstone is None else tombstone.version + 1
    task = await uow.tasks.add(
        Task(
            id=data.task_id,
            user_id=data.user_id,
            number=0 if tombstone is None else tombstone.number,
            title=data.title,
            notes=data.notes,
            status=Status.OPEN,
            priority=Priority(data.priority),
            tags=data.tags,
            due=due,
            timezone=data.timezone,
            recurrence=Recurrence(
                rule=data.recurrence.rule,
                basis=data.recurrence.basis,
                series_id=data.recurrence.series_id,
                start=data.recurrence.start,
                ordinal=data.recurrence.ordinal,
                date=data.recurrence.date,
            ),
            version=version,
            created_version=version,
            created_at=now,
            updated_at=now,
            parent_id=parent.id,
            parent_version=data.parent_version,
            reminders=reminding.copies(parent.reminders, due, data.task_id, now=now, new_id=uow.ids.new),
        )
    )
    if task is None:
        return Outcome.STALE
    await uow.publish(TaskCreated(user_id=task.user_id, version=version, task=task_data(task), origin="series"))
    await publish_schedules(uow, task, task.reminders)
    return Outcome.APPLIED


async def on_reminder_triggered(event: Event[ReminderTriggered], uow: ChatUnitOfWork) -> Outcome:
    """Shows that the reminder's e-mail is on its way."""
    return await _report(event, uow, ReminderState.TRIGGERED, before=(ReminderState.SCHEDULED,))


async def on_reminder_sent(event: Event[ReminderSent], uow: ChatUnitOfWork) -> Outcome:
    """Shows that the reminder's e-mail was sent, even where it was cancelled a moment too late. Sent stays sent."""
    every_other = tuple(state for state in ReminderState if state is not ReminderState.SENT)
    return await _report(event, uow, ReminderState.SENT, before=every_other)


async def on_reminder_cancelled(event: Event[ReminderCancelled], uow: ChatUnitOfWork) -> Outcome:
    """Shows that the reminder will not be sent: failed where it cannot be delivered, else cancelled."""
    reason = event.data.reason
    state = ReminderState.FAILED if reason is CancelReason.UNDELIVERABLE else ReminderState.CANCELLED
    pending = (ReminderState.SCHEDULED, ReminderState.TRIGGERED)
    return await _report(event, uow, state, before=pending, reason=reason)


async def _report(
    event: Event[ReminderTriggered] | Event[ReminderSent] | Event[ReminderCancelled],
    uow: ChatUnitOfWork,
    state: ReminderState,
    *,
    before: tuple[ReminderState, ...],
    reason: CancelReason | None = None,
) -> Outcome:
    """Shows `state` for the scheduling that the event is about; stale where the reminder was scheduled anew since."""
    data = event.data
    applied = await uow.reminders.report(
        data.reminder_id, data.version, state, before=before, cancel_reason=reason, now=uow.clock.now()
    )
    if not applied:
        return Outcome.STALE
    uow.tell(
        Change(
            id=event.envelope.id,
            user_id=data.user_id,
            type="reminder.updated",
            task_id=data.task_id,
            reminder_id=data.reminder_id,
        )
    )
    return Outcome.APPLIED


SUBSCRIPTIONS: Subscriptions[ChatUnitOfWork] = Subscriptions(
    {
        RecurringTaskCreated: on_recurring_task_created,
        ReminderTriggered: on_reminder_triggered,
        ReminderSent: on_reminder_sent,
        ReminderCancelled: on_reminder_cancelled,
    }
)
