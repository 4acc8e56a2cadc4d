"""What a repeat says, and the rule that comes of it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chat_api.assistant.understanding.calendar_terms import Day, Reference, add_duration
from chat_api.assistant.understanding.durations import Duration
from chat_api.assistant.understanding.intents import Basis, Repeat, When
from chat_api.assistant.understanding.tokens import Tokens
from chat_api.assistant.understanding.when import Said, worked_out
from events.recurrence import Rule, RuleError, first_due

_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class Pattern:
    """A repeat as said. `said` holds a time or a start that was said with it; `too_often`: more than daily.

    `unclear`: the first of its dates that has a second reading, and the tokens it stands in.
    """

    frequency: str
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    nth_weekdays: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    count: int | None = None
    until: dt.date | None = None
    lasts: Duration | None = None
    basis: Basis = "due"
    said: Said = field(default_factory=Said)
    start: dt.date | None = None
    too_often: bool = False
    unclear: tuple[Day, Tokens] | None = None


class NoSuchRepeat(ValueError):
    """The repeat cannot be; the message says why, in words for the user."""


def worked_out_repeat(pattern: Pattern, extra: Said | None, ref: Reference) -> tuple[Repeat, When]:
    """The rule, and when its first occurrence is due.

    Args:
        extra: a date or time said elsewhere in the message; a date is where the series starts.

    Raises:
        NoSuchRepeat: it repeats more often than daily, or never happens.
    """
    if pattern.too_often:
        raise NoSuchRepeat("A task can repeat daily at the most, not several times a day.")
    said = _joined(pattern.said, extra)
    time = _time(said, ref)
    start = pattern.start or (worked_out(said, ref).date if said.names_day else None)
    earliest = start or ref.today
    if start is None and time is not None and time <= ref.now.time():
        earliest += dt.timedelta(days=1)
    try:
        first = first_due(Rule.parse(_rule(pattern, None)), today=earliest)
        text = _rule(pattern, first)
        rule = Rule.parse(text)
    except RuleError as error:
        raise NoSuchRepeat(str(error)) from error
    except (OverflowError, ValueError) as error:
        raise NoSuchRepeat("That repeat goes beyond the calendar.") from error
    if rule.until is not None and rule.until < first:
        raise NoSuchRepeat("That repeat would end before it begins.")
    return Repeat(str(rule), pattern.basis), When(first, time)


def _joined(said: Said, extra: Said | None) -> Said:
    joined = said if extra is None else said.merged(extra)
    if joined is None:
        raise NoSuchRepeat("That names more than one date or time, and a task has one.")
    return joined


def _time(said: Said, ref: Reference) -> dt.time | None:
    if not said.names_time:
        return None
    neutral = replace(ref, now=ref.now.replace(hour=0, minute=0, second=0, microsecond=0))
    return worked_out(replace(said, day=Day(ref.today + dt.timedelta(days=1), ref.today)), neutral).time


def _rule(pattern: Pattern, first: dt.date | None) -> str:
    parts = [f"FREQ={pattern.frequency}"]
    if pattern.interval != 1:
        parts.append(f"INTERVAL={pattern.interval}")
    if pattern.months:
        parts.append(f"BYMONTH={_joined_numbers(pattern.months)}")
    if pattern.month_days:
        parts.append(f"BYMONTHDAY={_joined_numbers(pattern.month_days)}")
    days = [_CODES[number] for number in sorted(pattern.weekdays)]
    days += [f"{nth}{_CODES[number]}" for nth, number in pattern.nth_weekdays]
    if days:
        parts.append(f"BYDAY={','.join(days)}")
    if first is None:
        return ";".join(parts)
    if _may_lack_days(pattern, first):
        parts.append("SKIP=BACKWARD")
    if pattern.count is not None:
        parts.append(f"COUNT={pattern.count}")
    until = pattern.until
    if pattern.lasts is not None:
        until = add_duration(first, pattern.lasts) - dt.timedelta(days=1)
    if until is not None and pattern.count is None:
        parts.append(f"UNTIL={until:%Y%m%d}")
    return ";".join(parts)


def _joined_numbers(numbers: Iterable[int]) -> str:
    return ",".join(str(number) for number in numbers)


def _may_lack_days(pattern: Pattern, first: dt.date) -> bool:
    """Whether a month or year of the series may lack its day, which is then the last that it has."""
    if pattern.frequency not in {"MONTHLY", "YEARLY"} or pattern.nth_weekdays or pattern.weekdays:
        return False
    days = pattern.month_days or (first.day,)
    if pattern.frequency == "YEARLY" and pattern.month_days == ():
        return (first.month, first.day) == (2, 29)
    if pattern.frequency == "YEARLY":
        return 2 in pattern.months and 29 in days
    return max(days) > 28
