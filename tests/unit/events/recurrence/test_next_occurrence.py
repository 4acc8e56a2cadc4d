"""What follows an occurrence that was completed or skipped."""

import datetime as dt
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.contracts import Basis, Resolution
from events.recurrence import (
    MAX_NAMED_SKIPS,
    Due,
    Next,
    Occurrence,
    Rule,
    instance_id,
    local_date,
    next_occurrence,
    occurrences,
    preview,
)
from tests.unit.events.recurrence.strategies import START_DATES, rules

BERLIN = "Europe/Berlin"


def done(
    rule: str,
    *,
    at: str,
    start: str,
    current: tuple[int, str] | None = None,
    due: str | None = None,
    zone: str = BERLIN,
    basis: Basis = Basis.DUE,
    resolution: Resolution = Resolution.COMPLETED,
) -> Next | None:
    """`at` is local time in `zone`; `due` a date or a date with a time, by default the date of `current`."""
    ordinal, date = current or (1, start)
    due_date, _, due_time = (due or date).partition("T")
    return next_occurrence(
        Rule.parse(rule),
        basis,
        start=dt.date.fromisoformat(start),
        current=Occurrence(ordinal, dt.date.fromisoformat(date)),
        due=Due(dt.date.fromisoformat(due_date), dt.time.fromisoformat(due_time) if due_time else None, zone),
        completed_at=local(at, zone),
        resolution=resolution,
    )


def local(text: str, zone: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def summary(following: Next | None) -> tuple[int, str, list[str]] | None:
    if following is None:
        return None
    assert following.due.date == following.occurrence.date
    return following.occurrence.ordinal, str(following.due.date), [date.strftime("%m-%d") for date in following.skipped]


@pytest.mark.parametrize(
    ("case", "at", "due", "expected"),
    [
        ("in time", "2026-03-02T10:00", "2026-03-02", (2, "2026-03-03", [])),
        ("in the last minute of its day", "2026-03-02T23:59", "2026-03-02", (2, "2026-03-03", [])),
        ("days early", "2026-02-26T10:00", "2026-03-02", (2, "2026-03-03", [])),
        ("a day late, with today's still ahead", "2026-03-03T10:00", "2026-03-02", (2, "2026-03-03", [])),
        ("at midnight after its day", "2026-03-03T00:00", "2026-03-02", (2, "2026-03-03", [])),
        ("three days late", "2026-03-05T10:00", "2026-03-02", (4, "2026-03-05", ["03-03", "03-04"])),
        ("early, by time", "2026-03-02T08:00", "2026-03-02T09:00", (2, "2026-03-03", [])),
        ("late that day", "2026-03-02T22:00", "2026-03-02T09:00", (2, "2026-03-03", [])),
        ("the next day before the hour", "2026-03-03T08:59:59", "2026-03-02T09:00", (2, "2026-03-03", [])),
        ("the next day at the hour", "2026-03-03T09:00", "2026-03-02T09:00", (3, "2026-03-04", ["03-03"])),
        ("the next day after the hour", "2026-03-03T10:00", "2026-03-02T09:00", (3, "2026-03-04", ["03-03"])),
    ],
)
def test_a_daily_task_done(case: str, at: str, due: str, expected: tuple[int, str, list[str]]) -> None:
    assert summary(done("FREQ=DAILY", start="2026-03-02", due=due, at=at)) == expected, case


@pytest.mark.parametrize(
    ("rule", "start", "current", "at", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", (1, "2026-03-02"), "2026-03-02T10:00", (2, "2026-03-09", [])),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", (1, "2026-03-02"), "2026-03-08T10:00", (2, "2026-03-09", [])),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", (1, "2026-03-02"), "2026-03-10T10:00", (3, "2026-03-16", ["03-09"])),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", (5, "2026-03-30"), "2026-02-01T10:00", (6, "2026-04-06", [])),
        ("FREQ=MONTHLY;SKIP=BACKWARD", "2026-01-31", (2, "2026-02-28"), "2026-02-28T10:00", (3, "2026-03-31", [])),
        (
            "FREQ=MONTHLY;SKIP=BACKWARD",
            "2026-01-31",
            (1, "2026-01-31"),
            "2026-03-15T10:00",
            (3, "2026-03-31", ["02-28"]),
        ),
        (
            "FREQ=YEARLY;SKIP=BACKWARD",
            "2024-02-29",
            (3, "2026-02-28"),
            "2027-06-01T10:00",
            (5, "2028-02-29", ["02-28"]),
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR",
            "2026-01-02",
            (2, "2026-01-12"),
            "2026-01-12T10:00",
            (3, "2026-01-16", []),
        ),
    ],
)
def test_a_series_stays_on_its_dates_however_late_it_is_done(
    rule: str, start: str, current: tuple[int, str], at: str, expected: tuple[int, str, list[str]]
) -> None:
    assert summary(done(rule, start=start, current=current, at=at)) == expected


