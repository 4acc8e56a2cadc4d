"""Tools that only read."""

import datetime as dt
from dataclasses import replace
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from chat_api import views
from chat_api.assistant.tools.results import RecurrencePreview, ReminderList, ShownTask, TaskList
from chat_api.assistant.tools.tasks import PriorityName, RepeatFrom, TaskNumber
from chat_api.assistant.tools.times import RepeatText, WhenText, read_date, read_due, read_recurrence
from chat_api.assistant.tools.tool import Number, Tool, ToolArguments, ToolContext
from chat_api.assistant.tools.views import due_result, listed_reminder_result, recurrence_result, task_result
from chat_api.domain.reminder import ReminderState
from chat_api.domain.task import Basis, Due, Status, Task
from chat_api.domain.text import clean_tag
from events.recurrence import Rule, check_start, first_due, preview

_MOST_PAGES: Final = 5
"""How many pages are looked through for tasks that a query alone does not find."""

_REMINDER_STATES: Final = {
    "scheduled": (ReminderState.SCHEDULED, ReminderState.TRIGGERED),
    "over": (ReminderState.SENT, ReminderState.CANCELLED, ReminderState.FAILED),
    "all": (),
}


class ListTasksArguments(ToolArguments):
    """Which tasks to list; conditions narrow each other down."""

    status: Literal["open", "done", "all"] = "open"
    tags: list[str] = Field(default_factory=list, description="Only tasks with all of these.")
    priority: PriorityName | None = None
    text: str | None = Field(default=None, min_length=1, description="Only tasks with these words.")
    due_from: WhenText | None = Field(default=None, description="The first day that counts.")
    due_until: WhenText | None = Field(default=None, description="The last day that counts.")
    overdue: bool = Field(default=False, description="Only open tasks whose due date or time has passed.")
    limit: int = Field(default=50, ge=1, le=views.MAX_PAGE)
    cursor: str | None = Field(default=None, description="`next_cursor` of an earlier answer, for what follows.")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.overdue and self.status == "done":
            raise ValueError("a task that is done is not overdue")
        return self


class ListRemindersArguments(ToolArguments):
    """Which reminders to list."""

    number: Number | None = Field(default=None, description="Only those of this task.")
    state: Literal["scheduled", "over", "all"] = Field(
        default="all", description="Those still to come, those sent or cancelled, or all."
    )
    limit: int = Field(default=50, ge=1, le=views.MAX_PAGE)


class PreviewRecurrenceArguments(ToolArguments):
    """A repeat to look at."""

    repeat: RepeatText
    start: WhenText | None = Field(default=None, description="The first due date; else the first that fits.")
    repeat_from: RepeatFrom | None = None
    count: int = Field(default=5, ge=1, le=50, description="How many dates.")


async def _list_tasks(context: ToolContext, arguments: ListTasksArguments) -> TaskList:
    query = _query(context, arguments)
    wanted = _Wanted(context, arguments)
    for _ in range(_MOST_PAGES):
        page = await views.list_tasks(context.uow.connection, context.actor, query)
        found = [task for task in page.items if wanted(task)]
        if found or page.next_cursor is None:
            break
        query = replace(query, cursor=page.next_cursor)
    return TaskList(tasks=[task_result(context, task) for task in found], next_cursor=page.next_cursor)


async def _get_task(context: ToolContext, arguments: TaskNumber) -> ShownTask:
    task = await views.get_task(context.uow.connection, context.actor, arguments.number)
    return ShownTask(task=task_result(context, task))


async def _list_reminders(context: ToolContext, arguments: ListRemindersArguments) -> ReminderList:
    if arguments.number is not None:
        await views.get_task(context.uow.connection, context.actor, arguments.number)  # it has to be there
    page = await views.list_reminders(
        context.uow.connection,
        context.actor,
        views.ReminderQuery(
            states=_REMINDER_STATES[arguments.state], task_number=arguments.number, limit=arguments.limit
        ),
    )
    return ReminderList(
        reminders=[listed_reminder_result(context, listed) for listed in page.items],
        more=page.next_cursor is not None,
    )


async def _preview_recurrence(context: ToolContext, arguments: PreviewRecurrenceArguments) -> RecurrencePreview:
    basis = Basis(arguments.repeat_from) if arguments.repeat_from is not None else None
    draft, first = read_recurrence(context, arguments.repeat, basis)
    rule = Rule.parse(draft.rule)
    due = read_due(context, arguments.start) if arguments.start is not None else first
    if due is None:
        due = Due(first_due(rule, today=context.now.date()), None, context.actor.timezone)
    check_start(rule, due.date)
    dues = preview(rule, due, arguments.count + 1, draft.basis)
    return RecurrencePreview(
        recurrence=recurrence_result(rule, draft.basis, due.date),
        dates=[due_result(context, due) for due in dues[: arguments.count]],
        more=len(dues) > arguments.count,
    )


def _query(context: ToolContext, arguments: ListTasksArguments) -> views.TaskQuery:
    until = read_date(context, arguments.due_until) if arguments.due_until is not None else None
    if arguments.overdue:
        today = context.now.date()
        until = today if until is None else min(until, today)
    return views.TaskQuery(
        status="open" if arguments.overdue else arguments.status,
        tag=arguments.tags[0] if arguments.tags else None,
        q=arguments.text,
        due_from=read_date(context, arguments.due_from) if arguments.due_from is not None else None,
        due_before=until + dt.timedelta(days=1) if until is not None else None,
        limit=arguments.limit,
        cursor=arguments.cursor,
    )


class _Wanted:
    """The conditions that a query does not know."""

    def __init__(self, context: ToolContext, arguments: ListTasksArguments) -> None:
        self._now = context.now
        self._tags = {clean_tag(tag) for tag in arguments.tags}
        self._priority = arguments.priority
        self._overdue = arguments.overdue

    def __call__(self, task: Task) -> bool:
        if not self._tags.issubset(task.tags) or self._priority not in (None, task.priority.value):
            return False
        if not self._overdue:
            return True
        return task.status is Status.OPEN and task.due is not None and task.due.instant() <= self._now


LIST_TASKS: Final = Tool(
    name="list_tasks",
    title="List tasks",
    description="Lists the user's tasks: open ones as they are due, done ones latest first, all of them newest first.",
    arguments=ListTasksArguments,
    result=TaskList,
    run=_list_tasks,
    acts=False,
)
GET_TASK: Final = Tool(
    name="get_task",
    title="Show a task",
    description="Shows a task in full, with its reminders.",
    arguments=TaskNumber,
    result=ShownTask,
    run=_get_task,
    acts=False,
)
LIST_REMINDERS: Final = Tool(
    name="list_reminders",
    title="List reminders",
    description="Lists reminders by their time, with their ids and states.",
    arguments=ListRemindersArguments,
    result=ReminderList,
    run=_list_reminders,
    acts=False,
)
PREVIEW_RECURRENCE: Final = Tool(
    name="preview_recurrence",
    title="Preview a repeat",
    description="Shows the dates that a repeat would fall on, without adding anything.",
    arguments=PreviewRecurrenceArguments,
    result=RecurrencePreview,
    run=_preview_recurrence,
    acts=False,
)
