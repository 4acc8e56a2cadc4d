"""Retention: forgets series that nobody will come back to, a batch at a time."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import Column, Table, delete, select

from events.unit_of_work import UnitOfWork
from recurring.adapters.tables import completions, erased_users, instances
from recurring.config import RecurringSettings

_log = structlog.get_logger(__name__)

_TABLES: tuple[tuple[Table, Column[dt.datetime]], ...] = (
    (instances, instances.c.issued_at),
    (completions, completions.c.recorded_at),
    (erased_users, erased_users.c.erased_at),
)


@dataclass(frozen=True)
class SeriesRetention:
    """How long completions, instances and tombstones stay.

    What goes is missed only where a task is reopened and completed again after all that time: it then brings the
    instance as if for the first time, with the same id.
    """

    age: dt.timedelta
    batch_rows: int

    @classmethod
    def of(cls, settings: RecurringSettings) -> "SeriesRetention":
        """What the service's settings say."""
        return cls(dt.timedelta(days=settings.completion_retention_days), settings.retention_batch_rows)

    async def prune(self, new_unit_of_work: Callable[[], UnitOfWork]) -> int:
        """Deletes what is older, each batch in a transaction of its own; returns how many rows went."""
        pruned = 0
        for table, changed_at in _TABLES:
            while (deleted := await self._prune_batch(new_unit_of_work, table, changed_at)) > 0:
                pruned += deleted
        if pruned:
            _log.info("series pruned", rows=pruned)
        return pruned

    async def _prune_batch(
        self, new_unit_of_work: Callable[[], UnitOfWork], table: Table, changed_at: Column[dt.datetime]
    ) -> int:
        (key,) = table.primary_key.columns
        async with new_unit_of_work() as uow:
            old = (
                select(key)
                .where(changed_at < uow.clock.now() - self.age)
                .order_by(changed_at)
                .limit(self.batch_rows)
                .with_for_update(skip_locked=True)
            )
            result = await uow.connection.execute(delete(table).where(key.in_(old)))
            await uow.commit()
            return result.rowcount
