"""A rule in English."""

import datetime as dt
from calendar import day_name, month_name
from collections.abc import Iterable

from events.recurrence.parts import ByDay, Frequency, RuleParts, Skip, Weekday

_UNITS = {
    Frequency.DAILY: "day",
    Frequency.WEEKLY: "week",
    Frequency.MONTHLY: "month",
    Frequency.YEARLY: "year",
}
_ORDINALS = {
    1: "first",
    2: "second",
    3: "third",
    4: "fourth",
    5: "fifth",
    -1: "last",
    -2: "second to last",
    -3: "third to last",
    -4: "fourth to last",
    -5: "fifth to last",
}
_WORKDAYS = frozenset({Weekday.MO, Weekday.TU, Weekday.WE, Weekday.TH, Weekday.FR})
_SHORTEST = {2: 28, 4: 30, 6: 30, 9: 30, 11: 30}
_LONGEST = _SHORTEST | {2: 29}
"""How many days the months of fewer than 31 have."""


def describe(rule: RuleParts) -> str:
    """`rule` in English, such as "every 2 weeks on Monday and Friday", to stand inside a sentence."""
    if rule.frequency in (Frequency.DAILY, Frequency.WEEKLY):
        words = _by_weekdays(rule)
    elif rule.by_month_day:
        words = _by_month_days(rule)
    else:
        words = _by_nth_weekdays(rule)
    return words + _ending(rule)


def _by_weekdays(rule: RuleParts) -> str:
    days = frozenset(day.weekday for day in rule.by_day)
    months = f" in {_months(rule)}" if rule.by_month else ""
    if not days or len(days) == len(Weekday):
        words = _every(rule.interval, _UNITS[rule.frequency if not days else Frequency.DAILY])
        if days and rule.interval > 1:
            words = f"{_every(rule.interval, _UNITS[rule.frequency])} on all days"
    elif rule.interval > 1:
        what = "weekdays" if days == _WORKDAYS else _join(day_name[day] for day in sorted(days))
        joint = ", if that is a weekday" if days == _WORKDAYS else f", if that is a {_join(_names(days), 'or')}"
        daily = rule.frequency is Frequency.DAILY
        words = _every(rule.interval, _UNITS[rule.frequency]) + (joint if daily else f" on {what}")
    else:
        words = "every weekday" if days == _WORKDAYS else f"every {_join(_names(days))}"
    if rule.by_month_day:  # only a daily rule has them beside no other unit
        words += f" that is {_join(map(_month_day, rule.by_month_day), 'or')} of the month"
    return words + months


def _by_month_days(rule: RuleParts) -> str:
    words = f"{_every(rule.interval, _UNITS[rule.frequency])} on "
    days = rule.by_month_day
    if rule.by_month and len(days) == 1 and days[0] > 0:
        words += _join(f"{days[0]} {month_name[month]}" for month in rule.by_month)
    else:
        words += _join(map(_month_day, days))
        if rule.by_month:
            words += f" of {_months(rule)}"
        elif rule.frequency is Frequency.YEARLY:
            words += " of every month"
    if rule.by_day:
        words += f" if it is {_join((_weekday(day) for day in rule.by_day), 'or')}"
    return words + _missing_days(rule)


def _by_nth_weekdays(rule: RuleParts) -> str:
    words = _every(rule.interval, _UNITS[rule.frequency])
    within = ""
    if rule.by_month:
        within = f" of {_months(rule)}" if rule.by_day else f" in {_months(rule)}"
    elif rule.by_day and rule.frequency is Frequency.YEARLY:
        within = " of the year"
    if not rule.by_day:
        return words + within
    if all(day.ordinal is None for day in rule.by_day):
        weekdays = {day.weekday for day in rule.by_day}
        what = "weekday" if weekdays == _WORKDAYS else _join(_names(weekdays))
        if rule.interval == 1:
            return f"every {what}" + (f" in {_months(rule)}" if rule.by_month else "")
        return f"{words} on every {what}{within}"
    return f"{words} on {_join(map(_nth_weekday, rule.by_day))}{within}"


def _missing_days(rule: RuleParts) -> str:
    """What happens in months that lack a day which the rule names."""
    months = rule.by_month or range(1, 13)
    missing = [(month, day) for month in months for day in rule.by_month_day if day > _SHORTEST.get(month, 31)]
    if not missing:
        return ""
    if rule.skip is Skip.OMIT:
        if all(day > _LONGEST.get(month, 31) for month, day in missing) and len(missing) == len(months):
            return ""
        unit = "years" if rule.by_month == (2,) else "months"
        return f", in {unit} that have it" if len(rule.by_month_day) == 1 else f", in {unit} that have them"
    if missing == [(2, 29)]:
        return ", or the 28th where there is none"
    return ", or the last day of a shorter month"


def _ending(rule: RuleParts) -> str:
    if rule.count is not None:
        return ", once" if rule.count == 1 else f", {rule.count} times"
    if rule.until is not None:
        return f", until {_date(rule.until)}"
    return ""


def _every(interval: int, unit: str) -> str:
    return f"every {unit}" if interval == 1 else f"every {interval} {unit}s"


def _months(rule: RuleParts) -> str:
    return _join(month_name[month] for month in rule.by_month)


def _names(weekdays: Iterable[Weekday]) -> list[str]:
    return [day_name[day] for day in sorted(weekdays)]


def _weekday(day: ByDay) -> str:
    return f"a {day_name[day.weekday]}" if day.ordinal is None else _nth_weekday(day)


def _nth_weekday(day: ByDay) -> str:
    if day.ordinal is None:
        return f"every {day_name[day.weekday]}"
    return f"the {_ORDINALS.get(day.ordinal) or _numeral(day.ordinal)} {day_name[day.weekday]}"


def _month_day(day: int) -> str:
    if day > 0:
        return f"the {_numeral(day)}"
    return f"the {_ORDINALS.get(day) or _numeral(day)} day"


def _numeral(number: int) -> str:
    if number < 0:
        return f"{_numeral(-number)} to last"
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _date(date: dt.date) -> str:
    return f"{date.day} {month_name[date.month]} {date.year}"


def _join(words: Iterable[str], conjunction: str = "and") -> str:
    *rest, last = words
    return f"{', '.join(rest)} {conjunction} {last}" if rest else last
