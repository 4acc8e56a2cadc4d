"""Looking at one task."""

from chat_api.assistant.understanding.commands.rules import Frame, Intents, Rules, task_of
from chat_api.assistant.understanding.intents import ShowTask
from chat_api.assistant.understanding.patterns import Captures

rules = Rules()


@rules(
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
    target = task_of(captures, frame)
    return (ShowTask(target),) if target is not None else ()
