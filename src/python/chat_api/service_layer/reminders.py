"""Reminders: what their users do with them. Each function works within its caller's unit of work."""

from dataclasses import replace
from uuid import UUID

from chat_api.domain import reminding
from chat_api.domain.actor import Actor
from chat_api.domain.editing import TaskDone
from chat_api.domain.reminder import Reminder, ReminderDraft
from chat_api.domain.task import Status
from chat_api.service_layer.errors import ReminderNotFound, ReminderOver
from chat_api.service_layer.tasks import find_task, save_changes
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.contracts import CancelReason


async def add_reminder(
    uow: ChatUnitOfWork, actor: Actor, number: int, draft: ReminderDraft, if_version: int | None = None
) -> Reminder:
    """Adds a reminder to a task; publishes task.updated and reminder.scheduled.

    Raises:
        TaskNotFound, TaskChanged: as in `chat_api.service_layer.tasks`.
        ReminderRefused: it lies in the past, or counts from a due that the task does not have.
        TaskDone: the task is done.
    """
    task = await find_task(uow, actor, number, if_version)
    if task.status is Status.DONE:
        raise TaskDone(f"Task {number} is done; reopen it to be reminded of it.")
    (reminder,) = reminding.new_reminders(task, [draft], now=uow.clock.now(), new_id=uow.ids.new)
    await save_changes(uow, task, replace(task, reminders=(*task.reminders, reminder)), ("reminders",))
    return reminder


async def cancel_reminder(uow: ChatUnitOfWork, actor: Actor, reminder_id: UUID) -> Reminder:
    """Cancels a reminder; publishes task.updated, which no longer lists it. A cancelled one stays as it is.

    Raises:
        ReminderNotFound: the actor has no such reminder.
        ReminderOver: it was sent, or could not be.
    """
    number = await uow.reminders.task_number(actor.user_id, reminder_id)
    task = None if number is None else await uow.tasks.get_for_update(actor.user_id, number)
    reminder = None if task is None else next((r for r in task.reminders if r.id == reminder_id), None)
    if task is None or reminder is None:
        raise ReminderNotFound
    if reminder.cancel_reason is CancelReason.USER:
        return reminder
    if reminder.is_over:
        raise ReminderOver(f"It is {reminder.state.value} already.")
    cancelled = reminding.cancelled(reminder, CancelReason.USER, uow.clock.now())
    reminders = tuple(cancelled if r.id == reminder_id else r for r in task.reminders)
    await save_changes(uow, task, replace(task, reminders=reminders), ("reminders",))
    return cancelled
