"""Conversations in PostgreSQL."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert as plain_insert
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from chat_api.adapters.conversation_tables import conversations, tool_calls, turns
from chat_api.domain.conversation import Exchange, Json, MadeCall, Turn


class PostgresConversations:
    """`chat_api.service_layer.repositories.Conversations`."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def add(self, conversation_id: UUID, user_id: UUID, *, created_at: dt.datetime) -> None:
        await self._connection.execute(
            plain_insert(conversations).values(
                id=conversation_id, user_id=user_id, memory={}, created_at=created_at, updated_at=created_at
            )
        )

    async def memory(self, conversation_id: UUID, user_id: UUID) -> Json | None:
        found = await self._connection.scalar(
            select(conversations.c.memory).where(
                conversations.c.id == conversation_id, conversations.c.user_id == user_id
            )
        )
        return found if found is None else dict(found)

    async def remember(self, conversation_id: UUID, memory: Json, *, updated_at: dt.datetime) -> None:
        await self._connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(memory=dict(memory), updated_at=updated_at)
        )

    async def turn_for_update(self, user_id: UUID, key: str) -> Turn | None:
        row = (
            (
                await self._connection.execute(
                    select(turns).where(turns.c.user_id == user_id, turns.c.key == key).with_for_update()
                )
            )
            .mappings()
            .first()
        )
        return _turn(row) if row is not None else None

    async def add_turn(self, turn: Turn) -> bool:
        added = await self._connection.scalar(
            insert(turns)
            .values(
                id=turn.id,
                conversation_id=turn.conversation_id,
                user_id=turn.user_id,
                key=turn.key,
                request_hash=turn.request_hash,
                message=turn.message,
                asked_at=turn.asked_at,
                memory=dict(turn.memory),
                lease_until=turn.lease_until,
            )
            .on_conflict_do_nothing(index_elements=["user_id", "key"])
            .returning(turns.c.id)
        )
        return added is not None

    async def history(self, conversation_id: UUID, limit: int) -> list[Exchange]:
        rows = await self._connection.execute(
            select(turns.c.message, turns.c.reply)
            .where(turns.c.conversation_id == conversation_id, turns.c.reply.is_not(None))
            .order_by(turns.c.id.desc())
            .limit(limit)
        )
        return [Exchange(message, reply) for message, reply in reversed(rows.all())]

    async def lease(self, turn_id: UUID, until: dt.datetime) -> None:
        await self._connection.execute(update(turns).where(turns.c.id == turn_id).values(lease_until=until))

    async def plan(self, turn_id: UUID, plan: Sequence[Json]) -> None:
        await self._connection.execute(
            update(turns).where(turns.c.id == turn_id).values(plan=[dict(call) for call in plan])
        )

    async def answer_turn(
        self, turn_id: UUID, reply: str, actions: Sequence[Json], *, answered_at: dt.datetime
    ) -> None:
        await self._connection.execute(
            update(turns)
            .where(turns.c.id == turn_id)
            .values(reply=reply, actions=[dict(action) for action in actions], answered_at=answered_at)
        )

    async def claim_call(self, turn_id: UUID, key: str, tool: str, arguments: Json) -> MadeCall | None:
        claimed = await self._connection.scalar(
            insert(tool_calls)
            .values(turn_id=turn_id, key=key, tool=tool, arguments=dict(arguments))
            .on_conflict_do_nothing()
            .returning(tool_calls.c.position)
        )
        if claimed is not None:
            return None
        row = (
            (
                await self._connection.execute(
                    select(tool_calls).where(tool_calls.c.turn_id == turn_id, tool_calls.c.key == key)
                )
            )
            .mappings()
            .one()
        )
        return _made(row)

    async def record_call(self, turn_id: UUID, key: str, result: Json) -> None:
        await self._connection.execute(
            update(tool_calls)
            .where(tool_calls.c.turn_id == turn_id, tool_calls.c.key == key)
            .values(result=dict(result))
        )

    async def made_calls(self, turn_id: UUID) -> list[MadeCall]:
        rows = await self._connection.execute(
            select(tool_calls).where(tool_calls.c.turn_id == turn_id).order_by(tool_calls.c.position)
        )
        return [_made(row) for row in rows.mappings()]


def _turn(row: RowMapping) -> Turn:
    values: dict[str, Any] = {name: value for name, value in row.items() if name != "answered_at"}
    return Turn(**values | {"actions": values["actions"] or ()})


def _made(row: RowMapping) -> MadeCall:
    return MadeCall(row["key"], row["tool"], row["arguments"], row["result"])
