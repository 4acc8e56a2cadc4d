"""What the assistant says: short English over what the tools did, always with absolute dates and their zone."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from chat_api.assistant.planner import Outcome
from chat_api.assistant.tools import results
from chat_api.assistant.tools.tool import ToolResult

GREETING: Final = 'Hello! Tell me what to remember, such as "add buy milk tomorrow at 5pm", or say "help".'
THANKS: Final = "You're welcome."
DECLINED: Final = "All right, I left everything as it is."
MODEL_AWAY: Final = "(The language model is not available just now, so I answered by fixed rules.)"
CONFIRMATION_NEEDED: Final = (
    "Nothing was deleted: deleting more than one task needs the user's own yes. They are being asked; stop here."
)

NO_REMINDER: Final = "There is no reminder to cancel."

_HELP: Final = """\
I keep your tasks, their repeats and their reminders. You can say, for example:
  add buy milk tomorrow at 5pm #home, high priority
  add water the plants every monday
  what is due this week?  /  list done tasks  /  show #home
  complete task 3  /  skip task 3  /  reopen task 3
  rename task 3 to buy oat milk
  move task 3 to friday 9am
  remind me about task 3 in 2 hours  /  remind me 1 hour before task 3
  cancel the reminder of task 3
  delete task 3"""


def help_text() -> str:
    """What the assistant can do, by example."""
    return _HELP


def not_understood(reason: str, suggestions: Sequence[str]) -> str:
    """The answer to a message that could not be read; nothing was done."""
    examples = "\n".join(f"  {example}" for example in suggestions)
    return f"{_sentence(reason)} You could say:\n{examples}"


def no_such_task(words: str) -> str:
    """The answer where no task fits `words`."""
    return f'I found no task that fits "{words}". Say "list" to see your tasks.'


def cannot_move(reason: str) -> str:
    """The answer where a new due date cannot be worked out."""
    return _sentence(f"I cannot move it there: {reason}")


def no_tasks_to(what: str) -> str:
    """The answer where a command about all of some tasks finds none."""
    return f"There is no task to {what}."


def add_instead(words: str, title: str, when: str) -> str:
    """The question where a reminder was asked for of a task that there is not."""
    return f'I found no task that fits "{words}". Shall I add "{title}" and remind you {when}?'


def cancel_all_reminders(count: int) -> str:
    """The question before all reminders are cancelled."""
    return f"Shall I cancel {'your only reminder' if count == 1 else f'all your {count} reminders'}?"


def tell(outcomes: Iterable[Outcome]) -> str:
    """What became of each call, a line each; what waits for a yes is left to the question about it."""
    return "\n".join(_outcome(outcome) for outcome in outcomes if not outcome.needs_confirmation)


def with_facts(text: str, outcomes: Iterable[Outcome]) -> str:
    """A model's `text`, and after it what was done where the text leaves out a date that it should have named."""
    left_out = [
        outcome for outcome in outcomes if outcome.acted and any(date not in text for date in _dates(outcome.result))
    ]
    return f"{text}\n{tell(left_out)}" if left_out else text


def without_model(reply: str) -> str:
    """A reply by rules that stand in for a model."""
    return f"{MODEL_AWAY}\n{reply}"


def model_stopped(acted: Sequence[Outcome]) -> str:
    """The reply where a model failed after it had acted."""
    return f"{tell(acted)}\n(The language model stopped here. If something is missing, please say it again.)"


def name(task: results.TaskResult) -> str:
    """How a task is named in a sentence."""
    return f'task {task.number} "{task.title}"'


