"""What task and user events mean for series. Handlers never commit."""

from uuid import UUID

import structlog

from events.contracts import TaskCompleted, UserDeleted
from events.envelope import Event
from events.errors import EventRejected
from events.recurrence import InvalidDue, RuleError
from events.subscriptions import Outcome
from recurring.domain.following import following_instance
from recurring.service_layer.metrics import COMPLETIONS
from recurring.service_layer.repositories import Completion
from recurring.service_layer.unit_of_work import RecurringUnitOfWork

_log = structlog.get_logger(__name__)


async def on_task_completed(event: Event[TaskCompleted], uow: RecurringUnitOfWork) -> Outcome:
    """Brings the next instance of the completed task's series, and publishes `recurring.task.created`.

    Only a later completion of the same task makes this one stale; a later edit does not. A task that was reopened
    and is completed again brings the same instance again, or, where that one's time has passed meanwhile, the one
    that is due next in its place. Where the instance that follows has itself been completed, the series has gone
    on from there, and nothing is brought.
    """
    completion = event.data
    if not completion.had_recurrence:
        return Outcome.IGNORED
    task, recurrence = completion.task, completion.task.recurrence
    if recurrence is None:
        raise EventRejected("the task is said to have had a recurrence, but the event does not carry it")
    try:
        following = following_instance(completion, recurrence, now=uow.clock.now())
    except (RuleError, InvalidDue) as error:
        raise EventRejected(f"the next occurrence cannot be computed: {error.detail}") from error
    except OverflowError as error:
        raise EventRejected(f"the next occurrence lies beyond the calendar: {error}") from error

    if not await uow.users.hold(completion.user_id):
        return Outcome.STALE
    earlier = await uow.completions.get(task.task_id)
    if earlier is not None and earlier.version >= completion.version:
        return Outcome.STALE

    next_id = following.task_id if following is not None else None
    brought_id = earlier.next_task_id if earlier is not None else None
    brought_is_done = await _is_done(brought_id, uow)
    same_series = earlier is not None and earlier.series_id == recurrence.series_id
    continued = (same_series and brought_is_done) or await _is_done(next_id, uow)
    await uow.completions.put(
        Completion(
            task_id=task.task_id,
            user_id=completion.user_id,
            version=completion.version,
            series_id=recurrence.series_id,
            next_task_id=brought_id if same_series and brought_is_done else next_id,
            recorded_at=uow.clock.now(),
        )
    )
    if continued:
        _count("continued", uow)
        return Outcome.STALE
    if brought_id is not None and brought_id != next_id and not brought_is_done:
        await uow.instances.withdraw(brought_id, task.task_id)
    if following is None:
        _log.info("series is over", series_id=str(recurrence.series_id), ordinal=recurrence.ordinal)
        _count("ended", uow)
        return Outcome.APPLIED
    is_new = await uow.instances.put(following)
    await uow.publish(following)
    _count("created" if is_new else "again", uow)
    return Outcome.APPLIED


async def on_user_deleted(event: Event[UserDeleted], uow: RecurringUnitOfWork) -> Outcome:
    """Erases the user; a completion that arrives later is kept out by the tombstone."""
    await uow.erase_messages(event.data.user_id)
    erased = await uow.users.erase(event.data.user_id, uow.clock.now())
    return Outcome.APPLIED if erased else Outcome.STALE


async def _is_done(task_id: UUID | None, uow: RecurringUnitOfWork) -> bool:
    return task_id is not None and await uow.completions.get(task_id) is not None


def _count(result: str, uow: RecurringUnitOfWork) -> None:
    uow.after_commit(COMPLETIONS.labels(result).inc)
