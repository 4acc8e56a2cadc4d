"""What rules are made of, and what they have in common."""

from collections.abc import Callable
from dataclasses import dataclass

from chat_api.assistant.understanding.calendar_terms import Reference
from chat_api.assistant.understanding.extraction import ask_which_reading, extract
from chat_api.assistant.understanding.intents import BulkTarget, Intent, Target
from chat_api.assistant.understanding.labels import tags_said
from chat_api.assistant.understanding.patterns import Captures, match_whole
from chat_api.assistant.understanding.targets import TargetReader
from chat_api.assistant.understanding.tokens import Kind, Token, Tokens, tokenize
from chat_api.assistant.understanding.when import Said, when_said

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


class Rules:
    """A list of rules in the order in which they are tried: phrases, and what makes intents of their captures."""

    def __init__(self) -> None:
        self._rules: list[tuple[tuple[str, ...], Rule]] = []

    def __call__(self, *patterns: str) -> Callable[[Rule], Rule]:
        """Decorates the function for these phrases. It answers without intents where the captures make no sense."""

        def add(rule: Rule) -> Rule:
            self._rules.append((patterns, rule))
            return rule

        return add

    def understood(self, tokens: Tokens, frame: Frame, *, begins_with_task: bool) -> Intents:
        """The intents of the first rule that makes any, of those whose phrases begin with a task, or do not."""
        for patterns, rule in self._rules:
            for pattern in patterns:
                if pattern.startswith("<") is not begins_with_task:
                    continue
                for captures in match_whole(pattern, tokens):
                    intents = rule(captures, frame)
                    if intents:
                        return intents
        return ()


def task_of(captures: Captures, frame: Frame) -> Target | None:
    """The one task of a pattern: `task` may be words of its title, `number` may not, `possessive` has "'s" after it."""
    if "number" in captures:
        return frame.targets.one(captures["number"], by_words=False)
    if "possessive" in captures:
        return frame.targets.one(_without_s(captures["possessive"]))
    return frame.targets.one(captures["task"])


def tasks_of(captures: Captures, frame: Frame) -> tuple[BulkTarget, ...]:
    """All the tasks of a pattern, as in `task_of`."""
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


def tags_of(captures: Captures) -> tuple[str, ...]:
    """The tags of a pattern; `hashtags` have to be written with their sign."""
    said = captures.get("tags") or captures.get("hashtags") or ()
    if "hashtags" in captures and not any(token.kind is Kind.TAG for token in said):
        return ()
    return tuple(tags_said(said))


def is_dated(tokens: Tokens, frame: Frame) -> bool:
    """Whether the words for a task say when: then they may rather be a new one."""
    return extract(tokens, frame.message, frame.ref).is_dated


def text_of_message(frame: Frame) -> str:
    """The message without the punctuation at its end."""
    return frame.message.strip().rstrip("?!. ")


def whole_when(tokens: Tokens, frame: Frame) -> Said | None:
    """The date or time that `tokens` are, all of them; an hour alone counts after "to" and the like."""
    result = when_said(tokens, 0, frame.ref)
    if result is None or result[1] != len(tokens):
        if not _follows_preposition(tokens, frame):
            return None
        with_at = _after_at(tokens)
        result = when_said(with_at, 0, frame.ref) if with_at else None
        if result is None or result[1] != len(with_at):
            return None
    ask_which_reading(result[0], tokens, frame.message, frame.ref)
    return result[0]


def _follows_preposition(tokens: Tokens, frame: Frame) -> bool:
    before = frame.message[: tokens[0].start].split()
    return bool(before) and before[-1].casefold() in {"to", "until", "till", "at", "for", "by"}


def _after_at(tokens: Tokens) -> Tokens:
    """The tokens with "at" before them, for an hour or a part of the day alone."""
    at = tokenize("in the" if tokens[0].lower in {"morning", "afternoon", "evening"} else "at")
    return (*at, *tokens)
