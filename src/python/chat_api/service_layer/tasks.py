"""Tasks: what their users do with them.

Every function works within a unit of work that its caller opened and commits. `if_version` makes a change
conditional on the version that the caller saw: `TaskChanged` where the task has another one. All raise `TaskNotFound`
where the actor has no task of that number.
"""

from collections.abc import Sequence
from dataclasses import replace

from chat_api.domain import editing, reminding
from chat_api.domain.actor import Actor
from chat_api.domain.drafts import TaskChanges, TaskDraft
from chat_api.domain.reminder import Reminder, ReminderState
from chat_api.domain.task import DeletedTask, ReopenedTask, Resolution, Status, Task
from chat_api.service_layer.announcements import reminder_scheduled, task_data
from chat_api.service_layer.errors import AccountGone, NotRecurring, TaskChanged, TaskNotFound
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.contracts import TaskCompleted, TaskCreated, TaskDeleted, TaskUpdated


async def add_task(uow: ChatUnitOfWork, actor: Actor, draft: TaskDraft) -> Task:
    """Adds a task; publishes task.created, and reminder.scheduled for each reminder.

    Raises:
        Invalid: the title is empty or too long, a reminder lies in the past, ...
        InvalidDue, RuleError: the due or the repeat cannot be meant.
    """
    task = await uow.tasks.add(editing.new_task(actor, draft, now=uow.clock.now(), new_id=uow.ids.new))
    if task is None:
        raise AccountGone
    await uow.publish(TaskCreated(user_id=actor.user_id, version=task.version, task=task_data(task), origin="user"))
    await publish_schedules(uow, task, task.reminders)
    return task


async def edit_task(
    uow: ChatUnitOfWork, actor: Actor, number: int, changes: TaskChanges, if_version: int | None = None
) -> Task:
    """Changes a task; publishes task.updated, and reminder.scheduled for reminders that moved with the due.

    Another rule, or another basis, begins a new series with this task. Where nothing differs, nothing happens.

    Raises:
        Invalid, InvalidDue, RuleError: as `add_task` does.
        TaskDone: due and repeat of a task that is done cannot be changed.
    """
    task = await find_task(uow, actor, number, if_version)
    edited = editing.edited(task, changes, now=uow.clock.now(), new_id=uow.ids.new)
    changed = editing.changed_fields(task, edited)
    if not changed:
        return task
    return await save_changes(uow, task, edited, changed)


async def complete_task(uow: ChatUnitOfWork, actor: Actor, number: int, if_version: int | None = None) -> Task:
    """Completes a task; publishes task.completed, which brings the next instance of a series.

    Its pending reminders are cancelled. A task that is done already stays as it is.
    """
    return await _finish(uow, actor, number, if_version, Resolution.COMPLETED)


async def skip_task(uow: ChatUnitOfWork, actor: Actor, number: int, if_version: int | None = None) -> Task:
    """Skips this occurrence of a series: as `complete_task`, with the resolution skipped.

    Raises:
        NotRecurring: the task does not repeat.
    """
    return await _finish(uow, actor, number, if_version, Resolution.SKIPPED)


async def reopen_task(uow: ChatUnitOfWork, actor: Actor, number: int, if_version: int | None = None) -> ReopenedTask:
    """Reopens a task that is done; publishes task.updated.

    The reminders that its completion cancelled are scheduled anew, where they are still ahead. The next instance
    that its completion brought is deleted (task.deleted) while its user has done nothing with it; else it stays.
    A task that is open already stays as it is.
    """
    if not await uow.users.hold(actor.user_id):
        raise AccountGone
    task = await find_task(uow, actor, number, if_version)
    if task.status is Status.OPEN:
        return ReopenedTask(task)
    now = uow.clock.now()
    reopened = replace(
        task,
        status=Status.OPEN,
        completed_at=None,
        resolution=None,
        completed_version=None,
        reminders=reminding.after_reopening(task.reminders, now),
    )
    reopened = await save_changes(uow, task, reopened, ("status", *_if_differs(task.reminders, reopened.reminders)))
    series_id = None if task.recurrence is None else task.recurrence.series_id
    successor = await uow.tasks.successor_for_update(task.id, series_id)
    if successor is None:
        return ReopenedTask(reopened)
    if not successor.is_untouched:
        return ReopenedTask(reopened, kept=successor)
    return ReopenedTask(reopened, retracted=await _delete(uow, successor))


