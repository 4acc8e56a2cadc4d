"""What task events mean for reminders. Each is applied by its own version, whenever it comes."""

from events.contracts import TaskCompleted, TaskData, TaskDeleted, TaskUpdated
from events.envelope import Event
from events.subscriptions import Outcome
from notification.domain.mail import Due, TaskText
from notification.domain.reminder import TaskStanding, TaskState, reason_to_cancel
from notification.service_layer.cancelling import cancel
from notification.service_layer.unit_of_work import NotificationUnitOfWork


async def on_task_updated(event: Event[TaskUpdated], uow: NotificationUnitOfWork) -> Outcome:
    """Cancels the reminders that the task no longer lists."""
    state = TaskState.OPEN if event.data.task.status == "open" else TaskState.COMPLETED
    return await _apply(event.data.task, state, uow)


async def on_task_completed(event: Event[TaskCompleted], uow: NotificationUnitOfWork) -> Outcome:
    """Cancels the task's reminders, also one that is due, unless its mail has begun."""
    return await _apply(event.data.task, TaskState.COMPLETED, uow)


async def on_task_deleted(event: Event[TaskDeleted], uow: NotificationUnitOfWork) -> Outcome:
    """Cancels the task's reminders, also one that is due, unless its mail has begun."""
    return await _apply(event.data.task, TaskState.DELETED, uow)


async def _apply(task: TaskData, state: TaskState, uow: NotificationUnitOfWork) -> Outcome:
    standing = TaskStanding(
        version=task.version,
        state=state,
        listed={reminder.reminder_id: reminder.version for reminder in task.reminders},
    )
    # A reminder whose scheduling is still on its way is judged by this when it comes.
    known = await uow.tasks.merge(
        task.task_id,
        task.user_id,
        standing=standing,
        text_version=task.version,
        text=TaskText(
            number=task.number,
            title=task.title,
            due=Due(task.due.date, task.due.time, task.due.timezone) if task.due else None,
        ),
        now=uow.clock.now(),
    )
    if known is None:
        return Outcome.STALE
    cancelled = False
    for scheduling in await uow.reminders.open_of(task.task_id):
        reason = reason_to_cancel(scheduling, standing)
        if reason is not None:
            cancelled |= await cancel(uow, scheduling, reason)
    return Outcome.APPLIED if cancelled or known.version == task.version else Outcome.STALE
