"""Completions of recurring tasks, and a unit of work of the Recurring Task Service that keeps its rows in memory."""

import copy
import datetime as dt
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

from events.clock import Clock
from events.contracts import (
    Basis,
    DueData,
    EventData,
    RecurrenceData,
    RecurringTaskCreated,
    Resolution,
    TaskCompleted,
    TaskData,
    UserDeleted,
)
from events.envelope import Event, make_event
from events.ids import IdFactory
from events.tracing import new_traceparent
from recurring.service_layer.repositories import Completion
from recurring.service_layer.unit_of_work import RecurringUnitOfWork
from tests.support.fakes import FixedClock, SequentialIds, nth_id

USER = nth_id(1)
SERIES = nth_id(2)
TASK = nth_id(3)
"""The series' first task."""
START = dt.date(2026, 3, 2)
"""Its date, which is the day that a `FixedClock` shows, too."""

D = TypeVar("D", bound=EventData)

_event_ids = SequentialIds(1_000_000)


def event_of(data: D) -> Event[D]:
    """An event of its own with `data`, as the Chat API publishes it."""
    return make_event(
        data,
        event_id=_event_ids.new(),
        source="chat-api",
        time=dt.datetime(2026, 3, 2, 8, 59, 58, tzinfo=dt.UTC),
        traceparent=new_traceparent(),
    )


def task_data(
    task_id: UUID = TASK,
    *,
    user_id: UUID = USER,
    version: int = 2,
    title: str = "Water the plants",
    recurrence: RecurrenceData | None = None,
    due: DueData | None = None,
) -> TaskData:
    """A task that is done."""
    at = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
    return TaskData(
        task_id=task_id,
        user_id=user_id,
        number=42,
        title=title,
        notes="Also the cactus",
        status="done",
        priority="high",
        tags=("home", "green"),
        due=due,
        timezone="Europe/Berlin",
        recurrence=recurrence,
        version=version,
        created_at=at,
        updated_at=at,
    )


def completed(
    task_id: UUID = TASK,
    *,
    at: str = "2026-03-02T10:00",
    rule: str = "FREQ=DAILY",
    basis: Basis = Basis.DUE,
    ordinal: int = 1,
    date: dt.date = START,
    time: dt.time | None = None,
    series_id: UUID = SERIES,
    user_id: UUID = USER,
    version: int = 2,
    title: str = "Water the plants",
    resolution: Resolution = Resolution.COMPLETED,
) -> Event[TaskCompleted]:
    """The completion of a task of a series; `at` is in UTC."""
    recurrence = RecurrenceData(rule=rule, basis=basis, series_id=series_id, start=START, ordinal=ordinal, date=date)
    due = DueData(date=date, time=time, timezone="Europe/Berlin")
    return event_of(
        TaskCompleted(
            user_id=user_id,
            version=version,
            task=task_data(task_id, user_id=user_id, version=version, title=title, recurrence=recurrence, due=due),
            had_recurrence=True,
            completed_at=dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC),
            resolution=resolution,
        )
    )


def completed_instance(instance: RecurringTaskCreated, *, at: str, version: int = 2) -> Event[TaskCompleted]:
    """The completion of an instance that a series brought; `at` is in UTC."""
    return completed(
        instance.task_id,
        at=at,
        rule=instance.recurrence.rule,
        basis=instance.recurrence.basis,
        ordinal=instance.recurrence.ordinal,
        date=instance.recurrence.date,
        series_id=instance.recurrence.series_id,
        user_id=instance.user_id,
        version=version,
        title=instance.title,
    )


def user_deleted(user_id: UUID = USER) -> Event[UserDeleted]:
    """The deletion of a user's account."""
    at = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
    return event_of(UserDeleted(user_id=user_id, version=9, deleted_at=at))


@dataclass
class MemoryRows:
    """What a database would hold: it implements all of the service's repositories."""

    erased: dict[UUID, dt.datetime] = field(default_factory=dict)
    completions_by_task: dict[UUID, Completion] = field(default_factory=dict)
    instances_by_task: dict[UUID, RecurringTaskCreated] = field(default_factory=dict)
    published: list[EventData] = field(default_factory=list)
    messages_erased: list[UUID] = field(default_factory=list)


class MemoryUsers:
    def __init__(self, rows: MemoryRows):
        self._rows = rows

    async def hold(self, user_id: UUID) -> bool:
        return user_id not in self._rows.erased

    async def erase(self, user_id: UUID, now: dt.datetime) -> bool:
        rows = self._rows
        rows.completions_by_task = {k: v for k, v in rows.completions_by_task.items() if v.user_id != user_id}
        rows.instances_by_task = {k: v for k, v in rows.instances_by_task.items() if v.user_id != user_id}
        is_new = user_id not in rows.erased
        rows.erased.setdefault(user_id, now)
        return is_new


class MemoryCompletions:
    def __init__(self, rows: MemoryRows):
        self._rows = rows

    async def get(self, task_id: UUID) -> Completion | None:
        return self._rows.completions_by_task.get(task_id)

    async def put(self, completion: Completion) -> None:
        self._rows.completions_by_task[completion.task_id] = completion


class MemoryInstances:
    def __init__(self, rows: MemoryRows):
        self._rows = rows

    async def put(self, instance: RecurringTaskCreated) -> bool:
        is_new = instance.task_id not in self._rows.instances_by_task
        self._rows.instances_by_task[instance.task_id] = instance
        return is_new

    async def withdraw(self, task_id: UUID, parent_task_id: UUID) -> None:
        instance = self._rows.instances_by_task.get(task_id)
        if instance is not None and instance.parent_task_id == parent_task_id:
            del self._rows.instances_by_task[task_id]


class MemoryUnitOfWork(RecurringUnitOfWork):
    """Changes a copy of the rows, which takes their place when it is committed."""

    def __init__(self, rows: MemoryRows, clock: Clock | None = None, ids: IdFactory | None = None):
        self.clock = clock or FixedClock()
        self.ids = ids or SequentialIds()
        self._outgoing = []
        self._after_commit = []
        self._rows = rows

    async def __aenter__(self) -> Self:
        self._changed = copy.deepcopy(self._rows)
        self.users = MemoryUsers(self._changed)
        self.completions = MemoryCompletions(self._changed)
        self.instances = MemoryInstances(self._changed)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        del self._changed

    async def publish(self, data: D) -> Event[D]:
        self._changed.published.append(data)
        return event_of(data)

    async def erase_messages(self, user_id: UUID) -> None:
        self._changed.messages_erased.append(user_id)

    async def commit(self) -> None:
        vars(self._rows).update(copy.deepcopy(vars(self._changed)))
        for hook in self._after_commit:
            hook()
