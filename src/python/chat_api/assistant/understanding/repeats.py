"""Repeats: ``every other day``, ``on the last friday of every month``, ``weekly until Dec 24``."""

from dataclasses import replace

from chat_api.assistant.understanding.calendar_terms import MONTHS, Reference
from chat_api.assistant.understanding.day_lists import PLURAL_DAYS, month_and_day, month_days, nth_weekdays, weekdays
from chat_api.assistant.understanding.durations import UNITS, duration
from chat_api.assistant.understanding.numbers import cardinal, ordinal
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.repeat_tails import FINISHED, longer
from chat_api.assistant.understanding.series import Pattern
from chat_api.assistant.understanding.times import day_part
from chat_api.assistant.understanding.tokens import Tokens
from chat_api.assistant.understanding.when import Said

_FREQUENCIES = {"day": ("DAILY", 1), "week": ("WEEKLY", 1), "fortnight": ("WEEKLY", 2), "month": ("MONTHLY", 1)}
_FREQUENCIES |= {"quarter": ("MONTHLY", 3), "year": ("YEARLY", 1)}
_ADVERBS = {
    "daily": ("DAILY", 1),
    "weekly": ("WEEKLY", 1),
    "biweekly": ("WEEKLY", 2),
    "bi-weekly": ("WEEKLY", 2),
    "fortnightly": ("WEEKLY", 2),
    "monthly": ("MONTHLY", 1),
    "bimonthly": ("MONTHLY", 2),
    "quarterly": ("MONTHLY", 3),
    "yearly": ("YEARLY", 1),
    "annually": ("YEARLY", 1),
}
_ONCE = ("once a|per|every", "one time a|per|every")
_EVERY = ("every single", "every|each")
_TOO_OFTEN = ("hour", "minute", "second")


