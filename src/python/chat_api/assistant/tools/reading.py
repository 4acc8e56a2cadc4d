"""A date, a repeat or a length of time that is a text of its own, as arguments of tools are."""

import datetime as dt
from collections.abc import Callable
from typing import Final, Literal, TypeVar

from chat_api.assistant.understanding.calendar_terms import Reference
from chat_api.assistant.understanding.durations import duration
from chat_api.assistant.understanding.intents import Repeat, When
from chat_api.assistant.understanding.repeats import repeat_said
from chat_api.assistant.understanding.series import worked_out_repeat
from chat_api.assistant.understanding.tokens import Tokens, tokenize
from chat_api.assistant.understanding.when import instant_of, when_said, worked_out

T = TypeVar("T")

_ORDERS: Final[tuple[Literal["day-first", "month-first"], ...]] = ("day-first", "month-first")


class TwoReadings(Exception):
    """A text with a date such as 5/12, which says one thing day first and another month first."""


def read_when(text: str, now: dt.datetime) -> When | None:
    """The date, and the time of day where there is one, that the whole of `text` says; `now` is in the user's zone.

    Raises:
        TwoReadings: it can say two.
    """
    return _only(now, lambda ref: _when(text, ref))


def read_moment(text: str, now: dt.datetime) -> dt.datetime | None:
    """The moment that the whole of `text` says, aware; none where it names a day only. Raises as `read_when` does."""
    return _only(now, lambda ref: _moment(text, ref))


def read_repeat(text: str, now: dt.datetime) -> tuple[Repeat, When] | None:
    """The repeat that the whole of `text` says, and when its first occurrence is due.

    Raises:
        NoSuchRepeat: it says one that cannot be.
        TwoReadings: it can say two.
    """
    return _only(now, lambda ref: _repeat(text, ref))


def read_span(text: str) -> dt.timedelta | None:
    """The length of time that the whole of `text` says; none where it counts months, which differ in length."""
    span = _whole(text, lambda tokens: duration(tokens, 0))
    return span.timedelta() if span is not None else None


def _only(now: dt.datetime, read: Callable[[Reference], T | None]) -> T | None:
    """What `read` finds, whichever of day and month comes first in a date such as 5/12."""
    readings: list[T] = []
    for order in _ORDERS:
        found = read(Reference(now, date_order=order))
        if found is not None and found not in readings:
            readings.append(found)
    if len(readings) > 1:
        raise TwoReadings
    return readings[0] if readings else None


def _when(text: str, ref: Reference) -> When | None:
    said = _whole(text, lambda tokens: when_said(tokens, 0, ref))
    try:
        return worked_out(said, ref) if said is not None else None
    except (OverflowError, ValueError):  # beyond the calendar
        return None


def _moment(text: str, ref: Reference) -> dt.datetime | None:
    said = _whole(text, lambda tokens: when_said(tokens, 0, ref))
    try:
        return instant_of(said, ref) if said is not None else None
    except (OverflowError, ValueError):  # beyond the calendar
        return None


def _repeat(text: str, ref: Reference) -> tuple[Repeat, When] | None:
    pattern = _whole(text, lambda tokens: repeat_said(tokens, 0, ref))
    return worked_out_repeat(pattern, None, ref) if pattern is not None else None


def _whole(text: str, read: Callable[[Tokens], tuple[T, int] | None]) -> T | None:
    tokens = tokenize(text)
    found = read(tokens)
    return found[0] if found is not None and found[1] == len(tokens) else None