def test_a_moved_instance_does_not_move_its_series() -> None:
    moved_on = done("FREQ=WEEKLY", start="2026-03-02", due="2026-03-05", at="2026-03-05T10:00")
    assert summary(moved_on) == (2, "2026-03-09", [])
    moved_forward = done("FREQ=WEEKLY", start="2026-03-02", due="2026-02-27", at="2026-02-27T10:00")
    assert summary(moved_forward) == (2, "2026-03-09", [])


def test_what_follows_has_the_time_and_the_zone_of_what_was_done() -> None:
    following = done("FREQ=DAILY", start="2026-03-02", due="2026-03-02T18:30", at="2026-03-02T12:00")
    assert following is not None
    assert following.due == Due(dt.date(2026, 3, 3), dt.time(18, 30), BERLIN)


@pytest.mark.parametrize(
    ("rule", "at", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", "2026-03-02T10:00", (2, "2026-03-03", [])),
        ("FREQ=DAILY;COUNT=3", "2026-03-04T10:00", (3, "2026-03-04", ["03-03"])),
        ("FREQ=DAILY;COUNT=3", "2026-03-05T10:00", None),
        ("FREQ=DAILY;COUNT=1", "2026-03-02T10:00", None),
        ("FREQ=DAILY;UNTIL=20260304", "2026-03-04T10:00", (3, "2026-03-04", ["03-03"])),
        ("FREQ=DAILY;UNTIL=20260304", "2026-03-05T00:00", None),
        ("FREQ=DAILY;UNTIL=20260302", "2026-03-01T10:00", None),
    ],
)
def test_skipped_occurrences_count_and_a_series_that_is_over_has_no_next(
    rule: str, at: str, expected: tuple[int, str, list[str]] | None
) -> None:
    assert summary(done(rule, start="2026-03-02", at=at)) == expected


def test_the_series_ends_with_its_last_occurrence() -> None:
    assert done("FREQ=DAILY;COUNT=3", start="2026-03-02", current=(3, "2026-03-04"), at="2026-03-04T10:00") is None
    assert done("FREQ=DAILY;INTERVAL=7;BYDAY=MO", start="2026-03-03", at="2026-03-03T10:00") is None


@pytest.mark.parametrize("basis", list(Basis))
def test_skipping_ahead_of_the_due_leads_to_the_one_after_it(basis: Basis) -> None:
    following = done(
        "FREQ=DAILY", start="2026-03-06", at="2026-03-02T10:00", basis=basis, resolution=Resolution.SKIPPED
    )
    assert summary(following) == (2, "2026-03-07", [])


def test_skipping_late_is_like_completing_late() -> None:
    completed = done("FREQ=DAILY", start="2026-03-02", at="2026-03-05T10:00")
    skipped = done("FREQ=DAILY", start="2026-03-02", at="2026-03-05T10:00", resolution=Resolution.SKIPPED)
    assert skipped == completed
    assert summary(skipped) == (4, "2026-03-05", ["03-03", "03-04"])


