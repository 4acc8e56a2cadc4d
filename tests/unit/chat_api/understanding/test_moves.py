"""What a change of due makes of the due that a task has."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from chat_api.assistant.understanding.intents import Shift, TimeOnly, When
from chat_api.assistant.understanding.moves import moved

NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))
TODAY = NOW.date()
FRIDAY = dt.date(2026, 11, 27)
NINE, FIVE = dt.time(9), dt.time(17)


@pytest.mark.parametrize(
    ("present", "change", "expected"),
    [
        (None, None, None),
        (When(FRIDAY, NINE), None, None),
        (None, When(FRIDAY), When(FRIDAY)),
        (When(TODAY, NINE), When(FRIDAY), When(FRIDAY, NINE)),
        (When(TODAY, NINE), When(FRIDAY, FIVE), When(FRIDAY, FIVE)),
        (When(FRIDAY), TimeOnly(FIVE), When(FRIDAY, FIVE)),
        (When(dt.date(2026, 11, 1)), TimeOnly(FIVE), When(TODAY, FIVE)),
        (None, TimeOnly(NINE), When(dt.date(2026, 11, 25), NINE)),
        (When(FRIDAY), Shift(days=2), When(dt.date(2026, 11, 29))),
        (When(FRIDAY, NINE), Shift(months=1), When(dt.date(2026, 12, 27), NINE)),
        (When(FRIDAY, NINE), Shift(seconds=3600), When(FRIDAY, dt.time(10))),
        (When(FRIDAY), Shift(days=-1), When(dt.date(2026, 11, 26))),
        (None, Shift(days=7), When(dt.date(2026, 12, 1))),
        (None, Shift(seconds=5400), When(TODAY, dt.time(11, 30))),
        (When(dt.date(2027, 1, 31)), Shift(months=1), When(dt.date(2027, 2, 28))),
    ],
)
def test_moves(present: When | None, change: When | TimeOnly | Shift | None, expected: When | None) -> None:
    assert moved(present, change, NOW) == expected


def test_a_move_out_of_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match=r"calendar|year"):
        moved(None, Shift(months=12 * 9000), NOW)
