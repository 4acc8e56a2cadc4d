"""Understanding people's English: words become intents, by rules alone.

Pure and deterministic: no network, no storage, no clock of its own. `understand` is the way in, `intents` its
vocabulary; `matching` finds the task that words mean, `moves` applies a change of due, `phrases` says dates back.
"""

from chat_api.assistant.understanding.intents import Context
from chat_api.assistant.understanding.reader import MAX_LENGTH, understand

__all__ = ["MAX_LENGTH", "Context", "understand"]