async def delete_task(uow: ChatUnitOfWork, actor: Actor, number: int, if_version: int | None = None) -> DeletedTask:
    """Deletes a task with its reminders; publishes task.deleted. An open instance ends its series."""
    if not await uow.users.hold(actor.user_id):
        raise AccountGone
    task = await find_task(uow, actor, number, if_version)
    deleted = await _delete(uow, task)
    return DeletedTask(deleted, ended_series=task.recurrence is not None and task.status is Status.OPEN)


async def find_task(uow: ChatUnitOfWork, actor: Actor, number: int, if_version: int | None = None) -> Task:
    """The actor's task of that number, locked until the unit of work ends.

    Raises:
        TaskNotFound: there is none.
        TaskChanged: its version is not `if_version`.
    """
    task = await uow.tasks.get_for_update(actor.user_id, number)
    if task is None:
        raise TaskNotFound(number)
    if if_version is not None and task.version != if_version:
        raise TaskChanged(task)
    return task


async def save_changes(uow: ChatUnitOfWork, before: Task, after: Task, changed: Sequence[str]) -> Task:
    """Writes `after` as the next version, with its reminders; publishes task.updated and what is scheduled anew."""
    saved = replace(after, version=before.version + 1, updated_at=uow.clock.now())
    await uow.tasks.update(saved)
    rescheduled = await _save_reminders(uow, before.reminders, saved.reminders)
    await uow.publish(
        TaskUpdated(user_id=saved.user_id, version=saved.version, task=task_data(saved), changed=tuple(changed))
    )
    await publish_schedules(uow, saved, rescheduled)
    return saved


async def publish_schedules(uow: ChatUnitOfWork, task: Task, reminders: Sequence[Reminder]) -> None:
    """Publishes reminder.scheduled for those of `reminders` that are scheduled."""
    for reminder in reminders:
        if reminder.state is ReminderState.SCHEDULED:
            await uow.publish(reminder_scheduled(task, reminder))


async def _finish(
    uow: ChatUnitOfWork, actor: Actor, number: int, if_version: int | None, resolution: Resolution
) -> Task:
    task = await find_task(uow, actor, number, if_version)
    if resolution is Resolution.SKIPPED and task.recurrence is None:
        raise NotRecurring(number)
    if task.status is Status.DONE:
        return task
    now = uow.clock.now()
    done = replace(
        task,
        status=Status.DONE,
        completed_at=now,
        resolution=resolution,
        version=task.version + 1,
        completed_version=task.version + 1,
        updated_at=now,
        reminders=reminding.after_completion(task.reminders, now),
    )
    await uow.tasks.update(done)
    await _save_reminders(uow, task.reminders, done.reminders)
    await uow.publish(
        TaskCompleted(
            user_id=done.user_id,
            version=done.version,
            task=task_data(done),
            had_recurrence=done.recurrence is not None,
            completed_at=now,
            resolution=resolution,
        )
    )
    return done


async def _delete(uow: ChatUnitOfWork, task: Task) -> Task:
    now = uow.clock.now()
    deleted = replace(task, version=task.version + 1, updated_at=now, reminders=())
    await uow.tasks.delete(deleted, deleted_at=now)
    await uow.publish(
        TaskDeleted(user_id=deleted.user_id, version=deleted.version, task=task_data(deleted), deleted_at=now)
    )
    return deleted


async def _save_reminders(
    uow: ChatUnitOfWork, before: Sequence[Reminder], after: Sequence[Reminder]
) -> Sequence[Reminder]:
    """Writes what differs; returns those that are scheduled anew."""
    known = {reminder.id: reminder for reminder in before}
    added = [reminder for reminder in after if reminder.id not in known]
    changed = [reminder for reminder in after if reminder.id in known and reminder != known[reminder.id]]
    if added:
        await uow.reminders.add(added)
    if changed:
        await uow.reminders.update(changed)
    return [r for r in after if r.id not in known or r.version != known[r.id].version]


def _if_differs(before: Sequence[Reminder], after: Sequence[Reminder]) -> Sequence[str]:
    return () if before == after else ("reminders",)
