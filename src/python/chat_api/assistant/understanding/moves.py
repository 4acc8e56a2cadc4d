"""Applying a change of due to the due that a task has."""

import datetime as dt

from dateutil.relativedelta import relativedelta

from chat_api.assistant.understanding.intents import Shift, TimeOnly, When


def moved(present: When | None, change: When | TimeOnly | Shift | None, now: dt.datetime) -> When | None:
    """Work out a task's new due.

    A new date keeps the time of day that the task has. A new time alone keeps the task's date, or is the next such
    time where the task has none or its date is past. A shift counts from the task's due, or from `now` where it has
    none. `now` is aware, in the zone of the due.

    Raises:
        ValueError: a shift leaves the calendar's years 1 to 9999.
    """
    match change:
        case None:
            return None
        case When(date, None) if present is not None:
            return When(date, present.time)
        case When():
            return change
        case TimeOnly(time):
            return _at_time(present, time, now)
        case Shift():
            return _shifted(present, change, now)


def _at_time(present: When | None, time: dt.time, now: dt.datetime) -> When:
    if present is not None and present.date > now.date():
        return When(present.date, time)
    today = now.date()
    return When(today if time > now.time() else today + dt.timedelta(days=1), time)


def _shifted(present: When | None, shift: Shift, now: dt.datetime) -> When:
    step = relativedelta(months=shift.months, days=shift.days)
    try:
        if shift.seconds == 0:
            start = present or When(now.date())
            return When(start.date + step, start.time)
        start_time = now if present is None or present.time is None else _instant(present, now)
        local = ((start_time + step).astimezone(dt.UTC) + dt.timedelta(seconds=shift.seconds)).astimezone(now.tzinfo)
    except OverflowError as error:
        raise ValueError("that is further away than the calendar goes") from error
    return When(local.date(), local.time().replace(second=0, microsecond=0))


def _instant(when: When, now: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(when.date, when.time or dt.time(), tzinfo=now.tzinfo)
