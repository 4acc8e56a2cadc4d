"""The dates that rules name: tables, and agreement with dateutil's recurrences."""

import datetime as dt
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings

from events.recurrence import LAST_DATE, Occurrence, Rule, RuleError, check_start, first_due, occurrences
from events.recurrence.calendar import dates_after
from tests.unit.events.recurrence.strategies import START_DATES, rule_texts, rules

TEN_YEARS = dt.timedelta(days=3653)
DAY = dt.timedelta(days=1)


def first_dates(rule: str, start: str, limit: int = 6) -> list[str]:
    dates = occurrences(Rule.parse(rule), dt.date.fromisoformat(start))
    return [str(occurrence.date) for occurrence in islice(dates, limit)]


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=DAILY;INTERVAL=10", "2026-02-20", ["2026-02-20", "2026-03-02", "2026-03-12"]),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "2026-01-02", ["2026-01-02", "2026-01-05", "2026-01-06"]),
        ("FREQ=WEEKLY", "2026-12-30", ["2026-12-30", "2027-01-06", "2027-01-13"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "2026-01-02", ["2026-01-02", "2026-01-12", "2026-01-16", "2026-01-26"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO", "2026-01-05", ["2026-01-05", "2026-01-11", "2026-01-19", "2026-01-25"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30", ["2026-01-30", "2026-02-27", "2026-03-27"]),
        ("FREQ=MONTHLY;BYDAY=5SU", "2026-03-29", ["2026-03-29", "2026-05-31", "2026-08-30"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "2026-02-13", ["2026-02-13", "2026-03-13", "2026-11-13"]),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-11-26", ["2026-11-26", "2027-11-25", "2028-11-23"]),
        ("FREQ=YEARLY;BYDAY=1MO,-1FR", "2026-01-05", ["2026-01-05", "2026-12-25", "2027-01-04", "2027-12-31"]),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=1,6", "2026-01-15", ["2026-01-15", "2026-06-15", "2028-01-15", "2028-06-15"]),
    ],
)
def test_a_series_follows_its_rule(rule: str, start: str, expected: list[str]) -> None:
    assert first_dates(rule, start, len(expected)) == expected


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        # The 31st comes back after a short month: there is no drift.
        (
            "FREQ=MONTHLY;SKIP=BACKWARD",
            "2026-01-31",
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"],
        ),
        ("FREQ=MONTHLY;SKIP=BACKWARD", "2027-12-30", ["2027-12-30", "2028-01-30", "2028-02-29", "2028-03-30"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD", "2026-04-30", ["2026-04-30", "2026-05-31", "2026-06-30"]),
        (
            "FREQ=MONTHLY;INTERVAL=3;SKIP=BACKWARD",
            "2026-08-31",
            ["2026-08-31", "2026-11-30", "2027-02-28", "2027-05-31"],
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=30,31;SKIP=BACKWARD",
            "2026-01-30",
            ["2026-01-30", "2026-01-31", "2026-02-28", "2026-03-30"],
        ),
        ("FREQ=MONTHLY", "2026-01-31", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-30;SKIP=BACKWARD", "2026-01-02", ["2026-01-02", "2026-03-02", "2026-04-01"]),
        (
            "FREQ=YEARLY;SKIP=BACKWARD",
            "2024-02-29",
            ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"],
        ),
        ("FREQ=YEARLY", "2024-02-29", ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=YEARLY", "2096-02-29", ["2096-02-29", "2104-02-29"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;SKIP=BACKWARD", "2027-02-28", ["2027-02-28", "2028-02-29", "2029-02-28"]),
    ],
)
def test_a_day_that_a_month_lacks_is_left_out_or_moves_to_the_last_one(
    rule: str, start: str, expected: list[str]
) -> None:
    assert first_dates(rule, start, len(expected)) == expected


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", "2026-01-30", ["2026-01-30", "2026-01-31", "2026-02-01"]),
        ("FREQ=DAILY;COUNT=1", "2026-01-30", ["2026-01-30"]),
        ("FREQ=DAILY;UNTIL=20260201", "2026-01-30", ["2026-01-30", "2026-01-31", "2026-02-01"]),
        ("FREQ=WEEKLY;UNTIL=20260205", "2026-01-30", ["2026-01-30"]),
        ("FREQ=DAILY;UNTIL=20260101", "2026-01-30", []),
        ("FREQ=YEARLY", "2998-06-01", ["2998-06-01", "2999-06-01"]),
        ("FREQ=YEARLY;INTERVAL=1000", "2026-06-01", ["2026-06-01"]),
    ],
)
def test_a_series_ends_with_its_count_its_last_date_or_the_calendar(rule: str, start: str, expected: list[str]) -> None:
    assert first_dates(rule, start) == expected


