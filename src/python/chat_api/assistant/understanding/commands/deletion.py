"""Deleting tasks, and taking something away from them. What deletes needs words that say so."""

from chat_api.assistant.understanding.asking import Ask
from chat_api.assistant.understanding.commands.rules import (
    Frame,
    Intents,
    Rules,
    is_dated,
    tags_of,
    task_of,
    tasks_of,
    text_of_message,
)
from chat_api.assistant.understanding.intents import (
    BulkTarget,
    ByNumber,
    ByTitle,
    DeleteTask,
    Every,
    Option,
    Question,
    RemoveTags,
    RescheduleTask,
    StopRecurrence,
)
from chat_api.assistant.understanding.patterns import Captures, match_phrase
from chat_api.assistant.understanding.tokens import text_of

rules = Rules()


@rules(
    "remove|delete|drop|clear|take [the] tag|tags|label <tags> from|off|of|on <task>",
    "remove|delete|take <tags> tag|label from|off|of|on <task>",
    "remove|delete|take <hashtags> from|off|of <task>",
    "take <hashtags> off <task>",
    "untag <task> [as|from|with] <tags>",
    "untag <hashtags> from <task>",
)
def _untag(captures: Captures, frame: Frame) -> Intents:
    tags = tags_of(captures)
    target = task_of(captures, frame) if tags else None
    return (RemoveTags(target, tags),) if target is not None else ()


@rules(
    "remove|clear|delete|drop|unset|take [the] due [date] of|from|for|on|off <task>",
    "remove|clear|delete|drop|unset|take [the] due date|deadline|date of|from|for|on|off <task>",
    "take [the] due|date|deadline date|away|off off|of|from <task>",
    "take [the] due date|deadline off|from|away [of|from] <task>",
    "<task> has|needs no [due] date|deadline",
    "unschedule <task>",
    "make <task> have no due date",
)
def _clear_due(captures: Captures, frame: Frame) -> Intents:
    target = task_of(captures, frame)
    return (RescheduleTask(target, None),) if target is not None else ()


@rules(
    "stop repeating <task>",
    "stop <task> [from] repeating|recurring",
    "stop [the] repeat|recurrence|repetition|series of|for|on <task>",
    "remove|delete|clear|cancel|end [the] repeat|recurrence|repetition|series of|from|for|on <task>",
    "make <task> [a] [to] not repeat|repeating|recurring|recur [any] [more]",
    "make <task> [a] non-recurring|non-repeating|one-off|one-time [task]",
    "<task> no longer repeats|recurs",
    "<task> should not|no [longer] repeat|recur [anymore]",
    "make <task> stop repeating|recurring",
)
def _stop_repeat(captures: Captures, frame: Frame) -> Intents:
    target = task_of(captures, frame)
    return (StopRecurrence(target),) if target is not None else ()


@rules(
    "delete|remove|erase|trash [:] <task>",
    "get rid of <task>",
    "throw away|out <number>",
    "drop|scrap|bin <number>",
    "take <task> off my|the [todo|to-do|task] list",
    "clear|purge|drop|scrap|clean up <bulk>",
    "clear|purge|empty|wipe <bulk>",
)
def _delete(captures: Captures, frame: Frame) -> Intents:
    if "bulk" in captures:
        found = frame.targets.several(captures["bulk"], by_words=False)
        targets: tuple[BulkTarget, ...] = tuple(target for target in found if isinstance(target, Every))
        if not targets and match_phrase("my|the|all [of] [my] [todo|to-do|task] list", captures["bulk"], 0) == len(
            captures["bulk"]
        ):
            raise Ask(Question("Delete what exactly?", (Option("all done tasks", "delete all done tasks"),)))
    else:
        targets = tasks_of(captures, frame)
    if (
        "task" in captures
        and isinstance(targets[0] if targets else None, ByTitle)
        and is_dated(captures["task"], frame)
    ):
        whole = text_of_message(frame)
        raise Ask(
            Question(
                "Is that a task to add, or one to delete?",
                (
                    Option("add it", f"add task: {whole}"),
                    Option("delete one", "delete “" + targets_text(captures, frame) + "”"),
                ),
            )
        )
    if targets and frame.asks and not isinstance(targets[0], Every):
        whole = text_of_message(frame)
        raise Ask(Question(f"Shall I {whole}?", (Option("yes", whole),)))
    numbers = [str(target.number) for target in targets if isinstance(target, ByNumber)]
    if len(numbers) > 1 and not any(token.lower[-1:].isdecimal() for token in captures.get("task", ())):
        raise Ask(
            Question(f"Shall I delete tasks {', '.join(numbers)}?", (Option("yes", f"delete {', '.join(numbers)}"),))
        )
    return tuple(DeleteTask(target) for target in targets)


def targets_text(captures: Captures, frame: Frame) -> str:
    """The words for a task, as they were written."""
    return text_of(captures["task"], frame.message)


@rules("cancel <number>", "cancel task <number>")
def _cancel(captures: Captures, frame: Frame) -> Intents:
    if not tasks_of(captures, frame):
        return ()
    text = text_of(captures["number"], frame.message).removeprefix("task ")
    raise Ask(
        Question(
            "Shall I delete it, or cancel its reminders?",
            (
                Option("delete it", f"delete task {text}"),
                Option("cancel its reminders", f"cancel the reminders for {text}"),
            ),
        )
    )
