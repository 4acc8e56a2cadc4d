"""How drafts become tasks and changes make them others, without input or output."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from chat_api.domain.actor import Actor
from chat_api.domain.drafts import RecurrenceDraft, TaskChanges, TaskDraft
from chat_api.domain.editing import TaskDone, changed_fields, edited, new_task
from chat_api.domain.reminder import Reminder, ReminderDraft, ReminderState
from chat_api.domain.reminding import (
    ReminderRefused,
    after_completion,
    after_move,
    after_reopening,
    copies,
    moment_before,
)
from chat_api.domain.task import Basis, Due, Priority, Status, Task
from events.contracts import CancelReason
from events.errors import Invalid
from events.recurrence import RuleError
from tests.support.fakes import SequentialIds, nth_id

NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
ACTOR = Actor(nth_id(1), "ada@example.com", "Europe/Berlin")
FRIDAY = Due(dt.date(2026, 3, 6), dt.time(9), "Europe/Berlin")
DAILY = RecurrenceDraft("FREQ=DAILY")


@pytest.fixture
def new_id() -> Callable[[], UUID]:
    return SequentialIds(100).new


@pytest.fixture
def add(new_id: Callable[[], UUID]) -> Callable[[TaskDraft], Task]:
    return lambda draft: new_task(ACTOR, draft, now=NOW, new_id=new_id)


def reminder(**changes: Any) -> Reminder:
    before = dt.timedelta(hours=1)
    return replace(
        Reminder(
            id=nth_id(50),
            task_id=nth_id(2),
            user_id=ACTOR.user_id,
            version=1,
            remind_at=moment_before(FRIDAY, before),
            before_due=before,
            state=ReminderState.SCHEDULED,
            cancel_reason=None,
            created_at=NOW,
            updated_at=NOW,
        ),
        **changes,
    )


def test_a_task_without_a_due_is_in_its_users_zone_and_one_with_a_due_in_that_dues(
    add: Callable[[TaskDraft], Task],
) -> None:
    assert add(TaskDraft("x")).timezone == "Europe/Berlin"
    assert add(TaskDraft("x", due=Due(dt.date(2026, 3, 6), None, "Asia/Tokyo"))).timezone == "Asia/Tokyo"


def test_a_repeat_without_a_due_begins_today_in_the_users_zone_or_later(new_id: Callable[[], UUID]) -> None:
    draft = TaskDraft("x", recurrence=DAILY)
    for zone, today in (("Pacific/Kiritimati", 2), ("Pacific/Honolulu", 1)):  # it is 2 March 00:30, and 1 March
        task = new_task(
            replace(ACTOR, timezone=zone), draft, now=dt.datetime(2026, 3, 1, 10, 30, tzinfo=dt.UTC), new_id=new_id
        )
        assert task.due == Due(dt.date(2026, 3, today), None, zone)


def test_every_change_is_named_as_its_field(add: Callable[[TaskDraft], Task], new_id: Callable[[], UUID]) -> None:
    task = add(TaskDraft("x", due=FRIDAY, reminders=(ReminderDraft(before_due=dt.timedelta(hours=1)),)))
    for changes, named in (
        (TaskChanges(title="y"), ("title",)),
        (TaskChanges(notes="y"), ("notes",)),
        (TaskChanges(priority=Priority.HIGH), ("priority",)),
        (TaskChanges(tags=("a",)), ("tags",)),
        (TaskChanges(due=replace(FRIDAY, time=dt.time(10))), ("due", "reminders")),
        (TaskChanges(due=replace(FRIDAY, timezone="Asia/Tokyo")), ("due", "timezone", "reminders")),
        (TaskChanges(due=None), ("due", "reminders")),
        (TaskChanges(recurrence=DAILY), ("recurrence",)),
        (TaskChanges(title="x", notes="", due=FRIDAY, recurrence=None), ()),
        (TaskChanges(), ()),
    ):
        assert changed_fields(task, edited(task, changes, now=NOW, new_id=new_id)) == named, changes


def test_another_basis_begins_a_new_series_as_another_rule_does(
    add: Callable[[TaskDraft], Task], new_id: Callable[[], UUID]
) -> None:
    task = add(TaskDraft("x", due=FRIDAY, recurrence=DAILY))
    assert task.recurrence is not None
    for draft in (RecurrenceDraft("FREQ=DAILY", Basis.COMPLETION), RecurrenceDraft("FREQ=DAILY;COUNT=3")):
        after = edited(task, TaskChanges(recurrence=draft), now=NOW, new_id=new_id)
        assert after.recurrence is not None
        assert after.recurrence.series_id != task.recurrence.series_id


def test_a_task_that_is_done_keeps_its_due_and_repeat_and_may_get_other_words(
    add: Callable[[TaskDraft], Task], new_id: Callable[[], UUID]
) -> None:
    done = replace(add(TaskDraft("x", due=FRIDAY)), status=Status.DONE)
    assert edited(done, TaskChanges(title="y"), now=NOW, new_id=new_id).title == "y"
    with pytest.raises(TaskDone):
        edited(done, TaskChanges(due=None), now=NOW, new_id=new_id)


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (TaskDraft(" "), Invalid),
        (TaskDraft("x", tags=("",)), Invalid),
        (TaskDraft("x", recurrence=RecurrenceDraft("FREQ=HOURLY")), RuleError),
        (TaskDraft("x", due=FRIDAY, recurrence=RecurrenceDraft("FREQ=DAILY;UNTIL=20260301")), RuleError),
        (TaskDraft("x", reminders=(ReminderDraft(before_due=dt.timedelta(hours=1)),)), ReminderRefused),
        (TaskDraft("x", reminders=(ReminderDraft(),)), ReminderRefused),
        (TaskDraft("x", reminders=(ReminderDraft(at=dt.datetime(2026, 3, 5, 9)),)), ReminderRefused),  # noqa: DTZ001
        (TaskDraft("x", reminders=(ReminderDraft(at=NOW),)), ReminderRefused),
        (TaskDraft("x", due=FRIDAY, reminders=(ReminderDraft(before_due=dt.timedelta(-1)),)), ReminderRefused),
        (
            TaskDraft("x", due=FRIDAY, reminders=(ReminderDraft(before_due=dt.timedelta(microseconds=1)),)),
            ReminderRefused,
        ),
    ],
)
def test_a_draft_that_cannot_be_meant_is_refused(
    add: Callable[[TaskDraft], Task], draft: TaskDraft, error: type[Exception]
) -> None:
    with pytest.raises(error):
        add(draft)


@pytest.mark.parametrize(
    ("state", "reason", "completed"),
    [
        (ReminderState.SCHEDULED, None, CancelReason.COMPLETED),
        (ReminderState.TRIGGERED, None, CancelReason.COMPLETED),
        (ReminderState.SENT, None, None),
        (ReminderState.CANCELLED, CancelReason.USER, CancelReason.USER),
        (ReminderState.FAILED, CancelReason.UNDELIVERABLE, CancelReason.UNDELIVERABLE),
    ],
)
def test_completing_cancels_what_is_pending_and_reopening_brings_only_that_back(
    state: ReminderState, reason: CancelReason | None, completed: CancelReason | None
) -> None:
    before = reminder(state=state, cancel_reason=reason)
    (after,) = after_completion([before], NOW)
    assert after.cancel_reason is completed
    (reopened,) = after_reopening([after], NOW)
    if completed is CancelReason.COMPLETED:
        assert (reopened.state, reopened.version, reopened.cancel_reason) == (ReminderState.SCHEDULED, 2, None)
    else:
        assert reopened == before
    (too_late,) = after_reopening([after], before.remind_at)
    assert too_late == after


def test_a_reminder_of_its_own_moment_does_not_move() -> None:
    absolute = reminder(before_due=None)
    assert after_move([absolute], None, NOW) == (absolute,)
    assert after_move([absolute], replace(FRIDAY, time=None), NOW) == (absolute,)


def test_a_reminder_that_would_be_at_the_same_moment_is_not_scheduled_anew() -> None:
    before = reminder()
    assert after_move([before], FRIDAY, NOW) == (before,)


def test_copies_begin_anew_and_leave_out_what_does_not_follow_the_due(new_id: Callable[[], UUID]) -> None:
    sent = reminder(state=ReminderState.SENT, version=7)
    mine = reminder(state=ReminderState.CANCELLED, cancel_reason=CancelReason.USER)
    absolute = reminder(before_due=None)
    saturday = replace(FRIDAY, date=dt.date(2026, 3, 7))

    (copy,) = copies([sent, mine, absolute], saturday, nth_id(3), now=NOW, new_id=new_id)

    assert (copy.task_id, copy.version, copy.state) == (nth_id(3), 1, ReminderState.SCHEDULED)
    assert copy.id != sent.id
    assert copy.remind_at == sent.remind_at + dt.timedelta(days=1)
