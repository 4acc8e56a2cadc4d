"""Dates, moments and durations as requests write them: in ISO 8601, and in no other way that is merely readable."""

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, TypeAdapter


def _written_as(kind: Any, pattern: str, expected: str) -> BeforeValidator:
    """Reads text that is written so as a `kind`; a date is not to be had from the seconds since 1970."""
    adapter, compiled = TypeAdapter[Any](kind), re.compile(pattern)

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            if compiled.fullmatch(value):
                return adapter.validate_python(value, strict=False)
        except (ValueError, OverflowError) as error:
            raise ValueError(expected) from error
        raise ValueError(expected)

    return BeforeValidator(read)


Date = Annotated[dt.date, _written_as(dt.date, r"\d{4}-\d\d-\d\d", "a date is expected, such as 2026-03-02")]
Time = Annotated[
    dt.time, _written_as(dt.time, r"\d\d:\d\d(:\d\d(\.\d+)?)?", "a wall-clock time is expected, such as 09:30")
]
Moment = Annotated[
    AwareDatetime,
    _written_as(
        AwareDatetime,
        r"\d{4}-\d\d-\d\d[Tt ].+",
        "a moment with its offset from UTC is expected, such as 2026-03-02T09:30:00+01:00",
    ),
]
# A month is no duration: it is 28 to 31 days.
Duration = Annotated[
    dt.timedelta,
    _written_as(
        dt.timedelta,
        r"P(?=.)(\d+W|(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?)",
        "a duration is expected, such as PT30M or P1D",
    ),
]
