"""Due dates and repeats."""

from chat_api.assistant.understanding.asking import Ask
from chat_api.assistant.understanding.commands.rules import (
    Frame,
    Intents,
    Rules,
    task_of,
    tasks_of,
    text_of_message,
    whole_when,
)
from chat_api.assistant.understanding.durations import UNITS, Duration, duration, of
from chat_api.assistant.understanding.extraction import due_of, extract
from chat_api.assistant.understanding.intents import (
    Question,
    RenameTask,
    RescheduleTask,
    SetRecurrence,
    Shift,
    TimeOnly,
    When,
)
from chat_api.assistant.understanding.patterns import Captures, match_phrase
from chat_api.assistant.understanding.repeats import repeat_said
from chat_api.assistant.understanding.titles import title_of
from chat_api.assistant.understanding.tokens import Tokens
from chat_api.assistant.understanding.when import when_said, worked_out

rules = Rules()
_MOVE = "move|reschedule|postpone|push|shift|delay|defer|bump|change|set|bring"


@rules(
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
    target = task_of(captures, frame)
    if target is None:
        return ()
    first, repeat = due_of(found, frame.ref)
    if first is None or repeat is None:
        return ()
    started = found.pattern.start is not None or (found.said is not None and found.said.names_day)
    return (SetRecurrence(target, repeat, first, first_was_said=started),)


@rules(
    "change|set|move|update|make [the] due [date|time] of|for|on <task> [to|as] <when>",
    "change|set|move|update|make [the] due|deadline|date [date|time] of|for|on <task> [to|as] <when>",
    "change|set|move|update <possessive> due|deadline|date [date|time] to <when>",
    "[the] due|deadline [date] of|for <task> is <when>",
    "move|postpone|push|shift|delay|defer|bump|bring back|forward|off <task> [by|to|until|till] <when>",
    f"{_MOVE}|schedule|put <number> [back|forward|off|up] <when>",
    f"{_MOVE}|schedule|put <number> [back|forward] to|for|on <when>",
    f"{_MOVE} <task> [back|forward|off|up] to|until|till <when>",
    "reschedule|postpone <task> for|on <when>",
    "move|postpone|push|shift|delay|defer|bump|bring <task> [back|forward|off|up] [by] <span>",
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
    return tuple(RescheduleTask(target, change) for target in tasks_of(captures, frame))


@rules("change|update|edit [the] task|number <title_of> to|into <title>")
def _change_title(captures: Captures, frame: Frame) -> Intents:
    target = frame.targets.one(captures["title_of"])
    title = title_of(captures["title"], frame.message)
    is_numbered = captures["title_of"][0].lower.lstrip("#").isdecimal()
    return (RenameTask(target, title),) if target is not None and title and is_numbered else ()


@rules("move|reschedule|postpone|push|shift|delay|defer|bump <number> [back|off]")
def _move_where(captures: Captures, frame: Frame) -> Intents:
    if not tasks_of(captures, frame):
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
    said = whole_when(tokens, frame)
    if said is None:
        return None
    try:
        when = worked_out(said, frame.ref)
    except (OverflowError, ValueError):
        return None
    if said.names_day or when.time is None or (said.time is not None and said.time.is_midnight):
        return when
    return TimeOnly(said.time.time() if said.time is not None and said.part is None else when.time)
