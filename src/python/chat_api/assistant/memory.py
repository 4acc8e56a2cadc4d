"""What a conversation remembers after an answer, so that "it" and "the second one" mean something."""

from collections.abc import Iterable, Sequence
from typing import Final

from chat_api.assistant.planner import Memory, Outcome, Pending
from chat_api.assistant.tools import results
from chat_api.assistant.understanding.intents import KnownTask

_MOST_TASKS: Final = 50


def remember(memory: Memory, outcomes: Sequence[Outcome], pending: Pending | None) -> Memory:
    """The memory after a message that made `outcomes` and left the question `pending`."""
    mentioned, listed = memory.mentioned, memory.listed
    if any(_tasks(outcome) for outcome in outcomes):
        mentioned = _unique(task for outcome in outcomes for task in _tasks(outcome))
    for outcome in outcomes:
        if isinstance(outcome.result, results.TaskList):
            listed = _tasks(outcome)
    gone = {outcome.result.task.number for outcome in outcomes if isinstance(outcome.result, results.DeletedTask)}
    return Memory(_without(mentioned, gone), _without(listed, gone), pending)


def _tasks(outcome: Outcome) -> tuple[KnownTask, ...]:
    """The tasks that an outcome is about."""
    match outcome.result:
        case results.TaskList(tasks=tasks):
            return tuple(KnownTask(task.number, task.title) for task in tasks[:_MOST_TASKS])
        case results.ReminderList(reminders=reminders):
            return tuple(KnownTask(r.task_number, r.task_title) for r in reminders[:_MOST_TASKS])
        case results.AddedReminder(reminder=reminder) | results.CancelledReminder(reminder=reminder):
            return (KnownTask(reminder.task_number, reminder.task_title),)
        case (
            results.AddedTask(task=task)
            | results.ShownTask(task=task)
            | results.CompletedTask(task=task)
            | results.SkippedOccurrence(task=task)
            | results.ReopenedTask(task=task)
            | results.UpdatedTask(task=task)
        ):
            return (KnownTask(task.number, task.title),)
        case _:
            return ()


def _unique(tasks: Iterable[KnownTask]) -> tuple[KnownTask, ...]:
    """Each task once, where it was named last."""
    latest: dict[int, KnownTask] = {}
    for task in tasks:
        latest.pop(task.number, None)
        latest[task.number] = task
    return tuple(latest.values())[-_MOST_TASKS:]


def _without(tasks: Iterable[KnownTask], numbers: set[int]) -> tuple[KnownTask, ...]:
    return tuple(task for task in tasks if task.number not in numbers)
