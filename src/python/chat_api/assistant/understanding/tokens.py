"""Cutting a message into tokens that know where they stand in it.

A token is a run of characters without spaces, less the punctuation around it, which becomes tokens of its own. So
"Friday's", "4-6" and "3.11" are one token each, and no grammar mistakes a part of them for a date. Quoted text is one
token and matches nothing: it is literal.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

_OPENING = "([{<*\"'\N{LEFT DOUBLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}-\N{EN DASH}\N{EM DASH}"
_CLOSING = ".,;:!?)]}>*\"'\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{HORIZONTAL ELLIPSIS}-"
_APOSTROPHES = str.maketrans(
    {"\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{EN DASH}": "-"}
)
_QUOTES = {
    '"': '"',
    "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}",
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}",
    "'": "'",
    "\N{LEFT SINGLE QUOTATION MARK}": "\N{RIGHT SINGLE QUOTATION MARK}",
}
_TAG = re.compile(r"#[^\W\d_][\w-]*")
_MARK = re.compile(r"!(?:\w+|!*)")


class Kind(Enum):
    """What a token is made of."""

    WORD = auto()
    SYMBOL = auto()
    QUOTED = auto()
    TAG = auto()
    MARK = auto()
    """An exclamation mark with a word, such as ``!high``."""


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is ``message[start:end]``; `lower` is what grammars compare, and empty for quoted text."""

    kind: Kind
    text: str
    lower: str
    start: int
    end: int

    @property
    def is_capitalised(self) -> bool:
        return self.text[:1].isupper()


Tokens = tuple[Token, ...]


def words(text: str) -> frozenset[str]:
    """The words of `text` as a set, for tables that are easier to read as a line of words."""
    return frozenset(text.split())


def tokenize(message: str) -> Tokens:
    """Cut `message` into tokens, in order; what lies between two tokens is white space."""
    return tuple(_tokens(message))


def text_of(tokens: Tokens, message: str) -> str:
    """The part of `message` that `tokens` span."""
    return message[tokens[0].start : tokens[-1].end] if tokens else ""


def _tokens(message: str) -> Iterator[Token]:
    closings = _last_closings(message)
    position = 0
    while position < len(message):
        if message[position].isspace():
            position += 1
            continue
        end = _quoted_end(message, position, closings)
        if end is not None:
            yield Token(Kind.QUOTED, message[position:end], "", position, end)
        else:
            end = _run_end(message, position)
            yield from _split_run(message, position, end)
        position = end


def _last_closings(message: str) -> dict[str, int]:
    return {closing: message.rfind(closing) for closing in _QUOTES.values()}


def _quoted_end(message: str, start: int, closings: dict[str, int]) -> int | None:
    closing = _QUOTES.get(message[start])
    if closing is None or closings[closing] <= start + 1:
        return None
    if start and not (message[start - 1].isspace() or message[start - 1] in "(:,"):
        return None
    end = message.find(closing, start + 1)
    while end != -1 and _is_inside_word(message, end):
        end = message.find(closing, end + 1)
    return end + 1 if end > start + 1 and message[start + 1 : end].strip() else None


def _is_inside_word(message: str, position: int) -> bool:
    return position + 1 < len(message) and message[position + 1].isalnum()


def _run_end(message: str, start: int) -> int:
    end = start
    while end < len(message) and not message[end].isspace():
        if end > start and message[end] in _QUOTES and message[end] not in "'\N{LEFT SINGLE QUOTATION MARK}":
            break
        end += 1
    return end


def _split_run(message: str, start: int, end: int) -> Iterator[Token]:
    marked = _marked(message, start, end)
    if marked is not None:
        yield marked
        yield from _split_run(message, marked.end, end)
        return
    first = start
    while first < end and message[first] in _OPENING:
        yield _symbol(message, first)
        first += 1
    last = end
    while last > first and message[last - 1] in _CLOSING:
        last -= 1
    yield from _split_commas(message, first, last)
    for position in range(last, end):
        yield _symbol(message, position)


def _marked(message: str, start: int, end: int) -> Token | None:
    for kind, pattern in ((Kind.TAG, _TAG), (Kind.MARK, _MARK)):
        found = pattern.match(message, start, end)
        if found is not None and not message[found.end() : end].strip(_CLOSING):
            text = found.group().rstrip("-")
            return Token(kind, text, _plain(text), start, start + len(text))
    return None


def _split_commas(message: str, start: int, end: int) -> Iterator[Token]:
    position = start
    for found in re.finditer(r"(?<=\D)[,;]|[,;](?=\D)", message[start:end]):
        at = start + found.start()
        if position < at:
            yield _word(message, position, at)
        yield _symbol(message, at)
        position = at + 1
    if position < end:
        yield _word(message, position, end)


def _word(message: str, start: int, end: int) -> Token:
    text = message[start:end]
    return Token(Kind.WORD, text, _plain(text), start, end)


def _symbol(message: str, position: int) -> Token:
    character = message[position]
    return Token(Kind.SYMBOL, character, character.translate(_APOSTROPHES), position, position + 1)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()
