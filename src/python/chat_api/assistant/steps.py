"""What each intent asks of the tools: calls, a question, or just words."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from chat_api.assistant import asking, replies
from chat_api.assistant.finding import NotPossible, TaskFinder, filter_arguments, known
from chat_api.assistant.planner import Failure, Pending, PlannedCall, Turn, TurnTools
from chat_api.assistant.tools.results import TaskResult
from chat_api.assistant.understanding import intents
from chat_api.assistant.understanding.intents import When
from chat_api.assistant.understanding.moves import moved
from chat_api.assistant.understanding.phrases import say_instant, say_span

MOST_IN_BULK: Final = 100
"""How many tasks one sentence may be about."""


@dataclass(frozen=True)
class Calls:
    """The intent is clear: these calls do it."""

    calls: tuple[PlannedCall, ...]


@dataclass(frozen=True)
class Words:
    """The intent needs an answer in words, and no call."""

    text: str


@dataclass(frozen=True)
class Ask:
    """The intent is not clear, or needs a yes."""

    pending: Pending


Step = Calls | Words | Ask

CallsFor = Callable[[int], Awaitable[tuple[PlannedCall, ...]]]
"""The calls that do something to the task of that number."""


class IntentRules:
    """The rules, for the intents of one message."""

    def __init__(self, turn: Turn, tools: TurnTools) -> None:
        self._now = turn.local_now
        self._timezone = turn.actor.timezone
        self._finder = TaskFinder(tools)

    async def step(self, intent: intents.Intent) -> Step:
        """What `intent` asks for."""
        try:
            match intent:
                case intents.AddTask():
                    return Calls((add_task(intent),))
                case intents.ListTasks(filter_):
                    return Calls((PlannedCall("list_tasks", filter_arguments(filter_)),))
                case intents.AddReminder():
                    return await self._add_reminder(intent)
                case intents.CancelReminder(target):
                    return await self._cancel_reminders(target)
                case intents.ListReminders(target):
                    return await self._list_reminders(target)
                case intents.Help():
                    return Words(replies.help_text())
                case intents.Greeting():
                    return Words(replies.GREETING)
                case intents.Thanks():
                    return Words(replies.THANKS)
                case intents.Declined():
                    return Words(replies.DECLINED)
                case _:
                    return await self._about_tasks(intent)
        except NotPossible as error:
            return Words(error.failure.message)

    async def _about_tasks(self, intent: intents.Intent) -> Step:
        match intent:
            case intents.ShowTask(target):
                return await self._one(target, "all", _call("get_task"))
            case intents.CompleteTask(target):
                return await self._any(target, "open", "complete", _call("complete_task"))
            case intents.SkipTask(target):
                return await self._one(target, "open", _call("skip_occurrence"))
            case intents.ReopenTask(target):
                return await self._one(target, "done", _call("reopen_task"))
            case intents.DeleteTask(target):
                return await self._any(target, "all", "delete", _call("delete_task"), sure=True)
            case intents.RenameTask(target, title):
                return await self._one(target, "open", _call("update_task", title=title))
            case intents.RescheduleTask(target, due):
                return await self._any(target, "open", "move", self._reschedule(due))
            case intents.SetPriority(target, priority):
                return await self._one(target, "open", _call("update_task", priority=priority))
            case intents.AddTags(target, tags):
                return await self._one(target, "open", _call("update_task", add_tags=list(tags)))
            case intents.RemoveTags(target, tags):
                return await self._one(target, "open", _call("update_task", remove_tags=list(tags)))
            case intents.SetRecurrence():
                return await self._one(intent.target, "open", self._repeat(intent))
            case intents.StopRecurrence(target):
                return await self._one(target, "open", _call("update_task", repeat=None))
            case _:
                raise TypeError(f"no rule for {type(intent).__name__}")

    # Which task ------------------------------------------------------------------------------------------------------

    async def _any(
        self, target: intents.BulkTarget, status: intents.Status, what: str, calls_for: CallsFor, *, sure: bool = False
    ) -> Step:
        if isinstance(target, intents.Every):
            tasks = [known(task) for task in await self._finder.tasks(target.filter, MOST_IN_BULK)]
            if not tasks:
                return Words(replies.no_tasks_to(what))
            calls = [call for task in tasks for call in await calls_for(task.number)]
            return Ask(asking.whether_all(what, tasks, calls))
        return await self._one(target, status, calls_for, sure=sure, what=what)

    async def _one(
        self,
        target: intents.Target,
        status: intents.Status,
        calls_for: CallsFor,
        *,
        sure: bool = False,
        what: str = "",
        otherwise: Step | None = None,
    ) -> Step:
        """The calls for the task that `target` names; a question where it could be several.

        Args:
            target: the task.
            status: which tasks its words are looked for among.
            calls_for: what to do to the task.
            sure: ask even about a single task where the words do not fit it surely.
            what: what is done, in words, for that question.
            otherwise: what to do where no task fits.
        """
        if isinstance(target, intents.ByNumber):
            return Calls(await calls_for(target.number))
        matches = await self._finder.matches(target.words, status)
        if not matches:
            return otherwise or Words(replies.no_such_task(target.words))
        tasks = [match.task for match in matches]
        if len(tasks) > 1:
            shown = tasks[: asking.MOST_OPTIONS]
            return Ask(asking.which_task([(task, await calls_for(task.number)) for task in shown]))
        if sure and not matches[0].sure:
            return Ask(asking.whether_all(what, tasks, await calls_for(tasks[0].number)))
        return Calls(await calls_for(tasks[0].number))

    # What to do to it ------------------------------------------------------------------------------------------------

    def _reschedule(self, change: intents.When | intents.TimeOnly | intents.Shift | None) -> CallsFor:
        async def calls_for(number: int) -> tuple[PlannedCall, ...]:
            if change is None:
                return (PlannedCall("update_task", {"number": number, "due": None}),)
            task = await self._finder.task(number)
            return (PlannedCall("update_task", {"number": number, "due": _iso(self._moved(task, change))}),)

        return calls_for

    def _repeat(self, intent: intents.SetRecurrence) -> CallsFor:
        async def calls_for(number: int) -> tuple[PlannedCall, ...]:
            arguments: dict[str, Any] = {"number": number, **_repeat_arguments(intent.recurrence)}
            task = await self._finder.task(number)
            if task.due is None or intent.first_was_said:
                arguments["due"] = _iso(self._moved(task, intent.first))
            return (PlannedCall("update_task", arguments),)

        return calls_for

    def _moved(self, task: TaskResult, change: intents.When | intents.TimeOnly | intents.Shift) -> When:
        present = When(task.due.date, task.due.time) if task.due is not None else None
        try:
            due = moved(present, change, self._now)
        except ValueError as error:
            raise NotPossible(Failure("invalid-due", replies.cannot_move(str(error)))) from error
        if due is None:
            raise TypeError("a change of due that is given leaves a due")
        return due

    # Reminders -------------------------------------------------------------------------------------------------------

    async def _add_reminder(self, intent: intents.AddReminder) -> Step:
        otherwise = None
        if intent.or_add is not None:
            question = replies.add_instead(_words(intent.target), intent.or_add.title, self._said(intent.when))
            otherwise = Ask(asking.whether(question, [add_task(intent.or_add)]))
        return await self._one(
            intent.target, "open", _call("add_reminder", **reminder_arguments(intent.when)), otherwise=otherwise
        )

    async def _cancel_reminders(self, target: intents.Target | None) -> Step:
        async def calls_for(number: int | None) -> tuple[PlannedCall, ...]:
            reminders = await self._finder.scheduled_reminders(number)
            return tuple(PlannedCall("cancel_reminder", {"reminder_id": str(r.reminder_id)}) for r in reminders)

        if target is not None:
            step = await self._one(target, "open", calls_for)
            return Words(replies.NO_REMINDER) if step == Calls(()) else step
        calls = await calls_for(None)
        if not calls:
            return Words(replies.NO_REMINDER)
        return Ask(asking.whether(replies.cancel_all_reminders(len(calls)), calls))

    async def _list_reminders(self, target: intents.Target | None) -> Step:
        if target is None:
            return Calls((PlannedCall("list_reminders", {"state": "scheduled"}),))
        return await self._one(target, "all", _call("list_reminders"))

    def _said(self, when: intents.ReminderTime) -> str:
        if isinstance(when, intents.RemindBefore):
            return f"{say_span(when.before)} before it is due"
        return say_instant(when.at, now=self._now, timezone=self._timezone)


def add_task(intent: intents.AddTask) -> PlannedCall:
    """The call that adds what the intent describes."""
    arguments: dict[str, Any] = {"title": intent.title}
    if intent.notes:
        arguments["notes"] = intent.notes
    if intent.due is not None:
        arguments["due"] = _iso(intent.due)
    if intent.recurrence is not None:
        arguments |= _repeat_arguments(intent.recurrence)
    if intent.priority != "normal":
        arguments["priority"] = intent.priority
    if intent.tags:
        arguments["tags"] = list(intent.tags)
    if intent.reminders:
        arguments["reminders"] = [reminder_arguments(reminder) for reminder in intent.reminders]
    return PlannedCall("add_task", arguments)


def reminder_arguments(when: intents.ReminderTime) -> dict[str, str]:
    """How the tools are told when to remind."""
    if isinstance(when, intents.RemindAt):
        return {"at": when.at.isoformat(timespec="seconds")}
    return {"before_due": _iso_duration(when.before)}


def _call(tool: str, **arguments: Any) -> CallsFor:
    async def calls_for(number: int) -> tuple[PlannedCall, ...]:
        return (PlannedCall(tool, {"number": number, **arguments}),)

    return calls_for


def _repeat_arguments(repeat: intents.Repeat) -> dict[str, str]:
    return {"repeat": repeat.rule} | ({"repeat_from": repeat.basis} if repeat.basis != "due" else {})


def _iso(when: When) -> str:
    if when.time is None:
        return when.date.isoformat()
    return dt.datetime.combine(when.date, when.time).isoformat(timespec="minutes")


def _iso_duration(span: dt.timedelta) -> str:
    return f"PT{int(span.total_seconds())}S"


def _words(target: intents.Target) -> str:
    return target.words if isinstance(target, intents.ByTitle) else f"task {target.number}"
