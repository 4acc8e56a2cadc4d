"""Dates, repeats and reminder times as tools take them. It is Monday, 2 March 2026, 10:00 in Berlin."""

import datetime as dt
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from chat_api.assistant.tools.times import (
    CannotRead,
    ReminderTime,
    read_due,
    read_recurrence,
    read_reminder,
)
from chat_api.assistant.tools.tool import ToolContext
from chat_api.domain.actor import Actor
from chat_api.domain.task import Basis
from events.recurrence import Due

CONTEXT = ToolContext(
    cast("Any", None),  # reading a time asks no database
    Actor(UUID(int=1), "somebody@example.com", "Europe/Berlin"),
    dt.datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Europe/Berlin")),
)


@pytest.mark.parametrize(
    ("text", "date", "time"),
    [
        ("2026-03-05", "2026-03-05", None),
        ("2026-03-05T17:30", "2026-03-05", "17:30"),
        ("2026-03-05 17:30:00", "2026-03-05", "17:30"),
        ("2026-03-05T17:30:00Z", "2026-03-05", "18:30"),  # an offset is converted to the user's clock
        ("2026-03-29T02:30", "2026-03-29", "03:00"),  # which skips this half hour
        ("tomorrow", "2026-03-03", None),
        ("tomorrow 5pm", "2026-03-03", "17:00"),
        ("next friday at 9:00", "2026-03-06", "09:00"),
    ],
)
def test_a_due_is_read_from_iso_8601_and_from_words(text: str, date: str, time: str | None) -> None:
    due = read_due(CONTEXT, text)

    assert due.timezone == "Europe/Berlin"
    assert due.time == (dt.time.fromisoformat(time) if time else None)
    assert due.date >= dt.date.fromisoformat(date)  # "next friday" may be this one or the one after
    assert due.date - dt.date.fromisoformat(date) in (dt.timedelta(0), dt.timedelta(days=7))


@pytest.mark.parametrize(
    "text", ["when pigs fly", "tomorrow and then some", "2026-02-30", "2026-13-01T10:00", " ", "5"]
)
def test_what_is_no_date_is_refused_with_examples(text: str) -> None:
    with pytest.raises(CannotRead, match="Write it like"):
        read_due(CONTEXT, text)


@pytest.mark.parametrize("text", ["5/12", "5/12 at 5pm", "on 3/4/2027", "5-12-2026"])
def test_a_date_that_can_be_two_is_not_guessed(text: str) -> None:
    with pytest.raises(CannotRead, match="Ask the user which it is") as refused:
        read_due(CONTEXT, text)
    assert refused.value.code == "ambiguous-date"


def test_neither_is_one_in_a_repeat_or_a_reminder() -> None:
    with pytest.raises(CannotRead, match="Ask the user which it is"):
        read_recurrence(CONTEXT, "every day until 5/12")
    with pytest.raises(CannotRead, match="Ask the user which it is"):
        read_reminder(CONTEXT, ReminderTime(at="5/12 at 9am"))


@pytest.mark.parametrize(
    ("text", "date"),
    [("13/5", "2026-05-13"), ("5/13", "2026-05-13"), ("5/5", "2026-05-05"), ("31.12.2026", "2026-12-31")],
)
def test_a_date_in_figures_that_can_be_one_only_is_that_one(text: str, date: str) -> None:
    assert read_due(CONTEXT, text).date == dt.date.fromisoformat(date)


def test_a_repeat_is_read_from_a_rule_and_from_words() -> None:
    rule, nothing = read_recurrence(CONTEXT, "FREQ=WEEKLY;BYDAY=MO")
    words, first = read_recurrence(CONTEXT, "every friday at 9:00")

    assert (rule.rule, rule.basis, nothing) == ("FREQ=WEEKLY;BYDAY=MO", Basis.DUE, None)
    assert words.rule == "FREQ=WEEKLY;BYDAY=FR"
    assert first == Due(dt.date(2026, 3, 6), dt.time(9), "Europe/Berlin")


def test_a_basis_that_is_given_outranks_that_of_the_words() -> None:
    draft, _ = read_recurrence(CONTEXT, "every week", Basis.COMPLETION)

    assert draft.basis is Basis.COMPLETION


@pytest.mark.parametrize("text", ["every hour", "now and then", "often"])
def test_what_is_no_repeat_is_refused(text: str) -> None:
    with pytest.raises(CannotRead):
        read_recurrence(CONTEXT, text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("in 5 minutes", "2026-03-02T09:05:00+00:00"),
        ("tomorrow 9am", "2026-03-03T08:00:00+00:00"),
        ("2026-03-05T17:30", "2026-03-05T16:30:00+00:00"),
        ("2026-03-05T17:30:15+00:00", "2026-03-05T17:30:15+00:00"),
    ],
)
def test_a_moment_is_read_from_iso_8601_and_from_words(text: str, moment: str) -> None:
    assert read_reminder(CONTEXT, ReminderTime(at=text)).at == dt.datetime.fromisoformat(moment)


@pytest.mark.parametrize("text", ["tomorrow", "2026-03-05", "soon"])
def test_a_moment_without_a_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(CannotRead, match="time of day"):
        read_reminder(CONTEXT, ReminderTime(at=text))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("PT1H", dt.timedelta(hours=1)),
        ("P1DT30M", dt.timedelta(days=1, minutes=30)),
        ("P2W", dt.timedelta(weeks=2)),
        ("PT0S", dt.timedelta(0)),
        ("1 hour", dt.timedelta(hours=1)),
        ("2 days", dt.timedelta(days=2)),
    ],
)
def test_a_time_before_the_due_is_read_from_iso_8601_and_from_words(text: str, span: dt.timedelta) -> None:
    assert read_reminder(CONTEXT, ReminderTime(before_due=text)).before_due == span


@pytest.mark.parametrize("text", ["P", "PT", "P1M", "a while", "1 month"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(CannotRead, match="Write it like"):
        read_reminder(CONTEXT, ReminderTime(before_due=text))


@pytest.mark.parametrize("given", [{}, {"at": "tomorrow 9am", "before_due": "1 hour"}])
def test_a_reminder_has_one_time(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="either"):
        ReminderTime(**given)
