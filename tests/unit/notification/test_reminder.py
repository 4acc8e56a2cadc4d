"""What a task's state means for its reminders."""

import datetime as dt
from dataclasses import replace

import pytest

from events.contracts import CancelReason
from notification.domain.reminder import (
    ReminderState,
    Scheduling,
    TaskStanding,
    TaskState,
    reason_to_cancel,
)
from tests.support.fakes import nth_id

REMINDER, TASK, USER = nth_id(1), nth_id(2), nth_id(3)
SCHEDULING = Scheduling(
    reminder_id=REMINDER,
    version=2,
    task_id=TASK,
    user_id=USER,
    task_version=5,
    remind_at=dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC),
)


def standing(version: int, state: TaskState = TaskState.OPEN, lists: int | None = None) -> TaskStanding:
    return TaskStanding(version, state, {} if lists is None else {REMINDER: lists})


def test_a_scheduling_holds_while_nothing_is_known_of_its_task() -> None:
    assert reason_to_cancel(SCHEDULING, standing(0)) is None


def test_a_scheduling_holds_while_its_task_lists_it() -> None:
    assert reason_to_cancel(SCHEDULING, standing(5, lists=2)) is None
    assert reason_to_cancel(SCHEDULING, standing(9, lists=2)) is None


def test_one_no_longer_listed_was_cancelled_by_the_user() -> None:
    assert reason_to_cancel(SCHEDULING, standing(6)) is CancelReason.USER


def test_one_listed_in_a_later_version_was_moved() -> None:
    assert reason_to_cancel(SCHEDULING, standing(6, lists=3)) is CancelReason.MOVED


def test_a_list_older_than_the_scheduling_says_nothing_of_it() -> None:
    assert reason_to_cancel(SCHEDULING, standing(4)) is None
    assert reason_to_cancel(SCHEDULING, standing(4, lists=1)) is None


@pytest.mark.parametrize("state", [ReminderState.SCHEDULED, ReminderState.TRIGGERED])
def test_completing_or_deleting_the_task_voids_what_was_scheduled_before(state: ReminderState) -> None:
    scheduling = replace(SCHEDULING, state=state)
    assert reason_to_cancel(scheduling, standing(6, TaskState.COMPLETED)) is CancelReason.COMPLETED
    assert reason_to_cancel(scheduling, standing(6, TaskState.DELETED)) is CancelReason.DELETED


def test_what_was_scheduled_after_reopening_holds_though_the_completion_is_the_last_that_is_known() -> None:
    assert reason_to_cancel(SCHEDULING, standing(4, TaskState.COMPLETED)) is None


def test_what_was_scheduled_for_a_task_that_came_back_holds_though_its_deletion_is_the_last_that_is_known() -> None:
    assert reason_to_cancel(SCHEDULING, standing(4, TaskState.DELETED)) is None


@pytest.mark.parametrize(
    ("state", "is_open"),
    [
        (ReminderState.SCHEDULED, True),
        (ReminderState.TRIGGERED, True),
        (ReminderState.SENT, False),
        (ReminderState.CANCELLED, False),
        (ReminderState.FAILED, False),
    ],
)
def test_a_mail_may_come_only_of_what_is_scheduled_or_triggered(state: ReminderState, is_open: bool) -> None:
    assert replace(SCHEDULING, state=state).is_open is is_open
