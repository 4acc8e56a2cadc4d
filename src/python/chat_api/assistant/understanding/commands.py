"""Commands on existing tasks, as a table of phrases.

Each rule has the phrases that it understands and a function that makes intents of what they capture; the first rule
that makes any decides, phrases that begin with a word of their own before those that begin with a task. What deletes needs words that say so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chat_api.assistant.understanding.asking import Ask
from chat_api.assistant.understanding.dates import Reference
from chat_api.assistant.understanding.durations import UNITS, Duration, duration, of
from chat_api.assistant.understanding.extraction import (
    ask_which_reading,
    before_due_said,
    due_of,
    extract,
    remind_at,
    tags_said,
    task_from,
)
from chat_api.assistant.understanding.intents import (
    AddReminder,
    AddTags,
    AddTask,
    BulkTarget,
    ByNumber,
    ByTitle,
    CancelReminder,
    CompleteTask,
    DeleteTask,
    Every,
    Intent,
    ListReminders,
    Option,
    Priority,
    Question,
    RemindBefore,
    ReminderTime,
    RemoveTags,
    RenameTask,
    ReopenTask,
    RescheduleTask,
    SetPriority,
    SetRecurrence,
    Shift,
    ShowTask,
    SkipTask,
    StopRecurrence,
    Target,
    TimeOnly,
    When,
)
from chat_api.assistant.understanding.patterns import Captures, match_phrase, match_whole
from chat_api.assistant.understanding.repeats import repeat_said
from chat_api.assistant.understanding.targets import TargetReader
from chat_api.assistant.understanding.titles import title_of
from chat_api.assistant.understanding.tokens import Kind, Token, Tokens, text_of, tokenize
from chat_api.assistant.understanding.when import Said, when_said, worked_out

Intents = tuple[Intent, ...]


@dataclass(frozen=True)
class Frame:
    """What a rule may look at beside its captures."""

    message: str
    ref: Reference
    targets: TargetReader
    asks: bool
    """Whether the message ends with a question mark."""
    first: str = ""
    """The first word of the command."""


Rule = Callable[[Captures, Frame], Intents]
_RULES: list[tuple[tuple[str, ...], Rule]] = []


def command(tokens: Tokens, frame: Frame) -> Intents:
    """The intents of a command on existing tasks; none where `tokens` are no such command.

    Raises:
        Ask: it lacks something, or may mean several things.
        Refuse: it cannot be done.
    """
    for begins_with_task in (False, True):
        for patterns, rule in _RULES:
            for pattern in patterns:
                if pattern.startswith("<") is not begins_with_task:
                    continue
                for captures in match_whole(pattern, tokens):
                    intents = rule(captures, frame)
                    if intents:
                        return intents
    return ()


def _rule(*patterns: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        _RULES.append((patterns, rule))
        return rule

    return register


# Reopen, complete, skip ----------------------------------------------------------------------------------------------


@_rule(
    "reopen|uncomplete|un-complete|uncheck|untick|unmark <task>",
    "undo [the] complete|completing|completion|done|undone [of] <task>",
    "undo <number>",
    "mark|set|flag <task> [as] [not|still] undone|incomplete|open|unfinished|uncompleted|pending",
    "mark|set|flag <task> [as] not [yet] done|complete|completed|finished [yet]",
    "<number> is|isn't|isnt|are|aren't [actually] [not] [yet] done|complete|completed|finished [yet] [after] [all]",
    "<task> isn't|isnt [actually] done|complete|completed|finished [yet] [after] [all]",
    "<task> is|are not [actually] done|complete|completed|finished [yet] [after] [all]",
    "re-open <task>",
)
def _reopen(captures: Captures, frame: Frame) -> Intents:
    if "number" in captures and not _says_not(captures["number"], frame):
        return ()
    return tuple(ReopenTask(target) for target in _tasks(captures, frame) if not isinstance(target, Every))


def _says_not(number: Tokens, frame: Frame) -> bool:
    """Whether "not" is in the words around a captured number: "3 isn't done", "undo 3"."""
    around = frame.message.casefold()
    return any(word in around for word in ("n't", "isnt", "\N{RIGHT SINGLE QUOTATION MARK}t", " not ", "undo"))


@_rule(
    "complete|done [with] [:] <task>",
    "complete|finish|close|check|tick <number> [off]",
    "check|tick|cross off <task>",
    "check|tick|cross <task> off",
    "mark|set|flag <task> [as] [being] done|complete|completed|finished",
    "mark|set [as] done|complete|completed|finished [:] <task>",
    "i|i've|ive|i'm|im|we|we've|we're [have|am|are|just|already] [just|already] finished|completed|done|did [with] <task>",
    "finished|did [with] <task>",
    "<task> is|are|was|were|has|have [now|all|already] [been] done|complete|completed|finished",
    "<number> done|complete|completed|finished",
    "completed|finished <number>",
    "got <number> done",
    "<possessive> [now|all|already] done|complete|completed|finished",
    "close [out] task <number>",
)
def _complete(captures: Captures, frame: Frame) -> Intents:
    if frame.first == "complete" and "task" in captures and _is_dated(captures["task"], frame):
        return ()
    return tuple(CompleteTask(_of_open(target)) for target in _tasks(captures, frame))


def _of_open(target: BulkTarget) -> BulkTarget:
    """ "All tasks", to complete, are the open ones."""
    if isinstance(target, Every) and target.filter.status == "all":
        return Every(replace(target.filter, status="open"))
    return target


@_rule("finish|close [off|up] <words>")
def _finish(captures: Captures, frame: Frame) -> Intents:
    """To finish something may be what the user has to do, or has done."""
    text = text_of(captures["words"], frame.message)
    if not isinstance(frame.targets.one(captures["words"]), ByTitle) or _is_dated(captures["words"], frame):
        return ()
    whole = text_of_message(frame)
    raise Ask(
        Question(
            "Is that a task to add, or one to mark as done?",
            (Option("add it", f"add task: {whole}"), Option("mark it as done", f"check off {text}")),
        )
    )


@_rule(
    "skip <task> [for] [this] [time|today|week|month|once]",
    "skip <task> just this once",
    "skip the next <task>",
    "skip the next|current occurrence|instance of <task>",
)
def _skip(captures: Captures, frame: Frame) -> Intents:
    target = _task(captures, frame)
    return (SkipTask(target),) if target is not None else ()


# Reminders -----------------------------------------------------------------------------------------------------------


@_rule(
    "cancel|remove|delete|clear|stop|drop|dismiss|disable [all] [the|my] reminder|reminders|alert for|of|from|on|about|to <task>",
    "cancel|remove|delete|clear|disable [the] <task> reminder|reminders",
    "cancel|remove|delete|clear|stop <possessive> reminder|reminders",
    "take|turn|switch [the] reminder|reminders off [of|from|for] <task>",
    "turn|switch off [the] reminder|reminders [of|from|for] <task>",
    "stop reminding|notifying me about|of|to|for <task>",
    "no [more] reminder|reminders for|about <task>",
)
def _cancel_reminder(captures: Captures, frame: Frame) -> Intents:
    target = _task(captures, frame)
    return (CancelReminder(target),) if target is not None else ()


@_rule(
    "cancel|remove|delete|clear|stop all [of] [my|the] reminders",
    "cancel|remove|delete|clear all reminders",
    "stop all reminders",
)
def _cancel_all_reminders(captures: Captures, frame: Frame) -> Intents:
    return (CancelReminder(None),)


@_rule("cancel [the|that|this] reminder", "stop reminding me [about] [it|that]")
def _cancel_that_reminder(captures: Captures, frame: Frame) -> Intents:
    raise Ask(Question("The reminder for which task? Say its number.", template="cancel the reminder for {answer}"))


@_rule("don't|dont remind me about|of <task>", "do not remind me about|of <task>")
def _no_reminder(captures: Captures, frame: Frame) -> Intents:
    text = text_of(captures["task"], frame.message)
    raise Ask(
        Question(f"Shall I cancel the reminders for {text}?", (Option("yes", f"cancel the reminders for {text}"),))
    )


@_rule(
    "[show|list|what|which|see|display|view] [me] [all] [are|do] [my|the|i] [have|upcoming|scheduled|active|all] reminders [do|are] [i|there] [have|set|scheduled] [?]",
    "any reminders",
    "do i have [any] reminders",
    "what|when are you reminding|going to remind me [about] [of]",
)
def _list_reminders(captures: Captures, frame: Frame) -> Intents:
    return (ListReminders(),)


@_rule("[show|list] [me] [the|my|all] reminders for|of|on <task>", "what|which reminders does <task> have")
def _list_reminders_of(captures: Captures, frame: Frame) -> Intents:
    target = _task(captures, frame)
    return (ListReminders(target),) if target is not None else ()


@_rule(
    "remind|notify|alert|ping me [again] <when> about|of <task>",
    "remind|notify|alert|ping me <before> task|number|no <number>",
    "remind me <before> <task> is due",
    "remind|notify|alert|ping me about|of <task> <when>",
    "remind|notify|alert|ping me [again] about|of <task>",
    "<when> remind me about|of <task>",
    "set|add|create|schedule|put [me] [a|another] reminder to <number> <when>",
    "set|add|create|schedule|put [me] [a|another] reminder for|on|about <task> <when>",
    "set|add|create|schedule [a|another] reminder <when> for|on|about <task>",
    "set|add|create|schedule [a|another] reminder to|for|on|about <number>",
    "remind me <before> <task>",
    "[set] [a] reminder for|on <task> <when>",
    "snooze <task> [for|until|till|to|by] <delay>",
    "snooze <task>",
)
def _remind(captures: Captures, frame: Frame) -> Intents:
    said = captures.get("when") or captures.get("before") or captures.get("delay")
    when = _reminder_time(said, frame, captures) if said is not None else None
    if said is not None and when is None:
        return ()
    target = _task(captures, frame)
    if target is None or (isinstance(target, ByTitle) and _whole_when(tokenize(target.words), frame) is not None):
        return ()
    if said is None or when is None:
        raise Ask(Question("When shall I remind you?", template=f"{text_of_message(frame)} {{answer}}"))
    return (AddReminder(target, when, _instead(target, said, frame)),)


def _reminder_time(said: Tokens, frame: Frame, captures: Captures) -> ReminderTime | None:
    before = before_due_said(said, 0)
    if before is not None and before[1] == len(said):
        return RemindBefore(before[0])
    if "before" in captures:
        return None
    when = _whole_when(said, frame)
    if when is None and "delay" in captures:
        length = duration(said, 0)
        when = Said(delay=length[0]) if length is not None and length[1] == len(said) else None
    return remind_at(when, text_of_message(frame), frame.ref) if when is not None else None


def _instead(target: Target, said: Tokens, frame: Frame) -> AddTask | None:
    """The task to offer where nothing is called that."""
    if not isinstance(target, ByTitle):
        return None
    quoted = f'"{target.words}" ' if '"' not in target.words else f"{target.words} "
    message = quoted + text_of(said, frame.message)
    try:
        return task_from(tokenize(message), message, frame.ref, reminding=True)
    except Ask:
        return None


# Delete --------------------------------------------------------------------------------------------------------------


@_rule(
    "remove|delete|drop|clear|take [the] tag|tags|label <tags> from|off|of|on <task>",
    "remove|delete|take <tags> tag|label from|off|of|on <task>",
    "remove|delete|take <hashtags> from|off|of <task>",
    "take <hashtags> off <task>",
    "untag <task> [as|from|with] <tags>",
    "untag <hashtags> from <task>",
)
def _untag(captures: Captures, frame: Frame) -> Intents:
    tags = _tags(captures)
    target = _task(captures, frame) if tags else None
    return (RemoveTags(target, tags),) if target is not None else ()


@_rule(
    "remove|clear|delete|drop|unset|take [the] due [date] of|from|for|on|off <task>",
    "remove|clear|delete|drop|unset|take [the] due date|deadline|date of|from|for|on|off <task>",
    "take [the] due|date|deadline date|away|off off|of|from <task>",
    "take [the] due date|deadline off|from|away [of|from] <task>",
    "<task> has|needs no [due] date|deadline",
    "unschedule <task>",
    "make <task> have no due date",
)
def _clear_due(captures: Captures, frame: Frame) -> Intents:
    target = _task(captures, frame)
    return (RescheduleTask(target, None),) if target is not None else ()


@_rule(
    "stop repeating <task>",
    "stop <task> [from] repeating|recurring",
    "stop [the] repeat|recurrence|repetition|series of|for|on <task>",
    "remove|delete|clear|cancel|end [the] repeat|recurrence|repetition|series of|from|for|on <task>",
    "make <task> [a] [to] not|non-recurring|non-repeating|one-off|one-time [repeat|repeating|recurring|recur] [task] [any] [more]",
    "<task> no longer repeats|recurs",
    "<task> should not|no [longer] repeat|recur [anymore]",
    "make <task> stop repeating|recurring",
)
def _stop_repeat(captures: Captures, frame: Frame) -> Intents:
    target = _task(captures, frame)
    return (StopRecurrence(target),) if target is not None else ()


@_rule(
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
        targets = _tasks(captures, frame)
    if (
        "task" in captures
        and isinstance(targets[0] if targets else None, ByTitle)
        and _is_dated(captures["task"], frame)
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


@_rule("cancel <number>", "cancel task <number>")
def _cancel(captures: Captures, frame: Frame) -> Intents:
    if not _tasks(captures, frame):
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


# Rename, tag, prioritise ---------------------------------------------------------------------------------------------


@_rule(
    "change|set|edit|update [the] title|name of|for <task> to|as [:] <title>",
    "rename|retitle [task] [:] <number> to|as|: <title>",
    "rename|retitle <task> to|as <title>",
    "call|name <number> <title>",
)
def _rename(captures: Captures, frame: Frame) -> Intents:
    target = _task(captures, frame)
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


@_rule(
    "tag|label <task> [with|as] [:] <tags>",
    "add [the] tag|tags|label <tags> to|on <task>",
    "add|put <hashtags> to|on <task>",
    "add <tags> tag|label to <task>",
)
def _tag(captures: Captures, frame: Frame) -> Intents:
    tags = _tags(captures)
    target = _task(captures, frame) if tags else None
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


@_rule(
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
    target = _task(captures, frame) if level is not None else None
    return (SetPriority(target, level),) if target is not None and level is not None else ()


@_rule("prioritize|prioritise <task>", "deprioritize|deprioritise <low>")
def _prioritise(captures: Captures, frame: Frame) -> Intents:
    target = frame.targets.one(captures.get("task") or captures["low"])
    return (SetPriority(target, "low" if "low" in captures else "high"),) if target is not None else ()


# Repeat, reschedule --------------------------------------------------------------------------------------------------


@_rule(
    "make|set|let <task> [to] repeat|recur <repeat>",
    "make|set <task> [as] [a] [to] repeating|recurring <repeat>",
    "repeat <task> <repeat>",
    "<task> repeats|recurs <repeat>",
    "<task> should repeat|recur <repeat>",
    "change|set [the] repeat|recurrence|repetition of|for|on <task> to <repeat>",
    "change|move|set|make|reschedule <number> [to] <repeat>",
    "change|move|set|make|reschedule <task> to <repeat>",
)
def _repeat(captures: Captures, frame: Frame) -> Intents:
    said = captures["repeat"]
    if repeat_said(said, 0, frame.ref) is None and when_said(said, 0, frame.ref) is None:
        return ()
    found = extract(said, frame.message, frame.ref)
    if found.pattern is None or found.kept or found.tags or found.reminders or found.priority:
        return ()
    target = _task(captures, frame)
    if target is None:
        return ()
    first, repeat = due_of(found, frame.ref)
    if first is None or repeat is None:
        return ()
    started = found.pattern.start is not None or (found.said is not None and found.said.names_day)
    return (SetRecurrence(target, repeat, first, first_was_said=started),)


@_rule(
    "change|set|move|update|make [the] due [date|time] of|for|on <task> [to|as] <when>",
    "change|set|move|update|make [the] due|deadline|date [date|time] of|for|on <task> [to|as] <when>",
    "change|set|move|update <possessive> due|deadline|date [date|time] to <when>",
    "[the] due|deadline [date] of|for <task> is <when>",
    "move|postpone|push|shift|delay|defer|bump|bring back|forward|off <task> [by|to|until|till] <when>",
    "move|reschedule|postpone|push|shift|delay|defer|bump|change|set|bring|schedule|put <number> [back|forward|off|up] <when>",
    "move|reschedule|postpone|push|shift|delay|defer|bump|change|set|bring|schedule|put <number> [back|forward] to|for|on <when>",
    "move|reschedule|postpone|push|shift|delay|defer|bump|change|set|bring <task> [back|forward|off|up] to|until|till <when>",
    "reschedule|postpone <task> for|on <when>",
    "move|postpone|push|shift|delay|defer|bump|bring <task> [back|forward|off|up] [by] <span>",
    "move|postpone|push|shift|delay|defer|bump|bring [back|forward|off] <task> [by|to|until|till] <when>",
    "make|set|mark <task> due [on|by|at|for] <when>",
    "<number> is|are [now] due <when>",
    "<task> is|are [now] due <when>",
    "task <number> due <when>",
    "do <number> <when>",
)
def _reschedule(captures: Captures, frame: Frame) -> Intents:
    change = (
        _shift(captures["span"])
        if "span" in captures
        else _shift(captures["when"]) or _new_due(captures["when"], frame)
    )
    if change is None:
        return ()
    if isinstance(change, Shift) and _goes_back(frame):
        change = Shift(-change.months, -change.days, -change.seconds)
    return tuple(RescheduleTask(target, change) for target in _tasks(captures, frame))


@_rule("change|update|edit [the] task|number <title_of> to|into <title>")
def _change_title(captures: Captures, frame: Frame) -> Intents:
    target = frame.targets.one(captures["title_of"])
    title = title_of(captures["title"], frame.message)
    is_numbered = captures["title_of"][0].lower.lstrip("#").isdecimal()
    return (RenameTask(target, title),) if target is not None and title and is_numbered else ()


@_rule("move|reschedule|postpone|push|shift|delay|defer|bump <number> [back|off]")
def _move_where(captures: Captures, frame: Frame) -> Intents:
    if not _tasks(captures, frame):
        return ()
    raise Ask(Question("To when?", template=f"{text_of_message(frame)} to {{answer}}"))


def _goes_back(frame: Frame) -> bool:
    words = frame.message.casefold().split()
    return "forward" in words or "earlier" in words


def _shift(tokens: Tokens) -> Shift | None:
    """``by two days``, ``a week``, ``2 days later``."""
    start = match_phrase("[back|out|off|forward] [by] [another]", tokens, 0) or 0
    length = duration(tokens, start) or _a_unit(tokens, start)
    if length is None:
        return None
    end = match_phrase("[later|earlier|further|back|more]", tokens, length[1]) or length[1]
    if end != len(tokens):
        return None
    span = length[0]
    return Shift(span.months, span.days, span.seconds)


def _a_unit(tokens: Tokens, at: int) -> tuple[Duration, int] | None:
    unit = UNITS.get(tokens[at].lower) if at < len(tokens) and tokens[at - 1].lower == "another" else None
    made = of(1, unit) if unit else None
    return (made, at + 1) if made is not None else None


def _new_due(tokens: Tokens, frame: Frame) -> When | TimeOnly | None:
    said = _whole_when(tokens, frame)
    if said is None:
        return None
    try:
        when = worked_out(said, frame.ref)
    except (OverflowError, ValueError):
        return None
    if said.names_day or when.time is None or (said.time is not None and said.time.is_midnight):
        return when
    return TimeOnly(said.time.time() if said.time is not None and said.part is None else when.time)


def _whole_when(tokens: Tokens, frame: Frame) -> Said | None:
    """The date or time that `tokens` are, all of them; a bare hour counts."""
    result = when_said(tokens, 0, frame.ref)
    if result is None or result[1] != len(tokens):
        with_at = _after_at(tokens)
        result = when_said(with_at, 0, frame.ref) if with_at else None
        if result is None or result[1] != len(with_at):
            return None
    ask_which_reading(result[0], tokens, frame.message, frame.ref)
    return result[0]


def _after_at(tokens: Tokens) -> Tokens:
    """The tokens with "at" before them, for an hour or a part of the day alone."""
    at = tokenize("in the" if tokens[0].lower in {"morning", "afternoon", "evening"} else "at")
    return (*at, *tokens)


# Show ----------------------------------------------------------------------------------------------------------------


@_rule(
    "show|display|view|open|see [me] [the] [details] [of|for] <number>",
    "[the] details of|for|on <task>",
    "show [me] [the] details [of|for] <task>",
    "when|what|whats|what's is [task] <number> [due] [?]",
    "when|when's is <task> due",
    "what|what's is|the the due date|deadline of|for <task>",
    "what|what's [is] <number>",
    "is <number> done|completed|finished|open|overdue",
    "<number>",
)
def _show(captures: Captures, frame: Frame) -> Intents:
    target = _task(captures, frame)
    return (ShowTask(target),) if target is not None else ()


# Helpers -------------------------------------------------------------------------------------------------------------


def _task(captures: Captures, frame: Frame) -> Target | None:
    """The one task of a pattern: `task` may be words of its title, `number` may not, `possessive` has "'s" after it."""
    if "number" in captures:
        return frame.targets.one(captures["number"], by_words=False)
    if "possessive" in captures:
        return frame.targets.one(_without_s(captures["possessive"]))
    return frame.targets.one(captures["task"])


def _tasks(captures: Captures, frame: Frame) -> tuple[BulkTarget, ...]:
    if "number" in captures:
        return frame.targets.several(captures["number"], by_words=False)
    if "possessive" in captures:
        return frame.targets.several(_without_s(captures["possessive"]))
    return frame.targets.several(captures["task"])


def _without_s(tokens: Tokens) -> Tokens:
    last = tokens[-1]
    if not last.lower.endswith("'s"):
        return ()
    return (*tokens[:-1], Token(last.kind, last.text[:-2], last.lower[:-2], last.start, last.end - 2))


def _tags(captures: Captures) -> tuple[str, ...]:
    said = captures.get("tags") or captures.get("hashtags") or ()
    if "hashtags" in captures and not any(token.kind is Kind.TAG for token in said):
        return ()
    return tuple(tags_said(said))


def _is_dated(tokens: Tokens, frame: Frame) -> bool:
    return extract(tokens, frame.message, frame.ref).is_dated


def text_of_message(frame: Frame) -> str:
    """The message without the punctuation at its end."""
    return frame.message.strip().rstrip("?!. ")
