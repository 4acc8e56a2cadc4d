"""Publishing through the Dapr sidecar, with the SDK's asynchronous bulk publish."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import grpc
from dapr.aio.clients.grpc.client import DaprGrpcClientAsync
from dapr.clients import BulkPublishEntry
from dapr.clients.exceptions import DaprGrpcError
from dapr.clients.health import DaprHealth

from events.publisher import FailedMessage, Message, PublisherUnavailable, PublishFailed
from events.settings import ServiceSettings

_CLOUD_EVENT = "application/cloudevents+json"
_AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}
_REFUSED = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.OUT_OF_RANGE}
# Kafka's word for it reaches us only as text, inside an INTERNAL error of the sidecar.
_TOO_LARGE = re.compile(r"message (was )?too large|larger than configured", re.IGNORECASE)
_PROBE_SECONDS = 2.0

# The SDK's asynchronous client waits for the sidecar in its constructor, for up to a minute and with the event loop
# blocked meanwhile. `DaprPublisher.is_ready` asks the same question without blocking anybody.
DaprHealth.wait_for_sidecar = staticmethod(lambda: None)  # type: ignore[method-assign]


@dataclass
class _Connection:
    client: DaprGrpcClientAsync
    calls: int = 0
    """How many are under way on it."""


class DaprPublisher:
    """A `Publisher` that hands messages to the sidecar. It connects when first used."""

    def __init__(self, settings: ServiceSettings):
        self._pubsub = settings.pubsub_name
        self._address = f"127.0.0.1:{settings.dapr_grpc_port}"
        self._health_url = f"http://127.0.0.1:{settings.dapr_http_port}/v1.0/healthz/outbound"
        self._connection: _Connection | None = None

    async def publish(self, topic: str, messages: Sequence[Message]) -> Sequence[FailedMessage]:
        raw = messages[0].raw
        entries = [
            BulkPublishEntry(
                event=message.payload,
                entry_id=str(message.id),
                content_type="application/octet-stream" if raw else _CLOUD_EVENT,
                metadata={"partitionKey": message.partition_key},
            )
            for message in messages
        ]
        async with self._connected() as connection:
            try:
                response = await connection.client.publish_events(
                    self._pubsub, topic, entries, publish_metadata={"rawPayload": "true"} if raw else {}
                )
            except DaprGrpcError as error:
                code: grpc.StatusCode = error.code()  # type: ignore[no-untyped-call]
                detail = str(error.details())  # type: ignore[no-untyped-call]
                if code in _AWAY:
                    # A new channel next time: this one's own reconnecting backs off for up to two minutes.
                    self._leave(connection)
                    raise PublisherUnavailable(detail) from error
                permanent = code in _REFUSED or _TOO_LARGE.search(detail) is not None
                raise PublishFailed(detail, permanent=permanent) from error
        return [
            FailedMessage(int(entry.entry_id), entry.error, _TOO_LARGE.search(entry.error) is not None)
            for entry in response.failed_entries
        ]

    async def is_ready(self) -> bool:
        """Whether the sidecar and its components can be used."""
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PROBE_SECONDS)) as http,
                http.get(self._health_url) as response,
            ):
                return 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def close(self) -> None:
        """Closes the channel, and with it the calls under way; publishing again opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.client.close()  # type: ignore[no-untyped-call]

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[_Connection]:
        """The channel that all calls share; one that was left is closed by the last of them.

        Closing it earlier would cancel the others, and the tasks that wait for them.
        """
        if self._connection is None:
            if not await self.is_ready():
                raise PublisherUnavailable("the Dapr sidecar is not ready")
            # Another call may have opened it meanwhile.
            self._connection = self._connection or _Connection(DaprGrpcClientAsync(self._address))
        connection = self._connection
        connection.calls += 1
        try:
            yield connection
        finally:
            connection.calls -= 1
            if connection is not self._connection and connection.calls == 0:
                await connection.client.close()  # type: ignore[no-untyped-call]

    def _leave(self, connection: _Connection) -> None:
        if self._connection is connection:
            self._connection = None
