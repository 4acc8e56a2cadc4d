"""The sample service: its handler adds a row for each event, and fails as it is told to."""

import asyncio
import datetime as dt
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, Table, Text, Uuid, insert, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from events.backoff import Backoff
from events.brake import Brake
from events.contracts import EventData, UserUpdated
from events.dead_letters import DeadLetters, DeadLetterView
from events.envelope import Event, make_event
from events.handling import Handling
from events.messaging import Messaging
from events.receiver import EntryStatus, RawEntry, Receiver
from events.retry import RetryLoop
from events.subscriptions import Outcome, Subscriptions
from events.tables import messaging_tables
from events.topics import Topic
from events.tracing import new_traceparent
from events.unit_of_work import UnitOfWork
from tests.support.fakes import FixedClock, SequentialIds, nth_id

PACKAGE = "tests.support.sample"
NAME = "sample"

metadata = MetaData()
TABLES = messaging_tables(metadata)
EFFECTS = Table(
    "effects",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("subject", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

Trouble = Callable[[Event[UserUpdated], UnitOfWork], Awaitable[None]]


def user_updated(user: int, version: int, *, event_id: UUID | None = None) -> Event[EventData]:
    """What tells of the `version`-th change of the `user`-th user."""
    data = UserUpdated(user_id=nth_id(user), version=version, email=f"user-{user}@example.com", timezone="UTC")
    return make_event(
        data,
        event_id=event_id or nth_id(user * 1_000_000 + version),
        source="chat-api",
        time=dt.datetime(2026, 3, 2, 8, 59, 58, tzinfo=dt.UTC),
        traceparent=new_traceparent(),
    )


def entries(*events: Event[EventData] | object) -> list[RawEntry]:
    """A bulk delivery of `events`; what is no event is delivered as it is."""
    return [
        RawEntry(str(position), json.loads(event.to_json()) if isinstance(event, Event) else event)
        for position, event in enumerate(events)
    ]


@dataclass
class Sample:
    """One replica of the service. Replicas of one database share nothing else."""

    url: str
    clock: FixedClock = field(default_factory=FixedClock)
    max_attempts: int = 4
    brake_events: int = 100
    handler_timeout_seconds: float = 5.0
    deadline_seconds: float = 5.0
    first_id: int = 1_000
    trouble: dict[UUID, Trouble] = field(default_factory=dict)
    """What befalls the handler of an event after it had its effect, by the event's id."""
    answers: dict[UUID, Outcome] = field(default_factory=dict)
    runs: Counter[UUID] = field(default_factory=Counter)
    """How often the handler began, by the event's id."""

    def __post_init__(self) -> None:
        self.engine: AsyncEngine = create_async_engine(self.url, poolclass=NullPool)
        self.messaging = Messaging(NAME, self.engine, TABLES, self.clock, SequentialIds(self.first_id))
        subscriptions: Subscriptions[UnitOfWork] = Subscriptions({UserUpdated: self._on_user_updated})
        handling = Handling(subscriptions, self.clock, self.handler_timeout_seconds)
        backoff = Backoff(1.0, 2.0, 60.0, jitter=lambda limit: limit)
        self.brake = Brake(self.brake_events)
        self.receiver = Receiver(
            self.messaging,
            self.unit_of_work,
            handling,
            backoff=backoff,
            brake=self.brake,
            deadline_seconds=self.deadline_seconds,
        )
        self.retry_loop = RetryLoop(
            self.messaging,
            self.unit_of_work,
            handling,
            backoff=backoff,
            max_attempts=self.max_attempts,
            brake=self.brake,
            poll_seconds=0.05,
        )
        self.dead_letters = DeadLetters(self.messaging)

    def unit_of_work(self) -> UnitOfWork:
        return UnitOfWork(self.messaging)

    async def close(self) -> None:
        await self.engine.dispose()

    async def receive(self, *events: Event[EventData] | object, topic: str = Topic.USERS) -> list[str]:
        """Delivers `events` as one batch; returns the statuses."""
        statuses: Sequence[EntryStatus] = await self.receiver.receive(topic, entries(*events))
        return [str(entry.status) for entry in statuses]

    async def publish(self, *data: EventData) -> list[Event[EventData]]:
        """Publishes `data` in one unit of work."""
        async with self.unit_of_work() as uow:
            events = [await uow.publish(item) for item in data]
            await uow.commit()
        return events

    async def effects(self, user: int | None = None) -> list[int]:
        """The versions that had an effect, in the order they had it; of one user, or of all."""
        query = "SELECT version FROM effects WHERE CAST(:subject AS text) IS NULL OR subject = :subject ORDER BY id"
        async with self.engine.connect() as connection:
            subject = str(nth_id(user)) if user is not None else None
            return list(await connection.scalars(text(query), {"subject": subject}))

    async def count(self, table: str) -> int:
        async with self.engine.connect() as connection:
            return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608

    async def column(self, table: str, column: str) -> list[object]:
        """A column of all rows in the order they were added."""
        order = "ctid" if table == "processed_events" else "id"
        async with self.engine.connect() as connection:
            return list(
                await connection.scalars(text(f"SELECT {column} FROM {table} ORDER BY {order}"))  # noqa: S608
            )

    async def letters(self) -> list[DeadLetterView]:
        """All dead letters."""
        async with self.unit_of_work() as uow:
            return await self.dead_letters.find(uow, state=None)

    async def _on_user_updated(self, event: Event[UserUpdated], uow: UnitOfWork) -> Outcome:
        event_id = event.envelope.id
        self.runs[event_id] += 1
        outcome = self.answers.get(event_id, Outcome.APPLIED)
        if outcome is Outcome.APPLIED:
            await uow.connection.execute(
                insert(EFFECTS).values(event_id=event_id, subject=event.envelope.subject, version=event.data.version)
            )
        if event_id in self.trouble:
            await self.trouble[event_id](event, uow)
        return outcome


def fails(times: int, error: Exception | None = None) -> Trouble:
    """Fails so many times, then no more."""
    left = times

    async def trouble(_event: Event[UserUpdated], _uow: UnitOfWork) -> None:
        nonlocal left
        if left > 0:
            left -= 1
            raise error or RuntimeError("told to fail")

    return trouble


async def hangs(_event: Event[UserUpdated], _uow: UnitOfWork) -> None:
    """Never comes back."""
    await asyncio.Event().wait()


async def loses_the_connection(_event: Event[UserUpdated], uow: UnitOfWork) -> None:
    """Has the server end the connection of the unit of work."""
    await uow.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
