"""A little notation for phrases of fixed words, so that grammars read like the phrases they match.

``"mark <task> [as] done|complete"`` is: the word *mark*, any tokens, perhaps *as*, then one of two words. Captures in
angle brackets take one token or more, as few as possible first. Brackets hold one word, or alternatives of one word.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from chat_api.assistant.understanding.tokens import Tokens

Captures = Mapping[str, Tokens]


@dataclass(frozen=True)
class _Element:
    words: frozenset[str]
    optional: bool
    capture: str | None


@cache
def _compiled(pattern: str) -> tuple[_Element, ...]:
    return tuple(_element(part) for part in pattern.split())


def _element(part: str) -> _Element:
    if part.startswith("<"):
        return _Element(frozenset(), optional=False, capture=part.strip("<>"))
    return _Element(frozenset(part.strip("[]").split("|")), optional=part.startswith("["), capture=None)


def match_phrase(pattern: str, tokens: Tokens, at: int) -> int | None:
    """Where the phrase that starts at index `at` ends (exclusive), or None. The pattern has no captures."""
    for element in _compiled(pattern):
        if at < len(tokens) and tokens[at].lower in element.words:
            at += 1
        elif not element.optional:
            return None
    return at


def match_any(patterns: tuple[str, ...], tokens: Tokens, at: int) -> int | None:
    """The end of the first of `patterns` that matches at index `at`, or None."""
    ends = (match_phrase(pattern, tokens, at) for pattern in patterns)
    return next((end for end in ends if end is not None), None)


def match_whole(pattern: str, tokens: Tokens) -> Iterator[Captures]:
    """All ways in which the pattern takes exactly `tokens`, shortest captures first."""
    yield from _matches(_compiled(pattern), tokens, 0, {})


def _matches(elements: tuple[_Element, ...], tokens: Tokens, at: int, taken: dict[str, Tokens]) -> Iterator[Captures]:
    if not elements:
        if at == len(tokens):
            yield taken
        return
    first, rest = elements[0], elements[1:]
    if first.capture is not None:
        ends = range(at + 1, len(tokens) + 1) if rest else range(len(tokens), len(tokens) + 1)
        for end in ends:
            if end > at:
                yield from _matches(rest, tokens, end, taken | {first.capture: tokens[at:end]})
        return
    if at < len(tokens) and tokens[at].lower in first.words:
        yield from _matches(rest, tokens, at + 1, taken)
    if first.optional:
        yield from _matches(rest, tokens, at, taken)
