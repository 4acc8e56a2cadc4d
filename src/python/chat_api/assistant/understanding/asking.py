"""What stops the reading of a message: a question to the user, or something that cannot be done."""

from chat_api.assistant.understanding.intents import Question


class Ask(Exception):
    """Nothing can be done before the user has answered `question`."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.text)
        self.question = question


class Refuse(Exception):
    """The message was read, but what it asks for cannot be done; `reason` says why, in words for the user."""

    def __init__(self, reason: str, suggestions: tuple[str, ...]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestions = suggestions
