"""Reading rules, and what is said about those that cannot be accepted."""

import datetime as dt

import pytest
from hypothesis import given, settings

from events.errors import Invalid
from events.recurrence import ByDay, Frequency, Rule, RuleError, Skip, Weekday
from tests.unit.events.recurrence.strategies import rules


def test_all_parts_of_a_rule_are_read() -> None:
    assert Rule.parse("FREQ=YEARLY;INTERVAL=2;BYMONTH=11,3;BYMONTHDAY=-1,9,1;SKIP=BACKWARD;COUNT=10") == Rule(
        Frequency.YEARLY, interval=2, by_month=(3, 11), by_month_day=(1, 9, -1), skip=Skip.BACKWARD, count=10
    )
    assert Rule.parse("FREQ=MONTHLY;BYDAY=-1FR,MO;UNTIL=20261231") == Rule(
        Frequency.MONTHLY, by_day=(ByDay(Weekday.MO), ByDay(Weekday.FR, -1)), until=dt.date(2026, 12, 31)
    )


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("freq=weekly;byday=mo", "FREQ=WEEKLY;BYDAY=MO"),
        ("  RRULE:FREQ=DAILY \n", "FREQ=DAILY"),
        ("BYDAY=FR,MO;INTERVAL=2;FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR"),
        ("FREQ=DAILY;INTERVAL=1", "FREQ=DAILY"),
        ("FREQ=WEEKLY;BYDAY=MO,MO", "FREQ=WEEKLY;BYDAY=MO"),
        ("FREQ=MONTHLY;BYDAY=+2TU,-1TU,TU", "FREQ=MONTHLY;BYDAY=TU,2TU,-1TU"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,15,1", "FREQ=MONTHLY;BYMONTHDAY=1,15,-1"),
        ("FREQ=MONTHLY;SKIP=OMIT", "FREQ=MONTHLY"),
        ("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD", "FREQ=MONTHLY;SKIP=BACKWARD"),
        ("FREQ=DAILY;SKIP=BACKWARD", "FREQ=DAILY"),
        ("FREQ=WEEKLY;WKST=MO;COUNT=3", "FREQ=WEEKLY;COUNT=3"),
        ("FREQ=YEARLY;UNTIL=20300101;BYMONTHDAY=1;BYMONTH=2", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=1;UNTIL=20300101"),
    ],
)
def test_a_rule_has_one_canonical_form(text: str, canonical: str) -> None:
    assert str(Rule.parse(text)) == canonical


@given(rules())
@settings(deadline=None)
def test_the_canonical_form_reads_back_as_the_same_rule(rule: Rule) -> None:
    assert Rule.parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "made of parts such as FREQ=WEEKLY"),
        ("every day", "made of parts such as FREQ=WEEKLY"),
        ("FREQ=", "made of parts such as FREQ=WEEKLY"),
        ("FREQ=DAILY;", "made of parts such as FREQ=WEEKLY"),
        ("INTERVAL=2", "needs FREQ"),
        ("FREQ=HOURLY", "DAILY, WEEKLY, MONTHLY, YEARLY, not HOURLY"),
        ("FREQ=DAILY;FREQ=WEEKLY", "FREQ is given twice"),
        ("FREQ=DAILY;BYHOUR=9", "BYHOUR is not supported"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1", "BYSETPOS is not supported"),
        ("FREQ=WEEKLY;WKST=SU", "WKST can only be MO"),
        ("RSCALE=HEBREW;FREQ=MONTHLY", "RSCALE can only be GREGORIAN"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL takes whole numbers from 1 to 1000, not 0"),
        ("FREQ=DAILY;INTERVAL=1001", "INTERVAL takes whole numbers from 1 to 1000, not 1001"),
        ("FREQ=DAILY;INTERVAL=1.5", "INTERVAL takes whole numbers"),
        ("FREQ=DAILY;INTERVAL=" + "9" * 400, "INTERVAL takes whole numbers"),
        ("FREQ=DAILY;INTERVAL=٣", "INTERVAL takes whole numbers"),
        ("FREQ=DAILY;COUNT=0", "COUNT takes whole numbers from 1 to 9999, not 0"),
        ("FREQ=DAILY;COUNT=-1", "COUNT takes whole numbers"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20261231", "not both"),
        ("FREQ=DAILY;UNTIL=20260230", "not a date that exists"),
        ("FREQ=DAILY;UNTIL=20261231T120000Z", "without a time"),
        ("FREQ=DAILY;UNTIL=2026-12-31", "without a time"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH takes whole numbers from 1 to 12, not 13"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY takes whole numbers from -31 to 31, not 32"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "there is no day 0"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not belong into it"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY takes days such as MO"),
        ("FREQ=WEEKLY;BYDAY=MO,", "BYDAY takes days such as MO"),
        ("FREQ=WEEKLY;BYDAY=1MO", "needs FREQ=MONTHLY or FREQ=YEARLY"),
        ("FREQ=DAILY;BYDAY=-1MO", "needs FREQ=MONTHLY or FREQ=YEARLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "No month has a 6MO"),
        ("FREQ=MONTHLY;BYDAY=0MO", "No month has a 0MO"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-6MO", "No month has a -6MO"),
        ("FREQ=YEARLY;BYDAY=54MO", "No year has a 54MO"),
        ("FREQ=MONTHLY;SKIP=FORWARD", "SKIP is one of OMIT, BACKWARD, not FORWARD"),
        ("FREQ=DAILY;" + "X" * 500, "longer than 500 characters"),
    ],
)
def test_what_cannot_be_accepted_is_refused_in_plain_words(text: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        Rule.parse(text)
    assert said in caught.value.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "every year on 30 February"),
        ("FREQ=MONTHLY;BYMONTH=4,6;BYMONTHDAY=31", "every month on 31 April and 31 June"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "every day that is the 30th of the month in February"),
        ("FREQ=MONTHLY;BYMONTHDAY=15;BYDAY=1MO", "the 15th if it is the first Monday"),
        ("FREQ=MONTHLY;BYMONTH=9;BYMONTHDAY=-31", "the 31st to last day of September"),
        ("FREQ=YEARLY;BYMONTHDAY=10;BYDAY=53MO", "the 53rd Monday"),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "every 4 years on 30 February"),
    ],
)
def test_a_rule_that_never_happens_is_refused(text: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        Rule.parse(text)
    assert caught.value.detail.startswith("This would never happen: ")
    assert said in caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU",
        "FREQ=MONTHLY;BYMONTH=2;BYDAY=5SU",
        "FREQ=YEARLY;BYDAY=53SU",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;SKIP=BACKWARD",
    ],
)
def test_a_rule_that_happens_rarely_is_accepted(text: str) -> None:
    assert str(Rule.parse(text)) == text


def test_a_refused_rule_is_an_error_that_can_be_shown_to_its_user() -> None:
    with pytest.raises(Invalid) as caught:
        Rule.parse("FREQ=NEVER")
    assert (caught.value.status, caught.value.code) == (422, "invalid-rule")
