"""Dates and titles, as a mail shows them."""

import datetime as dt
import unicodedata
from zoneinfo import ZoneInfo

from events.recurrence import InvalidDue, resolve_local, zone
from notification.domain.mail import Due

_CONTROLS = ("Cc", "Zl", "Zp", "Cs")
# Marks that turn the direction of whatever text follows them, the mail's own included.
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str, longest: int) -> str:
    """`text` on one line of at most so many characters: no line breaks, controls or marks that turn directions."""
    visible = "".join(
        " " if unicodedata.category(character) in _CONTROLS else character
        for character in text
        if character not in _DIRECTION_OVERRIDES
    )
    line = " ".join(visible.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def zone_or_utc(name: str) -> ZoneInfo:
    """The zone of that IANA name; UTC where this machine knows none, so that the mail goes out all the same."""
    try:
        return zone(name)
    except InvalidDue:
        return ZoneInfo("UTC")


def moment(instant: dt.datetime, where: ZoneInfo) -> str:
    """Such as "Friday, 6 March 2026 at 17:00 CET (Europe/Berlin)"."""
    local = instant.astimezone(where)
    return f"{day(local.date())} at {local:%H:%M} {local.tzname()} ({where.key})"


def day(date: dt.date) -> str:
    """Such as "Friday, 6 March 2026"."""
    return f"{date:%A}, {date.day} {date:%B} {date.year}"


def due_in_words(due: Due, where: ZoneInfo) -> str:
    """When a task is due: a date as it was given, a time in the reader's zone."""
    if due.time is None:
        return day(due.date)
    return moment(resolve_local(due.date, due.time, zone_or_utc(due.timezone)), where)
