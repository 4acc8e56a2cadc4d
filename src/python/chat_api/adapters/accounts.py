"""Accounts, sessions, tokens and throttles in PostgreSQL."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from chat_api.adapters.tables import api_tokens, login_throttles, sessions, users
from chat_api.domain.account import ApiToken, Credentials, Throttle, User

_USER = (
    users.c.id,
    users.c.email,
    users.c.timezone,
    users.c.email_reminders,
    users.c.version,
    users.c.created_at,
    users.c.updated_at,
)


def email_key(email: str) -> str:
    """What two spellings of one address have in common; what cannot be one comes out as something storable too."""
    return email.strip().casefold().replace("\x00", "?").encode(errors="replace").decode()


class PostgresUsers:
    """`chat_api.service_layer.repositories.Users`."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def add(self, user: User, password_hash: str) -> bool:
        added = await self._connection.execute(
            upsert(users)
            .values(**_values(user), id=user.id, created_at=user.created_at, password_hash=password_hash)
            .on_conflict_do_nothing(index_elements=[users.c.email_key])
            .returning(users.c.id)
        )
        return added.first() is not None

    async def get_for_update(self, user_id: UUID) -> User | None:
        row = await self._connection.execute(select(*_USER).where(users.c.id == user_id).with_for_update())
        return _user(row.mappings().first())

    async def hold(self, user_id: UUID) -> bool:
        held = await self._connection.execute(
            select(users.c.id).where(users.c.id == user_id).with_for_update(read=True, key_share=True)
        )
        return held.first() is not None

    async def credentials(self, email: str) -> Credentials | None:
        found = await self._connection.execute(
            select(*_USER, users.c.password_hash).where(users.c.email_key == email_key(email))
        )
        row = found.mappings().first()
        user = _user(row)
        return None if row is None or user is None else Credentials(user, row["password_hash"])

    async def update(self, user: User, password_hash: str | None = None) -> bool:
        values = _values(user) | ({} if password_hash is None else {"password_hash": password_hash})
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(update(users).where(users.c.id == user.id).values(**values))
        except IntegrityError:  # the address is the only thing about a user that can be taken
            return False
        return True

    async def delete(self, user_id: UUID) -> None:
        await self._connection.execute(delete(users).where(users.c.id == user_id))


class PostgresSessions:
    """`chat_api.service_layer.repositories.Sessions`."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def add(self, secret_hash: bytes, user_id: UUID, *, created_at: dt.datetime, expires_at: dt.datetime) -> None:
        await self._connection.execute(
            insert(sessions).values(
                secret_hash=secret_hash, user_id=user_id, created_at=created_at, expires_at=expires_at
            )
        )

    async def user(self, secret_hash: bytes, *, now: dt.datetime) -> User | None:
        found = await self._connection.execute(
            select(*_USER)
            .join_from(sessions, users)
            .where(sessions.c.secret_hash == secret_hash, sessions.c.expires_at > now)
        )
        return _user(found.mappings().first())

    async def delete(self, secret_hash: bytes) -> None:
        await self._connection.execute(delete(sessions).where(sessions.c.secret_hash == secret_hash))

    async def delete_others(self, user_id: UUID, secret_hash: bytes | None) -> None:
        statement = delete(sessions).where(sessions.c.user_id == user_id)
        if secret_hash is not None:
            statement = statement.where(sessions.c.secret_hash != secret_hash)
        await self._connection.execute(statement)


class PostgresTokens:
    """`chat_api.service_layer.repositories.Tokens`."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def add(self, token: ApiToken, user_id: UUID, secret_hash: bytes) -> None:
        await self._connection.execute(
            insert(api_tokens).values(
                id=token.id, user_id=user_id, name=token.name, secret_hash=secret_hash, created_at=token.created_at
            )
        )

    async def count(self, user_id: UUID) -> int:
        count = await self._connection.scalar(
            select(func.count()).select_from(api_tokens).where(api_tokens.c.user_id == user_id)
        )
        return int(count or 0)

    async def list(self, user_id: UUID) -> Sequence[ApiToken]:
        found = await self._connection.execute(
            select(api_tokens.c.id, api_tokens.c.name, api_tokens.c.created_at)
            .where(api_tokens.c.user_id == user_id)
            .order_by(api_tokens.c.id)
        )
        return [ApiToken(**row) for row in found.mappings()]

    async def user(self, secret_hash: bytes) -> User | None:
        found = await self._connection.execute(
            select(*_USER).join_from(api_tokens, users).where(api_tokens.c.secret_hash == secret_hash)
        )
        return _user(found.mappings().first())

    async def delete(self, user_id: UUID, token_id: UUID) -> bool:
        deleted = await self._connection.execute(
            delete(api_tokens).where(api_tokens.c.user_id == user_id, api_tokens.c.id == token_id)
        )
        return deleted.rowcount > 0


class PostgresThrottles:
    """`chat_api.service_layer.repositories.Throttles`."""

    def __init__(self, connection: AsyncConnection):
        self._connection = connection

    async def get(self, email: str) -> Throttle | None:
        found = await self._connection.execute(
            select(login_throttles.c.failures, login_throttles.c.blocked_until).where(
                login_throttles.c.email_key == email_key(email)
            )
        )
        row = found.mappings().first()
        return None if row is None else Throttle(**row)

    async def get_for_update(self, email: str, *, now: dt.datetime) -> Throttle:
        key = email_key(email)
        await self._connection.execute(
            upsert(login_throttles).values(email_key=key, failures=0, blocked_until=now).on_conflict_do_nothing()
        )
        locked = await self._connection.execute(
            select(login_throttles.c.failures, login_throttles.c.blocked_until)
            .where(login_throttles.c.email_key == key)
            .with_for_update()
        )
        return Throttle(**locked.mappings().one())

    async def put(self, email: str, throttle: Throttle) -> None:
        values = {"failures": throttle.failures, "blocked_until": throttle.blocked_until}
        await self._connection.execute(
            upsert(login_throttles)
            .values(email_key=email_key(email), **values)
            .on_conflict_do_update(index_elements=[login_throttles.c.email_key], set_=values)
        )

    async def delete(self, email: str) -> None:
        await self._connection.execute(delete(login_throttles).where(login_throttles.c.email_key == email_key(email)))


def _values(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "email_key": email_key(user.email),
        "timezone": user.timezone,
        "email_reminders": user.email_reminders,
        "version": user.version,
        "updated_at": user.updated_at,
    }


def _user(row: RowMapping | None) -> User | None:
    return None if row is None else User(**{column.name: row[column.name] for column in _USER})
