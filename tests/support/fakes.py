"""Stand-ins for what a service gets handed in."""

import datetime as dt
from uuid import UUID


class FixedClock:
    """Shows the time it was set to until it is moved."""

    def __init__(self, now: dt.datetime = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)):
        self._now = now

    def now(self) -> dt.datetime:
        return self._now

    def set(self, now: dt.datetime) -> None:
        self._now = now

    def advance(self, **duration: float) -> dt.datetime:
        """Moves on by a `datetime.timedelta` of these keywords."""
        self._now += dt.timedelta(**duration)
        return self._now


class SequentialIds:
    """UUIDs of version 7 that count up from 1, so that a test can foretell them."""

    def __init__(self, first: int = 1):
        self._next = first

    def new(self) -> UUID:
        value, self._next = nth_id(self._next), self._next + 1
        return value


def nth_id(n: int) -> UUID:
    """The `n`-th id of a `SequentialIds`."""
    return UUID(int=(7 << 76) | (2 << 62) | n)
