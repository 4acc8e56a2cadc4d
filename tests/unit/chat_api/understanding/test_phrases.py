"""Dates and times said back."""

import datetime as dt

import pytest

from chat_api.assistant.understanding.intents import When
from chat_api.assistant.understanding.phrases import say_instant, say_span, say_when

TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (When(TODAY), "today, Mon 23 Nov 2026 (Europe/Berlin)"),
        (When(dt.date(2026, 11, 24), dt.time(17)), "tomorrow, Tue 24 Nov 2026, 17:00 (Europe/Berlin)"),
        (When(dt.date(2026, 11, 22)), "yesterday, Sun 22 Nov 2026 (Europe/Berlin)"),
        (When(dt.date(2027, 1, 1), dt.time(0, 5)), "Fri 1 Jan 2027, 00:05 (Europe/Berlin)"),
    ],
)
def test_a_due_is_always_said_with_its_date_and_zone(when: When, words: str) -> None:
    assert say_when(when, today=TODAY, timezone="Europe/Berlin") == words


def test_an_instant_is_said_as_the_users_clock_shows_it() -> None:
    now = dt.datetime(2026, 11, 23, 22, 0, tzinfo=dt.UTC)
    instant = now + dt.timedelta(hours=2)
    assert (
        say_instant(instant, now=now, timezone="America/New_York") == "today, Mon 23 Nov 2026, 19:00 (America/New_York)"
    )
    assert say_instant(instant, now=now, timezone="Asia/Tokyo") == "today, Tue 24 Nov 2026, 09:00 (Asia/Tokyo)"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (60, "1 hour"),
        (90, "1 hour 30 minutes"),
        (1440, "1 day"),
        (4350, "3 days 30 minutes"),
    ],
)
def test_a_length_of_time_is_said_in_its_units(minutes: int, words: str) -> None:
    assert say_span(dt.timedelta(minutes=minutes)) == words
