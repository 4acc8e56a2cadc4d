"""The rules planner, over tools that only note what they are asked for. It is Monday, 2 March 2026, 10:00 in Berlin."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from chat_api.assistant.planner import Failure, Memory, Outcome, PlannedCall, Turn
from chat_api.assistant.rules import RulesPlanner
from chat_api.assistant.tools.results import DueResult, ReminderList, ShownTask, TaskList, TaskResult
from chat_api.assistant.understanding.intents import KnownTask
from chat_api.domain.actor import Actor

ACTOR = Actor(UUID(int=1), "somebody@example.com", "Europe/Berlin")
NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


@dataclass
class NotedTools:
    """Implements `TurnTools` over a list of tasks that never changes."""

    tasks: Sequence[TaskResult] = ()
    calls: list[PlannedCall] = field(default_factory=list)
    plans: list[Sequence[PlannedCall]] = field(default_factory=list)
    outcomes: Sequence[Outcome] = ()

    async def run(self, calls: Sequence[PlannedCall]) -> list[Outcome]:
        self.calls += calls
        return [Outcome(call, failure=Failure("noted", call.tool)) for call in calls]

    async def decide(self, calls: Sequence[PlannedCall]) -> None:
        self.plans.append(calls)

    async def look_up(self, call: PlannedCall) -> Outcome:
        match call.tool:
            case "list_tasks":
                status = call.arguments.get("status", "open")
                return Outcome(call, TaskList(tasks=[t for t in self.tasks if status in ("all", t.status)]))
            case "get_task":
                found = [task for task in self.tasks if task.number == call.arguments["number"]]
                if not found:
                    return Outcome(call, failure=Failure("task-not-found", "You have no such task."))
                return Outcome(call, ShownTask(task=found[0]))
            case "list_reminders":
                return Outcome(call, ReminderList(reminders=[], more=False))
            case _:
                raise AssertionError(call)


def task(number: int, title: str, *, due: str | None = None, done: bool = False) -> TaskResult:
    date, _, time = (due or "").partition("T")
    return TaskResult(
        number=number,
        title=title,
        status="done" if done else "open",
        priority="normal",
        due=DueResult(
            date=dt.date.fromisoformat(date),
            time=dt.time.fromisoformat(time) if time else None,
            timezone="Europe/Berlin",
            text=f"on {due}",
        )
        if due
        else None,
    )


async def plan(message: str, *tasks: TaskResult, memory: Memory | None = None) -> tuple[NotedTools, str]:
    """What the planner has done, and what it says."""
    tools = NotedTools(tasks)
    answer = await RulesPlanner().answer(Turn(message, ACTOR, NOW, memory or Memory()), tools)
    return tools, answer.reply


@pytest.mark.parametrize(
    ("message", "tool", "arguments"),
    [
        ("Add task: Buy groceries", "add_task", {"title": "Buy groceries"}),
        ("add pay rent tomorrow at 5pm", "add_task", {"title": "pay rent", "due": "2026-03-03T17:00"}),
        ("add swim every friday", "add_task", {"title": "swim", "due": "2026-03-06", "repeat": "FREQ=WEEKLY;BYDAY=FR"}),
        ("list", "list_tasks", {}),
        ("list done tasks", "list_tasks", {"status": "done"}),
        ("what is due today?", "list_tasks", {"due_from": "2026-03-02", "due_until": "2026-03-02"}),
        ("show task 3", "get_task", {"number": 3}),
        ("complete task 3", "complete_task", {"number": 3}),
        ("mark task 42 as done", "complete_task", {"number": 42}),
        ("skip task 3", "skip_occurrence", {"number": 3}),
        ("reopen task 3", "reopen_task", {"number": 3}),
        ("rename task 3 to swim", "update_task", {"number": 3, "title": "swim"}),
        ("set priority of task 3 to low", "update_task", {"number": 3, "priority": "low"}),
        ("remove the due date of task 3", "update_task", {"number": 3, "due": None}),
        ("stop repeating task 3", "update_task", {"number": 3, "repeat": None}),
        ("delete task 3", "delete_task", {"number": 3}),
        ("remind me about task 3 in 5 minutes", "add_reminder", {"number": 3, "at": "2026-03-02T10:05:00+01:00"}),
        ("remind me 1 hour before task 3", "add_reminder", {"number": 3, "before_due": "PT3600S"}),
        ("list reminders", "list_reminders", {"state": "scheduled"}),
    ],
)
async def test_a_sentence_becomes_a_call(message: str, tool: str, arguments: dict[str, object]) -> None:
    tools, _ = await plan(message)

    assert tools.calls == [PlannedCall(tool, arguments)]


async def test_words_name_a_task_among_those_that_the_command_is_about() -> None:
    tasks = (task(1, "buy milk", done=True), task(2, "buy milk"))

    completing, _ = await plan("complete milk", *tasks)
    reopening, _ = await plan("reopen milk", *tasks)

    assert completing.calls == [PlannedCall("complete_task", {"number": 2})]
    assert reopening.calls == [PlannedCall("reopen_task", {"number": 1})]


async def test_words_that_fit_no_task_do_nothing() -> None:
    tools, reply = await plan("complete the tax return", task(1, "buy milk"))

    assert tools.calls == []
    assert reply.startswith('I found no task that fits "the tax return".')


async def test_a_deletion_whose_words_fit_badly_asks_first() -> None:
    tools, reply = await plan("delete the milk from the shop", task(1, "buy milk at the new shop in town"))

    assert tools.calls == []
    assert reply.startswith(("Shall I delete this task?", "I found no task"))


async def test_a_new_date_keeps_the_time_of_day() -> None:
    tools, _ = await plan("move task 1 to friday", task(1, "pay rent", due="2026-03-03T17:00"))

    assert tools.calls == [PlannedCall("update_task", {"number": 1, "due": "2026-03-06T17:00"})]


async def test_a_task_that_is_not_there_cannot_be_moved() -> None:
    tools, reply = await plan("move task 1 to friday")

    assert (tools.calls, reply) == ([], "You have no such task.")


async def test_a_repeat_begins_at_the_due_date_that_the_task_has() -> None:
    dated, _ = await plan("make task 1 repeat every month", task(1, "pay rent", due="2026-03-05"))
    undated, _ = await plan("make task 1 repeat every friday", task(1, "swim"))

    assert "due" not in dated.calls[0].arguments
    assert undated.calls[0].arguments["due"] == "2026-03-06"


async def test_several_calls_are_decided_on_before_the_first_is_made() -> None:
    tools, _ = await plan("complete 1 and 2", task(1, "a"), task(2, "b"))

    assert tools.plans == [tools.calls]
    assert len(tools.calls) == 2


async def test_an_unclear_part_holds_back_the_whole_message() -> None:
    tools = NotedTools((task(1, "buy bread"), task(2, "buy butter"), task(3, "swim")))

    answer = await RulesPlanner().answer(Turn("complete 3\ncomplete buy", ACTOR, NOW), tools)

    assert tools.calls == []
    assert answer.pending is not None
    assert [[call.arguments["number"] for call in choice] for choice in answer.pending.choices] == [[3, 1], [3, 2]]


async def test_it_is_the_task_mentioned_last() -> None:
    tools, _ = await plan("complete it", memory=Memory(mentioned=(KnownTask(7, "swim"),)))

    assert tools.calls == [PlannedCall("complete_task", {"number": 7})]


@pytest.mark.parametrize("message", ["", "what is love?", "don't complete 1", "42 is the answer?"])
async def test_what_is_not_understood_does_nothing(message: str) -> None:
    tools, reply = await plan(message, task(1, "buy milk"))

    assert tools.calls == []
    assert "You could say:" in reply


async def test_what_an_interrupted_attempt_has_done_is_only_told() -> None:
    tools = NotedTools()
    done = Outcome(PlannedCall("list_tasks"), TaskList(tasks=[]))

    answer = await RulesPlanner().answer(Turn("list", ACTOR, NOW, done=(done,)), tools)

    assert (tools.calls, answer.reply) == ([], "There are no such tasks.")
