"""Events of different topics arrive in any order, and any of them twice: the right mails come of it all the same."""

import datetime as dt
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.contracts import ReminderTriggered
from tests.integration.notification.harness import Notification
from tests.support.chat_history import NOW, TaskHistory
from tests.support.fakes import FixedClock

MINUTE = dt.timedelta(minutes=1)
SOMETIME = dt.timedelta(days=400)

exhaustively = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def histories(draw: st.DrawFn) -> TaskHistory:
    """A task as its user works on it for a while."""
    history = TaskHistory(user_id=uuid4(), task_id=uuid4())
    history.create()
    for _ in range(draw(st.integers(1, 7))):
        if history.deleted:
            break
        actions = ["rename", "delete"] if history.status == "open" else ["reopen", "reopen", "delete"]
        if history.status == "open":
            actions += ["complete", "remind", "remind", "move"]
        if history.wanted:
            actions += ["unremind"]
        match draw(st.sampled_from(actions)):
            case "rename":
                history.rename(f"Title {history.version}")
            case "delete":
                history.delete()
            case "reopen":
                history.reopen()
            case "complete":
                history.complete()
            case "remind":
                history.remind(draw(st.integers(1, 50)) * MINUTE, uuid4())
            case "move":
                history.move(draw(st.integers(1, 50)) * MINUTE)
            case "unremind":
                history.unremind(draw(st.sampled_from(sorted(history.wanted))))
    return history


def wanted(history: TaskHistory) -> set[tuple[UUID, int]]:
    return {(reminder_id, version) for reminder_id, (version, _) in history.wanted.items()}


async def delivered(notification: Notification, history: TaskHistory) -> list[tuple[UUID, int]]:
    """The schedulings whose mail is to be sent."""
    rows = await notification.fetch(
        "SELECT reminder_id, reminder_version FROM deliveries WHERE task_id = :task_id AND state = 'pending'",
        task_id=history.task_id,
    )
    return [(row.reminder_id, row.reminder_version) for row in rows]


@pytest.mark.proves("FR-016")
@exhaustively
@given(history=histories(), data=st.data())
async def test_any_permutation_brings_the_mails_that_are_wanted_in_the_end(
    notification: Notification, clock: FixedClock, history: TaskHistory, data: st.DataObject
) -> None:
    clock.set(NOW)
    twice = data.draw(st.lists(st.sampled_from(history.events), max_size=4))
    for event in data.draw(st.permutations([*history.events, *twice])):
        await notification.receive(event)
    clock.set(NOW + SOMETIME)
    await notification.come_due()
    assert sorted(await delivered(notification, history)) == sorted(wanted(history))


@exhaustively
@given(history=histories(), data=st.data())
async def test_a_reminder_that_comes_due_half_way_is_still_sent_at_most_once_and_only_if_wanted(
    notification: Notification, clock: FixedClock, history: TaskHistory, data: st.DataObject
) -> None:
    clock.set(NOW)
    events = data.draw(st.permutations(history.events))
    half = data.draw(st.integers(0, len(events)))
    for event in events[:half]:
        await notification.receive(event)
    clock.set(NOW + SOMETIME)
    await notification.come_due()
    for event in [*events[half:], *await notification.published(ReminderTriggered)]:
        await notification.receive(event)
    await notification.come_due()
    assert sorted(await delivered(notification, history)) == sorted(wanted(history))
