"""The occurrences of a series, and which one follows when one of them is done."""

import datetime as dt
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID, uuid5

from events.contracts.tasks import Basis, Resolution
from events.recurrence.calendar import LAST_DATE, dates_after
from events.recurrence.due import Due, local_date
from events.recurrence.parts import RuleError
from events.recurrence.rule import Rule

MAX_NAMED_SKIPS = 31
"""How many skipped dates are named at most; their number is in the ordinals."""

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Occurrence:
    """One place in a series: the first is number 1. It keeps its date when the due of its instance is moved."""

    ordinal: int
    date: dt.date


@dataclass(frozen=True)
class Next:
    """What follows an occurrence that is done."""

    occurrence: Occurrence
    due: Due
    skipped: tuple[dt.date, ...]
    """The occurrences that passed in between, in order: the latest `MAX_NAMED_SKIPS` of them."""


def occurrences(rule: Rule, start: dt.date) -> Iterator[Occurrence]:
    """The occurrences of a series whose first is on `start`, in order, COUNT and UNTIL observed.

    `start` is the first occurrence even where the rule would not name it ("every Monday, from this Wednesday").
    """
    if _is_over(rule, 1, start):
        return
    yield Occurrence(1, start)
    yield from _following(rule, start, Occurrence(1, start))


def check_start(rule: Rule, start: dt.date) -> None:
    """Checks that a series from `start` repeats.

    Raises:
        RuleError: it is over before it begins, or its steps never meet the days that it names.
    """
    if _is_over(rule, 1, start):
        raise RuleError(f"The repeat would end before it begins, on {_in_words(start)}.")
    if next(dates_after(rule, start, start), None) is None:
        raise RuleError(f"Counted from {_in_words(start)}, this would never happen again: {rule.describe()}.")


def first_due(rule: Rule, *, today: dt.date) -> dt.date:
    """The date that a series begins with where only its rule was given: the first one it names, `today` or later.

    Intervals count from there, so they do not put it off. Where a time of day was given and has passed, hand in
    tomorrow as `today`.

    Raises:
        RuleError: there is none before the series is over.
    """
    date = next(dates_after(replace(rule, interval=1), today, today - _DAY), None)
    if date is not None and not _is_over(rule, 1, date):
        return date
    raise RuleError(f"From {_in_words(today)} on, this would never happen: {rule.describe()}.")


def next_occurrence(
    rule: Rule,
    basis: Basis,
    *,
    start: dt.date,
    current: Occurrence,
    due: Due,
    completed_at: dt.datetime,
    resolution: Resolution = Resolution.COMPLETED,
) -> Next | None:
    """What follows `current`, once it was completed or skipped at `completed_at`; none where the series is over.

    By the due date, it is the first occurrence after `current` that is not over by `completed_at`: done early, that
    is simply the following one; done late, those that passed are skipped, though COUNT counts them. An occurrence
    with a time is over when that time has come, one without when its day ends. So today's daily task done at 23:59
    is followed by tomorrow's, while yesterday's done today is followed by today's, for which there is time yet.

    By completion, it is the first date that the rule names after the day of `completed_at`, with intervals counted
    from that day. An occurrence skipped ahead of its due counts from its due, since what follows it would else come
    before the very day that was skipped.

    Args:
        rule: of the whole series.
        basis: what the series counts from.
        start: date of the series' first occurrence.
        current: the occurrence that is done.
        due: of its instance, which may have been moved; what follows has its time and zone.
        completed_at: when it was done; aware.
        resolution: whether it was completed or skipped.
    """
    if basis is Basis.COMPLETION:
        done_on = local_date(completed_at, due.timezone)
        if resolution is Resolution.SKIPPED:
            done_on = max(done_on, due.date)
        return _after_completion(rule, current.ordinal, done_on, due)

    skipped: deque[dt.date] = deque(maxlen=MAX_NAMED_SKIPS)
    # Of a day that is past, no time is left; only from this one on does the clock matter.
    done_on = local_date(completed_at, due.timezone)
    for occurrence in _following(rule, start, current):
        if occurrence.date >= done_on:
            candidate = Due(occurrence.date, due.time, due.timezone)
            if candidate.instant() > completed_at:
                return Next(occurrence, candidate, tuple(skipped))
        skipped.append(occurrence.date)
    return None


def preview(rule: Rule, due: Due, limit: int, basis: Basis = Basis.DUE) -> list[Due]:
    """The first `limit` dues of a series that begins with `due`, if each is done on its day."""
    if basis is Basis.DUE:
        dates = (occurrence.date for occurrence in occurrences(rule, due.date))
        return [Due(date, due.time, due.timezone) for date in islice(dates, limit)]
    dues: list[Due] = []
    following = None if _is_over(rule, 1, due.date) else Next(Occurrence(1, due.date), due, ())
    while following is not None and len(dues) < limit:
        dues.append(following.due)
        following = _after_completion(rule, following.occurrence.ordinal, following.due.date, due)
    return dues


def instance_id(series_id: UUID, ordinal: int) -> UUID:
    """The id of the task that is this occurrence of this series, whoever makes it and however often."""
    return uuid5(series_id, str(ordinal))


def _following(rule: Rule, start: dt.date, current: Occurrence) -> Iterator[Occurrence]:
    for ordinal, date in enumerate(dates_after(rule, start, current.date), current.ordinal + 1):
        if _is_over(rule, ordinal, date):
            return
        yield Occurrence(ordinal, date)


def _after_completion(rule: Rule, ordinal: int, done_on: dt.date, due: Due) -> Next | None:
    date = next(dates_after(rule, done_on, done_on), None)
    if date is None or _is_over(rule, ordinal + 1, date):
        return None
    return Next(Occurrence(ordinal + 1, date), Due(date, due.time, due.timezone), ())


def _is_over(rule: Rule, ordinal: int, date: dt.date) -> bool:
    if rule.count is not None and ordinal > rule.count:
        return True
    return date > (LAST_DATE if rule.until is None else rule.until)


def _in_words(date: dt.date) -> str:
    return f"{date.day} {date:%B %Y}"
