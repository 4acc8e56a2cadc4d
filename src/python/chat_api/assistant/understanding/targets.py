"""Which tasks a message is about: numbers, words of a title, "it", "the first one", "all done tasks"."""

import re

from chat_api.assistant.understanding.asking import Ask
from chat_api.assistant.understanding.calendar_terms import Reference
from chat_api.assistant.understanding.filters import filter_said
from chat_api.assistant.understanding.intents import (
    BulkTarget,
    ByNumber,
    ByTitle,
    Context,
    Every,
    KnownTask,
    Option,
    Question,
    Target,
)
from chat_api.assistant.understanding.numbers import cardinal, ordinal
from chat_api.assistant.understanding.patterns import match_any, match_phrase, match_whole
from chat_api.assistant.understanding.tokens import Kind, Token, Tokens, text_of, words

_NUMBER = re.compile(r"#?(\d{1,9})", re.ASCII)
_RANGE = re.compile(r"(\d{1,6})-(\d{1,6})", re.ASCII)
_MOST_AT_ONCE = 50
_MOST_WORDS = 25
_MOST_OFFERED = 9
_IT = ("it", "that|this [one|task]", "the task", "the task you just added", "that|this one|task")
_THEM = ("them", "both", "these|those [two|three|ones|tasks]", "both|all of them|these|those", "them all|both")
_NOT_A_TITLE = words(
    "what why how who where when which whose should shall can could would will did do does is are was were am if "
    "whether i i'm i've i'd you we they he she maybe perhaps not don't never nothing anything something someone "
    "everything all every any remind set add"
)


class TargetReader:
    """Reads which tasks are meant, in one conversation."""

    def __init__(self, message: str, ref: Reference, context: Context) -> None:
        self._message = message
        self._ref = ref
        self._context = context

    def one(self, tokens: Tokens, *, by_words: bool = True) -> Target | None:
        """The one task that `tokens`, all of them, mean; None where they mean no task.

        Raises:
            Ask: "it" has nothing, or several things, to stand for.
        """
        found = self.several(tokens, by_words=by_words)
        if len(found) != 1 or isinstance(found[0], Every):
            return None
        return found[0]

    def several(self, tokens: Tokens, *, by_words: bool = True) -> tuple[BulkTarget, ...]:
        """All the tasks that `tokens` mean; none where they mean no task.

        Raises:
            Ask: as in `one`.
        """
        tokens = _without_list(tokens)
        numbers = _numbers(tokens)
        if numbers:
            return tuple(ByNumber(number) for number in numbers)
        referred = self._referred(tokens)
        if referred:
            return tuple(ByNumber(task.number) for task in referred)
        everything = filter_said(tokens, self._message, self._ref, bulk=True)
        if everything is not None:
            return (Every(everything),)
        title = title_words(tokens, self._message) if by_words else None
        return (ByTitle(title),) if title else ()

    def _referred(self, tokens: Tokens) -> tuple[KnownTask, ...]:
        mentioned = self._context.mentioned
        if any(match_phrase(pattern, tokens, 0) == len(tokens) for pattern in _THEM):
            if not mentioned and not self._context.listed:
                raise Ask(self._which(tokens))
            return mentioned if len(mentioned) > 1 else self._context.listed or mentioned
        if any(match_phrase(pattern, tokens, 0) == len(tokens) for pattern in _IT):
            if len(mentioned) != 1:
                raise Ask(self._which(tokens))
            return mentioned
        place = _place(tokens)
        if place is None:
            return ()
        listed = self._context.listed
        if not -len(listed) <= place < len(listed):
            raise Ask(self._which(tokens))
        return (listed[place],)

    def _which(self, tokens: Tokens) -> Question:
        before, after = self._message[: tokens[0].start], self._message[tokens[-1].end :]
        known = tuple(dict.fromkeys((*self._context.mentioned, *self._context.listed)))
        options = tuple(
            Option(f"{task.number} {task.title}", f"{before}task {task.number}{after}")
            for task in known[:_MOST_OFFERED]
        )
        return Question("Which task do you mean? Say its number.", options, f"{before}{{answer}}{after}")


