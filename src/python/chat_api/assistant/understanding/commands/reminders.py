"""Reminders of existing tasks."""

from chat_api.assistant.understanding.asking import Ask
from chat_api.assistant.understanding.commands.rules import Frame, Intents, Rules, task_of, text_of_message, whole_when
from chat_api.assistant.understanding.durations import duration
from chat_api.assistant.understanding.extraction import task_from
from chat_api.assistant.understanding.intents import (
    AddReminder,
    AddTask,
    ByTitle,
    CancelReminder,
    ListReminders,
    Option,
    Question,
    RemindBefore,
    ReminderTime,
    Target,
)
from chat_api.assistant.understanding.patterns import Captures
from chat_api.assistant.understanding.reminding import before_due_said, remind_at
from chat_api.assistant.understanding.tokens import Tokens, text_of, tokenize
from chat_api.assistant.understanding.when import Said

rules = Rules()


@rules(
    "cancel|remove|delete|clear|stop|disable [all] [the|my] reminder|reminders|alert for|of|from|on|about|to <task>",
    "cancel|remove|delete|clear|disable [the] <task> reminder|reminders",
    "cancel|remove|delete|clear|stop <possessive> reminder|reminders",
    "take|turn|switch [the] reminder|reminders off [of|from|for] <task>",
    "turn|switch off [the] reminder|reminders [of|from|for] <task>",
    "stop reminding|notifying me about|of|to|for <task>",
    "no [more] reminder|reminders for|about <task>",
)
def _cancel_reminder(captures: Captures, frame: Frame) -> Intents:
    target = task_of(captures, frame)
    return (CancelReminder(target),) if target is not None else ()


@rules(
    "cancel|remove|delete|clear|stop all [of] [my|the] reminders",
    "cancel|remove|delete|clear all reminders",
    "stop all reminders",
)
def _cancel_all_reminders(captures: Captures, frame: Frame) -> Intents:
    return (CancelReminder(None),)


@rules("cancel [the|that|this] reminder", "stop reminding me [about] [it|that]")
def _cancel_that_reminder(captures: Captures, frame: Frame) -> Intents:
    raise Ask(Question("The reminder for which task? Say its number.", template="cancel the reminder for {answer}"))


@rules("don't|dont remind me about|of <task>", "do not remind me about|of <task>")
def _no_reminder(captures: Captures, frame: Frame) -> Intents:
    text = text_of(captures["task"], frame.message)
    raise Ask(
        Question(f"Shall I cancel the reminders for {text}?", (Option("yes", f"cancel the reminders for {text}"),))
    )


@rules(
    "[show|list|see|display|view] [me] [all] [of] [my|the] [upcoming|scheduled|active|all] reminders",
    "what|which [are] [my|the] [upcoming|scheduled|active] reminders [do|are] [i|there] [have|set|scheduled]",
    "any reminders",
    "do i have [any] reminders",
    "what|when are you reminding|going to remind me [about] [of]",
)
def _list_reminders(captures: Captures, frame: Frame) -> Intents:
    return (ListReminders(),)


@rules("[show|list] [me] [the|my|all] reminders for|of|on <task>", "what|which reminders does <task> have")
def _list_reminders_of(captures: Captures, frame: Frame) -> Intents:
    target = task_of(captures, frame)
    return (ListReminders(target),) if target is not None else ()


@rules(
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
    target = task_of(captures, frame)
    if target is None or (isinstance(target, ByTitle) and whole_when(tokenize(target.words), frame) is not None):
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
    when = whole_when(said, frame)
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