def test_the_date_a_series_begins_with_is_its_first_occurrence_whatever_the_rule() -> None:
    assert first_dates("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "2026-01-07") == ["2026-01-07", "2026-01-12", "2026-01-19"]
    assert first_dates("FREQ=MONTHLY;BYMONTHDAY=1", "2026-01-07", 2) == ["2026-01-07", "2026-02-01"]


def test_occurrences_are_numbered_from_one() -> None:
    found = list(occurrences(Rule.parse("FREQ=DAILY;COUNT=2"), dt.date(2026, 1, 1)))
    assert found == [Occurrence(1, dt.date(2026, 1, 1)), Occurrence(2, dt.date(2026, 1, 2))]


def by_dateutil(text: str, start: dt.date, last: dt.date) -> list[dt.date]:
    recurrence = rrulestr(text, dtstart=dt.datetime.combine(start, dt.time()))
    return [
        moment.date()
        for moment in recurrence.between(
            dt.datetime.combine(start, dt.time()), dt.datetime.combine(last, dt.time()), inc=True
        )
    ]


@given(text=rule_texts(), start=START_DATES)
@settings(deadline=None, max_examples=400)
def test_dates_are_those_that_dateutil_finds(text: str, start: dt.date) -> None:
    last = start + TEN_YEARS
    expected = by_dateutil(text, start, last)
    try:
        rule = Rule.parse(text)
    except RuleError as error:
        assert error.detail.startswith("This would never happen")  # noqa: PT017 - which of both outcomes it is, is dateutil's to say
        assert expected == []
        return
    assert list(dates_after(rule, start, start - DAY, last)) == expected


@given(text=rule_texts(), start=START_DATES, offset=START_DATES)
@settings(deadline=None)
def test_looking_from_any_date_finds_what_follows_it(text: str, start: dt.date, offset: dt.date) -> None:
    try:
        rule = Rule.parse(text)
    except RuleError:
        return
    after = max(start, offset)
    last = start + TEN_YEARS
    from_the_start = [date for date in dates_after(rule, start, start, last) if date > after]
    assert list(dates_after(rule, start, after, last)) == from_the_start


@given(rule=rules(), start=START_DATES)
@settings(deadline=None)
def test_a_series_moves_forward_and_keeps_to_its_end(rule: Rule, start: dt.date) -> None:
    found = list(islice(occurrences(rule, start), 50))
    assert [occurrence.ordinal for occurrence in found] == list(range(1, len(found) + 1))
    dates = [occurrence.date for occurrence in found]
    assert dates == sorted(set(dates))
    assert len(found) <= (rule.count or 50)
    assert all(date <= (rule.until or LAST_DATE) for date in dates)


@pytest.mark.parametrize(
    ("rule", "today", "first"),
    [
        ("FREQ=DAILY", "2026-03-04", "2026-03-04"),
        ("FREQ=WEEKLY", "2026-03-04", "2026-03-04"),
        ("FREQ=WEEKLY;BYDAY=WE", "2026-03-04", "2026-03-04"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "2026-03-04", "2026-03-06"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "2026-03-04", "2026-03-09"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD", "2026-02-04", "2026-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-02-04", "2026-03-31"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1", "2026-02-04", "2026-03-01"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-03-28", "2026-04-24"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-03-04", "2028-02-29"),
        ("FREQ=YEARLY;INTERVAL=5;BYMONTH=1;BYMONTHDAY=1", "2026-03-04", "2027-01-01"),
        ("FREQ=YEARLY;BYMONTH=1", "2026-03-04", "2027-01-04"),
        ("FREQ=DAILY;UNTIL=20260304", "2026-03-04", "2026-03-04"),
    ],
)
def test_a_repeat_without_a_date_begins_with_the_next_day_it_names(rule: str, today: str, first: str) -> None:
    """An interval is counted from that day on, so it does not put off the beginning."""
    assert str(first_due(Rule.parse(rule), today=dt.date.fromisoformat(today))) == first


def test_a_repeat_that_is_over_has_no_beginning() -> None:
    with pytest.raises(RuleError, match="From 2 January 2026 on, this would never happen: every day, until 1 January"):
        first_due(Rule.parse("FREQ=DAILY;UNTIL=20260101"), today=dt.date(2026, 1, 2))


@pytest.mark.parametrize(
    ("rule", "start", "said"),
    [
        ("FREQ=DAILY;UNTIL=20260101", "2026-01-02", "would end before it begins, on 2 January 2026"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "2026-01-06", "Counted from 6 January 2026, this would never happen again"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30", "2026-02-10", "would never happen again"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29", "2025-02-28", "would never happen again"),
    ],
)
def test_a_series_that_would_not_repeat_is_refused(rule: str, start: str, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        check_start(Rule.parse(rule), dt.date.fromisoformat(start))


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=DAILY;COUNT=1", "FREQ=DAILY;UNTIL=20260102", "FREQ=YEARLY"])
def test_a_series_that_repeats_or_is_meant_to_end_is_accepted(rule: str) -> None:
    check_start(Rule.parse(rule), dt.date(2026, 1, 2))
