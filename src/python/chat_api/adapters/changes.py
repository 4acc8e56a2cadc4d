"""Committed changes as PostgreSQL announces them, handed to the open windows of each user."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg

from chat_api.domain.change import Change
from chat_api.service_layer.unit_of_work import CHANGES_CHANNEL

_WAITING_CHANGES = 200
"""A reader that is further behind than this is told to load everything anew."""
_CHECK_SECONDS = 10.0
_TIMEOUT_SECONDS = 5.0


class Resync:
    """Changes may have been missed."""


RESYNC: Final = Resync()


class StreamEnded(Exception):
    """The process is shutting down; no further changes will come."""


class Subscription:
    """The changes of one user, for one reader."""

    def __init__(self, shutdown: asyncio.Event):
        self._waiting: deque[Change | Resync] = deque()
        self._arrived = asyncio.Event()
        self._shutdown = shutdown

    async def next(self, timeout_seconds: float) -> Change | Resync | None:
        """The next change; none where there was none for so long.

        Raises:
            StreamEnded: shutdown has begun.
        """
        await _first_of(self._arrived, self._shutdown, seconds=timeout_seconds)
        if self._shutdown.is_set():
            raise StreamEnded
        if not self._waiting:
            return None
        item = self._waiting.popleft()
        if not self._waiting:
            self._arrived.clear()
        return item

    def put(self, item: Change | Resync) -> None:
        """Hands `item` to the reader; one that has fallen far behind is told to load everything anew instead."""
        if len(self._waiting) == _WAITING_CHANGES:
            self._waiting.clear()
            item = RESYNC
        self._waiting.append(item)
        self._arrived.set()


class ChangeFeed:
    """One connection that listens, for all readers of this process.

    It needs a session of its own with the server: `dsn` must lead past any transaction pooler. All subscriptions
    end with `shutdown`.
    """

    def __init__(self, dsn: str, shutdown: asyncio.Event):
        self._dsn = dsn
        self._shutdown = shutdown
        self._subscriptions: defaultdict[UUID, set[Subscription]] = defaultdict(set)
        self.listening = asyncio.Event()
        """Set while changes are heard of."""

    @contextmanager
    def subscribe(self, user_id: UUID) -> Iterator[Subscription]:
        """The changes of a user that are committed from now on."""
        subscription = Subscription(self._shutdown)
        self._subscriptions[user_id].add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions[user_id].discard(subscription)
            if not self._subscriptions[user_id]:
                del self._subscriptions[user_id]

    async def run(self, stop: asyncio.Event) -> None:
        """Listens until `stop` is set. Raises where the connection is lost; started again, it has readers resync."""
        connection = await asyncpg.connect(
            self._dsn, timeout=_TIMEOUT_SECONDS, server_settings={"application_name": "chat-api changes"}
        )
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(CHANGES_CHANNEL, self._hear)
            self.listening.set()
            self._tell_all_to_resync()
            while not stop.is_set():
                await _first_of(stop, lost, seconds=_CHECK_SECONDS)
                if lost.is_set():
                    raise ConnectionError("the connection that listens for changes was lost")
                # A connection that a firewall forgot looks alive until it is used.
                await connection.execute("SELECT 1", timeout=_TIMEOUT_SECONDS)
        finally:
            self.listening.clear()
            connection.terminate()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        change = Change.from_json(json.loads(str(payload)))
        for subscription in self._subscriptions.get(change.user_id, ()):
            subscription.put(change)

    def _tell_all_to_resync(self) -> None:
        for of_user in self._subscriptions.values():
            for subscription in of_user:
                subscription.put(RESYNC)


async def _first_of(*events: asyncio.Event, seconds: float) -> None:
    """Waits until one of `events` is set, at most so long."""
    if any(event.is_set() for event in events):
        return
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
