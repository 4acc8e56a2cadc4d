"""Retention: forgets reminders that have ended and what was kept for their sake, a batch at a time."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import delete, exists, or_, select

from notification.adapters.tables import deliveries, erased_users, recipients, reminders, tasks
from notification.service_layer.unit_of_work import NotificationUnitOfWork

_log = structlog.get_logger(__name__)

NewUnitOfWork = Callable[[], NotificationUnitOfWork]


@dataclass(frozen=True)
class ReminderRetention:
    """How long what has ended stays, counted from its last change."""

    age: dt.timedelta
    batch_rows: int

    async def prune(self, new_unit_of_work: NewUnitOfWork) -> None:
        """Deletes what is older, each batch in a transaction of its own."""
        await self._erase_stragglers(new_unit_of_work)
        pruned = 0
        for prune_batch in (self._prune_reminders, self._prune_tasks, self._prune_tombstones):
            while (deleted := await self._in_transaction(new_unit_of_work, prune_batch)) > 0:
                pruned += deleted
        if pruned:
            _log.info("reminders pruned", rows=pruned)

    async def _in_transaction(
        self,
        new_unit_of_work: NewUnitOfWork,
        prune_batch: Callable[[NotificationUnitOfWork, dt.datetime], Awaitable[int]],
    ) -> int:
        async with new_unit_of_work() as uow:
            deleted = await prune_batch(uow, uow.clock.now() - self.age)
            await uow.commit()
        return deleted

    async def _erase_stragglers(self, new_unit_of_work: NewUnitOfWork) -> None:
        """Erases what an event of a user brought in while the user was being erased."""
        async with new_unit_of_work() as uow:
            stragglers = await uow.connection.scalars(
                select(erased_users.c.user_id)
                .where(
                    or_(
                        exists().where(tasks.c.user_id == erased_users.c.user_id),
                        exists().where(recipients.c.user_id == erased_users.c.user_id),
                    )
                )
                .limit(self.batch_rows)
            )
            for user_id in stragglers.all():
                await uow.users.erase(user_id, uow.clock.now())
            await uow.commit()

    async def _prune_reminders(self, uow: NotificationUnitOfWork, before: dt.datetime) -> int:
        old = (
            await uow.connection.scalars(
                select(reminders.c.id)
                .where(reminders.c.state.in_(("sent", "cancelled", "failed")), reminders.c.changed_at < before)
                .order_by(reminders.c.changed_at)
                .limit(self.batch_rows)
                .with_for_update(skip_locked=True)
            )
        ).all()
        await uow.connection.execute(delete(deliveries).where(deliveries.c.reminder_id.in_(old)))
        await uow.connection.execute(delete(reminders).where(reminders.c.id.in_(old)))
        return len(old)

    async def _prune_tasks(self, uow: NotificationUnitOfWork, before: dt.datetime) -> int:
        old = (
            select(tasks.c.id)
            .where(tasks.c.changed_at < before, ~exists().where(reminders.c.task_id == tasks.c.id))
            .order_by(tasks.c.changed_at)
            .limit(self.batch_rows)
            .with_for_update(skip_locked=True)
        )
        return (await uow.connection.execute(delete(tasks).where(tasks.c.id.in_(old)))).rowcount

    async def _prune_tombstones(self, uow: NotificationUnitOfWork, before: dt.datetime) -> int:
        old = select(erased_users.c.user_id).where(erased_users.c.erased_at < before).limit(self.batch_rows)
        return (await uow.connection.execute(delete(erased_users).where(erased_users.c.user_id.in_(old)))).rowcount
