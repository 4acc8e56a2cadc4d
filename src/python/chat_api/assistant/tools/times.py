"""Dates, repeats and reminder times as callers write them: in ISO 8601 and RFC 5545, or in words."""

import datetime as dt
import re
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from chat_api.assistant.tools.reading import TwoReadings, read_moment, read_repeat, read_span, read_when
from chat_api.assistant.tools.tool import ToolArguments, ToolContext
from chat_api.assistant.understanding.series import NoSuchRepeat
from chat_api.domain.drafts import RecurrenceDraft
from chat_api.domain.reminder import ReminderDraft
from chat_api.domain.task import Basis, Due
from events.errors import Invalid
from events.recurrence import resolve_local
from events.recurrence import zone as zone_of

_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)", re.ASCII)
_HAS_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]", re.ASCII)
_ISO_DURATION: Final = re.compile(
    r"P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?", re.ASCII
)
_RULE: Final = re.compile(r"(?:RRULE:|[A-Z]+=)", re.ASCII | re.IGNORECASE)

WhenText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description='A date, with a time of day where there is one, in words ("tomorrow 5pm", "next friday") or as'
        ' ISO 8601 ("2026-03-01", "2026-03-01T17:00"). Without an offset it is meant in the user\'s time zone.',
    ),
]
RepeatText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=300,
        description='A repeat, in words ("every 2 weeks on monday") or as an RFC 5545 rule ("FREQ=WEEKLY;BYDAY=MO").',
    ),
]


class CannotRead(Invalid):
    """A date, repeat or time that could not be read; `detail` says what would be understood."""

    code = "not-understood"
    title = "A date or repeat could not be read"


class ReminderTime(ToolArguments):
    """When to remind: exactly one of the two."""

    at: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description='A moment, in words ("in 5 minutes", "tomorrow 9am") or as ISO 8601 ("2026-03-01T17:00").',
    )
    before_due: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description='How long before the task is due, in words ("1 hour") or as ISO 8601 ("PT1H"); it moves with the'
        ' due date. "PT0S" is at the due time.',
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.at is None) == (self.before_due is None):
            raise ValueError("give either `at` or `before_due`")
        return self


def read_due(context: ToolContext, text: str) -> Due:
    """The due that `text` means, in the user's zone.

    Raises:
        CannotRead: it means none.
    """
    iso = _iso(context, text)
    if iso is not None:
        return Due(iso.date(), iso.time() if _HAS_TIME.match(text) else None, context.actor.timezone)
    try:
        when = read_when(text, context.now)
    except TwoReadings as error:
        raise _ambiguous(text) from error
    if when is None:
        raise CannotRead(
            f'I cannot read "{text}" as a date. Write it like "tomorrow 5pm", "next friday" or "2026-03-01T17:00".'
        )
    return Due(when.date, when.time, context.actor.timezone)


def read_date(context: ToolContext, text: str) -> dt.date:
    """The date that `text` means; raises as `read_due` does."""
    return read_due(context, text).date


def read_recurrence(context: ToolContext, text: str, basis: Basis | None = None) -> tuple[RecurrenceDraft, Due | None]:
    """The repeat that `text` means, and its first due where it is given in words.

    Args:
        context: whose zone and clock the words count from.
        text: an RFC 5545 rule, or words.
        basis: what the series counts from; it outranks what the words say of it.

    Raises:
        CannotRead: it means none, or one that cannot be.
    """
    if _RULE.match(text):
        return RecurrenceDraft(text, basis or Basis.DUE), None
    try:
        read = read_repeat(text, context.now)
    except NoSuchRepeat as error:
        raise CannotRead(str(error)) from error
    except TwoReadings as error:
        raise _ambiguous(text) from error
    if read is None:
        raise CannotRead(
            f'I cannot read "{text}" as a repeat. Write it like "every day", "every 2 weeks on monday" or'
            ' "FREQ=MONTHLY;BYMONTHDAY=-1".'
        )
    repeat, first = read
    return (
        RecurrenceDraft(repeat.rule, basis or Basis(repeat.basis)),
        Due(first.date, first.time, context.actor.timezone),
    )


def read_reminder(context: ToolContext, time: ReminderTime) -> ReminderDraft:
    """The reminder that `time` means.

    Raises:
        CannotRead: it means none.
    """
    if time.before_due is not None:
        return ReminderDraft(before_due=_span(time.before_due))
    text = time.at or ""
    iso = _iso(context, text) if _HAS_TIME.match(text) else None
    try:
        at = iso or read_moment(text, context.now)
    except TwoReadings as error:
        raise _ambiguous(text) from error
    if at is None:
        raise CannotRead(
            f'I cannot read "{text}" as a moment. Name a day and a time of day, like "tomorrow 9am", "in 5 minutes" or'
            ' "2026-03-01T09:00".'
        )
    return ReminderDraft(at=at.astimezone(dt.UTC))


def _ambiguous(text: str) -> CannotRead:
    return CannotRead(
        f'"{text}" can be read with the day first or with the month first. Ask the user which it is, and write the'
        ' date like "2026-12-05" or "5 December".',
        code="ambiguous-date",
    )


def _iso(context: ToolContext, text: str) -> dt.datetime | None:
    """A date or moment in ISO 8601, as the clock in the user's zone shows it; aware."""
    if not _ISO_DATE.match(text):
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    zone = zone_of(context.actor.timezone)
    if moment.tzinfo is not None:
        return moment.astimezone(zone)
    return resolve_local(moment.date(), moment.time(), zone).astimezone(zone)


def _span(text: str) -> dt.timedelta:
    match = _ISO_DURATION.fullmatch(text)
    if match is not None and any(match.groups()):
        weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
        return dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    span = read_span(text)
    if span is None:
        raise CannotRead(f'I cannot read "{text}" as a length of time. Write it like "1 hour", "2 days" or "PT1H".')
    return span
