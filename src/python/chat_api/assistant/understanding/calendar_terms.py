"""What dates are made of: names of days and months, what they are counted from, and a day as said."""

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Literal

from dateutil.relativedelta import relativedelta

from chat_api.assistant.understanding.durations import Duration

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


def one_day(date: dt.date) -> Day:
    """A single day."""
    return Day(date, date + dt.timedelta(days=1))