@pytest.mark.parametrize(
    ("rule", "at", "expected"),
    [
        ("FREQ=DAILY;INTERVAL=3", "2026-03-02T10:00", (2, "2026-03-05", [])),
        ("FREQ=DAILY;INTERVAL=3", "2026-03-20T10:00", (2, "2026-03-23", [])),
        ("FREQ=DAILY;INTERVAL=3", "2026-02-20T10:00", (2, "2026-02-23", [])),
        ("FREQ=DAILY", "2026-03-02T23:59", (2, "2026-03-03", [])),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-03-04T10:00", (2, "2026-03-09", [])),
        ("FREQ=WEEKLY", "2026-03-04T10:00", (2, "2026-03-11", [])),
        ("FREQ=MONTHLY;SKIP=BACKWARD", "2026-03-31T10:00", (2, "2026-04-30", [])),
        ("FREQ=DAILY;COUNT=2", "2026-03-20T10:00", (2, "2026-03-21", [])),
        ("FREQ=DAILY;COUNT=1", "2026-03-20T10:00", None),
        ("FREQ=DAILY;UNTIL=20260320", "2026-03-20T10:00", None),
    ],
)
def test_a_series_by_completion_counts_from_the_day_it_was_done(
    rule: str, at: str, expected: tuple[int, str, list[str]] | None
) -> None:
    assert summary(done(rule, start="2026-03-02", due="2026-03-02T09:00", at=at, basis=Basis.COMPLETION)) == expected


def test_the_day_it_was_done_is_that_of_the_tasks_zone() -> None:
    at = "2026-03-03T11:30"  # still 2 March in New York
    ahead = done("FREQ=DAILY", start="2026-03-01", at=at, zone="Pacific/Kiritimati", basis=Basis.COMPLETION)
    assert summary(ahead) == (2, "2026-03-04", [])
    same_moment = next_occurrence(
        Rule.parse("FREQ=DAILY"),
        Basis.COMPLETION,
        start=dt.date(2026, 3, 1),
        current=Occurrence(1, dt.date(2026, 3, 1)),
        due=Due(dt.date(2026, 3, 1), None, "America/New_York"),
        completed_at=local(at, "Pacific/Kiritimati"),
    )
    assert summary(same_moment) == (2, "2026-03-03", [])


@pytest.mark.parametrize(
    ("zone", "due", "at", "expected"),
    [
        # 02:30 is skipped on the 29th and becomes 03:00.
        (BERLIN, "2026-03-28T02:30", "2026-03-28T12:00", "2026-03-29T03:00+02:00"),
        (BERLIN, "2026-03-28T02:30", "2026-03-29T01:59", "2026-03-29T03:00+02:00"),
        (BERLIN, "2026-03-28T02:30", "2026-03-29T03:00", "2026-03-30T02:30+02:00"),
        # 02:30 comes twice on the 25th; the first one counts.
        (BERLIN, "2026-10-24T02:30", "2026-10-24T12:00", "2026-10-25T02:30+02:00"),
        ("America/New_York", "2026-03-07T02:30", "2026-03-07T12:00", "2026-03-08T03:00-04:00"),
        ("America/New_York", "2026-10-31T01:30", "2026-10-31T12:00", "2026-11-01T01:30-04:00"),
        ("Australia/Lord_Howe", "2026-10-03T02:15", "2026-10-03T12:00", "2026-10-04T02:30+11:00"),
        ("Australia/Lord_Howe", "2026-04-04T01:45", "2026-04-04T12:00", "2026-04-05T01:45+11:00"),
        ("Pacific/Apia", "2011-12-29T09:00", "2011-12-29T12:00", "2011-12-31T00:00+14:00"),
        ("Pacific/Apia", "2011-12-29T09:00", "2011-12-31T08:00", "2011-12-31T09:00+14:00"),
    ],
)
def test_a_wall_clock_time_is_kept_when_clocks_change(zone: str, due: str, at: str, expected: str) -> None:
    following = done("FREQ=DAILY", start=due.partition("T")[0], due=due, at=at, zone=zone)
    assert following is not None
    assert following.due.instant() == dt.datetime.fromisoformat(expected)
    assert following.due.time == dt.time.fromisoformat(due.partition("T")[2])


