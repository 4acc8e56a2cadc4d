"""What is said of a repeat after it: its days, time, start and end, and what it counts from."""

import datetime as dt
from dataclasses import replace

from chat_api.assistant.understanding.calendar_terms import Day, Reference
from chat_api.assistant.understanding.dates import day, month_alone
from chat_api.assistant.understanding.day_lists import month_and_day, month_days, nth_weekdays, weekdays
from chat_api.assistant.understanding.durations import duration
from chat_api.assistant.understanding.numbers import cardinal
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.series import Pattern
from chat_api.assistant.understanding.times import day_part
from chat_api.assistant.understanding.tokens import Tokens
from chat_api.assistant.understanding.when import Said, time_said, when_said, worked_out

FINISHED = (
    "after [each|every|the] [last] completion",
    "from [each|every|the] [last] completion",
    "after [i|i'm|i've|it's|it] [am|is|was|have|last] finish|finished|complete|completed|done|did|do [it|that|this]",
    "after [finishing|completing|doing] [it|that|this]",
    "once|when [i|i've|i'm|it's|it] [am|is|have] finished|finish|done|completed|complete|did|do [with] [it|that|this]",
    "when|once completed|done|finished",
    "after completion|completing|finishing|done|finished|completed [it|that|this]",
    "after|since [the] [last] [time] [i] did|do|finish|finished|complete|completed [it]",
)
"""Ways to say that it counts from when the task was done."""


def longer(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    """The repeat with what is said of it at index `at`, if something is: ``(pattern, end)``."""
    after = match_phrase("[,]", tokens, at) or at
    for tail in (_basis, _count, _until, _start, _days_of_week, _days_of_month, _time_said):
        for position in (at, after):
            found = tail(pattern, tokens, position, ref)
            if found is not None:
                return found
    return None


def _basis(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    end = match_any(FINISHED, tokens, at)
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
    return replace(pattern, until=last, unclear=_unclear(pattern, found[0], tokens[at : found[1]])), found[1]


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
    unclear = _unclear(pattern, said.day, tokens[at : found[1]])
    return replace(pattern, start=date, said=joined or pattern.said, unclear=unclear), found[1]


def _unclear(pattern: Pattern, said: Day | None, tokens: Tokens) -> tuple[Day, Tokens] | None:
    """The first date with two readings: that of `pattern`, else `said` where it is one."""
    if pattern.unclear is not None or said is None or said.other is None:
        return pattern.unclear
    return said, tokens


def _days_of_week(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    """``weekly on monday and friday``."""
    if pattern.frequency != "WEEKLY" or pattern.weekdays:
        return None
    start = match_phrase("on|every|each [the]", tokens, at)
    found = weekdays(tokens, start) if start is not None else None
    return (replace(pattern, weekdays=found[0]), found[1]) if found is not None else None


def _days_of_month(pattern: Pattern, tokens: Tokens, at: int, ref: Reference) -> tuple[Pattern, int] | None:
    """``every month on the 1st and 15th``, ``monthly on the last friday``, ``every year on May 12``."""
    if pattern.month_days or pattern.nth_weekdays or pattern.frequency not in {"MONTHLY", "YEARLY"}:
        return None
    start = match_phrase("on|by [the]", tokens, at)
    if pattern.frequency == "YEARLY":
        found = month_and_day(tokens, start if start is not None else at)
        return (replace(pattern, months=(found[0],), month_days=(found[1],)), found[2]) if found is not None else None
    if start is None:
        end_of = match_any(("at the end [of] [the] [month]", "at month end"), tokens, at)
        return (replace(pattern, month_days=(-1,)), end_of) if end_of is not None else None
    nth = nth_weekdays(tokens, start)
    if nth is not None:
        return replace(pattern, nth_weekdays=nth[0]), nth[1]
    days = month_days(tokens, start, digits_only=False)
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
