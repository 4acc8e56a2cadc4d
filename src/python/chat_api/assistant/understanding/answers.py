"""Answers to a question that was asked before."""

from collections.abc import Callable

from chat_api.assistant.understanding.intents import Ambiguous, Declined, Question, Understood
from chat_api.assistant.understanding.numbers import cardinal, ordinal
from chat_api.assistant.understanding.patterns import match_any
from chat_api.assistant.understanding.tokens import Kind, Tokens

_YES = (
    "yes|y|yep|yeah|yup|sure|ok|okay|confirm|confirmed|correct|right|absolutely [please] [do] [it|that] [sure]",
    "do it|that|so",
    "go ahead",
    "please do",
    "that's right|it",
    "of course",
)
_NO = (
    "no|n|nope|nah|cancel|stop|nothing|none|neither|nevermind|nvm [thanks|thank] [you]",
    "never mind",
    "forget [about] it|that",
    "don't|dont [do] [it|that]",
    "do not",
)


def answer_to(
    pending: Question, tokens: Tokens, message: str, *, is_command: Callable[[], bool]
) -> str | Understood | Ambiguous | None:
    """What an answer to `pending` comes to: the message that it stands for, no, the question again, or no answer."""
    said = tuple(token for token in tokens if token.kind is not Kind.SYMBOL)
    if not said:
        return None
    if match_any(_NO, said, 0) == len(said):
        return Understood((Declined(),))
    if match_any(_YES, said, 0) == len(said):
        return pending.options[0].message if len(pending.options) == 1 else Ambiguous(pending)
    chosen = _chosen(pending, said, message)
    if chosen is not None:
        return chosen
    if pending.template is None or is_command():
        return None
    answer = said[1:] if len(said) > 1 and said[0].lower == "to" and "to {answer}" in pending.template else said
    return pending.template.replace("{answer}", message[answer[0].start :].strip())


def _chosen(pending: Question, said: Tokens, message: str) -> str | None:
    """The message of the option that was named: by its label, the number its label begins with, or its place."""
    text = message.strip(" .!").casefold()
    for option in pending.options:
        if option.label.casefold() == text or option.message.casefold() == text:
            return option.message
    start = 1 if said[0].lower in {"option", "number", "the", "task"} and len(said) > 1 else 0
    digits = said[start].lower.lstrip("#")
    if len(said) == start + 1 and digits.isdecimal():
        for option in pending.options:
            if option.label.split(" ", 1)[0] == digits:
                return option.message
    place = cardinal(said, start) or ordinal(said, start)
    last = said[start].lower == "last"
    if place is None and not last:
        partly = [option for option in pending.options if text and text in option.label.casefold()]
        return partly[0].message if len(partly) == 1 and len(text) > 2 else None
    number, end = (len(pending.options), start + 1) if place is None else place
    if end < len(said) and said[end].lower not in {"one", "option", "please"}:
        return None
    return pending.options[number - 1].message if 1 <= number <= len(pending.options) else None
