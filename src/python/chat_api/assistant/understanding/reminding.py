"""When to remind: at a time, or before the due."""

import datetime as dt

from chat_api.assistant.understanding.asking import Ask, Refuse
from chat_api.assistant.understanding.calendar_terms import Reference
from chat_api.assistant.understanding.durations import Duration, duration
from chat_api.assistant.understanding.intents import Question, RemindAt
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.times import DAY_PARTS
from chat_api.assistant.understanding.tokens import Tokens
from chat_api.assistant.understanding.when import Said, instant_of, local_instant, worked_out

REMINDER_TIME = DAY_PARTS["morning"]
"""When a reminder comes on a day for which no time was said."""
REMINDER_HEADS = (
    "[,] [and|with|,] [also|please] remind|notify|alert|ping|email me [about|of] [it|this|that]",
    "[,] [and|with|,] [a] reminder|reminders|alert [at|on|for]",
    "[,] [and] set|add a reminder [for|at|on]",
)
_BEFORE = (
    "before [it|that|it's] [is] [due|starts|begins|happens] [time]",
    "earlier|ahead|prior",
    "in advance",
    "ahead of time",
)


def before_due_said(tokens: Tokens, at: int) -> tuple[dt.timedelta, int] | None:
    """``30 minutes before``, ``the day before``, ``when it is due``: how long before the due: ``(span, end)``."""
    when_due = match_any(("when [it|that|it's] [is] due", "at [the] due time", "on time"), tokens, at)
    if when_due is not None:
        return dt.timedelta(), when_due
    start = match_phrase("[at] [least]", tokens, at) or at
    length = duration(tokens, start) or _the_unit(tokens, start)
    if length is None:
        return None
    span = length[0].timedelta()
    end = match_any(_BEFORE, tokens, length[1])
    return (span, end) if span is not None and end is not None else None


def _the_unit(tokens: Tokens, at: int) -> tuple[Duration, int] | None:
    """``the day``, ``one evening``: as in "the day before"."""
    for pattern, length in (
        ("the day", Duration(days=1)),
        ("the week", Duration(days=7)),
        ("the hour", Duration(seconds=3600)),
    ):
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            return length, end
    return None


def remind_at(said: Said, message: str, ref: Reference) -> RemindAt:
    """The reminder at what was said.

    Raises:
        Ask: it has passed already.
        Refuse: it is beyond the calendar.
    """
    try:
        moment = instant_of(said, ref)
        if moment is None:
            moment = local_instant(worked_out(said, ref).date, REMINDER_TIME, ref)
    except (OverflowError, ValueError) as error:
        raise Refuse("That is further away than the calendar goes.", ("remind me about 3 tomorrow at 9:00",)) from error
    if moment <= ref.now:
        template = None if said.time is not None else f"{message} {{answer}}"
        raise Ask(Question("That time has passed. At what time shall I remind you?", template=template))
    return RemindAt(moment)
