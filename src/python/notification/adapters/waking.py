"""Has the serving process publish at once what the worker commits, over Redis.

The relay lives in the serving process, and would find the worker's events at its next poll. A message lost costs no
more than that wait.
"""

import asyncio
from collections.abc import Callable

import structlog
from arq.connections import ArqRedis

from events.backoff import Backoff
from notification.adapters.queue import WAKE_CHANNEL, QueueAway

_log = structlog.get_logger(__name__)

_LISTEN_SECONDS = 1.0


class RemoteWaker:
    """Wakes the relay from another process."""

    def __init__(self, redis: ArqRedis):
        self._redis = redis
        self._wanted = asyncio.Event()

    def wake(self) -> None:
        """Has `run` wake the relay; never blocks."""
        self._wanted.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Sends what `wake` asks for until `stop` is set; many calls may become one message."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                waiting = asyncio.create_task(self._wanted.wait())
                await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                self._wanted.clear()
                await self._send()
        finally:
            stopping.cancel()

    async def _send(self) -> None:
        try:
            await self._redis.publish(WAKE_CHANNEL, b"")
        except QueueAway as error:
            _log.debug("relay not woken; it will look by itself", error=repr(error))


async def listen(redis: ArqRedis, wake_relay: Callable[[], None], backoff: Backoff, stop: asyncio.Event) -> None:
    """Calls `wake_relay` whenever a `RemoteWaker` asks for it, until `stop` is set; outlives Redis's absence."""
    failures = 0
    while not stop.is_set():
        try:
            async with redis.pubsub() as channel:
                await channel.subscribe(WAKE_CHANNEL)
                while not stop.is_set():
                    message = await channel.get_message(ignore_subscribe_messages=True, timeout=_LISTEN_SECONDS)
                    failures = 0
                    if message is not None:
                        wake_relay()
        except QueueAway as error:
            failures += 1
            _log.warning("not listening for the worker", error=repr(error), failures=failures)
            await _pause(backoff.delay(failures), stop)


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
