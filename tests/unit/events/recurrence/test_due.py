"""The moment at which something is due: wall-clock time in zones that change their offset."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.recurrence import Due, InvalidDue, local_date, resolve_local, zone


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("zone_name", "date", "time", "instant"),
    [
        ("UTC", "2026-06-01", "09:00", "2026-06-01T09:00"),
        ("Europe/Berlin", "2026-06-01", "09:00", "2026-06-01T07:00"),
        ("Europe/Berlin", "2026-12-01", "09:00", "2026-12-01T08:00"),
        ("America/New_York", "2026-06-01", "20:30", "2026-06-02T00:30"),
        ("Australia/Lord_Howe", "2026-06-01", "09:00", "2026-05-31T22:30"),
        ("Asia/Kathmandu", "2026-06-01", "09:00", "2026-06-01T03:15"),
    ],
)
def test_a_wall_clock_time_is_read_in_its_zone(zone_name: str, date: str, time: str, instant: str) -> None:
    due = Due(dt.date.fromisoformat(date), dt.time.fromisoformat(time), zone_name)
    assert due.instant() == utc(instant)
    assert due.instant().tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("zone_name", "date", "time", "becomes"),
    [
        # Clocks went from 02:00 to 03:00.
        ("Europe/Berlin", "2026-03-29", "02:00", "2026-03-29T03:00"),
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T03:00"),
        ("Europe/Berlin", "2026-03-29", "02:59:59", "2026-03-29T03:00"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T03:00"),
        # By half an hour only.
        ("Australia/Lord_Howe", "2026-10-04", "02:00", "2026-10-04T02:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:29", "2026-10-04T02:30"),
        # At midnight.
        ("America/Havana", "2026-03-08", "00:30", "2026-03-08T01:00"),
        # Samoa crossed the date line: there was no 30 December.
        ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-31T00:00"),
    ],
)
def test_a_time_that_clocks_skip_moves_to_the_next_one_there_is(
    zone_name: str, date: str, time: str, becomes: str
) -> None:
    instant = Due(dt.date.fromisoformat(date), dt.time.fromisoformat(time), zone_name).instant()
    assert instant.astimezone(ZoneInfo(zone_name)).replace(tzinfo=None) == dt.datetime.fromisoformat(becomes)


@pytest.mark.parametrize(
    ("zone_name", "date", "time", "instant"),
    [
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
    ],
)
@pytest.mark.parametrize("fold", [0, 1])
def test_a_time_that_comes_twice_is_the_first_of_the_two(
    zone_name: str, date: str, time: str, instant: str, fold: int
) -> None:
    due = Due(dt.date.fromisoformat(date), dt.time.fromisoformat(time).replace(fold=fold), zone_name)
    assert due.instant() == utc(instant)


@pytest.mark.parametrize(
    ("zone_name", "date", "instant"),
    [
        ("UTC", "2026-06-01", "2026-06-02T00:00"),
        ("Europe/Berlin", "2026-06-01", "2026-06-01T22:00"),
        ("America/New_York", "2026-06-01", "2026-06-02T04:00"),
        ("Europe/Berlin", "2026-03-29", "2026-03-29T22:00"),
        # The next day begins at one o'clock.
        ("America/Havana", "2026-03-07", "2026-03-08T05:00"),
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00"),
    ],
)
def test_without_a_time_the_whole_day_is_left(zone_name: str, date: str, instant: str) -> None:
    assert Due(dt.date.fromisoformat(date), None, zone_name).instant() == utc(instant)


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "Europe", "../etc/passwd", "/etc/localtime", "Mars\0"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(InvalidDue, match="There is no time zone") as caught:
        Due(dt.date(2026, 1, 1), None, name)
    assert (caught.value.status, caught.value.code) == (422, "unknown-timezone")


@pytest.mark.parametrize("date", [dt.date.min, dt.date(1899, 12, 31), dt.date(3000, 1, 1), dt.date.max])
def test_a_year_that_cannot_be_meant_is_refused(date: dt.date) -> None:
    with pytest.raises(InvalidDue, match="between the years 1900 and 2999"):
        Due(date, None, "UTC")


def test_a_time_with_an_offset_is_refused() -> None:
    with pytest.raises(InvalidDue, match="carries no offset"):
        Due(dt.date(2026, 1, 1), dt.time(9, tzinfo=dt.UTC), "UTC")


@pytest.mark.parametrize(
    ("zone_name", "date"),
    [("Pacific/Kiritimati", "2026-01-02"), ("UTC", "2026-01-01"), ("America/New_York", "2026-01-01")],
)
def test_the_local_date_of_a_moment_is_that_of_its_zone(zone_name: str, date: str) -> None:
    assert local_date(utc("2026-01-01T12:00"), zone_name) == dt.date.fromisoformat(date)


@given(
    date=st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)),
    time=st.times().map(lambda time: time.replace(microsecond=0)),
    zone_name=st.sampled_from(
        ("Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Gaza")
    ),
)
@settings(deadline=None, max_examples=500)
def test_no_moment_shows_an_earlier_wall_clock_than_was_asked_for(date: dt.date, time: dt.time, zone_name: str) -> None:
    wall = dt.datetime.combine(date, time)
    instant = resolve_local(date, time, zone(zone_name))
    shown = instant.astimezone(zone(zone_name)).replace(tzinfo=None)
    assert shown >= wall
    just_before = (instant - dt.timedelta(seconds=1)).astimezone(zone(zone_name)).replace(tzinfo=None)
    assert just_before < wall
