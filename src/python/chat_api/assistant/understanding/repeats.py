"""Repeats: ``every other day``, ``on the last friday of every month``, ``weekly until Dec 24``."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chat_api.assistant.understanding.dates import MONTHS, WEEKDAYS, Day, Reference, add_duration, day, month_alone
from chat_api.assistant.understanding.durations import UNITS, Duration, duration
from chat_api.assistant.understanding.intents import Basis, Repeat, When
from chat_api.assistant.understanding.numbers import cardinal, ordinal, ordinal_digits
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.times import day_part
from chat_api.assistant.understanding.tokens import Tokens
from chat_api.assistant.understanding.when import Said, time_said, when_said, worked_out
from events.recurrence import Rule, RuleError, first_due

_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKDAYS = frozenset(range(5))
_WEEKEND = frozenset({5, 6})
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
_PLURAL_DAYS = {f"{name}s": number for name, number in WEEKDAYS.items() if name.endswith("day")}
_FINISHED = (
    "after [each|every|the] [last] completion",
    "from [each|every|the] [last] completion",
    "after [i|i've|it's|it|being] [am|is|was|have|last] finish|finished|complete|completed|done|did|do [it|that|this]",
    "after [finishing|completing|doing] [it|that|this]",
    "once|when [i|i've|i'm|it's|it] [am|is|have] finished|finish|done|completed|complete|did|do [with] [it|that|this]",
    "when|once completed|done|finished",
    "after completion|completing|finishing|done|finished|completed [it|that|this]",
    "after|since [the] [last] [time] [i] did|do|finish|finished|complete|completed [it]",
)


@dataclass(frozen=True)
class Pattern:
    """A repeat as said. `said` holds a time or a start that was said with it; `too_often`: more than daily."""

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


class NoSuchRepeat(ValueError):
    """The repeat cannot be; the message says why, in words for the user."""


def repeat_said(tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    """A repeat at index `at`, with its time of day, start and end: ``(pattern, end)``."""
    head = _head(tokens, at)
    if head is None:
        return None
    pattern, at = head
    while True:
        longer = _more(pattern, tokens, at, ref)
        if longer is None:
            return pattern, at
        pattern, at = longer


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
    return said if extra is None else (said.merged(extra) or said)


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


# Heads: what makes it a repeat ---------------------------------------------------------------------------------------


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
        weekdays = _weekdays(tokens, start)
        if weekdays is not None:
            return Pattern("WEEKLY", interval, weekdays=weekdays[0]), weekdays[1]
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
    found = _weekdays(tokens, at)
    if found is None:
        return None
    the = match_phrase("the", tokens, found[1])
    number = ordinal(tokens, the) if the is not None else None
    if number is not None and 1 <= number[0] <= 31:
        return Pattern("MONTHLY", weekdays=found[0], month_days=(number[0],)), number[1]
    return Pattern("WEEKLY", weekdays=found[0]), found[1]


def _weekdays(tokens: Tokens, at: int) -> tuple[frozenset[int], int] | None:
    """``monday``, ``mon, wed and fri``, ``tue/thu``, ``weekday``, ``weekend``."""
    days: frozenset[int] = frozenset()
    end = None
    while at < len(tokens):
        more = _weekday_word(tokens[at].lower)
        if more is None:
            break
        days, end = days | more, at + 1
        following = match_any((", and|&", ",|and|&|/ [on] [every|each]"), tokens, end)
        at = end if following is None else following
        if following is None:
            break
    return (days, end) if end is not None else None


def _weekday_word(word: str) -> frozenset[int] | None:
    if word in {"weekday", "weekdays", "workday", "workdays", "business-day"}:
        return _WORKDAYS
    if word in {"weekend", "weekends"}:
        return _WEEKEND
    numbers = [WEEKDAYS.get(name, _PLURAL_DAYS.get(name)) for name in word.split("/")]
    found = frozenset(number for number in numbers if number is not None)
    return found if found and None not in numbers else None


def _every_nth_weekday(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``last friday of the month``, ``first monday``: after "every"."""
    found = _nth_weekdays(tokens, at)
    if found is None:
        return None
    end = match_any(("of the month|year", "of each|every month", "in the month"), tokens, found[1])
    if end is None and found[0][0][0] == 2:
        return Pattern("WEEKLY", 2, weekdays=frozenset({found[0][0][1]})), found[1]
    return Pattern("MONTHLY", nth_weekdays=found[0]), found[1] if end is None else end


