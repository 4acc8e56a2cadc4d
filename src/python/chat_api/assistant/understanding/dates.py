"""Days: ``tomorrow``, ``next friday``, ``Dec 1st``, ``the 25th``, ``a week from monday``, ``end of month``."""

import calendar
import datetime as dt
import re
from dataclasses import replace

from dateutil.relativedelta import FR, MO, SA, SU, TH, TU, WE, relativedelta

from chat_api.assistant.understanding.calendar_terms import (
    MONTHS,
    WEEKDAYS,
    Day,
    Reference,
    add_duration,
    next_month_day,
    one_day,
    upcoming,
)
from chat_api.assistant.understanding.durations import duration
from chat_api.assistant.understanding.numbers import cardinal, ordinal, ordinal_digits
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.periods import edge_of_period, named_edge, period
from chat_api.assistant.understanding.tokens import Tokens

_RELATIVE = (MO, TU, WE, TH, FR, SA, SU)
_TOMORROW = "tomorrow|tmr|tmrw|tmw|tomorow|tommorow|tommorrow|tomorrrow|2moro"
_FEASTS = (
    ("christmas eve", 12, 24),
    ("christmas [day]", 12, 25),
    ("xmas", 12, 25),
    ("boxing day", 12, 26),
    ("new year's|years eve", 12, 31),
    ("new year's|years [day]", 1, 1),
    ("valentine's|valentines day", 2, 14),
    ("halloween", 10, 31),
)
_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_DOTTED_NO_YEAR = re.compile(r"(\d{1,2})\.(\d{1,2})", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?", re.ASCII)
_DASHED = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})", re.ASCII)
_YEAR = re.compile(r"'?(20\d\d)", re.ASCII)
_YEARS = range(1970, 2201)


