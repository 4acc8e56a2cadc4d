"""Whom mail goes to, and who is to be forgotten."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notification.adapters.tables import deliveries, erased_users, recipients, reminders, tasks
from notification.domain.mail import Recipient


class Users:
    """Recipients, and the tombstones of deleted users."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def keep(self, user_id: UUID, version: int, recipient: Recipient) -> bool:
        """Keeps a profile; false where a later one is known, or the user is erased."""
        values: dict[str, ColumnElement[Any]] = {
            "user_id": literal(user_id),
            "version": literal(version),
            "email": literal(recipient.email),
            "timezone": literal(recipient.timezone),
            "email_reminders": literal(recipient.email_reminders),
        }
        insertion = insert(recipients).from_select(
            list(values),
            select(*values.values()).where(~exists().where(erased_users.c.user_id == user_id)),
        )
        kept = await self._connection.execute(
            insertion.on_conflict_do_update(
                index_elements=[recipients.c.user_id],
                set_={name: insertion.excluded[name] for name in values if name != "user_id"},
                where=insertion.excluded.version > recipients.c.version,
            ).returning(recipients.c.user_id)
        )
        return kept.first() is not None

    async def erase(self, user_id: UUID, now: dt.datetime) -> bool:
        """Leaves nothing of a user but a tombstone; false where it had stood already."""
        entombed = await self._connection.execute(
            insert(erased_users)
            .values(user_id=user_id, erased_at=now)
            .on_conflict_do_nothing()
            .returning(erased_users.c.user_id)
        )
        # Handlers of the user's tasks lock these rows in the order of their ids as well.
        await self._connection.execute(
            select(tasks.c.id).where(tasks.c.user_id == user_id).order_by(tasks.c.id).with_for_update()
        )
        for table in (deliveries, reminders, tasks, recipients):
            await self._connection.execute(delete(table).where(table.c.user_id == user_id))
        return entombed.first() is not None