def repeat_said(tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    """A repeat at index `at`, with its time of day, start and end: ``(pattern, end)``."""
    head = _head(tokens, at)
    if head is None:
        return None
    pattern, at = head
    while True:
        extended = longer(pattern, tokens, at, ref)
        if extended is None:
            return pattern, at
        pattern, at = extended


def _head(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    if at >= len(tokens):
        return None
    return (
        _after_completion(tokens, at)
        or _of_every_month(tokens, at)
        or _every(tokens, at)
        or _adverb(tokens, at)
        or _plural_days(tokens, at)
    )


def _every(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    start = match_any(_EVERY, tokens, match_phrase("[on] [in]", tokens, at) or at)
    if start is None:
        once = match_any(_ONCE, tokens, at)
        unit = _unit(tokens, once) if once is not None else None
        return (_of_unit(unit[0], 1), unit[1]) if unit is not None else None
    if start < len(tokens) and tokens[start].text == "!" and tokens[start].start == tokens[start - 1].end:
        found = _every_what(tokens, start + 1)
        return (replace(found[0], basis="completion"), found[1]) if found is not None else None
    return _every_what(tokens, start)


def _every_what(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    return (
        _every_period(tokens, at)
        or _every_nth_weekday(tokens, at)
        or _every_weekdays(tokens, at)
        or _every_year_day(tokens, at)
        or _every_month_day(tokens, at)
    )


def _every_period(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``day``, ``other week``, ``3 months``, ``second day``, ``morning``, ``2 fridays``."""
    interval, start = 1, at
    other = match_phrase("other", tokens, at)
    number = ordinal(tokens, at) or cardinal(tokens, at) or _a_couple(tokens, at)
    if other is not None:
        interval, start = 2, other
    elif number is not None:
        interval, start = number
    is_ordinal = number is not None and ordinal(tokens, at) is not None
    unit = _unit(tokens, start)
    if unit is not None and not (is_ordinal and unit[0] in _TOO_OFTEN):
        if is_ordinal and match_phrase("of", tokens, unit[1]) is not None:
            return None
        return _of_unit(unit[0], interval), unit[1]
    part = day_part(tokens, start)
    if part is not None and number is None:
        return Pattern("DAILY", interval, said=Said(part=part[0])), part[1]
    if interval > 1 and not is_ordinal and start < len(tokens):
        found = weekdays(tokens, start)
        if found is not None:
            return Pattern("WEEKLY", interval, weekdays=found[0]), found[1]
    return None


def _a_couple(tokens: Tokens, at: int) -> tuple[int, int] | None:
    end = match_phrase("couple [of]", tokens, at)
    return (2, end) if end is not None else None


def _unit(tokens: Tokens, at: int) -> tuple[str, int] | None:
    unit = UNITS.get(tokens[at].lower) if at < len(tokens) else None
    return (unit, at + 1) if unit is not None and len(tokens[at].lower) > 1 else None


def _of_unit(unit: str, interval: int) -> Pattern:
    if unit in _TOO_OFTEN:
        return Pattern("DAILY", too_often=True)
    frequency, times = _FREQUENCIES[unit]
    return Pattern(frequency, interval * times)


def _every_weekdays(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    found = weekdays(tokens, at)
    if found is None:
        return None
    the = match_phrase("the", tokens, found[1])
    number = ordinal(tokens, the) if the is not None else None
    if number is not None and 1 <= number[0] <= 31:
        return Pattern("MONTHLY", weekdays=found[0], month_days=(number[0],)), number[1]
    return Pattern("WEEKLY", weekdays=found[0]), found[1]


def _every_nth_weekday(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``last friday of the month``, ``first monday``: after "every"."""
    found = nth_weekdays(tokens, at)
    if found is None:
        return None
    end = match_any(("of the month|year", "of each|every month", "in the month"), tokens, found[1])
    if end is None and found[0][0][0] == 2:
        return Pattern("WEEKLY", 2, weekdays=frozenset({found[0][0][1]})), found[1]
    return Pattern("MONTHLY", nth_weekdays=found[0]), found[1] if end is None else end


def _every_year_day(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``May 12th``, ``12 May``, ``january``: after "every"."""
    found = month_and_day(tokens, at)
    if found is not None:
        return Pattern("YEARLY", months=(found[0],), month_days=(found[1],)), found[2]
    month = MONTHS.get(tokens[at].lower) if at < len(tokens) else None
    return (Pattern("YEARLY", months=(month,), month_days=(1,)), at + 1) if month is not None else None


def _every_month_day(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``15th``, ``last day of the month``: after "every"."""
    last = match_any(("last day of the month", "month's|month end", "end of [the] month"), tokens, at)
    if last is not None:
        return Pattern("MONTHLY", month_days=(-1,)), last
    days = month_days(tokens, at, digits_only=True)
    if days is None:
        return None
    return Pattern("MONTHLY", month_days=days[0]), match_any(("of the|each|every month",), tokens, days[1]) or days[1]


def _of_every_month(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``on the last friday of every month``, ``the 1st of each month``, ``first of the month, monthly``."""
    at = match_phrase("[on|by]", tokens, at) or at
    nth = nth_weekdays(tokens, at)
    if nth is not None:
        in_month = match_phrase("of the|a month", tokens, nth[1])
        period = _of_every(tokens, nth[1] if in_month is None else in_month) or _monthly(tokens, in_month)
        if period is None:
            return None
        return replace(period[0], nth_weekdays=nth[0]), period[1]
    end_of = match_phrase("[at] [the] end", tokens, at)
    days = ((-1,), end_of) if end_of is not None else month_days(tokens, at, digits_only=False)
    period = _of_every(tokens, days[1]) if days is not None else None
    if period is not None and days is not None:
        return replace(period[0], month_days=days[0]), period[1]
    yearly = month_and_day(tokens, at)
    every_year = match_phrase("every|each year", tokens, yearly[2]) if yearly is not None else None
    if yearly is not None and every_year is not None:
        return Pattern("YEARLY", months=(yearly[0],), month_days=(yearly[1],)), every_year
    return None


def _monthly(tokens: Tokens, at: int | None) -> tuple[Pattern, int] | None:
    end = match_phrase("[,] monthly", tokens, at) if at is not None else None
    return (Pattern("MONTHLY"), end) if end is not None else None


def _of_every(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    start = match_phrase("[in|of] every|each", tokens, at)
    if start is None:
        return None
    month = MONTHS.get(tokens[start].lower) if start < len(tokens) else None
    if month is not None:
        return Pattern("YEARLY", months=(month,)), start + 1
    found = _every_period(tokens, start)
    return found if found is not None and found[0].frequency == "MONTHLY" else None


def _adverb(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``daily``, ``weekly``, ``hourly``; `schedule` decides where they may be adjectives."""
    word = tokens[at].lower
    if word == "hourly":
        return Pattern("DAILY", too_often=True), at + 1
    if word in _ADVERBS:
        frequency, interval = _ADVERBS[word]
        return Pattern(frequency, interval), at + 1
    end = match_phrase("year after year", tokens, at)
    return (Pattern("YEARLY"), end) if end is not None else None


def _plural_days(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``on mondays and thursdays``, ``weekdays``, ``weekends``."""
    start = match_phrase("[on]", tokens, at) or at
    if start >= len(tokens):
        return None
    first = tokens[start].lower
    if first not in PLURAL_DAYS and first not in {"weekdays", "weekends", "workdays"}:
        return None
    found = weekdays(tokens, start)
    return (Pattern("WEEKLY", weekdays=found[0]), found[1]) if found is not None else None


def _after_completion(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``3 months after I finish it``."""
    start = match_phrase("[again] [in]", tokens, at) or at
    found = duration(tokens, start)
    if found is None:
        return None
    end = match_any(FINISHED, tokens, found[1])
    if end is None or end == found[1] + 1:
        return None
    length = found[0]
    if length.is_clocked:
        return Pattern("DAILY", too_often=True), end
    if length.months:
        return Pattern("MONTHLY", length.months, basis="completion"), end
    frequency, times = ("WEEKLY", 7) if length.days % 7 == 0 else ("DAILY", 1)
    return Pattern(frequency, length.days // times, basis="completion"), end