def day(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """A day at index `at`, without a preposition: ``(day, end)``."""
    if at >= len(tokens):
        return None
    try:
        return (
            _near(tokens, at, ref)
            or _counted(tokens, at, ref)
            or period(tokens, at, ref)
            or edge_of_period(tokens, at, ref)
            or _nth_weekday(tokens, at, ref)
            or _weekday(tokens, at, ref)
            or _digits(tokens, at, ref)
            or _month_and_day(tokens, at, ref)
            or _feast(tokens, at, ref)
            or _day_of_month(tokens, at, ref)
        )
    except (OverflowError, ValueError):
        return None


def _near(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    for pattern, offset in (
        ("[the] day after " + _TOMORROW, 2),
        ("overmorrow", 2),
        ("[the] day before yesterday", -2),
        ("today", 0),
        (_TOMORROW, 1),
        ("yesterday", -1),
    ):
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            said = one_day(ref.today + dt.timedelta(days=offset))
            return replace(said, is_past=offset < 0), end
    end = match_any(("tonight|tonite", "this night"), tokens, at)
    if end is not None:
        return replace(one_day(ref.today), part="night"), end
    for part in ("morning", "afternoon", "evening"):
        end = match_phrase(f"this {part}", tokens, at)
        if end is not None:
            return replace(one_day(ref.today), part=part), end
    end = match_any(("[the] end of [the] day", "end of today", "close of business"), tokens, at)
    if end is None:
        end = match_phrase("eod|cob", tokens, at)
    if end is None:
        return None
    following = day(tokens, match_phrase("[on|of]", tokens, end) or end, ref)
    return following if following is not None else (one_day(ref.today), end)


def _counted(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """``two weeks from friday``, ``3 days before christmas``, ``4 days ago``; counting from now is `when`'s."""
    span = duration(tokens, at)
    if span is None or span[0].is_clocked:
        return None
    length, end = span
    if match_phrase("ago", tokens, end) is not None:
        return replace(one_day(add_duration(ref.today, -length)), is_past=True), end + 1
    for word, sign in (("from|after", length), ("before", -length)):
        start = match_phrase(word, tokens, end)
        anchor = day(tokens, start, ref) if start is not None else None
        if anchor is not None:
            return one_day(add_duration(anchor[0].date, sign)), anchor[1]
    return None


def _nth_weekday(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """``the first monday of next month``, ``last friday in december``."""
    start = match_phrase("[the]", tokens, at) or at
    last = match_phrase("last", tokens, start)
    number = (-1, last) if last is not None else ordinal(tokens, start)
    if number is None or number[0] > 5 or number[1] >= len(tokens) or tokens[number[1]].lower not in WEEKDAYS:
        return None
    nth, weekday = number[0], WEEKDAYS[tokens[number[1]].lower]
    first, end = ref.today.replace(day=1), number[1] + 1
    for pattern, months in (("of|in next month", 1), ("of|in the|this month", 0)):
        after = match_phrase(pattern, tokens, end)
        if after is not None:
            return one_day(_nth_in_month(first + relativedelta(months=months), weekday, nth)), after
    named = match_phrase("of|in", tokens, end)
    month = month_alone(tokens, named, ref) if named is not None else None
    return (one_day(_nth_in_month(month[0].first, weekday, nth)), month[1]) if month is not None else None


def _nth_in_month(first: dt.date, weekday: int, nth: int) -> dt.date:
    """Raises ValueError where the month has no fifth one."""
    edge = first if nth > 0 else first + relativedelta(day=31)
    found = edge + relativedelta(weekday=_RELATIVE[weekday](nth))
    if found.month != first.month:
        raise ValueError("no such day")
    return found


def _weekday(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    word = tokens[at].lower
    modifier = word if word in {"this", "next", "last", "coming", "following"} else None
    if modifier is not None:
        at += 1
        if modifier in {"this", "next"} and match_phrase("coming", tokens, at) is not None:
            at += 1
    if at >= len(tokens) or tokens[at].lower not in WEEKDAYS:
        return None
    number = WEEKDAYS[tokens[at].lower]
    end = at + 1
    date = upcoming(ref.today, number)
    if modifier == "next":
        date = ref.week(1) + dt.timedelta(days=(number - ref.week_start) % 7)
    elif modifier == "last":
        date -= dt.timedelta(days=7 if number != ref.today.weekday() else 14)
    elif modifier == "this" and number == ref.today.weekday():
        date = ref.today
    after_next = match_phrase("after next", tokens, end)
    if after_next is not None:
        return one_day(date + dt.timedelta(days=7)), after_next
    for pattern, offset in (("[of|in] next week", 1), ("[of|in] this week", 0)):
        in_week = match_phrase(pattern, tokens, end)
        if in_week is not None:
            return one_day(ref.week(offset) + dt.timedelta(days=(number - ref.week_start) % 7)), in_week
    said = replace(one_day(date), is_bare=modifier is None, is_past=modifier == "last", is_weekday=True)
    return said, end


def _digits(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    word = tokens[at].lower
    found = _ISO.fullmatch(word)
    if found:
        return _written_out(int(found[1]), int(found[2]), int(found[3])), at + 1
    found = _DOTTED.fullmatch(word)
    if found:
        return _written_out(int(found[3]), int(found[2]), int(found[1])), at + 1
    found = _DOTTED_NO_YEAR.fullmatch(word)
    if found and at + 1 < len(tokens) and tokens[at + 1].text == "." and tokens[at + 1].start == tokens[at].end:
        return replace(one_day(next_month_day(ref.today, int(found[2]), int(found[1]))), is_bare=True), at + 2
    found = _SLASHED.fullmatch(word) or _DASHED.fullmatch(word)
    if found and word != "24/7":
        return _slashed(int(found[1]), int(found[2]), found[3], ref), at + 1
    return None


def _written_out(year: int, month: int, number: int) -> Day:
    if year not in _YEARS:
        raise ValueError("not a year that people make plans for")
    return one_day(dt.date(year, month, number))


def _slashed(first: int, second: int, year: str | None, ref: Reference) -> Day:
    """Day first or month first; where both can be and the user's order is not known, both."""
    readings = [
        date
        for order, (number, month) in (("day-first", (first, second)), ("month-first", (second, first)))
        if ref.date_order in {None, order} and (date := _numbered(number, month, year, ref)) is not None
    ]
    if not readings:
        raise ValueError("not a date")
    said = replace(one_day(readings[0]), is_bare=year is None)
    return replace(said, other=readings[1]) if len(set(readings)) == 2 else said


def _numbered(number: int, month: int, year: str | None, ref: Reference) -> dt.date | None:
    if not 1 <= month <= 12:
        return None
    try:
        if year is None:
            return next_month_day(ref.today, month, number)
        return _written_out(int(year) + (2000 if len(year) == 2 else 0), month, number).date
    except ValueError:
        return None


def _month_and_day(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """``Dec 1st``, ``1 Dec``, ``the 1st of December 2026``, ``December 2027``."""
    start = match_phrase("[the]", tokens, at) or at
    month = MONTHS.get(tokens[start].lower) if start < len(tokens) else None
    if month is not None and start == at:
        end = _past_dot(tokens, at)
        the = match_phrase("[the]", tokens, end) or end
        number = ordinal(tokens, the) or cardinal(tokens, the)
        if number is not None and 1 <= number[0] <= 31 and number[1] - the <= 2:
            return _with_year(tokens, number[1], month, number[0], ref)
        year = _YEAR.fullmatch(tokens[end].lower) if end < len(tokens) else None
        return (_whole_month(int(year[1]), month), end + 1) if year else None
    number = ordinal(tokens, start) or cardinal(tokens, start)
    if number is None or not 1 <= number[0] <= 31:
        return None
    end = match_phrase("[day] [of]", tokens, number[1]) or number[1]
    month = MONTHS.get(tokens[end].lower) if end < len(tokens) else None
    if month is None:
        return None
    return _with_year(tokens, _past_dot(tokens, end), month, number[0], ref)


def month_alone(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """A month by its name, for after "in": the first of the next such month, or the last of this one."""
    at = match_phrase("[this|next|early]", tokens, at) or at
    month = MONTHS.get(tokens[at].lower) if at < len(tokens) else None
    if month is None:
        return None
    year = _YEAR.fullmatch(tokens[at + 1].lower) if at + 1 < len(tokens) else None
    whole = _whole_month(int(year[1]) if year else ref.today.year + (month < ref.today.month), month)
    if whole.date < ref.today < whole.until:
        whole = replace(whole, date=whole.until - dt.timedelta(days=1), since=whole.date)
    return whole, at + 2 if year else at + 1


def _whole_month(year: int, month: int) -> Day:
    first = dt.date(year, month, 1)
    return Day(first, first + relativedelta(months=1))


def _past_dot(tokens: Tokens, at: int) -> int:
    """The index after the month's name at `at`, and after the full stop of an abbreviation before digits."""
    if at + 2 < len(tokens) and tokens[at + 1].text == "." and len(tokens[at].text) <= 4:
        return at + 2 if tokens[at + 2].text[0].isdigit() else at + 1
    return at + 1


def _with_year(tokens: Tokens, at: int, month: int, number: int, ref: Reference) -> tuple[Day, int]:
    comma = match_phrase("[,] [of]", tokens, at)
    after = at if comma is None else comma
    year = _YEAR.fullmatch(tokens[after].lower) if after < len(tokens) else None
    if year:
        return one_day(dt.date(int(year[1]), month, number)), after + 1
    return one_day(next_month_day(ref.today, month, number)), at


def _feast(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    for pattern, month, number in _FEASTS:
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            return replace(one_day(next_month_day(ref.today, month, number)), is_bare=True), end
    return None


def _day_of_month(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """``the 25th``, ``25th``, ``the first of next month``, ``the last day of the month``."""
    last = match_phrase("[the] last day of", tokens, at)
    if last is not None:
        return named_edge("end", tokens, last, ref)
    the = match_phrase("the", tokens, at)
    number = ordinal(tokens, the) if the is not None else ordinal_digits(tokens, at)
    if number is None or not 1 <= number[0] <= 31:
        return None
    first = ref.today.replace(day=1)
    for pattern, offset in (("of next month", 1), ("of the|this month", 0)):
        end = match_phrase(pattern, tokens, number[1])
        if end is not None:
            return one_day((first + relativedelta(months=offset)).replace(day=number[0])), end
    for offset in range(3):
        month = first + relativedelta(months=offset)
        if number[0] <= calendar.monthrange(month.year, month.month)[1] and month.replace(day=number[0]) >= ref.today:
            return replace(one_day(month.replace(day=number[0])), is_bare=True), number[1]
    return None
