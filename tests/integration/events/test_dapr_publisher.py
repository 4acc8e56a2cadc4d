"""The Dapr publisher against a server that speaks the sidecar's protocol, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from dapr.proto import api_service_v1, api_v1

from events.dapr import DaprPublisher
from events.publisher import Message, PublisherUnavailable, PublishFailed
from tests.support.sample.__main__ import SampleSettings
from tests.support.sockets import Request, Response, http_server
from tests.support.waiting import eventually


@dataclass
class Sidecar(api_service_v1.DaprServicer):
    """Takes bulk publishes, and answers as it is told to."""

    ready: bool = True
    requests: list[Any] = field(default_factory=list)
    error: tuple[grpc.StatusCode, str] | None = None
    failed_entries: dict[str, str] = field(default_factory=dict)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    """Topics whose calls are answered once their event is set."""

    async def BulkPublishEvent(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        self.requests.append(request)
        if request.topic in self.held:
            await self.held[request.topic].wait()
            return api_v1.BulkPublishResponse()
        if self.error is not None:
            await context.abort(*self.error)
        return api_v1.BulkPublishResponse(
            failedEntries=[
                api_v1.BulkPublishResponseFailedEntry(entry_id=entry_id, error=error)
                for entry_id, error in self.failed_entries.items()
            ]
        )

    async def health(self, request: Request) -> Response:
        assert request.path == "/v1.0/healthz/outbound"
        return Response(204 if self.ready else 500, b"")


@pytest.fixture
def sidecar() -> Sidecar:
    return Sidecar()


@pytest.fixture
async def publisher(sidecar: Sidecar) -> AsyncIterator[DaprPublisher]:
    server = grpc.aio.server()
    api_service_v1.add_DaprServicer_to_server(sidecar, server)  # type: ignore[no-untyped-call]
    grpc_port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with http_server(sidecar.health) as url:
        publisher = DaprPublisher(
            SampleSettings(
                database_url="postgresql+asyncpg://unused",
                app_api_token="token",  # type: ignore[arg-type]
                dapr_http_port=int(url.rsplit(":", 1)[1]),
                dapr_grpc_port=grpc_port,
            )
        )
        yield publisher
        await publisher.close()
    await server.stop(None)


def messages(*, raw: bool = False) -> list[Message]:
    return [Message(7, "key-a", '{"n":"ä"}', raw), Message(8, "key-b", '{"n":2}', raw)]


async def test_events_go_out_in_one_call_with_their_partition_keys(publisher: DaprPublisher, sidecar: Sidecar) -> None:
    assert await publisher.publish("user-events", messages()) == []
    (request,) = sidecar.requests
    assert (request.pubsub_name, request.topic, dict(request.metadata)) == ("pubsub", "user-events", {})
    assert [
        (entry.entry_id, entry.event.decode(), entry.content_type, dict(entry.metadata)) for entry in request.entries
    ] == [
        ("7", '{"n":"ä"}', "application/cloudevents+json", {"partitionKey": "key-a"}),
        ("8", '{"n":2}', "application/cloudevents+json", {"partitionKey": "key-b"}),
    ]


async def test_a_dead_letter_goes_out_raw(publisher: DaprPublisher, sidecar: Sidecar) -> None:
    await publisher.publish("sample-dead-letters", messages(raw=True))
    assert dict(sidecar.requests[0].metadata) == {"rawPayload": "true"}


async def test_entries_that_failed_are_told(publisher: DaprPublisher, sidecar: Sidecar) -> None:
    sidecar.failed_entries = {"7": "no leader", "8": "kafka server: Message was too large, server rejected it"}
    failed = await publisher.publish("user-events", messages())
    assert [(failure.id, failure.permanent) for failure in failed] == [(7, False), (8, True)]


@pytest.mark.parametrize(
    ("code", "detail", "permanent"),
    [
        (grpc.StatusCode.INTERNAL, "error when publishing: kafka server: Message was too large, server ...", True),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "received message larger than max", True),
        (grpc.StatusCode.INVALID_ARGUMENT, "cannot create cloudevent", True),
        (grpc.StatusCode.INTERNAL, "kafka: client has run out of available brokers", False),
        (grpc.StatusCode.PERMISSION_DENIED, "topic is not allowed", False),
    ],
)
async def test_a_call_that_fails_says_whether_trying_again_can_help(
    publisher: DaprPublisher, sidecar: Sidecar, code: grpc.StatusCode, detail: str, permanent: bool
) -> None:
    sidecar.error = (code, detail)
    with pytest.raises(PublishFailed) as caught:
        await publisher.publish("user-events", messages())
    assert caught.value.permanent is permanent
    assert not isinstance(caught.value, PublisherUnavailable)


async def test_a_sidecar_that_is_away_is_unavailable_and_found_again_when_it_is_back(
    publisher: DaprPublisher, sidecar: Sidecar
) -> None:
    sidecar.error = (grpc.StatusCode.UNAVAILABLE, "shutting down")
    with pytest.raises(PublisherUnavailable):
        await publisher.publish("user-events", messages())
    sidecar.error, sidecar.ready = None, False
    with pytest.raises(PublisherUnavailable):
        await publisher.publish("user-events", messages())
    assert not await publisher.is_ready()
    sidecar.ready = True
    assert await publisher.publish("user-events", messages()) == []


async def test_a_call_that_finds_the_sidecar_away_leaves_those_under_way_alone(
    publisher: DaprPublisher, sidecar: Sidecar
) -> None:
    answer = sidecar.held["task-events"] = asyncio.Event()
    await publisher.publish("reminder-events", messages())
    slow = asyncio.create_task(publisher.publish("task-events", messages()))

    async def under_way() -> bool:
        return any(request.topic == "task-events" for request in sidecar.requests)

    await eventually(under_way, "the slow call has reached the sidecar")
    sidecar.error = (grpc.StatusCode.UNAVAILABLE, "shutting down")
    with pytest.raises(PublisherUnavailable):
        await publisher.publish("user-events", messages())
    answer.set()
    assert await asyncio.wait_for(slow, 5) == []


async def test_calls_that_begin_together_share_one_channel(
    publisher: DaprPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    channel = grpc.aio.insecure_channel

    def counted(address: str, *args: Any, **options: Any) -> Any:
        opened.append(address)
        return channel(address, *args, **options)

    monkeypatch.setattr(grpc.aio, "insecure_channel", counted)
    await asyncio.gather(*(publisher.publish(topic, messages()) for topic in ("user-events", "task-events")))
    assert len(opened) == 1


async def test_without_any_sidecar_publishing_is_unavailable() -> None:
    publisher = DaprPublisher(
        SampleSettings(
            database_url="postgresql+asyncpg://unused",
            app_api_token="token",  # type: ignore[arg-type]
            dapr_http_port=1,
            dapr_grpc_port=1,
        )
    )
    with pytest.raises(PublisherUnavailable):
        await publisher.publish("user-events", messages())
    await publisher.close()
