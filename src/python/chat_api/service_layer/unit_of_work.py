"""One transaction of the Chat API: its repositories, its events, and what open windows are told."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, TypeVar

import asyncpg
from sqlalchemy import Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError

from chat_api.adapters.accounts import PostgresSessions, PostgresThrottles, PostgresTokens, PostgresUsers
from chat_api.adapters.conversations import PostgresConversations
from chat_api.adapters.idempotency import PostgresIdempotencyKeys
from chat_api.adapters.reminders import PostgresReminders
from chat_api.adapters.tasks import PostgresTasks
from chat_api.domain.change import Change
from chat_api.service_layer.errors import AccountGone
from chat_api.service_layer.repositories import (
    Conversations,
    IdempotencyKeys,
    Reminders,
    Sessions,
    Tasks,
    Throttles,
    Tokens,
    Users,
)
from events.contracts import EventData, TaskCompleted, TaskCreated, TaskDeleted, TaskUpdated, UserUpdated
from events.envelope import Event
from events.unit_of_work import UnitOfWork

D = TypeVar("D", bound=EventData)

CHANGES_CHANNEL = "chat_api_changes"
"""The channel of NOTIFY that carries changes as JSON, to every process of the service."""

_NOTIFY = select(func.pg_notify(CHANGES_CHANNEL, func.unnest(bindparam("payloads", type_=ARRAY(Text)))))


class ChatUnitOfWork(UnitOfWork):
    """A unit of work with the Chat API's repositories."""

    users: Users
    sessions: Sessions
    tokens: Tokens
    throttles: Throttles
    tasks: Tasks
    reminders: Reminders
    idempotency_keys: IdempotencyKeys
    conversations: Conversations

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._changes: list[Change] = []
        self.users = PostgresUsers(self.connection)
        self.sessions = PostgresSessions(self.connection)
        self.tokens = PostgresTokens(self.connection)
        self.throttles = PostgresThrottles(self.connection)
        self.tasks = PostgresTasks(self.connection)
        self.reminders = PostgresReminders(self.connection)
        self.idempotency_keys = PostgresIdempotencyKeys(self.connection)
        self.conversations = PostgresConversations(self.connection)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, traceback)
        if _names_a_user_who_is_gone(error):
            raise AccountGone from error

    async def publish(self, data: D) -> Event[D]:
        """Publishes `data` with this unit of work, and tells its user's open windows."""
        event = await super().publish(data)
        change = _change(event)
        if change is not None:
            self.tell(change)
        return event

    def tell(self, change: Change) -> None:
        """Tells the user's open windows of `change` if and only if this unit of work commits."""
        self._changes.append(change)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undoes what was done inside, what windows are told too, where it raises; then the error goes on."""
        told = len(self._changes)
        try:
            async with super().savepoint():
                yield
        except BaseException:
            del self._changes[told:]
            raise

    async def commit(self) -> None:
        """Commits the change, its events and what open windows are told. Raises as `UnitOfWork.commit` does."""
        if self._changes:
            payloads = [json.dumps(change.to_json()) for change in self._changes]
            await self.connection.execute(_NOTIFY, {"payloads": payloads})
            self._changes = []
        await super().commit()


def _names_a_user_who_is_gone(error: BaseException | None) -> bool:
    """Whether a row was to refer to an account that was deleted after its user had been authenticated."""
    if not isinstance(error, IntegrityError) or error.orig is None:
        return False
    cause = error.orig.__cause__
    return isinstance(cause, asyncpg.ForeignKeyViolationError) and str(cause.constraint_name).endswith("_user_id_fkey")


def _change(event: Event[EventData]) -> Change | None:
    data = event.data
    if isinstance(data, (TaskCreated, TaskUpdated, TaskCompleted, TaskDeleted)):
        return Change(
            id=event.envelope.id,
            user_id=data.user_id,
            type=data.TYPE,
            task_id=data.task.task_id,
            task_number=data.task.number,
            version=data.version,
        )
    if isinstance(data, UserUpdated):
        return Change(id=event.envelope.id, user_id=data.user_id, type=data.TYPE, version=data.version)
    return None  # a reminder's scheduling comes with its task's change; an account that is gone has no windows
