"""Answers under idempotency keys, in PostgreSQL."""

import datetime as dt
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from chat_api.adapters.tables import idempotency_keys
from chat_api.service_layer.repositories import StoredAnswer


class PostgresIdempotencyKeys:
    """`chat_api.service_layer.repositories.IdempotencyKeys`."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def claim(self, user_id: UUID, key: str, request_hash: bytes, *, now: dt.datetime) -> StoredAnswer | None:
        # Whoever has inserted the key and not yet committed is waited for here.
        claimed = await self._connection.execute(
            upsert(idempotency_keys)
            .values(user_id=user_id, key=key, request_hash=request_hash, created_at=now)
            .on_conflict_do_nothing()
            .returning(idempotency_keys.c.key)
        )
        if claimed.first() is not None:
            return None
        stored = await self._connection.execute(
            select(
                idempotency_keys.c.request_hash,
                idempotency_keys.c.status,
                idempotency_keys.c.body,
                idempotency_keys.c.headers,
            ).where(idempotency_keys.c.user_id == user_id, idempotency_keys.c.key == key)
        )
        return StoredAnswer(**stored.mappings().one())

    async def store(self, user_id: UUID, key: str, answer: StoredAnswer) -> None:
        await self._connection.execute(
            update(idempotency_keys)
            .where(idempotency_keys.c.user_id == user_id, idempotency_keys.c.key == key)
            .values(status=answer.status, body=answer.body, headers=answer.headers)
        )