def title_words(tokens: Tokens, message: str) -> str | None:
    """The words by which a task is to be found, without "the task called" around them; None where there are none."""
    tokens = _without_task_words(tokens)
    if not tokens or len(tokens) > _MOST_WORDS or tokens[0].lower in _NOT_A_TITLE:
        return None
    if len(tokens) == 1 and tokens[0].kind is Kind.QUOTED:
        return tokens[0].text[1:-1].strip()
    text = text_of(tokens, message).strip()
    return text if any(character.isalnum() for character in text) else None


def _without_task_words(tokens: Tokens) -> Tokens:
    start = match_any(
        (
            "[the|my] task|todo|to-do|item|one called|named|titled|about",
            "[the|my] task|todo|to-do|item [:]",
        ),
        tokens,
        0,
    )
    tokens = tokens[start:] if start is not None else tokens
    last = tokens[-1:]
    return tokens[:-1] if len(tokens) > 1 and last[0].lower in {"task", "item", "todo"} else tokens


def _without_list(tokens: Tokens) -> Tokens:
    """Without "from my list" at the end."""
    for size in (3, 4):
        cut = len(tokens) - size
        if cut >= 1 and match_phrase("from|off|on my|the [todo|to-do|task] list", tokens, cut) == len(tokens):
            return tokens[:cut]
    return tokens


def _numbers(tokens: Tokens) -> tuple[int, ...]:
    """``3``, ``#3``, ``task 3``, ``tasks 3, 4 and 5``, ``3-5``; none where anything else is among them."""
    found: list[int] = []
    at = 0
    while at < len(tokens):
        said_task = match_any(
            (
                "[the] task|tasks|todo|todos|to-do|item|items [number|no|nr|numbers] [.]",
                "number|numbers|no|nr [.]",
            ),
            tokens,
            at,
        )
        at = said_task if said_task is not None else at
        more = _number(tokens, at, in_words=said_task is not None)
        if more is None:
            return ()
        found += more[0]
        at = more[1]
        if at == len(tokens):
            break
        following = match_any((", and|&", ",|and|&|+|plus"), tokens, at)
        if following is None:
            return ()
        at = following
    return tuple(dict.fromkeys(found)) if len(found) <= _MOST_AT_ONCE else ()


def _number(tokens: Tokens, at: int, *, in_words: bool) -> tuple[list[int], int] | None:
    if at >= len(tokens):
        return None
    digits = _NUMBER.fullmatch(tokens[at].lower)
    if digits and int(digits[1]) > 0:
        through = match_phrase("through|thru", tokens, at + 1)
        last = _NUMBER.fullmatch(tokens[through].lower) if through is not None and through < len(tokens) else None
        if last and through is not None:
            return _span(int(digits[1]), int(last[1]), through + 1)
        return [int(digits[1])], at + 1
    span = _RANGE.fullmatch(tokens[at].lower)
    if span:
        return _span(int(span[1]), int(span[2]), at + 1)
    number = cardinal(tokens, at) if in_words else None
    return ([number[0]], number[1]) if number is not None and number[0] > 0 else None


def _span(first: int, last: int, end: int) -> tuple[list[int], int] | None:
    if not 0 < first < last < first + _MOST_AT_ONCE:
        return None
    return list(range(first, last + 1)), end


def _place(tokens: Tokens) -> int | None:
    """The place in the list that ``the second one`` means, from 0; -1 is the last."""
    for pattern in ("the <n> one|task|item [on|in] [the|that] [list]", "the <n>", "<n> one|task"):
        for captures in match_whole(pattern, tokens):
            number = ordinal(captures["n"], 0)
            if number is not None and number[1] == len(captures["n"]) and number[0] > 0:
                return number[0] - 1
            if _lowered(captures["n"]) == ["last"]:
                return -1
    return None


def _lowered(tokens: tuple[Token, ...]) -> list[str]:
    return [token.lower for token in tokens]
