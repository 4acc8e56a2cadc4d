"""Days: ``tomorrow``, ``next friday``, ``Dec 1st``, ``the 25th``, ``a week from monday``, ``end of month``."""

import calendar
import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import Literal

from dateutil.relativedelta import FR, MO, SA, SU, TH, TU, WE, relativedelta

from chat_api.assistant.understanding.durations import Duration, duration
from chat_api.assistant.understanding.numbers import cardinal, ordinal, ordinal_digits
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.tokens import Tokens

_DAY_NAMES = {
    0: "monday mon",
    1: "tuesday tue tues",
    2: "wednesday wed weds",
    3: "thursday thu thur thurs",
    4: "friday fri",
    5: "saturday sat",
    6: "sunday sun",
}
WEEKDAYS = {name: number for number, names in _DAY_NAMES.items() for name in names.split()}
"""Names of days of the week; 0 is Monday."""
_MONTH_NAMES = {
    1: "january jan",
    2: "february feb",
    3: "march mar",
    4: "april apr",
    5: "may",
    6: "june jun",
    7: "july jul",
    8: "august aug",
    9: "september sep sept",
    10: "october oct",
    11: "november nov",
    12: "december dec",
}
MONTHS = {name: number for number, names in _MONTH_NAMES.items() for name in names.split()}
"""Names of months; 1 is January."""
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


@dataclass(frozen=True)
class Reference:
    """What dates are counted from: `now` is aware, in the user's zone."""

    now: dt.datetime
    week_start: int = 0
    date_order: Literal["day-first", "month-first"] | None = None

    @property
    def today(self) -> dt.date:
        return self.now.date()

    def week(self, offset: int = 0) -> dt.date:
        """The first day of this week, or of another one."""
        since = (self.today.weekday() - self.week_start) % 7
        return self.today + dt.timedelta(days=7 * offset - since)


@dataclass(frozen=True)
class Day:
    """A day as said, with the first day after it that no longer counts.

    `is_bare`: only a name or a number that may be something else ("friday", "25th", "12/24").
    `since`: where the period begins that `date` ends.
    `is_past`: said as a day gone by. `other`: the second reading of "12/5". `part`: "tonight" names one.
    """

    date: dt.date
    until: dt.date
    is_bare: bool = False
    is_past: bool = False
    other: dt.date | None = None
    part: str | None = None
    is_weekday: bool = False
    since: dt.date | None = None

    @property
    def first(self) -> dt.date:
        """The first day of the period that was said, which may be a single day."""
        return self.since or self.date