def test_of_many_skipped_dates_the_latest_are_named_and_the_ordinal_counts_all() -> None:
    following = done("FREQ=DAILY", start="2016-03-02", at="2026-03-02T10:00")
    assert following is not None
    assert following.occurrence == Occurrence(3653, dt.date(2026, 3, 2))
    assert len(following.skipped) == MAX_NAMED_SKIPS
    assert following.skipped[-1] == dt.date(2026, 3, 1)
    assert list(following.skipped) == sorted(following.skipped)


def test_a_series_ten_years_late_asks_the_zone_only_about_the_days_around_its_completion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[dt.date] = []

    def instant(due: Due) -> dt.datetime:
        asked.append(due.date)
        return resolved(due)

    resolved = Due.instant
    monkeypatch.setattr(Due, "instant", instant)

    done("FREQ=DAILY", start="2016-03-02", due="2016-03-02T09:00", at="2026-03-02T10:00")

    assert len(asked) < 5


def test_an_occurrence_of_a_series_is_the_same_task_whoever_makes_it() -> None:
    series, other = UUID(int=1), UUID(int=2)
    assert instance_id(series, 2) == instance_id(UUID(int=1), 2)
    assert len({instance_id(series, 2), instance_id(series, 3), instance_id(other, 2), series}) == 4
    assert str(instance_id(series, 2)) == "8ff9f83c-0bdf-58d9-be4e-b11369508e29"


DUES = st.builds(
    Due,
    START_DATES,
    st.none() | st.times().map(lambda time: time.replace(microsecond=0)),
    st.sampled_from(("UTC", BERLIN, "America/New_York", "Pacific/Apia", "Australia/Lord_Howe")),
)


@given(rule=rules(), due=DUES, basis=st.sampled_from(Basis))
@settings(deadline=None)
def test_the_preview_shows_what_comes_when_each_is_done_on_its_day(rule: Rule, due: Due, basis: Basis) -> None:
    shown = preview(rule, due, 8, basis)
    if not shown:
        assert rule.until is not None
        assert rule.until < due.date
        return
    stepped, current = [due], Occurrence(1, due.date)
    while len(stepped) < 8:
        completed_at = stepped[-1].instant()
        if basis is Basis.DUE or stepped[-1].time is None:
            completed_at -= dt.timedelta(microseconds=1)
        elif local_date(completed_at, due.timezone) != stepped[-1].date:
            return  # clocks skipped its day, so it cannot be done on it
        following = next_occurrence(
            rule, basis, start=due.date, current=current, due=stepped[-1], completed_at=completed_at
        )
        if following is None:
            break
        assert following.skipped == ()
        stepped.append(following.due)
        current = following.occurrence
    assert shown == stepped


@given(rule=rules(), due=DUES, days_late=st.integers(0, 400))
@settings(deadline=None)
def test_done_late_there_is_one_next_that_is_ahead_and_nothing_between_is_lost(
    rule: Rule, due: Due, days_late: int
) -> None:
    completed_at = due.instant() + dt.timedelta(days=days_late)
    following = next_occurrence(
        rule, Basis.DUE, start=due.date, current=Occurrence(1, due.date), due=due, completed_at=completed_at
    )
    series = occurrences(rule, due.date)
    if following is None:
        assert all(Due(item.date, due.time, due.timezone).instant() <= completed_at for item in series)
        return
    assert following.due.instant() > completed_at
    _, *passed = islice(series, following.occurrence.ordinal - 1)
    assert next(series) == following.occurrence
    assert all(Due(item.date, due.time, due.timezone).instant() <= completed_at for item in passed)
    assert following.skipped == tuple(item.date for item in passed)[-MAX_NAMED_SKIPS:]