def _nth_weekdays(tokens: Tokens, at: int) -> tuple[tuple[tuple[int, int], ...], int] | None:
    """``first and third monday``, ``last friday``."""
    numbers: list[int] = []
    while True:
        at = match_phrase("[the]", tokens, at) or at
        last = match_phrase("last", tokens, at)
        number = (-1, last) if last is not None else ordinal(tokens, at)
        if number is None or not -1 <= number[0] <= 5:
            return None
        numbers.append(number[0])
        at = number[1]
        following = match_any((", and|&", ",|and|&"), tokens, at)
        if following is None:
            break
        at = following
    weekday = WEEKDAYS.get(tokens[at].lower) if at < len(tokens) else None
    return (tuple((number, weekday) for number in numbers), at + 1) if weekday is not None else None


def _every_year_day(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``May 12th``, ``12 May``, ``january``: after "every"."""
    found = _month_and_day(tokens, at)
    if found is not None:
        return Pattern("YEARLY", months=(found[0],), month_days=(found[1],)), found[2]
    month = MONTHS.get(tokens[at].lower) if at < len(tokens) else None
    return (Pattern("YEARLY", months=(month,), month_days=(1,)), at + 1) if month is not None else None


def _month_and_day(tokens: Tokens, at: int) -> tuple[int, int, int] | None:
    at = match_phrase("[the]", tokens, at) or at
    if at >= len(tokens):
        return None
    month = MONTHS.get(tokens[at].lower)
    if month is not None:
        number = ordinal(tokens, at + 1) or cardinal(tokens, at + 1)
        return (month, number[0], number[1]) if number is not None and 1 <= number[0] <= 31 else None
    number = ordinal(tokens, at) or cardinal(tokens, at)
    if number is None or not 1 <= number[0] <= 31:
        return None
    end = match_phrase("[of]", tokens, number[1]) or number[1]
    month = MONTHS.get(tokens[end].lower) if end < len(tokens) else None
    return (month, number[0], end + 1) if month is not None else None


def _every_month_day(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``15th``, ``last day of the month``: after "every"."""
    last = match_any(("last day of the month", "month's|month end", "end of [the] month"), tokens, at)
    if last is not None:
        return Pattern("MONTHLY", month_days=(-1,)), last
    days = _month_days(tokens, at, digits_only=True)
    if days is None:
        return None
    return Pattern("MONTHLY", month_days=days[0]), match_any(("of the|each|every month",), tokens, days[1]) or days[1]


def _month_days(tokens: Tokens, at: int, *, digits_only: bool) -> tuple[tuple[int, ...], int] | None:
    """``1st``, ``the 1st and the 15th``, ``last day``."""
    days: list[int] = []
    end = at
    while True:
        at = match_phrase("[the]", tokens, at) or at
        last = match_phrase("last [day]", tokens, at)
        number = (-1, last) if last is not None else _day_number(tokens, at, digits_only=digits_only)
        if number is None or not (number[0] == -1 or 1 <= number[0] <= 31):
            break
        days.append(number[0])
        end = match_phrase("[day]", tokens, number[1]) or number[1]
        following = match_any((", and|&", ",|and|&"), tokens, end)
        if following is None:
            break
        at = following
    return (tuple(days), end) if days else None


def _day_number(tokens: Tokens, at: int, *, digits_only: bool) -> tuple[int, int] | None:
    return ordinal_digits(tokens, at) if digits_only else ordinal(tokens, at)


def _of_every_month(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``on the last friday of every month``, ``the 1st of each month``, ``first of the month, monthly``."""
    at = match_phrase("[on|by]", tokens, at) or at
    nth = _nth_weekdays(tokens, at)
    if nth is not None:
        in_month = match_phrase("of the|a month", tokens, nth[1])
        period = _of_every(tokens, nth[1] if in_month is None else in_month) or _monthly(tokens, in_month)
        if period is None:
            return None
        return replace(period[0], nth_weekdays=nth[0]), period[1]
    end_of = match_phrase("[at] [the] end", tokens, at)
    days = ((-1,), end_of) if end_of is not None else _month_days(tokens, at, digits_only=False)
    period = _of_every(tokens, days[1]) if days is not None else None
    if period is not None and days is not None:
        return replace(period[0], month_days=days[0]), period[1]
    yearly = _month_and_day(tokens, at)
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
    if first not in _PLURAL_DAYS and first not in {"weekdays", "weekends", "workdays"}:
        return None
    found = _weekdays(tokens, start)
    return (Pattern("WEEKLY", weekdays=found[0]), found[1]) if found is not None else None


def _after_completion(tokens: Tokens, at: int) -> tuple[Pattern, int] | None:
    """``3 months after I finish it``."""
    start = match_phrase("[again] [in]", tokens, at) or at
    found = duration(tokens, start)
    if found is None:
        return None
    end = match_any(_FINISHED, tokens, found[1])
    if end is None or end == found[1] + 1:
        return None
    length = found[0]
    if length.is_clocked:
        return Pattern("DAILY", too_often=True), end
    if length.months:
        return Pattern("MONTHLY", length.months, basis="completion"), end
    frequency, times = ("WEEKLY", 7) if length.days % 7 == 0 else ("DAILY", 1)
    return Pattern(frequency, length.days // times, basis="completion"), end


# Tails: what is said of it further -----------------------------------------------------------------------------------


def _more(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    after = match_phrase("[,]", tokens, at) or at
    for tail in (_basis, _count, _until, _start, _days_of_week, _days_of_month, _time_said):
        for position in (at, after):
            found = tail(pattern, tokens, position, ref)
            if found is not None:
                return found
    return None


def _basis(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    end = match_any(_FINISHED, tokens, at)
    if end is None or end == at + 1 or pattern.basis == "completion":
        return None
    return replace(pattern, basis="completion"), end


def _count(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    if pattern.count is not None or pattern.lasts is not None or pattern.until is not None:
        return None
    start = match_phrase("[for]", tokens, at) or at
    number = cardinal(tokens, start)
    if number is not None and 1 <= number[0] <= 1000:
        end = match_phrase("[more] times|occurrences|repetitions [in] [total]", tokens, number[1])
        if end is not None:
            return replace(pattern, count=number[0]), end
    length_at = match_phrase("for [the] [next]", tokens, at)
    length = duration(tokens, length_at) if length_at is not None else None
    if length is None or length[0].is_clocked:
        return None
    return replace(pattern, lasts=length[0]), length[1]


def _until(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    start = match_any(("until|till|til|through", "ending|ends [on]"), tokens, at)
    if start is None or pattern.until is not None or pattern.count is not None:
        return None
    found = day(tokens, start, ref) or day(tokens, match_phrase("[the]", tokens, start) or start, ref)
    if found is None:
        found = month_alone(tokens, start, ref)
    if found is None:
        return None
    last = found[0].until - dt.timedelta(days=1) if not found[0].is_bare else found[0].date
    return replace(pattern, until=last), found[1]


def _start(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    start = match_phrase("starting|beginning|start|begin|from [on|from|in]", tokens, at)
    if start is None or pattern.start is not None:
        return None
    found = when_said(tokens, start, ref)
    if found is None or not found[0].names_day:
        return None
    said = found[0]
    joined = pattern.said.merged(Said(time=said.time, part=said.part))
    date = worked_out(replace(said, preposition=None), ref).date
    return replace(pattern, start=date, said=joined or pattern.said), found[1]


def _days_of_week(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    """``weekly on monday and friday``."""
    if pattern.frequency != "WEEKLY" or pattern.weekdays:
        return None
    start = match_phrase("on|every|each [the]", tokens, at)
    found = _weekdays(tokens, start) if start is not None else None
    return (replace(pattern, weekdays=found[0]), found[1]) if found is not None else None


def _days_of_month(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    """``every month on the 1st and 15th``, ``monthly on the last friday``, ``every year on May 12``."""
    if pattern.month_days or pattern.nth_weekdays or pattern.frequency not in {"MONTHLY", "YEARLY"}:
        return None
    start = match_phrase("on|by [the]", tokens, at)
    if pattern.frequency == "YEARLY":
        found = _month_and_day(tokens, start if start is not None else at)
        return (replace(pattern, months=(found[0],), month_days=(found[1],)), found[2]) if found is not None else None
    if start is None:
        end_of = match_any(("at the end [of] [the] [month]", "at month end"), tokens, at)
        return (replace(pattern, month_days=(-1,)), end_of) if end_of is not None else None
    nth = _nth_weekdays(tokens, start)
    if nth is not None:
        return replace(pattern, nth_weekdays=nth[0]), nth[1]
    days = _month_days(tokens, start, digits_only=False)
    return (replace(pattern, month_days=days[0]), days[1]) if days is not None else None


def _time_said(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    if at >= len(tokens):
        return None
    if pattern.said.part is None and pattern.said.time is None:
        part = day_part(tokens, at)
        if part is not None:
            return replace(pattern, said=replace(pattern.said, part=part[0])), part[1]
    found = time_said(tokens, at)
    if found is None:
        return None
    joined = pattern.said.merged(found[0])
    return (replace(pattern, said=joined), found[1]) if joined is not None else None
