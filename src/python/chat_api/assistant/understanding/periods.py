"""Weeks, months and years: ``next week``, ``this weekend``, ``end of month``."""

import calendar
import datetime as dt
from dataclasses import replace

from dateutil.relativedelta import relativedelta

from chat_api.assistant.understanding.calendar_terms import MONTHS, WEEKDAYS, Day, Reference, next_month_day, one_day
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.tokens import Tokens


def period(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
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
            return replace(one_day(ref.today - dt.timedelta(days=7)), is_past=True), end
    return None


def _weekday_within(tokens: Tokens, at: int, first: dt.date) -> tuple[Day, int] | None:
    at = match_phrase("[on]", tokens, at) or at
    number = WEEKDAYS.get(tokens[at].lower) if at < len(tokens) else None
    if number is None:
        return None
    return one_day(first + dt.timedelta(days=(number - first.weekday()) % 7)), at + 1


def edge_of_period(tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    """``end of next month``, ``start of the week``, ``mid december``."""
    for short, unit in (("eow", "week"), ("eom", "month"), ("eoy", "year")):
        if tokens[at].lower == short:
            return one_day(_edge_day("end", unit, 0, ref)), at + 1
    word = tokens[at].lower
    if word.startswith("mid-") and word[4:] in MONTHS:
        return one_day(next_month_day(ref.today, MONTHS[word[4:]], 15)), at + 1
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
            return one_day(_edge_day("end", word.removesuffix("'s"), 0, ref)), after
        return named_edge(edge, tokens, after, ref)
    return None


def named_edge(edge: str, tokens: Tokens, at: int, ref: Reference) -> tuple[Day, int] | None:
    for pattern, offset in (("next", 1), ("[the|this]", 0)):
        after = match_phrase(pattern, tokens, at)
        if after is None or after >= len(tokens):
            continue
        unit = tokens[after].lower
        if unit in {"week", "month", "year"}:
            return one_day(_edge_day(edge, unit, offset, ref)), after + 1
        if unit in MONTHS and offset == 0:
            month = MONTHS[unit]
            day_number = {"start": 1, "middle": 15}.get(edge)
            year = ref.today.year if month >= ref.today.month else ref.today.year + 1
            return one_day(dt.date(year, month, day_number or calendar.monthrange(year, month)[1])), after + 1
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
