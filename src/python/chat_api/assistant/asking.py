"""Questions that the assistant asks before it acts: which task was meant, and whether it is really wanted."""

from collections.abc import Sequence

from chat_api.assistant.planner import Pending, PlannedCall
from chat_api.assistant.understanding.intents import KnownTask, Option, Question

MOST_OPTIONS = 10
"""How many tasks a question names; a longer one is not read."""


def which_task(choices: Sequence[tuple[KnownTask, tuple[PlannedCall, ...]]]) -> Pending:
    """Asks which of some tasks was meant; the answer sets off that task's calls."""
    tasks = [task for task, _ in choices]
    return Pending(
        Question(
            f"Which task do you mean?\n{_names(tasks)}",
            tuple(Option(f"{task.number} {task.title}", f"task {task.number}") for task in tasks),
        ),
        tuple(calls for _, calls in choices),
    )


def whether(text: str, calls: Sequence[PlannedCall]) -> Pending:
    """Asks for a yes, which sets off `calls`."""
    return Pending(Question(text), (tuple(calls),))


def whether_all(what: str, tasks: Sequence[KnownTask], calls: Sequence[PlannedCall]) -> Pending:
    """Asks for a yes to doing `what` to all of `tasks`, and names them."""
    these = "this task" if len(tasks) == 1 else f"these {len(tasks)} tasks"
    return whether(f"Shall I {what} {these}?\n{_names(tasks)}", calls)


def _names(tasks: Sequence[KnownTask]) -> str:
    lines = [f"  {task.number}. {task.title}" for task in tasks[:MOST_OPTIONS]]
    if len(tasks) > MOST_OPTIONS:
        lines.append(f"  and {len(tasks) - MOST_OPTIONS} more")
    return "\n".join(lines)
