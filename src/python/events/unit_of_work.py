"""One transaction: a change and the events that tell of it, both or neither."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from events.clock import Clock
from events.contracts import EventData
from events.database import as_unavailable
from events.envelope import Event, make_event
from events.erasure import erase_messages
from events.ids import IdFactory
from events.messaging import Messaging
from events.outbox import OutboxRow, add_to_outbox, outbox_row
from events.tracing import current_traceparent

D = TypeVar("D", bound=EventData)


class UnitOfWork:
    """A transaction that rolls back unless it is committed.

    A service subclasses it with its repositories, made in ``__aenter__`` from `connection`. Where the database
    cannot be used, or is lost half-way, `Unavailable` is raised, whichever statement met it.

    Attributes:
        connection: the transaction's connection; valid inside ``async with``.
        clock: for times that are part of the change.
        ids: for new ids.
    """

    connection: AsyncConnection
    clock: Clock
    ids: IdFactory

    def __init__(self, messaging: Messaging):
        self.clock = messaging.clock
        self.ids = messaging.ids
        self._messaging = messaging
        self._outgoing: list[OutboxRow] = []
        self._after_commit: list[Callable[[], None]] = []

    async def __aenter__(self) -> Self:
        try:
            self.connection = await self._messaging.engine.connect()
        except Exception as error:  # translated or passed on as it is
            _raise_translated(error)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self.connection.close()  # rolls back what was not committed
        except (SQLAlchemyError, OSError) as failure:
            # A connection that is gone has been rolled back by the server; what went wrong before says more.
            if error is None:
                _raise_translated(failure)
                raise
        _raise_translated(error)

    async def publish(self, data: D) -> Event[D]:
        """Publishes `data` if and only if this unit of work commits, in the order of the calls.

        The rows are written at the commit, in one statement, while every row lock of the change is still held:
        so the order of the outbox is, within a partition key, the order of the changes.
        """
        event = make_event(
            data,
            event_id=self.ids.new(),
            source=self._messaging.service,
            time=self.clock.now(),
            traceparent=current_traceparent(),
        )
        self.send(outbox_row(event))
        return event

    def send(self, row: OutboxRow) -> None:
        """Publishes `row`, which need not be an event, if and only if this unit of work commits."""
        self._outgoing.append(row)

    async def erase_messages(self, user_id: UUID) -> None:
        """Deletes what the service's messaging tables hold of a user; see `events.erasure`."""
        await erase_messages(self.connection, user_id)

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Has `hook` called once this is committed; it must neither block nor fail, so: wake somebody."""
        self._after_commit.append(hook)

    async def commit(self) -> None:
        """Commits the change and its events, then wakes the relay.

        Raises:
            Unavailable: the database was lost; whether the change was made may then be unknowable.
        """
        try:
            await add_to_outbox(self.connection, self._messaging.tables.outbox, self._outgoing)
            await self.connection.commit()
        except Exception as error:  # translated or passed on as it is
            _raise_translated(error)
            raise
        hooks, self._after_commit = self._after_commit, []
        if self._outgoing:
            self._outgoing = []
            hooks.append(self._messaging.wake_relay)
        for hook in hooks:
            hook()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undoes what was done inside, events and hooks too, where it raises; then the error goes on."""
        outgoing, hooks = len(self._outgoing), len(self._after_commit)
        try:
            async with self.connection.begin_nested():
                yield
        except BaseException:
            del self._outgoing[outgoing:]
            del self._after_commit[hooks:]
            raise


U = TypeVar("U", bound=UnitOfWork)
UnitOfWorkFactory = Callable[[], U]


def _raise_translated(error: BaseException | None) -> None:
    unavailable = as_unavailable(error)
    if unavailable is not None:
        raise unavailable from error
