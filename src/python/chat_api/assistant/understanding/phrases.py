"""Dates and times said back to people: always the absolute date, and the zone where a time of day is named."""

import datetime as dt
from zoneinfo import ZoneInfo

from chat_api.assistant.understanding.intents import When

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def say_date(date: dt.date, today: dt.date) -> str:
    """Name a date: ``tomorrow, Tue 24 Nov 2026``; only yesterday, today and tomorrow get a word of their own."""
    absolute = f"{_WEEKDAYS[date.weekday()]} {date.day} {_MONTHS[date.month - 1]} {date.year}"
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(date.toordinal() - today.toordinal())
    return f"{near}, {absolute}" if near else absolute


def say_time(time: dt.time) -> str:
    """Name a time of day on the 24-hour clock: ``17:00``."""
    return f"{time.hour:02}:{time.minute:02}"


def say_when(when: When, *, today: dt.date, timezone: str) -> str:
    """Name a due: ``tomorrow, Tue 24 Nov 2026, 17:00 (Europe/Berlin)``."""
    if when.time is None:
        return f"{say_date(when.date, today)} ({timezone})"
    return f"{say_date(when.date, today)}, {say_time(when.time)} ({timezone})"


def say_instant(instant: dt.datetime, *, now: dt.datetime, timezone: str) -> str:
    """Name an aware instant as the clock in `timezone` shows it, relative to the aware `now`."""
    zone = ZoneInfo(timezone)
    local = instant.astimezone(zone)
    when = When(local.date(), local.time())
    return say_when(when, today=now.astimezone(zone).date(), timezone=timezone)


def say_span(span: dt.timedelta) -> str:
    """Name a length of time: ``1 day 2 hours 30 minutes``; less than a minute is ``0 minutes``."""
    minutes = int(span.total_seconds()) // 60
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [_count(n, unit) for n, unit in ((days, "day"), (hours, "hour"), (minutes, "minute")) if n]
    return " ".join(parts) or "0 minutes"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