def task_line(task: results.TaskResult, zone: str | None = None) -> str:
    """A task in a list; times in `zone`, which the list's head names, do not name it again."""
    details = [
        f"due {_in_zone(task.due.text, zone)}" if task.due else "",
        task.recurrence.text if task.recurrence else "",
        f"{task.priority} priority" if task.priority != "normal" else "",
        " ".join(f"#{tag}" for tag in task.tags),
        f"reminder {_list(_in_zone(r.text, zone) for r in task.reminders)}" if task.reminders else "",
    ]
    known = "; ".join(detail for detail in details if detail)
    done = "[done] " if task.status == "done" else ""
    return f"  {task.number}. {done}{task.title}" + (f" ({known})" if known else "")


def _outcome(outcome: Outcome) -> str:
    if outcome.failure is not None:
        return outcome.failure.message
    result = outcome.result
    say = _SAY.get(type(result))
    if say is None or result is None:
        raise TypeError(f"no words for {type(result).__name__}")
    return say(result)


def _added(result: results.AddedTask) -> str:
    task = result.task
    return _sentences(
        f"Added {name(task)}",
        f"It is due {task.due.text}" if task.due else "",
        f"It repeats {task.recurrence.text}" if task.recurrence else "",
        f"It has {task.priority} priority" if task.priority != "normal" else "",
        f"Tags: {' '.join(f'#{tag}' for tag in task.tags)}" if task.tags else "",
        f"I will remind you {_list(r.text for r in task.reminders)}" if task.reminders else "",
    )


def _shown(result: results.ShownTask) -> str:
    task = result.task
    lines = [task_line(task).strip(), f"Notes: {task.notes}" if task.notes else ""]
    return "\n".join(line for line in lines if line)


def _listed(result: results.TaskList) -> str:
    if not result.tasks:
        return "There are no such tasks."
    zone = _first_zone(result.tasks)
    head = _head(len(result.tasks), "task", zone, more=result.next_cursor is not None)
    return "\n".join([head, *(task_line(task, zone) for task in result.tasks)])


def _first_zone(tasks: Sequence[results.TaskResult]) -> str | None:
    for task in tasks:
        if task.due is not None:
            return task.due.timezone
        if task.reminders:
            return task.reminders[0].timezone
    return None


def _head(count: int, noun: str, zone: str | None, *, more: bool) -> str:
    nouns = f"1 {noun}" if count == 1 else f"{count} {noun}s"
    return f"{f'The first {nouns}' if more else nouns}{f', times in {zone}' if zone else ''}:"


def _in_zone(text: str, zone: str | None) -> str:
    return text.removesuffix(f" ({zone})")


def _completed(result: results.CompletedTask) -> str:
    if result.already:
        return f"{_capital(name(result.task))} is done already."
    return _sentences(f"Done: {name(result.task)}", *_series(result), _cancelled(result.cancelled_reminders))


def _skipped(result: results.SkippedOccurrence) -> str:
    if result.already:
        return f"{_capital(name(result.task))} is done already."
    return _sentences(f"Skipped {name(result.task)}", *_series(result), _cancelled(result.cancelled_reminders))


def _series(result: results.CompletedTask | results.SkippedOccurrence) -> tuple[str, ...]:
    return (
        f"The next one is due {result.next_due.text}" if result.next_due else "",
        "It was the last of its series" if result.series_ended else "",
    )


def _reopened(result: results.ReopenedTask) -> str:
    task = result.task
    if result.already:
        return f"{_capital(name(task))} is open already."
    return _sentences(
        f"{_capital(name(task))} is open again",
        f"It is due {task.due.text}" if task.due else "",
        f"Task {result.taken_back}, which would have come next, is taken back" if result.taken_back else "",
        f"Task {result.kept}, which came next, stays since you have changed it" if result.kept else "",
        f"I will remind you {_list(r.text for r in task.reminders)}" if task.reminders else "",
    )


