"""Titles, tags and priorities."""

from chat_api.assistant.understanding.asking import Ask
from chat_api.assistant.understanding.commands.rules import Frame, Intents, Rules, tags_of, task_of
from chat_api.assistant.understanding.intents import AddTags, ByTitle, Priority, Question, RenameTask, SetPriority
from chat_api.assistant.understanding.patterns import Captures
from chat_api.assistant.understanding.titles import title_of

rules = Rules()


@rules(
    "change|set|edit|update [the] title|name of|for <task> to|as [:] <title>",
    "rename|retitle [task] [:] <number> to|as|: <title>",
    "rename|retitle <task> to|as <title>",
    "call|name <number> <title>",
)
def _rename(captures: Captures, frame: Frame) -> Intents:
    target = task_of(captures, frame)
    title = title_of(captures["title"], frame.message)
    if target is None or not title:
        return ()
    if isinstance(target, ByTitle) and any(token.lower == "to" for token in captures["title"]):
        raise Ask(
            Question(
                "Which part is the new title? Say the task's number, such as: rename 4 to …",
                template=f"rename {{answer}} to {title}",
            )
        )
    return (RenameTask(target, title),)


@rules(
    "tag|label <task> [with|as] [:] <tags>",
    "add [the] tag|tags|label <tags> to|on <task>",
    "add|put <hashtags> to|on <task>",
    "add <tags> tag|label to <task>",
)
def _tag(captures: Captures, frame: Frame) -> Intents:
    tags = tags_of(captures)
    target = task_of(captures, frame) if tags else None
    return (AddTags(target, tags),) if target is not None else ()


_LEVELS: dict[str, Priority] = {
    "high": "high",
    "highest": "high",
    "top": "high",
    "urgent": "high",
    "important": "high",
    "low": "low",
    "lowest": "low",
    "unimportant": "low",
    "normal": "normal",
    "medium": "normal",
    "default": "normal",
}


@rules(
    "<task> has|is|are [a|of|now] <level> priority",
    "make|mark|set|give|flag <task> [as|to|a|of|at] <level> priority",
    "make|mark|flag <task> [as|to|a] <level>",
    "set|change|raise|lower|make [the] priority of|for|on <task> [to|as] <level>",
    "set|change <possessive> priority to <level>",
    "set|change <task> priority to <level>",
    "set priority <level> for|on|to <task>",
    "<number> is|are <level>",
    "<number> <level> priority",
)
def _set_priority(captures: Captures, frame: Frame) -> Intents:
    words = [token.lower for token in captures["level"]]
    level = _LEVELS.get(words[0]) if len(words) == 1 else None
    target = task_of(captures, frame) if level is not None else None
    return (SetPriority(target, level),) if target is not None and level is not None else ()


@rules("prioritize|prioritise <task>", "deprioritize|deprioritise <low>")
def _prioritise(captures: Captures, frame: Frame) -> Intents:
    target = frame.targets.one(captures.get("task") or captures["low"])
    return (SetPriority(target, "low" if "low" in captures else "high"),) if target is not None else ()
