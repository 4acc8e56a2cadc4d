"""Tools that change reminders."""

from typing import Final
from uuid import UUID

from pydantic import Field

from chat_api.assistant.tools.results import AddedReminder, CancelledReminder, ReminderResult
from chat_api.assistant.tools.times import ReminderTime, read_reminder
from chat_api.assistant.tools.tool import Number, Tool, ToolArguments, ToolContext
from chat_api.assistant.tools.views import reminder_result
from chat_api.domain.reminder import Reminder
from chat_api.service_layer import reminders


class AddReminderArguments(ReminderTime):
    """A reminder of a task, at a moment or a while before it is due."""

    number: Number


class CancelReminderArguments(ToolArguments):
    """A reminder, by its id."""

    reminder_id: UUID = Field(description="As list_reminders or get_task names it.")


async def _add_reminder(context: ToolContext, arguments: AddReminderArguments) -> AddedReminder:
    draft = read_reminder(context, arguments)
    reminder = await reminders.add_reminder(context.uow, context.actor, arguments.number, draft)
    return AddedReminder(reminder=await _shown(context, reminder))


async def _cancel_reminder(context: ToolContext, arguments: CancelReminderArguments) -> CancelledReminder:
    reminder = await reminders.cancel_reminder(context.uow, context.actor, arguments.reminder_id)
    return CancelledReminder(reminder=await _shown(context, reminder))


async def _shown(context: ToolContext, reminder: Reminder) -> ReminderResult:
    task = await context.uow.tasks.get_by_id_for_update(reminder.task_id)
    if task is None:
        raise TypeError("a reminder that was just changed has a task")
    return reminder_result(context, task, reminder)


ADD_REMINDER: Final = Tool(
    name="add_reminder",
    title="Add a reminder",
    description="Has an e-mail sent to remind the user of a task, at a moment or a while before it is due.",
    arguments=AddReminderArguments,
    result=AddedReminder,
    run=_add_reminder,
)
CANCEL_REMINDER: Final = Tool(
    name="cancel_reminder",
    title="Cancel a reminder",
    description="Cancels a reminder that has not been sent.",
    arguments=CancelReminderArguments,
    result=CancelledReminder,
    run=_cancel_reminder,
)