def _updated(result: results.UpdatedTask) -> str:
    task = result.task
    if not result.changed:
        return f"{_capital(name(task))} is that way already."
    changes = [_CHANGES[field](task) for field in result.changed]
    called = f"Task {task.number}" if "title" in result.changed else _capital(name(task))
    moved = _list(reminder.text for reminder in result.moved_reminders)
    return _sentences(
        f"{called} {_list(changes)}",
        f"It is due {task.due.text}" if task.due and _begins_series(result) else "",
        f"I will remind you {moved}" if moved else "",
        _cancelled(max(result.cancelled_reminders, 0)),
    )


_CHANGES: Final[dict[str, Callable[[results.TaskResult], str]]] = {
    "title": lambda task: f'is now called "{task.title}"',
    "notes": lambda task: "has new notes" if task.notes else "has no notes any more",
    "priority": lambda task: f"has {task.priority} priority",
    "tags": lambda task: f"is tagged {' '.join(f'#{tag}' for tag in task.tags)}" if task.tags else "has no tags",
    "due": lambda task: f"is due {task.due.text}" if task.due else "has no due date any more",
    "recurrence": lambda task: f"repeats {task.recurrence.text}" if task.recurrence else "does not repeat any more",
}


def _begins_series(result: results.UpdatedTask) -> bool:
    return "recurrence" in result.changed and result.task.recurrence is not None and "due" not in result.changed


def _deleted(result: results.DeletedTask) -> str:
    return _sentences(
        f"Deleted {name(result.task)}",
        "Its series has ended" if result.series_ended else "",
        _cancelled(result.cancelled_reminders),
    )


def _reminder_added(result: results.AddedReminder) -> str:
    reminder = result.reminder
    return f'I will remind you about task {reminder.task_number} "{reminder.task_title}" {reminder.text}.'


def _reminders_listed(result: results.ReminderList) -> str:
    if not result.reminders:
        return "There are no such reminders."
    zone = result.reminders[0].timezone
    lines = (
        f"  task {r.task_number} {r.task_title}: {_in_zone(r.text, zone)}"
        + ("" if r.state == "scheduled" else f" [{r.state}]")
        for r in result.reminders
    )
    return "\n".join([_head(len(result.reminders), "reminder", zone, more=result.more), *lines])


def _reminder_cancelled(result: results.CancelledReminder) -> str:
    reminder = result.reminder
    return f'I will not remind you about task {reminder.task_number} "{reminder.task_title}" {reminder.text}.'


def _previewed(result: results.RecurrencePreview) -> str:
    dates = "\n".join(f"  {due.text}" for due in result.dates)
    end = "  and so on" if result.more else "  and then it ends"
    return f"{_capital(result.recurrence.text)} is:\n{dates}\n{end}"


_SAY: Final[dict[type, Callable[..., str]]] = {
    results.AddedTask: _added,
    results.ShownTask: _shown,
    results.TaskList: _listed,
    results.CompletedTask: _completed,
    results.SkippedOccurrence: _skipped,
    results.ReopenedTask: _reopened,
    results.UpdatedTask: _updated,
    results.DeletedTask: _deleted,
    results.AddedReminder: _reminder_added,
    results.ReminderList: _reminders_listed,
    results.CancelledReminder: _reminder_cancelled,
    results.RecurrencePreview: _previewed,
}


def _dates(result: ToolResult | None) -> list[str]:
    """The dates that an answer about `result` should name."""
    match result:
        case results.AddedTask(task=task):
            return [task.due.text] if task.due else []
        case results.UpdatedTask(task=task, changed=changed):
            return [task.due.text] if task.due and "due" in changed else []
        case results.CompletedTask(next_due=due) | results.SkippedOccurrence(next_due=due):
            return [due.text] if due else []
        case results.AddedReminder(reminder=reminder):
            return [reminder.text]
        case _:
            return []


def _cancelled(count: int) -> str:
    if not count:
        return ""
    return "Its reminder is cancelled" if count == 1 else f"Its {count} reminders are cancelled"


def _list(parts: Iterable[str]) -> str:
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _sentences(*parts: str) -> str:
    return " ".join(_sentence(part) for part in parts if part)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
