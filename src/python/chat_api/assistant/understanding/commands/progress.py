"""Completing, reopening and skipping tasks."""

from dataclasses import replace

from chat_api.assistant.understanding.asking import Ask
from chat_api.assistant.understanding.commands.rules import (
    Frame,
    Intents,
    Rules,
    is_dated,
    task_of,
    tasks_of,
    text_of_message,
)
from chat_api.assistant.understanding.intents import (
    BulkTarget,
    ByTitle,
    CompleteTask,
    Every,
    Option,
    Question,
    ReopenTask,
    SkipTask,
)
from chat_api.assistant.understanding.patterns import Captures
from chat_api.assistant.understanding.tokens import Tokens, text_of

rules = Rules()


@rules(
    "reopen|uncomplete|un-complete|uncheck|untick|unmark <task>",
    "undo [the] complete|completing|completion|done|undone [of] <task>",
    "undo <number>",
    "mark|set|flag <task> [as] [not|still] undone|incomplete|open|unfinished|uncompleted|pending",
    "mark|set|flag <task> [as] not [yet] done|complete|completed|finished [yet]",
    "<number> is|isn't|isnt|are|aren't [actually] [not] [yet] done|complete|completed|finished [yet] [after] [all]",
    "<task> isn't|isnt [actually] done|complete|completed|finished [yet] [after] [all]",
    "<task> is|are not [actually] done|complete|completed|finished [yet] [after] [all]",
    "re-open <task>",
    "bring back <number>",
)
def _reopen(captures: Captures, frame: Frame) -> Intents:
    if "number" in captures and frame.first != "bring" and not _says_not(captures["number"], frame):
        return ()
    return tuple(ReopenTask(target) for target in tasks_of(captures, frame) if not isinstance(target, Every))


def _says_not(number: Tokens, frame: Frame) -> bool:
    """Whether "not" is in the words around a captured number: "3 isn't done", "undo 3"."""
    around = frame.message.casefold()
    return any(word in around for word in ("n't", "isnt", "\N{RIGHT SINGLE QUOTATION MARK}t", " not ", "undo"))


@rules(
    "complete|done [with] [:] <task>",
    "all done with <task>",
    "complete|finish|close|check|tick <number> [off]",
    "check|tick|cross off <task>",
    "check|tick|cross <task> off",
    "mark|set|flag <task> [as] [being] done|complete|completed|finished",
    "mark|set [as] done|complete|completed|finished [:] <task>",
    "i|i've|ive|i'm|im|we|we've [have|am|just|already] [just|already] finished|completed|done|did [with] <task>",
    "finished|did [with] <task>",
    "<task> is|are|was|were|has|have [now|all|already] [been] done|complete|completed|finished",
    "<number> done|complete|completed|finished",
    "completed|finished <number>",
    "got <number> done",
    "<possessive> [now|all|already] done|complete|completed|finished",
    "close [out] task <number>",
)
def _complete(captures: Captures, frame: Frame) -> Intents:
    if frame.first == "complete" and "task" in captures and is_dated(captures["task"], frame):
        return ()
    return tuple(CompleteTask(_of_open(target)) for target in tasks_of(captures, frame))


def _of_open(target: BulkTarget) -> BulkTarget:
    """ "All tasks", to complete, are the open ones."""
    if isinstance(target, Every) and target.filter.status == "all":
        return Every(replace(target.filter, status="open"))
    return target


@rules("finish|close [off|up] <words>")
def _finish(captures: Captures, frame: Frame) -> Intents:
    """To finish something may be what the user has to do, or has done."""
    text = text_of(captures["words"], frame.message)
    if not isinstance(frame.targets.one(captures["words"]), ByTitle) or is_dated(captures["words"], frame):
        return ()
    whole = text_of_message(frame)
    raise Ask(
        Question(
            "Is that a task to add, or one to mark as done?",
            (Option("add it", f"add task: {whole}"), Option("mark it as done", f"check off {text}")),
        )
    )


@rules(
    "skip <task> [for] [this] [time|today|week|month|once]",
    "skip <task> just this once",
    "skip the next <task>",
    "skip the next|current occurrence|instance of <task>",
)
def _skip(captures: Captures, frame: Frame) -> Intents:
    target = task_of(captures, frame)
    return (SkipTask(target),) if target is not None else ()
