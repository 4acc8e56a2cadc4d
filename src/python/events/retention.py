"""Retention: prunes what nobody needs any more from the messaging tables, a batch at a time."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import TextClause, text

from events.settings import ServiceSettings
from events.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)

_OUTBOX = text("""
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE published_at < :before ORDER BY published_at LIMIT :rows FOR UPDATE SKIP LOCKED
    )
""")
_INBOX = text("""
    DELETE FROM processed_events WHERE event_id IN (
        SELECT event_id FROM processed_events WHERE processed_at < :before
        ORDER BY processed_at LIMIT :rows FOR UPDATE SKIP LOCKED
    )
""")
_DEAD_LETTERS = text("""
    DELETE FROM dead_letters WHERE id IN (
        SELECT id FROM dead_letters WHERE state <> 'open' AND resolved_at < :before
        ORDER BY resolved_at LIMIT :rows FOR UPDATE SKIP LOCKED
    )
""")


@dataclass(frozen=True)
class Retention:
    """How long rows stay, counted from when they were published, processed or resolved.

    Rows that still wait for something stay however old they are: unpublished, set aside, parked, or open.
    """

    outbox: dt.timedelta
    inbox: dt.timedelta
    dead_letters: dt.timedelta
    batch_rows: int

    @classmethod
    def of(cls, settings: ServiceSettings) -> "Retention":
        """What a service's settings say."""
        return cls(
            outbox=dt.timedelta(days=settings.retention_days),
            inbox=dt.timedelta(days=settings.inbox_retention_days),
            dead_letters=dt.timedelta(days=settings.dead_letter_retention_days),
            batch_rows=settings.retention_batch_rows,
        )

    async def prune(self, new_unit_of_work: Callable[[], UnitOfWork]) -> int:
        """Deletes what is older, each batch in a transaction of its own; returns how many rows went."""
        pruned = 0
        for statement, age in (
            (_OUTBOX, self.outbox),
            (_INBOX, self.inbox),
            (_DEAD_LETTERS, self.dead_letters),
        ):
            while (deleted := await self._prune_batch(new_unit_of_work, statement, age)) > 0:
                pruned += deleted
        if pruned:
            _log.info("messaging tables pruned", rows=pruned)
        return pruned

    async def _prune_batch(
        self, new_unit_of_work: Callable[[], UnitOfWork], statement: TextClause, age: dt.timedelta
    ) -> int:
        async with new_unit_of_work() as uow:
            result = await uow.connection.execute(statement, {"before": uow.clock.now() - age, "rows": self.batch_rows})
            await uow.commit()
            return result.rowcount
