"""What the use cases need to be kept. `chat_api.adapters` keeps it in PostgreSQL.

Whatever is found "for update" stays locked until the unit of work ends. Locks are taken in the order user, task,
next instance of the task's series, reminders: so that no two units of work wait for each other.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from chat_api.domain.account import ApiToken, Credentials, Throttle, User
from chat_api.domain.conversation import Exchange, Json, MadeCall, Turn
from chat_api.domain.reminder import Reminder, ReminderState
from chat_api.domain.task import Task
from events.contracts import CancelReason


class Users(Protocol):
    """Accounts."""

    async def add(self, user: User, password_hash: str) -> bool:
        """Adds an account; false where the address has one."""
        ...

    async def get_for_update(self, user_id: UUID) -> User | None: ...

    async def hold(self, user_id: UUID) -> bool:
        """Has the account stay until the unit of work ends; false where it is gone.

        To be called before a task is locked by whoever may then write a row that refers to the account, since that
        holds it as well.
        """
        ...

    async def credentials(self, email: str) -> Credentials | None:
        """Those of the account with this address, in any case."""
        ...

    async def update(self, user: User, password_hash: str | None = None) -> bool:
        """Writes the account, and its password where one is given; false where the address has another account."""
        ...

    async def delete(self, user_id: UUID) -> None:
        """Deletes the account with everything that belongs to it."""
        ...


class Sessions(Protocol):
    """Who is logged in; known by the hash of a cookie's value."""

    async def add(
        self, secret_hash: bytes, user_id: UUID, *, created_at: dt.datetime, expires_at: dt.datetime
    ) -> None: ...

    async def user(self, secret_hash: bytes, *, now: dt.datetime) -> User | None:
        """The user of a session that has not expired."""
        ...

    async def delete(self, secret_hash: bytes) -> None: ...

    async def delete_others(self, user_id: UUID, secret_hash: bytes | None) -> None:
        """Deletes all of a user's sessions but this one."""
        ...


class Tokens(Protocol):
    """Bearer tokens, known by the hash of their secret."""

    async def add(self, token: ApiToken, user_id: UUID, secret_hash: bytes) -> None: ...

    async def count(self, user_id: UUID) -> int: ...

    async def list(self, user_id: UUID) -> Sequence[ApiToken]:
        """A user's tokens, oldest first."""
        ...

    async def user(self, secret_hash: bytes) -> User | None: ...

    async def delete(self, user_id: UUID, token_id: UUID) -> bool:
        """Whether there was such a token."""
        ...


class Throttles(Protocol):
    """Failed attempts to log in, by address."""

    async def get(self, email: str) -> Throttle | None: ...

    async def get_for_update(self, email: str, *, now: dt.datetime) -> Throttle:
        """The failures so far, or none as of `now`. Whoever else counts one waits."""
        ...

    async def put(self, email: str, throttle: Throttle) -> None: ...

    async def delete(self, email: str) -> None: ...


@dataclass(frozen=True)
class Tombstone:
    """What is remembered of a deleted instance of a series."""

    number: int
    version: int
    parent_version: int


class Tasks(Protocol):
    """Tasks with their reminders."""

    async def add(self, task: Task) -> Task | None:
        """Adds a task with its reminders; none where its user is gone.

        A `number` of 0 stands for the next one of the user, which the answer has.
        """
        ...

    async def get_for_update(self, user_id: UUID, number: int) -> Task | None: ...

    async def get_by_id_for_update(self, task_id: UUID) -> Task | None: ...

    async def successor_for_update(self, task_id: UUID, series_id: UUID | None) -> Task | None:
        """The instance that `task_id`'s completion brought: of this series, else of an earlier one."""
        ...

    async def exists(self, task_id: UUID) -> bool: ...

    async def update(self, task: Task) -> None:
        """Writes the task, without its reminders."""
        ...

    async def delete(self, task: Task, *, deleted_at: dt.datetime) -> None:
        """Deletes the task with its reminders. Of an instance that a series brought, a tombstone stays."""
        ...

    async def tombstone(self, task_id: UUID) -> Tombstone | None:
        """What is remembered of the deleted instance; forgotten when it is added again."""
        ...


class Reminders(Protocol):
    """Reminders, each under its task's lock."""

    async def task_number(self, user_id: UUID, reminder_id: UUID) -> int | None:
        """The number of the task that the user's reminder belongs to."""
        ...

    async def add(self, reminders: Sequence[Reminder]) -> None: ...

    async def update(self, reminders: Sequence[Reminder]) -> None: ...

    async def report(
        self,
        reminder_id: UUID,
        version: int,
        state: ReminderState,
        *,
        before: Sequence[ReminderState],
        cancel_reason: CancelReason | None,
        now: dt.datetime,
    ) -> bool:
        """Puts this version of a reminder from one of the states `before` into `state`; false where it is in none."""
        ...


@dataclass(frozen=True)
class StoredAnswer:
    """What a request with an idempotency key was answered, and what it had asked."""

    request_hash: bytes
    status: int
    body: Any
    headers: dict[str, str]


class IdempotencyKeys(Protocol):
    """The answers to requests that carry an idempotency key."""

    async def claim(self, user_id: UUID, key: str, request_hash: bytes, *, now: dt.datetime) -> StoredAnswer | None:
        """Takes the key, or returns the answer that it was used for. Waits for who is using it at the moment."""
        ...

    async def store(self, user_id: UUID, key: str, answer: StoredAnswer) -> None: ...


class Conversations(Protocol):
    """Conversations with the assistant, and the tool calls made for their messages."""

    async def add(self, conversation_id: UUID, user_id: UUID, *, created_at: dt.datetime) -> None: ...

    async def memory(self, conversation_id: UUID, user_id: UUID) -> Json | None:
        """What the user's conversation remembers; none where there is no such conversation."""
        ...

    async def remember(self, conversation_id: UUID, memory: Json, *, updated_at: dt.datetime) -> None: ...

    async def history(self, conversation_id: UUID, limit: int) -> Sequence[Exchange]:
        """The last answered messages with their replies, oldest first."""
        ...

    async def turn_for_update(self, user_id: UUID, key: str) -> Turn | None:
        """The turn that came with an idempotency key."""
        ...

    async def add_turn(self, turn: Turn) -> bool:
        """Adds a turn; false where another one has its key. Waits for who is adding one with it at the moment."""
        ...

    async def lease(self, turn_id: UUID, until: dt.datetime) -> None: ...

    async def plan(self, turn_id: UUID, plan: Sequence[Json]) -> None: ...

    async def answer_turn(
        self, turn_id: UUID, reply: str, actions: Sequence[Json], *, answered_at: dt.datetime
    ) -> None: ...

    async def claim_call(self, turn_id: UUID, key: str, tool: str, arguments: Json) -> MadeCall | None:
        """Notes that a call is being made; where the turn has made it before, returns it instead."""
        ...

    async def record_call(self, turn_id: UUID, key: str, result: Json) -> None: ...

    async def made_calls(self, turn_id: UUID) -> Sequence[MadeCall]:
        """The calls that a turn has made, in their order."""
        ...
