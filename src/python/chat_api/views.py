"""What users read: tasks and reminders, in pages that cost the same however much there is."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, literal, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from chat_api.adapters import reminders as reminder_rows
from chat_api.adapters import tasks as task_rows
from chat_api.adapters.tables import reminders, tasks
from chat_api.cursors import Cursor
from chat_api.domain.actor import Actor
from chat_api.domain.reminder import Reminder, ReminderState
from chat_api.domain.task import Status, Task
from chat_api.domain.text import clean_tag, search_words
from chat_api.service_layer.errors import TaskNotFound
from events.errors import Invalid

T = TypeVar("T")

MAX_PAGE = 200
DEFAULT_PAGE = 50
_WIDEST_ZONES = dt.timedelta(days=2)
"""Midnight of one date comes within this span everywhere on Earth, the end of its day included."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of what was asked for, in its order.

    Attributes:
        next_cursor: handed in with the same query, it brings what follows; none at the end.
    """

    items: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True)
class TaskQuery:
    """Which tasks to list.

    Open tasks come as they are due, those without a due last; done ones latest first; all of them newest first.

    Attributes:
        tag: has this tag.
        q: has every one of these words in title, notes or tags, or a word that begins with it; in any case.
        due_from: due on this date or later, by its own wall clock.
        due_before: due earlier than on this date, by its own wall clock.
        limit: 1 to `MAX_PAGE`.
    """

    status: Literal["open", "done", "all"] = "open"
    tag: str | None = None
    q: str | None = None
    due_from: dt.date | None = None
    due_before: dt.date | None = None
    limit: int = DEFAULT_PAGE
    cursor: str | None = None


@dataclass(frozen=True)
class ReminderQuery:
    """Which reminders to list, by their time.

    Attributes:
        states: in one of these; none for any.
        task_number: of this task.
        limit: 1 to `MAX_PAGE`.
    """

    states: tuple[ReminderState, ...] = ()
    task_number: int | None = None
    limit: int = DEFAULT_PAGE
    cursor: str | None = None


@dataclass(frozen=True)
class ListedReminder:
    """A reminder with what its task is called."""

    reminder: Reminder
    task_number: int
    task_title: str
    timezone: str


async def list_tasks(connection: AsyncConnection, actor: Actor, query: TaskQuery) -> Page[Task]:
    """The actor's tasks.

    Raises:
        Invalid: `query` has a limit out of bounds, or a cursor that belongs to another order.
    """
    limit = _checked_limit(query.limit)
    statement = select(*task_rows.TASK_COLUMNS, tasks.c.due_at).where(
        tasks.c.user_id == actor.user_id, *_conditions(query)
    )
    found = await connection.execute(_in_order(statement, query).limit(limit + 1))
    rows = found.mappings().all()
    more, rows = len(rows) > limit, rows[:limit]
    reminders_of = await _reminders_of(connection, [row["id"] for row in rows])
    items = [task_rows.from_row(row, reminders_of[row["id"]]) for row in rows]
    if not more:
        return Page(items, None)
    last = rows[-1]
    return Page(items, Cursor(query.status, (last[_KEYS[query.status]], last["number"])).encode())


async def get_task(connection: AsyncConnection, actor: Actor, number: int) -> Task:
    """The actor's task of that number.

    Raises:
        TaskNotFound: there is none.
    """
    found = await connection.execute(
        select(*task_rows.TASK_COLUMNS).where(tasks.c.user_id == actor.user_id, tasks.c.number == number)
    )
    row = found.mappings().first()
    if row is None:
        raise TaskNotFound(number)
    reminders_of = await _reminders_of(connection, [row["id"]])
    return task_rows.from_row(row, reminders_of[row["id"]])


async def list_reminders(connection: AsyncConnection, actor: Actor, query: ReminderQuery) -> Page[ListedReminder]:
    """The actor's reminders.

    Raises:
        Invalid: `query` has a limit out of bounds, or a cursor that belongs to another list.
    """
    limit = _checked_limit(query.limit)
    statement = (
        select(*reminders.c, tasks.c.number.label("task_number"), tasks.c.title, tasks.c.timezone)
        .join_from(reminders, tasks)
        .where(reminders.c.user_id == actor.user_id)
        .order_by(reminders.c.remind_at, reminders.c.id)
    )
    if query.states:
        statement = statement.where(reminders.c.state.in_([state.value for state in query.states]))
    if query.task_number is not None:
        statement = statement.where(tasks.c.number == query.task_number)
    if query.cursor is not None:
        after = Cursor.decode(query.cursor, "reminders", (dt.datetime, UUID)).key
        statement = statement.where(tuple_(reminders.c.remind_at, reminders.c.id) > tuple_(*map(literal, after)))
    rows = (await connection.execute(statement.limit(limit + 1))).mappings().all()
    more, rows = len(rows) > limit, rows[:limit]
    items = [
        ListedReminder(reminder_rows.from_row(row), row["task_number"], row["title"], row["timezone"]) for row in rows
    ]
    if not more:
        return Page(items, None)
    return Page(items, Cursor("reminders", (rows[-1]["remind_at"], rows[-1]["id"])).encode())


_KEYS = {"open": "due_at", "done": "completed_at", "all": "number"}
"""The column that comes first in each order; the number decides between equals."""


def _in_order(statement: Select[Any], query: TaskQuery) -> Select[Any]:
    key = tasks.c[_KEYS[query.status]]
    kinds = (int, int) if query.status == "all" else (dt.datetime, int)
    after = None if query.cursor is None else Cursor.decode(query.cursor, query.status, kinds).key
    here = tuple_(key, tasks.c.number)
    if query.status == "open":
        statement = statement.order_by(key, tasks.c.number)
        return statement if after is None else statement.where(here > tuple_(*map(literal, after)))
    statement = statement.order_by(key.desc(), tasks.c.number.desc())
    return statement if after is None else statement.where(here < tuple_(*map(literal, after)))


def _conditions(query: TaskQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.status != "all":
        conditions.append(tasks.c.status == literal(Status(query.status).value, literal_execute=True))
    if query.tag is not None:
        conditions.append(tasks.c.tags.contains([clean_tag(query.tag)]))
    if query.q is not None:
        # Words hold letters, digits and underscores only, so quoting them is enough.
        prefixes = " & ".join(f"'{word}':*" for word in search_words(query.q))
        conditions.append(tasks.c.words.op("@@")(cast(prefixes, TSQUERY)))
    # The bounds on due_at follow from those on the date; they let the index of open tasks find the place.
    if query.due_from is not None:
        conditions.append(tasks.c.due_date >= query.due_from)
        conditions.append(tasks.c.due_at >= _midnight(query.due_from) - _WIDEST_ZONES)
    if query.due_before is not None:
        conditions.append(tasks.c.due_date < query.due_before)
        conditions.append(tasks.c.due_at <= _midnight(query.due_before) + _WIDEST_ZONES)
    return conditions


def _midnight(date: dt.date) -> dt.datetime:
    bounded = min(max(date, dt.date(1, 1, 10)), dt.date(9999, 1, 1))  # leaves room for the zones
    return dt.datetime.combine(bounded, dt.time(), dt.UTC)


def _checked_limit(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise Invalid(f"limit: 1 to {MAX_PAGE}.")
    return limit


async def _reminders_of(connection: AsyncConnection, task_ids: Sequence[UUID]) -> dict[UUID, list[Reminder]]:
    found: dict[UUID, list[Reminder]] = defaultdict(list)
    if task_ids:
        rows = await connection.execute(
            select(reminders).where(reminders.c.task_id.in_(task_ids)).order_by(reminders.c.remind_at, reminders.c.id)
        )
        for row in rows.mappings():
            found[row["task_id"]].append(reminder_rows.from_row(row))
    return found
