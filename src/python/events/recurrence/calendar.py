"""Which dates a rule names."""

import datetime as dt
from calendar import isleap, monthrange
from collections.abc import Iterator
from dataclasses import replace

from events.recurrence.parts import ByDay, Frequency, RuleError, RuleParts, Skip
from events.recurrence.words import describe

LAST_DATE = dt.date(2999, 12, 31)
"""No series goes on after this: the bound of every search for a date."""

# The calendar repeats itself after 400 years, weekdays included; a rule that names no date in these names none.
_CYCLE = (dt.date(2000, 1, 1), dt.date(2399, 12, 31))


def dates_after(rule: RuleParts, start: dt.date, after: dt.date, last: dt.date = LAST_DATE) -> Iterator[dt.date]:
    """The dates that `rule` names after `after` and up to `last`, in order, with intervals counted from `start`.

    COUNT and UNTIL are not looked at. The time it takes is that of walking the months in between.
    """
    if after >= last:
        return
    rule = rule.anchored(start)
    day_after = after + dt.timedelta(days=1)
    year, month = day_after.year, day_after.month
    while (year, month) <= (last.year, last.month):
        if _has_month(rule, start, year, month):
            for date in _month_dates(rule, start, year, month):
                if after < date <= last:
                    yield date
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def check_possible(rule: RuleParts) -> None:
    """Checks that there is a date at all that `rule` could name.

    Raises:
        RuleError: there is none, whichever date the series begins with.
    """
    start, last = _CYCLE
    every_one = replace(rule, interval=1)
    if next(dates_after(every_one, start, start - dt.timedelta(days=1), last), None) is None:
        raise RuleError(f"This would never happen: {describe(rule)}.")


def _has_month(rule: RuleParts, start: dt.date, year: int, month: int) -> bool:
    if rule.by_month and month not in rule.by_month:
        return False
    if rule.frequency is Frequency.YEARLY:
        return (year - start.year) % rule.interval == 0
    if rule.frequency is Frequency.MONTHLY:
        return ((year - start.year) * 12 + month - start.month) % rule.interval == 0
    return True


def _month_dates(rule: RuleParts, start: dt.date, year: int, month: int) -> Iterator[dt.date]:
    first_weekday, length = monthrange(year, month)
    days = _days_of_month(rule, length) if rule.by_month_day else range(1, length + 1)
    first = dt.date(year, month, 1).toordinal()
    start_day = start.toordinal()
    start_week = start_day - start.weekday()
    for day in days:
        if rule.by_day and not _has_weekday(rule, year, month, day, (first_weekday + day - 1) % 7, length):
            continue
        number = first + day - 1
        if rule.interval > 1:
            if rule.frequency is Frequency.DAILY and (number - start_day) % rule.interval:
                continue
            if rule.frequency is Frequency.WEEKLY and (number - start_week) // 7 % rule.interval:
                continue
        yield dt.date.fromordinal(number)


def _days_of_month(rule: RuleParts, length: int) -> list[int]:
    days = set()
    for day in rule.by_month_day:
        if day > length and rule.skip is Skip.BACKWARD:
            days.add(length)
        elif 0 < day <= length:
            days.add(day)
        elif -length <= day < 0:
            days.add(length + 1 + day)
    return sorted(days)


def _has_weekday(rule: RuleParts, year: int, month: int, day: int, weekday: int, length: int) -> bool:
    return any(
        by_day.weekday == weekday and (by_day.ordinal is None or _is_nth(rule, by_day, year, month, day, length))
        for by_day in rule.by_day
    )


def _is_nth(rule: RuleParts, by_day: ByDay, year: int, month: int, day: int, length: int) -> bool:
    """Whether the day is the nth of its weekday in its month, or in its year where a yearly rule names no month."""
    if rule.frequency is Frequency.YEARLY and not rule.by_month:
        day = dt.date(year, month, day).timetuple().tm_yday
        length = 366 if isleap(year) else 365
    return by_day.ordinal in ((day - 1) // 7 + 1, -((length - day) // 7 + 1))
