"""Finding the tasks that an intent is about, through the tools."""

import dataclasses
import datetime as dt
from typing import Any, Final

from chat_api.assistant.planner import Failure, PlannedCall, TurnTools
from chat_api.assistant.tools import results
from chat_api.assistant.understanding.intents import Filter, KnownTask, Status
from chat_api.assistant.understanding.matching import Match, best_matches

MOST_TASKS: Final = 1000
"""How many tasks a title is looked for among."""

_PAGE: Final = 200


class NotPossible(Exception):
    """What was asked for cannot be done; `failure` says why, in words for the user."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class TaskFinder:
    """Reads the user's tasks for a planner."""

    def __init__(self, tools: TurnTools) -> None:
        self._tools = tools

    async def task(self, number: int) -> results.TaskResult:
        """The task of that number.

        Raises:
            NotPossible: there is none.
        """
        result = await self._read("get_task", number=number)
        if not isinstance(result, results.ShownTask):
            raise TypeError(f"get_task returned {type(result).__name__}")
        return result.task

    async def tasks(self, filter_: Filter, limit: int = MOST_TASKS) -> list[results.TaskResult]:
        """The tasks that a filter finds, `limit` at most."""
        found: list[results.TaskResult] = []
        arguments = filter_arguments(filter_)
        cursor: str | None = None
        while len(found) < limit:
            page = await self._read(
                "list_tasks",
                **arguments,
                limit=min(_PAGE, limit - len(found)),
                **({"cursor": cursor} if cursor else {}),
            )
            if not isinstance(page, results.TaskList):
                raise TypeError(f"list_tasks returned {type(page).__name__}")
            found += page.tasks
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    async def matches(self, words: str, status: Status) -> list[Match]:
        """The tasks of that status whose titles fit `words` best, about equally well."""
        return best_matches(words, [known(task) for task in await self.tasks(Filter(status=status))])

    async def scheduled_reminders(self, number: int | None) -> list[results.ReminderResult]:
        """The reminders still to come, of one task or of all."""
        arguments: dict[str, Any] = {"state": "scheduled"}
        if number is not None:
            arguments["number"] = number
        result = await self._read("list_reminders", **arguments)
        if not isinstance(result, results.ReminderList):
            raise TypeError(f"list_reminders returned {type(result).__name__}")
        return list(result.reminders)

    async def _read(self, tool: str, **arguments: Any) -> object:
        outcome = await self._tools.look_up(PlannedCall(tool, arguments))
        if outcome.failure is not None:
            raise NotPossible(outcome.failure)
        return outcome.result


def known(task: results.TaskResult) -> KnownTask:
    """A task as the understanding knows it."""
    return KnownTask(task.number, task.title)


def filter_arguments(filter_: Filter) -> dict[str, Any]:
    """The arguments of ``list_tasks`` that say what a filter says."""
    given = {
        name: value
        for name, value in dataclasses.asdict(filter_).items()
        if value != getattr(_NO_FILTER, name) and name not in ("due_from", "due_before")
    }
    if "tags" in given:
        given["tags"] = list(given["tags"])
    if filter_.due_from is not None:
        given["due_from"] = filter_.due_from.isoformat()
    if filter_.due_before is not None:
        given["due_until"] = (filter_.due_before - dt.timedelta(days=1)).isoformat()
    return given


_NO_FILTER: Final = Filter()