def day(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """A day at index `at`, without a preposition: ``(day, end)``."""
    if at >= len(tokens):
        return None
    try:
        return (
            _near(tokens, at, ref)
            or _counted(tokens, at, ref)
            or _period(tokens, at, ref)
            or _edge(tokens, at, ref)
            or _nth_weekday(tokens, at, ref)
            or _weekday(tokens, at, ref)
            or _digits(tokens, at, ref)
            or _month_and_day(tokens, at, ref)
            or _feast(tokens, at, ref)
            or _day_of_month(tokens, at, ref)
        )
    except (OverflowError, ValueError):
        return None


def add_duration(start: dt.date, span: Duration) -> dt.date:
    """`span` after a date, in calendar steps.

    Raises:
        OverflowError or ValueError: beyond the calendar.
    """
    return start + relativedelta(months=span.months, days=span.days)


def next_month_day(today: dt.date, month: int, number: int) -> dt.date:
    """The next such day of the year, today included. Raises ValueError where there is none."""
    for year in range(today.year, today.year + 9):
        if number <= calendar.monthrange(year, month)[1] and dt.date(year, month, number) >= today:
            return dt.date(year, month, number)
    raise ValueError("no such day")


def upcoming(today: dt.date, weekday: int) -> dt.date:
    """The next such day of the week after today."""
    return today + dt.timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _one(date: dt.date) -> Day:
    return Day(date, date + dt.timedelta(days=1))


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
            said = _one(ref.today + dt.timedelta(days=offset))
            return replace(said, is_past=offset < 0), end
    end = match_any(("tonight|tonite", "this night"), tokens, at)
    if end is not None:
        return replace(_one(ref.today), part="night"), end
    for part in ("morning", "afternoon", "evening"):
        end = match_phrase(f"this {part}", tokens, at)
        if end is not None:
            return replace(_one(ref.today), part=part), end
    end = match_any(("[the] end of [the] day", "end of today", "close of business"), tokens, at)
    if end is None:
        end = match_phrase("eod|cob", tokens, at)
    if end is None:
        return None
    following = day(tokens, match_phrase("[on|of]", tokens, end) or end, ref)
    return following if following is not None else (_one(ref.today), end)


def _counted(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """``two weeks from friday``, ``3 days before christmas``, ``4 days ago``; counting from now is `when`'s."""
    span = duration(tokens, at)
    if span is None or span[0].is_clocked:
        return None
    length, end = span
    if match_phrase("ago", tokens, end) is not None:
        return replace(_one(add_duration(ref.today, -length)), is_past=True), end + 1
    for word, sign in (("from|after", length), ("before", -length)):
        start = match_phrase(word, tokens, end)
        anchor = day(tokens, start, ref) if start is not None else None
        if anchor is not None:
            return _one(add_duration(anchor[0].date, sign)), anchor[1]
    return None


def _period(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """``next week``, ``this weekend``, ``next month``: the day on which it begins; this week or month: its last."""
    week = dt.timedelta(days=7)
    end = match_any(("next week", "the week after", "the following week", "the coming week"), tokens, at)
    if end is not None:
        monday = ref.week(1)
        named = _weekday_within(tokens, end, monday)
        return named or (Day(monday, monday + week), end)
    end = match_phrase("this week", tokens, at)
    if end is not None:
        named = _weekday_within(tokens, end, ref.week())
        last = ref.week() + week
        return named or (Day(last - dt.timedelta(days=1), last, since=ref.week()), end)
    for pattern, offset in (("next weekend", 1), ("this|the|coming [coming] weekend", 0)):
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            saturday = ref.today + dt.timedelta(days=5 - ref.today.weekday() + 7 * offset)
            return Day(max(saturday, ref.today), saturday + dt.timedelta(days=2), since=saturday), end
    first = ref.today.replace(day=1)
    for pattern, start, months in (
        ("next month", first + relativedelta(months=1), 1),
        ("next year", first.replace(month=1) + relativedelta(years=1), 12),
        ("next quarter", first + relativedelta(months=3 - (first.month - 1) % 3), 3),
    ):
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            return Day(start, start + relativedelta(months=months)), end
    for pattern, since, months in (("this month", first, 1), ("this year", first.replace(month=1), 12)):
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            after = since + relativedelta(months=months)
            return Day(after - dt.timedelta(days=1), after, since=since), end
    for unit in ("week", "month", "year"):
        end = match_phrase(f"last {unit}", tokens, at)
        if end is not None:
            return replace(_one(ref.today - dt.timedelta(days=7)), is_past=True), end
    return None


def _weekday_within(tokens: Tokens, at: int, first: dt.date) -> tuple[Day, int] | None:
    at = match_phrase("[on]", tokens, at) or at
    number = WEEKDAYS.get(tokens[at].lower) if at < len(tokens) else None
    if number is None:
        return None
    return _one(first + dt.timedelta(days=(number - first.weekday()) % 7)), at + 1


def _edge(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """``end of next month``, ``start of the week``, ``mid december``."""
    for short, unit in (("eow", "week"), ("eom", "month"), ("eoy", "year")):
        if tokens[at].lower == short:
            return _one(_edge_day("end", unit, 0, ref)), at + 1
    word = tokens[at].lower
    if word.startswith("mid-") and word[4:] in MONTHS:
        return _one(next_month_day(ref.today, MONTHS[word[4:]], 15)), at + 1
    for edge, pattern in (
        ("end", "[the] [very] end of"),
        ("end", "month's|month|year's|year|week's|week end"),
        ("start", "[the] start|beginning of"),
        ("middle", "[the] middle of"),
        ("middle", "mid"),
    ):
        after = match_phrase(pattern, tokens, at)
        if after is None:
            continue
        if pattern.endswith(" end"):
            return _one(_edge_day("end", word.removesuffix("'s"), 0, ref)), after
        return _edge_of(edge, tokens, after, ref)
    return None


def _edge_of(edge: str, tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    for pattern, offset in (("next", 1), ("[the|this]", 0)):
        after = match_phrase(pattern, tokens, at)
        if after is None or after >= len(tokens):
            continue
        unit = tokens[after].lower
        if unit in {"week", "month", "year"}:
            return _one(_edge_day(edge, unit, offset, ref)), after + 1
        if unit in MONTHS and offset == 0:
            month = MONTHS[unit]
            day_number = {"start": 1, "middle": 15}.get(edge)
            year = ref.today.year if month >= ref.today.month else ref.today.year + 1
            return _one(dt.date(year, month, day_number or calendar.monthrange(year, month)[1])), after + 1
    return None


def _edge_day(edge: str, unit: str, offset: int, ref: Reference) -> dt.date:
    """The week's end is its Friday; where the edge of this period is past, the next one's."""
    first_of_month = ref.today.replace(day=1)
    if unit == "week":
        found = ref.week(offset) + dt.timedelta(days={"start": 0, "middle": 2, "end": 4}[edge])
        step = relativedelta(weeks=1)
        if unit == "week" and edge == "end" and ref.week_start == 6:
            found += dt.timedelta(days=1)
    elif unit == "month":
        start = first_of_month + relativedelta(months=offset)
        found = {"start": start, "middle": start.replace(day=15), "end": start + relativedelta(day=31)}[edge]
        step = relativedelta(months=1)
    else:
        start = dt.date(ref.today.year + offset, 1, 1)
        found = {"start": start, "middle": start.replace(month=7), "end": start.replace(month=12, day=31)}[edge]
        step = relativedelta(years=1)
    return found if found >= ref.today else found + step


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
            return _one(_nth_in_month(first + relativedelta(months=months), weekday, nth)), after
    named = match_phrase("of|in", tokens, end)
    month = month_alone(tokens, named, ref) if named is not None else None
    return (_one(_nth_in_month(month[0].first, weekday, nth)), month[1]) if month is not None else None


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
        return _one(date + dt.timedelta(days=7)), after_next
    for pattern, offset in (("[of|in] next week", 1), ("[of|in] this week", 0)):
        in_week = match_phrase(pattern, tokens, end)
        if in_week is not None:
            return _one(ref.week(offset) + dt.timedelta(days=(number - ref.week_start) % 7)), in_week
    said = replace(_one(date), is_bare=modifier is None, is_past=modifier == "last", is_weekday=True)
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
        return replace(_one(next_month_day(ref.today, int(found[2]), int(found[1]))), is_bare=True), at + 2
    found = _SLASHED.fullmatch(word) or _DASHED.fullmatch(word)
    if found and word != "24/7":
        return _slashed(int(found[1]), int(found[2]), found[3], ref), at + 1
    return None


def _written_out(year: int, month: int, number: int) -> Day:
    if year not in _YEARS:
        raise ValueError("not a year that people make plans for")
    return _one(dt.date(year, month, number))


def _slashed(first: int, second: int, year: str | None, ref: Reference) -> Day:
    """Day first or month first; where both can be and the user's order is not known, both."""
    readings = [
        date
        for order, (number, month) in (("day-first", (first, second)), ("month-first", (second, first)))
        if ref.date_order in {None, order} and (date := _numbered(number, month, year, ref)) is not None
    ]
    if not readings:
        raise ValueError("not a date")
    said = replace(_one(readings[0]), is_bare=year is None)
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
        return _one(dt.date(int(year[1]), month, number)), after + 1
    return _one(next_month_day(ref.today, month, number)), at


def _feast(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    for pattern, month, number in _FEASTS:
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            return replace(_one(next_month_day(ref.today, month, number)), is_bare=True), end
    return None


def _day_of_month(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """``the 25th``, ``25th``, ``the first of next month``, ``the last day of the month``."""
    last = match_phrase("[the] last day of", tokens, at)
    if last is not None:
        return _edge_of("end", tokens, last, ref)
    the = match_phrase("the", tokens, at)
    number = ordinal(tokens, the) if the is not None else ordinal_digits(tokens, at)
    if number is None or not 1 <= number[0] <= 31:
        return None
    first = ref.today.replace(day=1)
    for pattern, offset in (("of next month", 1), ("of the|this month", 0)):
        end = match_phrase(pattern, tokens, number[1])
        if end is not None:
            return _one((first + relativedelta(months=offset)).replace(day=number[0])), end
    for offset in range(3):
        month = first + relativedelta(months=offset)
        if number[0] <= calendar.monthrange(month.year, month.month)[1] and month.replace(day=number[0]) >= ref.today:
            return replace(_one(month.replace(day=number[0])), is_bare=True), number[1]
    return None
