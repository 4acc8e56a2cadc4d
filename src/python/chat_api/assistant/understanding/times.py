"""Times of day: ``5pm``, ``17:30``, ``half past six``, ``noon``, and parts of the day."""

import datetime as dt
import re
from dataclasses import dataclass, replace

from chat_api.assistant.understanding.numbers import cardinal
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.tokens import Tokens

DAY_PARTS = {
    "morning": dt.time(9),
    "noon": dt.time(12),
    "afternoon": dt.time(15),
    "evening": dt.time(18),
    "night": dt.time(20),
}
"""The time of day that a part of the day stands for where no other is said."""
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?(am|pm|a\.m|p\.m)?", re.ASCII)
_DOTTED_CLOCK = re.compile(r"(1[0-2]|0?[1-9])\.([0-5]\d)(am|pm|a\.m|p\.m)", re.ASCII)
_HOUR_WITH_HALF = re.compile(r"(1[0-2]|0?[1-9])(am|pm|a\.m|p\.m)", re.ASCII)
_AFTER_AT = (
    re.compile(r"([01]?\d|2[0-3])\.([0-5]\d)", re.ASCII),
    re.compile(r"([01]\d|2[0-3])([0-5]\d)", re.ASCII),
    re.compile(r"([01]?\d|2[0-3])h([0-5]\d)?", re.ASCII),
)
_HALVES = {"am": "am", "a.m": "am", "pm": "pm", "p.m": "pm"}
_PART_WORDS = {
    "morning": "morning",
    "mornings": "morning",
    "noon": "noon",
    "lunchtime": "noon",
    "afternoon": "afternoon",
    "afternoons": "afternoon",
    "evening": "evening",
    "evenings": "evening",
    "night": "night",
    "nights": "night",
}


@dataclass(frozen=True)
class TimeOfDay:
    """A time as said. `half_unknown`: it is on a twelve-hour clock, and nobody said which half of the day.

    `is_midnight`: the word midnight, which ends a day; it has hour 0.
    `is_plain`: only digits with a colon were said, which may be something else.
    """

    hour: int
    minute: int = 0
    half_unknown: bool = False
    is_midnight: bool = False
    is_plain: bool = False

    def in_part(self, part: str) -> "TimeOfDay":
        """The same with the half of the day that a part of the day implies ("7 in the evening")."""
        if not self.half_unknown:
            return self
        hour = self.hour % 12
        later = part in {"afternoon", "evening", "noon"} or (part == "night" and hour >= 5)
        return replace(self, hour=hour + 12 if later else hour, half_unknown=False)

    def time(self) -> dt.time:
        """The wall-clock time; an unknown half is taken as between 07:00 and 18:59."""
        if not self.half_unknown:
            return dt.time(self.hour, self.minute)
        return dt.time(self.hour % 12 if 7 <= self.hour < 12 else self.hour % 12 + 12, self.minute)

    def readings(self) -> tuple[dt.time, ...]:
        """All the wall-clock times between 07:00 and 22:59 that may be meant, or the one that was said."""
        if not self.half_unknown:
            return (self.time(),)
        both = (dt.time(self.hour % 12, self.minute), dt.time(self.hour % 12 + 12, self.minute))
        return tuple(time for time in both if 7 <= time.hour <= 22)


def day_part(tokens: Tokens, at: int) -> tuple[str, int] | None:
    """The name of a part of the day at index `at`, a key of `DAY_PARTS`: ``(name, end)``."""
    name = _PART_WORDS.get(tokens[at].lower) if at < len(tokens) else None
    return (name, at + 1) if name else None


def time_of_day(tokens: Tokens, at: int, *, after_at: bool = False) -> tuple[TimeOfDay, int] | None:
    """A time of day at index `at`: ``(time, end)``. `after_at` allows shapes that mean a time only after "at"."""
    if at >= len(tokens):
        return None
    return (
        _named(tokens, at) or _relative(tokens, at) or _written(tokens, at) or (_bare(tokens, at) if after_at else None)
    )


def _named(tokens: Tokens, at: int) -> tuple[TimeOfDay, int] | None:
    end = match_any(("twelve|12 noon", "noon|midday"), tokens, at)
    if end is not None:
        return TimeOfDay(12), end
    end = match_any(("twelve|12 midnight", "midnight"), tokens, at)
    return (TimeOfDay(0, is_midnight=True), end) if end is not None else None


