"""Commands on existing tasks, as tables of phrases.

Each rule has the phrases that it understands and a function that makes intents of what they capture. The first rule
that makes any decides: phrases that begin with a word of their own come before those that begin with a task.
"""

from chat_api.assistant.understanding.commands import deletion, details, dues, progress, reminders, showing
from chat_api.assistant.understanding.commands.rules import Frame, Intents
from chat_api.assistant.understanding.tokens import Tokens

_TABLES = (progress.rules, reminders.rules, deletion.rules, details.rules, dues.rules, showing.rules)

__all__ = ["Frame", "command"]


def command(tokens: Tokens, frame: Frame) -> Intents:
    """The intents of a command on existing tasks; none where `tokens` are no such command.

    Raises:
        Ask: it lacks something, or may mean several things.
        Refuse: it cannot be done.
    """
    for begins_with_task in (False, True):
        for table in _TABLES:
            intents = table.understood(tokens, frame, begins_with_task=begins_with_task)
            if intents:
                return intents
    return ()
