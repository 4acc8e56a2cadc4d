"""The service's repositories over PostgreSQL."""

import datetime as dt
from uuid import UUID

from sqlalchemy import delete, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import RecurringTaskCreated
from events.locks import lock_key
from recurring.adapters.tables import completions, erased_users, instances
from recurring.service_layer.repositories import Completion


class PostgresUsers:
    """Tombstones of deleted users, and locks so that no completion slips past an erasure."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def hold(self, user_id: UUID) -> bool:
        await self._connection.execute(select(func.pg_advisory_xact_lock_shared(_user_key(user_id))))
        erased = await self._connection.scalar(select(exists().where(erased_users.c.user_id == user_id)))
        return not erased

    async def erase(self, user_id: UUID, now: dt.datetime) -> bool:
        await self._connection.execute(select(func.pg_advisory_xact_lock(_user_key(user_id))))
        entombed = await self._connection.execute(
            insert(erased_users)
            .values(user_id=user_id, erased_at=now)
            .on_conflict_do_nothing()
            .returning(erased_users.c.user_id)
        )
        for table in (instances, completions):
            await self._connection.execute(delete(table).where(table.c.user_id == user_id))
        return entombed.first() is not None


class PostgresCompletions:
    """The latest completion of each task."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def get(self, task_id: UUID) -> Completion | None:
        query = select(completions).where(completions.c.task_id == task_id)
        row = (await self._connection.execute(query)).mappings().first()
        return Completion(**row) if row is not None else None

    async def put(self, completion: Completion) -> None:
        insertion = insert(completions).values(vars(completion))
        await self._connection.execute(
            insertion.on_conflict_do_update(
                index_elements=[completions.c.task_id],
                set_={name: insertion.excluded[name] for name in vars(completion) if name != "task_id"},
            )
        )


class PostgresInstances:
    """Instances, one row for each occurrence."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def put(self, instance: RecurringTaskCreated) -> bool:
        latest = {
            "parent_task_id": instance.parent_task_id,
            "parent_version": instance.parent_version,
            "due_date": instance.due.date,
            "data": instance.model_dump(mode="json"),
            "issued_at": instance.created_at,
        }
        insertion = insert(instances).values(
            task_id=instance.task_id,
            series_id=instance.recurrence.series_id,
            ordinal=instance.recurrence.ordinal,
            user_id=instance.user_id,
            created_at=instance.created_at,
            **latest,
        )
        inserted = await self._connection.scalar(
            insertion.on_conflict_do_update(index_elements=[instances.c.task_id], set_=latest).returning(
                literal_column("xmax = 0")  # PostgreSQL's mark of a row that was inserted rather than updated
            )
        )
        return bool(inserted)

    async def withdraw(self, task_id: UUID, parent_task_id: UUID) -> None:
        await self._connection.execute(
            delete(instances).where(instances.c.task_id == task_id, instances.c.parent_task_id == parent_task_id)
        )


def _user_key(user_id: UUID) -> int:
    return lock_key("recurring-user", str(user_id))
