"""What a rule is made of: a subset of RFC 5545's RRULE, with SKIP of RFC 7529."""

import datetime as dt
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Self

from events.errors import Invalid

MAX_INTERVAL = 1000
MAX_COUNT = 9999


class RuleError(Invalid):
    """A rule that cannot be read, is not supported, or names no date; `detail` says so in plain words."""

    code = "invalid-rule"
    title = "The repeat is not valid"


class Frequency(StrEnum):
    """The unit that INTERVAL counts."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class Weekday(IntEnum):
    """Days of the week as `datetime.date.weekday` numbers them, named as RFC 5545 does."""

    MO = 0
    TU = 1
    WE = 2
    TH = 3
    FR = 4
    SA = 5
    SU = 6


class Skip(StrEnum):
    """What becomes of a day that a month lacks, such as 31 April."""

    OMIT = "OMIT"
    BACKWARD = "BACKWARD"
    """It moves to the last day of that month."""


@dataclass(frozen=True, order=True)
class ByDay:
    """A weekday: every one of them, or the nth of its month or year, counted from the end where negative."""

    weekday: Weekday
    ordinal: int | None = None

    def __str__(self) -> str:
        return f"{'' if self.ordinal is None else self.ordinal}{self.weekday.name}"


@dataclass(frozen=True)
class RuleParts:
    """The parts of a rule, as fields; lists are sorted and name nothing twice.

    Weeks begin on Monday.
    """

    frequency: Frequency
    interval: int = 1
    by_month: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    """Days of the month, the last of them being -1."""
    by_day: tuple[ByDay, ...] = ()
    skip: Skip = Skip.OMIT
    count: int | None = None
    """How many occurrences there are, the first one and skipped ones included."""
    until: dt.date | None = None
    """The last date that may occur, in the zone of the due date."""

    def anchored(self, start: dt.date) -> Self:
        """These parts with what they leave open filled in from `start`, the date of the first occurrence.

        As RFC 5545 has it: the weekday of a plain FREQ=WEEKLY, the day of a plain FREQ=MONTHLY, day and month of a
        plain FREQ=YEARLY.
        """
        if self.by_day or self.by_month_day or self.frequency is Frequency.DAILY:
            return self
        if self.frequency is Frequency.WEEKLY:
            return replace(self, by_day=(ByDay(Weekday(start.weekday())),))
        if self.frequency is Frequency.YEARLY and not self.by_month:
            return replace(self, by_month=(start.month,), by_month_day=(start.day,))
        return replace(self, by_month_day=(start.day,))