def _relative(tokens: Tokens, at: int) -> tuple[TimeOfDay, int] | None:
    """``half past six``, ``quarter to 9``, ``ten past 4pm``."""
    end = match_any(("half past|after", "half-past"), tokens, at)
    if end is not None:
        return _moved(tokens, end, 30)
    end = match_phrase("[a] quarter", tokens, at)
    minutes = 15
    if end is None:
        number = cardinal(tokens, at)
        if number is None or not 1 <= number[0] <= 29:
            return None
        minutes, end = number
        end = match_phrase("[minutes|mins|min]", tokens, end) or end
    past = match_phrase("past|after", tokens, end)
    if past is not None:
        return _moved(tokens, past, minutes)
    before = match_phrase("to|till|before", tokens, end)
    return _moved(tokens, before, -minutes) if before is not None else None


def _moved(tokens: Tokens, at: int, minutes: int) -> tuple[TimeOfDay, int] | None:
    hour = _written(tokens, at) or _bare(tokens, at)
    if hour is None or hour[0].minute:
        return None
    total = (hour[0].hour * 60 + minutes) % 1440
    return TimeOfDay(total // 60, total % 60, half_unknown=hour[0].half_unknown), hour[1]


def _written(tokens: Tokens, at: int) -> tuple[TimeOfDay, int] | None:
    word = tokens[at].lower if at < len(tokens) else ""
    found = _CLOCK.fullmatch(word) or _DOTTED_CLOCK.fullmatch(word)
    if found:
        return _clock(found, tokens, at + 1)
    found = _HOUR_WITH_HALF.fullmatch(word)
    if found:
        return _in_half(int(found[1]), 0, _HALVES[found[2]]), _past_dot(tokens, at + 1, found[2])
    number = cardinal(tokens, at)
    if number is None or not 1 <= number[0] <= 24:
        return None
    hour, end = number
    o_clock = match_any(("o'clock|oclock", "o clock"), tokens, end)
    half = _half(tokens, end if o_clock is None else o_clock)
    if half is not None and hour <= 12:
        return _in_half(hour, 0, half[0]), half[1]
    if o_clock is None:
        return None
    return TimeOfDay(hour % 24, half_unknown=hour <= 12), o_clock


def _clock(found: re.Match[str], tokens: Tokens, end: int) -> tuple[TimeOfDay, int] | None:
    hour, minute = int(found[1]), int(found[2])
    if hour == 24 and minute:
        return None
    if found[3]:
        half: tuple[str, int] | None = (_HALVES[found[3]], _past_dot(tokens, end, found[3]))
    else:
        half = _half(tokens, end)
    if half is not None and 1 <= hour <= 12:
        return _in_half(hour, minute, half[0]), half[1]
    if found[3]:
        return None
    return TimeOfDay(hour % 24, minute, is_midnight=hour == 24, is_plain=True), end


def _half(tokens: Tokens, at: int) -> tuple[str, int] | None:
    word = tokens[at].lower if at < len(tokens) else ""
    return (_HALVES[word], _past_dot(tokens, at + 1, word)) if word in _HALVES else None


def _past_dot(tokens: Tokens, at: int, half: str) -> int:
    """The full stop that ends "p.m." belongs to it."""
    return at + 1 if "." in half and at < len(tokens) and tokens[at].text == "." else at


def _in_half(hour: int, minute: int, half: str) -> TimeOfDay:
    return TimeOfDay(hour % 12 + (12 if half == "pm" else 0), minute)


def _bare(tokens: Tokens, at: int) -> tuple[TimeOfDay, int] | None:
    """An hour alone, and other digits that are a time only after "at"."""
    if at >= len(tokens):
        return None
    for pattern in _AFTER_AT:
        found = pattern.fullmatch(tokens[at].lower)
        if found:
            return TimeOfDay(int(found[1]), int(found[2] or 0)), at + 1
    number = cardinal(tokens, at)
    if number is None or number[0] > 23 or number[1] != at + 1:
        return None
    return TimeOfDay(number[0], half_unknown=1 <= number[0] <= 12), at + 1
