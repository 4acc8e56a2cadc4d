"""Prunes what has run out: sessions, answers under idempotency keys, tombstones, old failures to log in."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Column, Table, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from chat_api.adapters.tables import idempotency_keys, login_throttles, sessions, task_tombstones
from chat_api.config import ChatSettings
from chat_api.service_layer.accounts import FORGIVEN_AFTER
from chat_api.service_layer.unit_of_work import ChatUnitOfWork


@dataclass(frozen=True)
class Retention:
    """How long things are kept. Each batch of `batch_rows` is a transaction of its own."""

    idempotency: dt.timedelta
    tombstones: dt.timedelta
    batch_rows: int

    @classmethod
    def of(cls, settings: ChatSettings) -> Self:
        """What `settings` say."""
        return cls(
            idempotency=dt.timedelta(hours=settings.idempotency_hours),
            tombstones=dt.timedelta(days=settings.tombstone_days),
            batch_rows=settings.retention_batch_rows,
        )

    async def prune(self, new_unit_of_work: Callable[[], ChatUnitOfWork]) -> None:
        """Deletes all that has run out."""
        for column, age in (
            (sessions.c.expires_at, dt.timedelta()),
            (login_throttles.c.blocked_until, FORGIVEN_AFTER),
            (idempotency_keys.c.created_at, self.idempotency),
            (task_tombstones.c.deleted_at, self.tombstones),
        ):
            while await self._prune_batch(new_unit_of_work, column, age) == self.batch_rows:
                pass

    async def _prune_batch(
        self, new_unit_of_work: Callable[[], ChatUnitOfWork], column: Column[dt.datetime], age: dt.timedelta
    ) -> int:
        async with new_unit_of_work() as uow:
            deleted = await _delete_before(uow.connection, column, uow.clock.now() - age, self.batch_rows)
            await uow.commit()
        return deleted


async def _delete_before(
    connection: AsyncConnection, column: Column[dt.datetime], before: dt.datetime, rows: int
) -> int:
    table: Table = column.table
    keys = tuple(table.primary_key.columns)
    oldest = select(*keys).where(column < before).order_by(column).limit(rows).with_for_update(skip_locked=True)
    return (await connection.execute(delete(table).where(tuple_(*keys).in_(oldest)))).rowcount
