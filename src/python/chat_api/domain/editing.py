"""How a draft becomes a task, and how changes make it another."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from chat_api.domain import reminding
from chat_api.domain.actor import Actor
from chat_api.domain.drafts import UNSET, RecurrenceDraft, TaskChanges, TaskDraft
from chat_api.domain.reminding import NewId
from chat_api.domain.task import Basis, Due, Priority, Recurrence, Status, Task
from chat_api.domain.text import clean_notes, clean_tags, clean_title
from events.errors import Conflict, Invalid
from events.recurrence import Rule, check_start, first_due, local_date

_EDITABLE = ("title", "notes", "priority", "tags", "due", "timezone", "recurrence", "reminders")


class TaskDone(Conflict):
    """What was asked makes sense for an open task only."""

    code = "task-done"
    title = "The task is done"


def new_task(actor: Actor, draft: TaskDraft, *, now: dt.datetime, new_id: NewId) -> Task:
    """The task that `actor` asks for at `now`; its number is still 0.

    Raises:
        Invalid: some field cannot be accepted.
    """
    due, recurrence = draft.due, None
    if draft.recurrence is not None:
        due, recurrence = _new_series(draft.recurrence, due, actor.timezone, now, new_id)
    task = Task(
        id=new_id(),
        user_id=actor.user_id,
        number=0,
        title=clean_title(draft.title),
        notes=clean_notes(draft.notes),
        status=Status.OPEN,
        priority=Priority(draft.priority),
        tags=clean_tags(tuple(draft.tags)),
        due=due,
        timezone=actor.timezone if due is None else due.timezone,
        recurrence=recurrence,
        version=1,
        created_at=now,
        updated_at=now,
    )
    return replace(task, reminders=reminding.new_reminders(task, draft.reminders, now=now, new_id=new_id))


def edited(task: Task, changes: TaskChanges, *, now: dt.datetime, new_id: NewId) -> Task:
    """`task` with `changes` made at `now`, in its old version.

    Raises:
        Invalid: some field cannot be accepted, or a task that repeats would lose its due.
        TaskDone: due or repeat of a task that is done would change.
    """
    if task.status is Status.DONE and not (changes.due is UNSET and changes.recurrence is UNSET):
        raise TaskDone("Reopen it first; only its words, tags and priority can be changed.")
    after = replace(
        task,
        title=task.title if changes.title is UNSET else clean_title(changes.title),
        notes=task.notes if changes.notes is UNSET else clean_notes(changes.notes),
        priority=task.priority if changes.priority is UNSET else Priority(changes.priority),
        tags=task.tags if changes.tags is UNSET else clean_tags(tuple(changes.tags)),
    )
    if changes.due is not UNSET:
        timezone = task.timezone if changes.due is None else changes.due.timezone
        after = replace(after, due=changes.due, timezone=timezone)
    if changes.recurrence is None:
        after = replace(after, recurrence=None)
    elif changes.recurrence is not UNSET and not _is_same_repeat(task.recurrence, changes.recurrence):
        due, recurrence = _new_series(changes.recurrence, after.due, after.timezone, now, new_id)
        after = replace(after, due=due, timezone=due.timezone, recurrence=recurrence)
    if after.recurrence is not None and after.due is None:
        raise Invalid("A task that repeats needs a due date; take its repeat away as well.", code="no-due-date")
    if after.due != task.due:
        after = replace(after, reminders=reminding.after_move(task.reminders, after.due, now))
    return after


def changed_fields(before: Task, after: Task) -> Sequence[str]:
    """The names of the fields that differ, as task.updated names them."""
    return tuple(name for name in _EDITABLE if getattr(before, name) != getattr(after, name))


def _new_series(
    draft: RecurrenceDraft, due: Due | None, timezone: str, now: dt.datetime, new_id: NewId
) -> tuple[Due, Recurrence]:
    rule = Rule.parse(draft.rule)
    if due is None:
        due = Due(first_due(rule, today=local_date(now, timezone)), None, timezone)
    check_start(rule, due.date)
    return due, Recurrence(
        rule=str(rule), basis=Basis(draft.basis), series_id=new_id(), start=due.date, ordinal=1, date=due.date
    )


def _is_same_repeat(recurrence: Recurrence | None, draft: RecurrenceDraft) -> bool:
    return recurrence is not None and (recurrence.rule, recurrence.basis) == (str(Rule.parse(draft.rule)), draft.basis)
