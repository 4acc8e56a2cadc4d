"""Logging in, over a unit of work in memory: what a password costs, and what failing does."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, cast
from uuid import UUID

import pytest

from chat_api.domain.account import Credentials, Throttle, User
from chat_api.service_layer.accounts import Accounts, valid_email
from chat_api.service_layer.errors import EmailTaken, TooManyAttempts, WrongCredentials
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.contracts import EventData
from events.errors import Invalid
from tests.support.fakes import FixedClock, SequentialIds


@dataclass
class Memory:
    """What is committed, and how many units of work are open."""

    accounts: dict[str, Credentials] = field(default_factory=dict)
    throttles: dict[str, Throttle] = field(default_factory=dict)
    sessions: list[UUID] = field(default_factory=list)
    published: list[EventData] = field(default_factory=list)
    open: int = 0


class MemoryUsers:
    def __init__(self, memory: Memory):
        self._memory = memory

    async def add(self, user: User, password_hash: str) -> bool:
        if user.email.lower() in self._memory.accounts:
            return False
        self._memory.accounts[user.email.lower()] = Credentials(user, password_hash)
        return True

    async def credentials(self, email: str) -> Credentials | None:
        return self._memory.accounts.get(email.lower())

    async def get_for_update(self, user_id: UUID) -> User | None:
        return next((c.user for c in self._memory.accounts.values() if c.user.id == user_id), None)


class MemoryThrottles:
    def __init__(self, memory: Memory):
        self._memory = memory

    async def get(self, email: str) -> Throttle | None:
        return self._memory.throttles.get(email.lower())

    async def get_for_update(self, email: str, *, now: dt.datetime) -> Throttle:
        return self._memory.throttles.get(email.lower(), Throttle(0, now))

    async def put(self, email: str, throttle: Throttle) -> None:
        self._memory.throttles[email.lower()] = throttle

    async def delete(self, email: str) -> None:
        self._memory.throttles.pop(email.lower(), None)


class MemorySessions:
    def __init__(self, memory: Memory):
        self._memory = memory

    async def add(self, secret_hash: bytes, user_id: UUID, *, created_at: dt.datetime, expires_at: dt.datetime) -> None:
        assert expires_at > created_at
        self._memory.sessions.append(user_id)


class MemoryUnitOfWork:
    def __init__(self, memory: Memory, clock: FixedClock, ids: SequentialIds):
        self.clock, self.ids = clock, ids
        self.users, self.throttles, self.sessions = MemoryUsers(memory), MemoryThrottles(memory), MemorySessions(memory)
        self._memory = memory

    async def __aenter__(self) -> Self:
        self._memory.open += 1
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._memory.open -= 1

    async def publish(self, data: EventData) -> None:
        self._memory.published.append(data)

    async def commit(self) -> None:
        pass


class PlainPasswords:
    """Keeps passwords as they are, and watches that no transaction waits for them."""

    def __init__(self, memory: Memory):
        self._memory = memory
        self.verified: list[str | None] = []

    async def hash(self, password: str) -> str:
        assert self._memory.open == 0, "hashing takes long: no transaction may wait for it"
        return f"hash of {password}"

    async def verify(self, password: str, password_hash: str | None) -> bool:
        assert self._memory.open == 0
        self.verified.append(password_hash)
        return password_hash == f"hash of {password}"


@dataclass
class World:
    memory: Memory
    clock: FixedClock
    passwords: PlainPasswords
    accounts: Accounts


@pytest.fixture
def world() -> World:
    memory, clock, ids = Memory(), FixedClock(), SequentialIds()
    passwords = PlainPasswords(memory)
    new_unit_of_work = cast("Callable[[], ChatUnitOfWork]", lambda: MemoryUnitOfWork(memory, clock, ids))
    return World(memory, clock, passwords, Accounts(new_unit_of_work, passwords, dt.timedelta(days=1)))


async def test_registering_and_logging_in(world: World) -> None:
    registered = await world.accounts.register("Ada@Example.com", "long enough", "UTC")
    logged_in = await world.accounts.log_in("ADA@example.com", "long enough")
    assert logged_in.user == registered.user
    assert logged_in.secret != registered.secret
    assert world.memory.sessions == [registered.user.id] * 2
    assert [data.TYPE for data in world.memory.published] == ["user.updated"]
    with pytest.raises(EmailTaken):
        await world.accounts.register("ada@example.com", "long enough", "UTC")


async def test_an_unknown_address_costs_the_check_of_a_password_too(world: World) -> None:
    with pytest.raises(WrongCredentials):
        await world.accounts.log_in("nobody@example.com", "long enough")
    assert world.passwords.verified == [None]


async def test_pauses_grow_with_failures_up_to_a_minute_and_end_with_a_success(world: World) -> None:
    await world.accounts.register("ada@example.com", "long enough", "UTC")
    pauses = []
    for _ in range(14):
        with pytest.raises(WrongCredentials):
            await world.accounts.log_in("ada@example.com", "wrong")
        until = world.memory.throttles["ada@example.com"].blocked_until
        pauses.append(round((until - world.clock.now()).total_seconds()))
        if pauses[-1]:
            with pytest.raises(TooManyAttempts):
                await world.accounts.log_in("ada@example.com", "long enough")
        world.clock.set(until)
    assert pauses == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    await world.accounts.log_in("ada@example.com", "long enough")
    assert world.memory.throttles == {}


async def test_failures_are_forgiven_after_an_hour(world: World) -> None:
    for _ in range(6):
        with pytest.raises(WrongCredentials):
            await world.accounts.log_in("ada@example.com", "wrong")
        world.clock.advance(minutes=59)
    world.clock.advance(minutes=61)
    with pytest.raises(WrongCredentials):
        await world.accounts.log_in("ada@example.com", "wrong")
    assert world.memory.throttles["ada@example.com"].failures == 1


@pytest.mark.parametrize("attempt", [{"email": "nobody"}, {"password": "short"}, {"timezone": "Mars/Olympus"}])
async def test_nothing_is_hashed_or_kept_for_an_account_that_cannot_be(world: World, attempt: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        await world.accounts.register(
            **{"email": "ada@example.com", "password": "long enough", "timezone": "UTC"} | attempt
        )
    assert world.memory == Memory()


def test_an_address_is_checked_without_a_network_and_kept_in_one_form() -> None:
    assert valid_email("  Ada@EXAMPLE.com".strip()) == "Ada@example.com"
    assert valid_email("ädä@müller.example.com") == "ädä@müller.example.com"
