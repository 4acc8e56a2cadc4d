"""When something is due, as a wall clock shows it, and the moment that this is."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from events.errors import Invalid

_FIRST_YEAR = 1900
_LAST_YEAR = 2999
"""Past this, a due date is a slip of the pen; a bound keeps every search for dates finite."""


class InvalidDue(Invalid):
    """A due date, time or zone that cannot be meant."""

    code = "invalid-due"
    title = "The due date is not valid"


@dataclass(frozen=True)
class Due:
    """A date, a time of day where one was given, and the zone that both are meant in.

    Raises:
        InvalidDue: the zone does not exist, the time carries an offset, or the year is out of 1900 to 2999.
    """

    date: dt.date
    time: dt.time | None
    timezone: str
    """IANA name, such as Europe/Berlin."""

    def __post_init__(self) -> None:
        zone(self.timezone)
        if self.time is not None and self.time.tzinfo is not None:
            raise InvalidDue("A due time is what the clock on the wall shows and carries no offset.")
        if not _FIRST_YEAR <= self.date.year <= _LAST_YEAR:
            raise InvalidDue(f"A due date lies between the years {_FIRST_YEAR} and {_LAST_YEAR}.")

    def instant(self) -> dt.datetime:
        """The moment from which it is overdue, in UTC. Without a time that is the end of its day in its zone."""
        if self.time is None:
            return resolve_local(self.date + dt.timedelta(days=1), dt.time(), zone(self.timezone))
        return resolve_local(self.date, self.time, zone(self.timezone))


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name.

    Raises:
        InvalidDue: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder, such as "Europe"
        raise InvalidDue(f"There is no time zone {name!r}; Europe/Berlin is one.", code="unknown-timezone") from error


def local_date(instant: dt.datetime, timezone: str) -> dt.date:
    """The date that a calendar shows in the zone named `timezone` at `instant`, which is aware."""
    return instant.astimezone(zone(timezone)).date()


def resolve_local(date: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """The moment, in UTC, at which clocks in `zone` show this date and time.

    A time that clocks skip as they go forward becomes the first moment after the gap; one that they show twice
    as they go back is the first of the two.
    """
    wall = dt.datetime.combine(date, time.replace(fold=0))
    instant = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    # In a gap, fold 0 reads the wall time with the offset from before it, fold 1 with the one from after:
    # the change of offset lies between the two readings.
    return _change_of_offset(wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC), instant, zone)


def _change_of_offset(before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The first whole second in UTC, between the two, that has the offset which `after` has."""
    offset = after.astimezone(zone).utcoffset()
    before, after = before.replace(microsecond=0), after.replace(microsecond=0)
    while after - before > dt.timedelta(seconds=1):
        middle = before + dt.timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
