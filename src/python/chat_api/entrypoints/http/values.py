"""Dates, moments and durations as requests write them: in ISO 8601, and in no other way that is merely readable."""

import datetime as dt
import re
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator


def _written_as(pattern: str, expected: str) -> BeforeValidator:
    """Refuses text that is not written so, such as a date as the number of seconds since 1970."""
    compiled = re.compile(pattern)

    def check(value: object) -> object:
        if isinstance(value, str) and compiled.fullmatch(value) is None:
            raise ValueError(expected)
        return value

    return BeforeValidator(check)


Date = Annotated[dt.date, _written_as(r"\d{4}-\d\d-\d\d", "a date is expected, such as 2026-03-02")]
Moment = Annotated[
    AwareDatetime,
    _written_as(
        r"\d{4}-\d\d-\d\d[Tt ].+", "a moment with its offset from UTC is expected, such as 2026-03-02T09:30:00+01:00"
    ),
]
# A month is no duration: it is 28 to 31 days.
Duration = Annotated[
    dt.timedelta,
    _written_as(r"P(?=.)(\d+W|(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?)", "a duration is expected, such as PT30M or P1D"),
]
