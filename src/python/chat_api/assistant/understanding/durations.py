"""Lengths of time: ``2 weeks``, ``an hour and a half``, ``1h30``, ``90 mins``."""

import datetime as dt
import re
from dataclasses import dataclass

from chat_api.assistant.understanding.numbers import quantity
from chat_api.assistant.understanding.patterns import match_phrase
from chat_api.assistant.understanding.tokens import Tokens

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_SPELLINGS = {
    "second": "second seconds sec secs",
    "minute": "minute minutes min mins",
    "hour": "hour hours hr hrs h",
    "day": "day days",
    "week": "week weeks wk wks",
    "fortnight": "fortnight fortnights",
    "month": "month months",
    "quarter": "quarter quarters",
    "year": "year years yr yrs",
}
UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()}
"""Spellings of units of time, by the unit's own name."""
_GLUED = re.compile(r"(\d{1,5}(?:\.\d{1,2})?)-?([a-z]+)", re.ASCII)
_GLUED_LETTERS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_HOURS_MINUTES = re.compile(r"(\d{1,3})h(\d{1,2})(?:m|min)?", re.ASCII)
_MOST = 100_000


@dataclass(frozen=True)
class Duration:
    """Calendar months and days, and elapsed seconds."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    def __add__(self, other: "Duration") -> "Duration":
        return Duration(self.months + other.months, self.days + other.days, self.seconds + other.seconds)

    def __neg__(self) -> "Duration":
        return Duration(-self.months, -self.days, -self.seconds)

    @property
    def is_clocked(self) -> bool:
        """Whether it has a part shorter than a day."""
        return self.seconds != 0

    def timedelta(self) -> dt.timedelta | None:
        """The same as a fixed length, with days of 24 hours; None where it has months."""
        return None if self.months else dt.timedelta(days=self.days, seconds=self.seconds)


def duration(tokens: Tokens, at: int) -> tuple[Duration, int] | None:
    """A length of time at index `at`: ``(duration, end)``. It is longer than nothing."""
    first = _part(tokens, at)
    if first is None:
        return None
    total, at, half_of = first
    half = match_phrase("and a half", tokens, at)
    if half is not None:
        more = of(0.5, half_of)
        return (total + more, half) if more is not None else (total, at)
    while True:
        next_at = match_phrase("[and]", tokens, at)
        part = _part(tokens, at if next_at is None else next_at)
        if part is None or part[0].months:
            break
        total, at = total + part[0], part[1]
    return (total, at) if total != Duration() else None


def of(number: float, unit: str) -> Duration | None:
    """`number` of a unit by its own name; None where it makes no sense, such as half a month."""
    if number > _MOST:
        return None
    if unit in _SECONDS:
        return Duration(seconds=round(number * _SECONDS[unit]))
    if unit in _DAYS:
        days = number * _DAYS[unit]
        return Duration(days=int(days), seconds=round((days - int(days)) * 86_400))
    months = number * _MONTHS[unit]
    return Duration(months=int(months)) if months == int(months) else None


def _part(tokens: Tokens, at: int) -> tuple[Duration, int, str] | None:
    """One number with its unit: the duration, the end, the unit."""
    if at >= len(tokens):
        return None
    glued = _glued(tokens[at].lower)
    if glued is not None:
        return glued[0], at + 1, glued[1]
    number = quantity(tokens, at)
    if number is None or number[1] >= len(tokens):
        return None
    unit = UNITS.get(tokens[number[1]].lower)
    made = of(number[0], unit) if unit else None
    if unit is None or made is None:
        return _quarter_hour(tokens, at)
    return made, number[1] + 1, unit


def _quarter_hour(tokens: Tokens, at: int) -> tuple[Duration, int, str] | None:
    for pattern, minutes in (("[a] quarter [of] an hour", 15), ("three quarters of an hour", 45)):
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            return Duration(seconds=minutes * 60), end, "hour"
    return None


def _glued(word: str) -> tuple[Duration, str] | None:
    both = _HOURS_MINUTES.fullmatch(word)
    if both:
        return Duration(seconds=int(both[1]) * 3600 + int(both[2]) * 60), "hour"
    found = _GLUED.fullmatch(word)
    unit = (_GLUED_LETTERS.get(found[2]) or UNITS.get(found[2])) if found else None
    made = of(float(found[1]), unit) if found and unit else None
    return (made, unit) if made is not None and unit else None
