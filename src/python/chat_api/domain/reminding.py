"""When reminders are to be sent, and what becomes of them as their task changes."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import MINYEAR
from uuid import UUID

from chat_api.domain.reminder import MAX_REMINDERS, Reminder, ReminderDraft, ReminderState
from chat_api.domain.task import Due, Task
from events.contracts import CancelReason
from events.errors import Invalid
from events.recurrence import resolve_local, zone

NewId = Callable[[], UUID]

WHOLE_DAY_TIME = dt.time(9)
"""What reminders before a due without a time of day count back from: nobody wants them at midnight."""

MAX_BEFORE_DUE = dt.timedelta(days=366)
_LAST_YEAR = 2999


class ReminderRefused(Invalid):
    """A reminder that cannot be kept."""

    code = "invalid-reminder"
    title = "The reminder is not valid"


def moment_before(due: Due, before: dt.timedelta) -> dt.datetime:
    """The moment, in UTC, `before` ahead of `due`.

    Whole days are counted on the calendar, what is left on the clock: a day before 9:00 is 9:00 though clocks change
    in between. A due without a time of day counts as `WHOLE_DAY_TIME`.
    """
    time = WHOLE_DAY_TIME if due.time is None else due.time
    day = resolve_local(due.date - dt.timedelta(days=before.days), time, zone(due.timezone))
    return day - (before - dt.timedelta(days=before.days))


def new_reminders(
    task: Task, drafts: Sequence[ReminderDraft], *, now: dt.datetime, new_id: NewId
) -> tuple[Reminder, ...]:
    """Reminders of `task` as they were asked for at `now`.

    Raises:
        ReminderRefused: one lies in the past, counts from a due that is not there, or there are too many.
    """
    if len(task.reminders) + len(drafts) > MAX_REMINDERS:
        raise ReminderRefused(f"A task has at most {MAX_REMINDERS} reminders.", code="too-many-reminders")
    return tuple(_new_reminder(task, draft, now, new_id()) for draft in drafts)


def cancelled(reminder: Reminder, reason: CancelReason, now: dt.datetime) -> Reminder:
    """`reminder`, not to be sent for `reason`."""
    return replace(reminder, state=ReminderState.CANCELLED, cancel_reason=reason, updated_at=now)


def after_completion(reminders: Sequence[Reminder], now: dt.datetime) -> tuple[Reminder, ...]:
    """What becomes of the reminders of a task that is done: none that is pending will be sent."""
    return tuple(cancelled(r, CancelReason.COMPLETED, now) if r.is_pending else r for r in reminders)


def after_reopening(reminders: Sequence[Reminder], now: dt.datetime) -> tuple[Reminder, ...]:
    """What becomes of the reminders of a task that is open again: what its completion cancelled is back, if ahead."""
    return tuple(
        _rescheduled(r, r.remind_at, now) if r.cancel_reason is CancelReason.COMPLETED and r.remind_at > now else r
        for r in reminders
    )


def after_move(reminders: Sequence[Reminder], due: Due | None, now: dt.datetime) -> tuple[Reminder, ...]:
    """What becomes of the reminders of a task whose due is now `due`: those before the due move with it."""
    return tuple(_moved(r, due, now) for r in reminders)


def copies(
    reminders: Sequence[Reminder], due: Due, task_id: UUID, *, now: dt.datetime, new_id: NewId
) -> tuple[Reminder, ...]:
    """The reminders of the next instance `task_id` of a series: those of its parent that count from the due.

    One whose moment has passed is kept as cancelled, so that the instance after this has it again.
    """
    return tuple(
        _at(replace(r, id=new_id(), task_id=task_id, version=1, created_at=now), moment_before(due, r.before_due), now)
        for r in reminders
        if r.follows_due and r.before_due is not None
    )


def _new_reminder(task: Task, draft: ReminderDraft, now: dt.datetime, reminder_id: UUID) -> Reminder:
    remind_at = _moment(task, draft)
    if remind_at <= now:
        raise ReminderRefused(
            f"{remind_at.astimezone(zone(task.timezone)):%Y-%m-%d %H:%M} in {task.timezone} has passed already.",
            code="reminder-in-the-past",
        )
    return Reminder(
        id=reminder_id,
        task_id=task.id,
        user_id=task.user_id,
        version=1,
        remind_at=remind_at,
        before_due=draft.before_due,
        state=ReminderState.SCHEDULED,
        cancel_reason=None,
        created_at=now,
        updated_at=now,
    )


def _moment(task: Task, draft: ReminderDraft) -> dt.datetime:
    if (draft.at is None) == (draft.before_due is None):
        raise ReminderRefused("Say either when to remind (at), or how long before the due (before_due).")
    if draft.at is not None:
        if draft.at.tzinfo is None or not MINYEAR < draft.at.year <= _LAST_YEAR:
            raise ReminderRefused(f"at: a moment with its offset from UTC, up to the year {_LAST_YEAR}.")
        return draft.at.astimezone(dt.UTC)
    if task.due is None:
        raise ReminderRefused("A reminder before the due needs a task with a due date.", code="no-due-date")
    before = draft.before_due or dt.timedelta()
    if not dt.timedelta() <= before <= MAX_BEFORE_DUE or before.microseconds:
        raise ReminderRefused(f"before_due: whole seconds, from none up to {MAX_BEFORE_DUE.days} days.")
    return moment_before(task.due, before)


def _moved(reminder: Reminder, due: Due | None, now: dt.datetime) -> Reminder:
    if not reminder.follows_due or reminder.before_due is None:
        return reminder
    if due is None:
        return cancelled(reminder, CancelReason.MOVED, now) if reminder.is_pending else reminder
    remind_at = moment_before(due, reminder.before_due)
    if remind_at > now:
        is_back = reminder.cancel_reason is CancelReason.MOVED
        return _rescheduled(reminder, remind_at, now) if is_back or remind_at != reminder.remind_at else reminder
    return _at(reminder, remind_at, now) if reminder.is_pending and remind_at != reminder.remind_at else reminder


def _at(reminder: Reminder, remind_at: dt.datetime, now: dt.datetime) -> Reminder:
    """`reminder` in its version, scheduled where `remind_at` is ahead, else cancelled."""
    if remind_at > now:
        return replace(reminder, remind_at=remind_at, state=ReminderState.SCHEDULED, cancel_reason=None, updated_at=now)
    return replace(cancelled(reminder, CancelReason.MOVED, now), remind_at=remind_at)


def _rescheduled(reminder: Reminder, remind_at: dt.datetime, now: dt.datetime) -> Reminder:
    return _at(replace(reminder, version=reminder.version + 1), remind_at, now)
