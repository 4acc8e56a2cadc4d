"""From the text of a rule to its parts."""

import datetime as dt
import re
from collections.abc import Callable
from typing import TypeVar

from events.recurrence.parts import MAX_COUNT, MAX_INTERVAL, ByDay, Frequency, RuleError, RuleParts, Skip, Weekday

_MAX_LENGTH = 500
_PARTS = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "COUNT", "UNTIL", "SKIP")
# They say what holds anyway, and other programs write them.
_IMPLIED = {"WKST": "MO", "RSCALE": "GREGORIAN"}
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,4}", re.ASCII)
_DATE = re.compile(r"\d{8}", re.ASCII)

T = TypeVar("T")


def parse_parts(text: str) -> RuleParts:
    """Reads the parts of a rule and checks that they go together.

    Raises:
        RuleError: they do not, or are not supported.
    """
    parts = _split(text)
    frequency = _frequency(parts)
    by_month = _list(parts, "BYMONTH", lambda item: _integer("BYMONTH", item, 1, 12))
    by_month_day = _list(parts, "BYMONTHDAY", _month_day)
    by_day = _list(parts, "BYDAY", _by_day)
    count = _integer("COUNT", parts["COUNT"], 1, MAX_COUNT) if "COUNT" in parts else None
    until = _until(parts["UNTIL"]) if "UNTIL" in parts else None

    if frequency is Frequency.WEEKLY and by_month_day:
        raise RuleError("A weekly repeat goes by days of the week; BYMONTHDAY does not belong into it.")
    if count is not None and until is not None:
        raise RuleError("A repeat ends after a number of times or at a date, not both: leave out COUNT or UNTIL.")
    _check_ordinals(frequency, by_month, by_day)

    skip = _skip(parts)
    return RuleParts(
        frequency=frequency,
        interval=_integer("INTERVAL", parts["INTERVAL"], 1, MAX_INTERVAL) if "INTERVAL" in parts else 1,
        by_month=tuple(sorted(by_month)),
        by_month_day=tuple(sorted(by_month_day, key=lambda day: (day < 0, day))),
        by_day=tuple(sorted(by_day, key=lambda day: (day.weekday, _ordinal_rank(day.ordinal)))),
        skip=skip if frequency in (Frequency.MONTHLY, Frequency.YEARLY) else Skip.OMIT,
        count=count,
        until=until,
    )


def _split(text: str) -> dict[str, str]:
    if len(text) > _MAX_LENGTH:
        raise RuleError(f"The rule is longer than {_MAX_LENGTH} characters.")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, separator, value = part.partition("=")
        if not separator or not value:
            raise RuleError(f"A rule is made of parts such as FREQ=WEEKLY, with ';' between them; {part!r} is none.")
        if name in parts:
            raise RuleError(f"{name} is given twice.")
        if name in _IMPLIED and value != _IMPLIED[name]:
            raise RuleError(f"{name} can only be {_IMPLIED[name]} here.")
        if name not in _PARTS and name not in _IMPLIED:
            raise RuleError(f"{name} is not supported. What a rule may have: {', '.join(_PARTS)}.")
        parts[name] = value
    return parts


def _frequency(parts: dict[str, str]) -> Frequency:
    if "FREQ" not in parts:
        raise RuleError("A rule needs FREQ: how often, such as FREQ=DAILY.")
    try:
        return Frequency(parts["FREQ"])
    except ValueError as error:
        raise RuleError(f"FREQ is one of {', '.join(Frequency)}, not {parts['FREQ']}.") from error


def _skip(parts: dict[str, str]) -> Skip:
    try:
        return Skip(parts.get("SKIP", Skip.OMIT))
    except ValueError as error:
        raise RuleError(f"SKIP is one of {', '.join(Skip)}, not {parts['SKIP']}.") from error


def _list(parts: dict[str, str], name: str, read: Callable[[str], T]) -> frozenset[T]:
    return frozenset(read(item) for item in parts[name].split(",")) if name in parts else frozenset()


def _integer(name: str, value: str, least: int, most: int) -> int:
    if not _INTEGER.fullmatch(value) or not least <= int(value) <= most:
        raise RuleError(f"{name} takes whole numbers from {least} to {most}, not {value}.")
    return int(value)


def _month_day(item: str) -> int:
    day = _integer("BYMONTHDAY", item, -31, 31)
    if day == 0:
        raise RuleError("BYMONTHDAY counts from 1, or from -1 for the last day of the month; there is no day 0.")
    return day


def _by_day(item: str) -> ByDay:
    match = _BY_DAY.fullmatch(item)
    if not match:
        raise RuleError(f"BYDAY takes days such as MO, 2TU or -1FR (the last Friday), not {item}.")
    ordinal, weekday = match.groups()
    return ByDay(Weekday[weekday], int(ordinal) if ordinal else None)


def _check_ordinals(frequency: Frequency, by_month: frozenset[int], by_day: frozenset[ByDay]) -> None:
    for day in by_day:
        if day.ordinal is None:
            continue
        if frequency in (Frequency.DAILY, Frequency.WEEKLY):
            raise RuleError(f"{day} counts within a month or a year, so it needs FREQ=MONTHLY or FREQ=YEARLY.")
        within_year = frequency is Frequency.YEARLY and not by_month
        if day.ordinal == 0 or abs(day.ordinal) > (53 if within_year else 5):
            raise RuleError(f"No {'year' if within_year else 'month'} has a {day}.")


def _ordinal_rank(ordinal: int | None) -> tuple[int, int]:
    """The order in which a month or year has them: all, the first ones, the last ones."""
    if ordinal is None:
        return (0, 0)
    return (1, ordinal) if ordinal > 0 else (2, ordinal)


def _until(value: str) -> dt.date:
    if not _DATE.fullmatch(value):
        raise RuleError(f"UNTIL is the last date, such as 20261231, without a time; not {value}.")
    try:
        return dt.date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError as error:
        raise RuleError(f"UNTIL={value} is not a date that exists.") from error
