"""Rules in English."""

import datetime as dt

import pytest
from hypothesis import given, settings

from events.recurrence import Rule
from tests.unit.events.recurrence.strategies import rules


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days"),
        ("FREQ=DAILY;BYMONTH=7,8", "every day in July and August"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=DAILY;BYMONTHDAY=1,15", "every day that is the 1st or the 15th of the month"),
        ("FREQ=DAILY;INTERVAL=2;BYDAY=SA,SU", "every 2 days, if that is a Saturday or Sunday"),
        ("FREQ=DAILY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR", "every 2 days, if that is a weekday"),
        ("FREQ=WEEKLY", "every week"),
        ("FREQ=WEEKLY;INTERVAL=2", "every 2 weeks"),
        ("FREQ=WEEKLY;BYDAY=MO", "every Monday"),
        ("FREQ=WEEKLY;BYDAY=FR,MO,WE", "every Monday, Wednesday and Friday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "every day"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "every 2 weeks on Monday and Friday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR", "every 2 weeks on weekdays"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR,SA,SU", "every 2 weeks on all days"),
        ("FREQ=WEEKLY;BYMONTH=12;BYDAY=SU", "every Sunday in December"),
        ("FREQ=MONTHLY", "every month"),
        ("FREQ=MONTHLY;INTERVAL=3", "every 3 months"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "every month on the 15th"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,2,3,22,23", "every month on the 1st, the 2nd, the 3rd, the 22nd and the 23rd"),
        ("FREQ=MONTHLY;BYMONTHDAY=11,12,13", "every month on the 11th, the 12th and the 13th"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"),
        ("FREQ=MONTHLY;BYMONTHDAY=-2", "every month on the second to last day"),
        ("FREQ=MONTHLY;BYMONTHDAY=-10", "every month on the 10th to last day"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "every month on the 31st, in months that have it"),
        ("FREQ=MONTHLY;BYMONTHDAY=30,31", "every month on the 30th and the 31st, in months that have them"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD", "every month on the 31st, or the last day of a shorter month"),
        ("FREQ=MONTHLY;BYMONTHDAY=28;SKIP=BACKWARD", "every month on the 28th"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "every month on the 13th if it is a Friday"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday"),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", "every month on the first Monday and the third Monday"),
        ("FREQ=MONTHLY;BYDAY=-2FR", "every month on the second to last Friday"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "every 2 months on every Tuesday"),
        ("FREQ=MONTHLY;BYMONTH=1,7;BYDAY=2TU", "every month on the second Tuesday of January and July"),
        ("FREQ=YEARLY", "every year"),
        ("FREQ=YEARLY;BYMONTH=3", "every year in March"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "every year on 24 December"),
        ("FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=1", "every year on 1 January and 1 July"),
        ("FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=1,15", "every year on the 1st and the 15th of January and July"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "every year on the last day of February"),
        ("FREQ=YEARLY;BYMONTHDAY=1", "every year on the 1st of every month"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "every year on 29 February, in years that have it"),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;SKIP=BACKWARD",
            "every year on 29 February, or the 28th where there is none",
        ),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "every year on the fourth Thursday of November"),
        ("FREQ=YEARLY;BYDAY=20MO", "every year on the 20th Monday of the year"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=SU", "every Sunday in March"),
        ("FREQ=DAILY;COUNT=1", "every day, once"),
        ("FREQ=DAILY;COUNT=10", "every day, 10 times"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231", "every Monday, until 31 December 2026"),
    ],
)
def test_a_rule_is_said_in_plain_english(rule: str, words: str) -> None:
    assert Rule.parse(rule).describe() == words


@pytest.mark.parametrize(
    ("rule", "start", "words"),
    [
        ("FREQ=DAILY", dt.date(2026, 1, 31), "every day"),
        ("FREQ=WEEKLY", dt.date(2026, 1, 31), "every Saturday"),
        ("FREQ=MONTHLY", dt.date(2026, 1, 15), "every month on the 15th"),
        (
            "FREQ=MONTHLY;SKIP=BACKWARD",
            dt.date(2026, 1, 31),
            "every month on the 31st, or the last day of a shorter month",
        ),
        ("FREQ=YEARLY", dt.date(2026, 12, 24), "every year on 24 December"),
        (
            "FREQ=YEARLY;SKIP=BACKWARD",
            dt.date(2024, 2, 29),
            "every year on 29 February, or the 28th where there is none",
        ),
        ("FREQ=YEARLY;BYMONTH=3,9", dt.date(2026, 3, 2), "every year on 2 March and 2 September"),
        ("FREQ=WEEKLY;BYDAY=MO", dt.date(2026, 1, 31), "every Monday"),
    ],
)
def test_with_its_first_date_what_a_rule_leaves_open_is_said_too(rule: str, start: dt.date, words: str) -> None:
    assert Rule.parse(rule).describe(start) == words


@given(rules())
@settings(deadline=None)
def test_every_rule_can_be_said(rule: Rule) -> None:
    words = rule.describe()
    assert words.startswith("every ")
    assert "  " not in words
    assert "None" not in words
