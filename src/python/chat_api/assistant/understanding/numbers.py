"""Numbers in digits and in words."""

import re

from chat_api.assistant.understanding.patterns import match_phrase
from chat_api.assistant.understanding.tokens import Tokens

_TO_TEN = "zero one two three four five six seven eight nine ten"
_UNITS = f"{_TO_TEN} eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_CARDINALS = {word: number for number, word in enumerate(_UNITS)} | _TENS | {"dozen": 12}
_CARDINALS |= {f"{ten}-{_UNITS[n]}": tens + n for ten, tens in _TENS.items() for n in range(1, 10)}
_ORDINAL_UNITS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "eleventh": 11,
    "twelfth": 12,
} | {f"{_UNITS[n]}th": n for n in range(13, 20)}
_ORDINALS = _ORDINAL_UNITS | {"twentieth": 20, "thirtieth": 30}
_ORDINALS |= {
    f"{ten}-{word}": tens + n for ten, tens in _TENS.items() for word, n in _ORDINAL_UNITS.items() if 1 <= n <= 9
}
_DIGITS = re.compile(r"\d{1,6}", re.ASCII)
_DECIMAL = re.compile(r"\d{1,4}[.,]\d{1,2}", re.ASCII)
_ORDINAL_DIGITS = re.compile(r"(\d{1,3})(st|nd|rd|th)", re.ASCII)


def cardinal(tokens: Tokens, at: int) -> tuple[int, int] | None:
    """A whole number at index `at`: ``(number, end)``."""
    if at >= len(tokens):
        return None
    word = tokens[at].lower
    if _DIGITS.fullmatch(word):
        return int(word), at + 1
    number = _CARDINALS.get(word)
    if number is None:
        return None
    if number >= 20 and number % 10 == 0 and at + 1 < len(tokens):
        unit = _CARDINALS.get(tokens[at + 1].lower, 0)
        if 1 <= unit <= 9:
            return number + unit, at + 2
    return number, at + 1


def quantity(tokens: Tokens, at: int) -> tuple[float, int] | None:
    """How many of a unit: ``3``, ``1.5``, ``an``, ``a couple of``, ``two and a half``: ``(number, end)``."""
    for pattern, number in (
        ("a couple [of]", 2.0),
        ("couple of", 2.0),
        ("half a|an", 0.5),
        ("a|an half", 0.5),
        ("a|an", 1.0),
    ):
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            return number, end
    if at < len(tokens) and _DECIMAL.fullmatch(tokens[at].lower):
        return float(tokens[at].lower.replace(",", ".")), at + 1
    whole = cardinal(tokens, at)
    if whole is None:
        return None
    number, end = whole
    half = match_phrase("and a half", tokens, end)
    return (number + 0.5, half) if half is not None else (float(number), end)


def ordinal(tokens: Tokens, at: int) -> tuple[int, int] | None:
    """An ordinal number at index `at`, ``1st`` or ``twenty-first``: ``(number, end)``."""
    digits = ordinal_digits(tokens, at)
    if digits is not None or at >= len(tokens):
        return digits
    word = tokens[at].lower
    if word in _ORDINALS:
        return _ORDINALS[word], at + 1
    if word in _TENS and at + 1 < len(tokens):
        unit = _ORDINAL_UNITS.get(tokens[at + 1].lower, 0)
        if 1 <= unit <= 9:
            return _TENS[word] + unit, at + 2
    return None


def ordinal_digits(tokens: Tokens, at: int) -> tuple[int, int] | None:
    """An ordinal number written with digits, ``1st``: ``(number, end)``."""
    found = _ORDINAL_DIGITS.fullmatch(tokens[at].lower) if at < len(tokens) else None
    return (int(found[1]), at + 1) if found else None
