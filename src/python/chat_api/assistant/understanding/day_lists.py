"""Lists of days in a repeat: ``mon, wed and fri``, ``the 1st and the 15th``, ``first and third monday``."""

from chat_api.assistant.understanding.calendar_terms import MONTHS, WEEKDAYS
from chat_api.assistant.understanding.numbers import cardinal, ordinal, ordinal_digits
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.tokens import Tokens

_WORKDAYS = frozenset(range(5))
_WEEKEND = frozenset({5, 6})
PLURAL_DAYS = {f"{name}s": number for name, number in WEEKDAYS.items() if name.endswith("day")}
"""``mondays`` and so on; 0 is Monday."""


def weekdays(tokens: Tokens, at: int) -> tuple[frozenset[int], int] | None:
    """``monday``, ``mon, wed and fri``, ``tue/thu``, ``weekday``, ``weekend``."""
    days: frozenset[int] = frozenset()
    end = None
    while at < len(tokens):
        more = _weekday_word(tokens[at].lower)
        if more is None:
            break
        days, end = days | more, at + 1
        following = match_any((", and|&", ",|and|&|/ [on] [every|each]"), tokens, end)
        at = end if following is None else following
        if following is None:
            break
    return (days, end) if end is not None else None


def _weekday_word(word: str) -> frozenset[int] | None:
    if word in {"weekday", "weekdays", "workday", "workdays", "business-day"}:
        return _WORKDAYS
    if word in {"weekend", "weekends"}:
        return _WEEKEND
    numbers = [WEEKDAYS.get(name, PLURAL_DAYS.get(name)) for name in word.split("/")]
    found = frozenset(number for number in numbers if number is not None)
    return found if found and None not in numbers else None


def nth_weekdays(tokens: Tokens, at: int) -> tuple[tuple[tuple[int, int], ...], int] | None:
    """``first and third monday``, ``last friday``."""
    numbers: list[int] = []
    while True:
        at = match_phrase("[the]", tokens, at) or at
        last = match_phrase("last", tokens, at)
        number = (-1, last) if last is not None else ordinal(tokens, at)
        if number is None or not -1 <= number[0] <= 5:
            return None
        numbers.append(number[0])
        at = number[1]
        following = match_any((", and|&", ",|and|&"), tokens, at)
        if following is None:
            break
        at = following
    weekday = WEEKDAYS.get(tokens[at].lower) if at < len(tokens) else None
    return (tuple((number, weekday) for number in numbers), at + 1) if weekday is not None else None


def month_and_day(tokens: Tokens, at: int) -> tuple[int, int, int] | None:
    """``May 12th``, ``the 12th of May``: ``(month, day, end)``."""
    at = match_phrase("[the]", tokens, at) or at
    if at >= len(tokens):
        return None
    month = MONTHS.get(tokens[at].lower)
    if month is not None:
        number = ordinal(tokens, at + 1) or cardinal(tokens, at + 1)
        return (month, number[0], number[1]) if number is not None and 1 <= number[0] <= 31 else None
    number = ordinal(tokens, at) or cardinal(tokens, at)
    if number is None or not 1 <= number[0] <= 31:
        return None
    end = match_phrase("[of]", tokens, number[1]) or number[1]
    month = MONTHS.get(tokens[end].lower) if end < len(tokens) else None
    return (month, number[0], end + 1) if month is not None else None


def month_days(tokens: Tokens, at: int, *, digits_only: bool) -> tuple[tuple[int, ...], int] | None:
    """``1st``, ``the 1st and the 15th``, ``last day``."""
    days: list[int] = []
    end = at
    while True:
        at = match_phrase("[the]", tokens, at) or at
        last = match_phrase("last [day]", tokens, at)
        number = (-1, last) if last is not None else _day_number(tokens, at, digits_only=digits_only)
        if number is None or not (number[0] == -1 or 1 <= number[0] <= 31):
            break
        days.append(number[0])
        end = match_phrase("[day]", tokens, number[1]) or number[1]
        following = match_any((", and|&", ",|and|&"), tokens, end)
        if following is None:
            break
        at = following
    return (tuple(days), end) if days else None


def _day_number(tokens: Tokens, at: int, *, digits_only: bool) -> tuple[int, int] | None:
    return ordinal_digits(tokens, at) if digits_only else ordinal(tokens, at)
