"""The HTTP route on which Dapr delivers, with a database behind it."""

import base64
import json
from typing import Any

import pytest
from pydantic import SecretStr
from quart.typing import TestClientProtocol as Client

from events.http.app import create_app
from events.http.receive import receive_blueprint
from events.topics import dead_letter_topic
from tests.support.sample.service import NAME, Sample, user_updated

TOKEN = {"dapr-api-token": "the token"}
PROBLEM = "application/problem+json"


@pytest.fixture
def client(sample: Sample) -> Client:
    app = create_app(NAME)
    app.register_blueprint(receive_blueprint(sample.receiver, SecretStr("the token")))
    return app.test_client()


def bulk(*events: Any) -> dict[str, Any]:
    """A bulk delivery as the sidecar sends it."""
    return {
        "id": "b880ef53-90c9-4190-91f7-ba46425e1d5e",
        "metadata": {"pubsubName": "pubsub"},
        "pubsubname": "pubsub",
        "topic": "user-events",
        "type": "com.dapr.event.sent.bulk",
        "entries": [
            {
                "entryId": str(position),
                "event": event,
                "metadata": {"__key": "key-1", "__offset": str(position), "partitionKey": "key-1"},
                "contentType": "application/cloudevents+json",
            }
            for position, event in enumerate(events)
        ],
    }


def delivered(user: int, version: int) -> dict[str, Any]:
    """An event as the sidecar hands it over: with attributes of its own beside ours."""
    body: dict[str, Any] = json.loads(user_updated(user, version).to_json())
    return body | {"pubsubname": "pubsub", "topic": "user-events", "tracestate": ""}


async def test_each_entry_of_a_bulk_delivery_gets_its_status(client: Client, sample: Sample) -> None:
    response = await client.post(
        "/events/user-events", headers=TOKEN, json=bulk(delivered(1, 1), {"no": "id"}, delivered(2, 1))
    )
    assert response.status_code == 200
    assert await response.get_json() == {
        "statuses": [{"entryId": entry, "status": "SUCCESS"} for entry in ("0", "1", "2")]
    }
    assert len(await sample.effects()) == 2
    assert await sample.count("dead_letters") == 1


@pytest.mark.parametrize("headers", [{}, {"dapr-api-token": "wrong"}, {"dapr-api-token": ""}])
async def test_a_wrong_token_is_refused_and_nothing_happens(
    client: Client, sample: Sample, headers: dict[str, str]
) -> None:
    response = await client.post("/events/user-events", headers=headers, json=bulk(delivered(1, 1)))
    assert (response.status_code, response.content_type) == (401, PROBLEM)
    assert await sample.effects() == []


async def test_no_topic_is_answered_with_not_found(client: Client) -> None:
    response = await client.post("/events/some-topic", headers=TOKEN, json=bulk({"no": "id"}))
    assert response.status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b"{}", b'{"entries": 3}', b'{"entries": [{"event": {}}]}', b"\xff\xfe", b"NaN"]
)
async def test_what_is_no_bulk_delivery_is_a_problem_but_never_not_found(client: Client, body: bytes) -> None:
    response = await client.post("/events/user-events", headers=TOKEN | {"content-type": "application/json"}, data=body)
    assert (response.status_code, response.content_type) == (400, PROBLEM)


async def test_a_delivery_may_be_larger_than_other_requests(client: Client, sample: Sample) -> None:
    big = delivered(1, 1) | {"padding": "x" * 2_000_000}
    response = await client.post("/events/user-events", headers=TOKEN, json=bulk(big))
    assert response.status_code == 200
    assert await sample.effects() == [1]


async def test_a_dead_letter_of_daprs_is_taken_in_with_the_topic_it_was_on(client: Client, sample: Sample) -> None:
    body = {
        "data_base64": base64.b64encode(b"\xff no event").decode(),
        "datacontenttype": "application/octet-stream",
        "id": "3b0c6a4e-4c1f-4a55-9d5c-0a4f7f9f3c11",
        "specversion": "1.0",
        "topic": dead_letter_topic(NAME),
        "type": "com.dapr.event.sent",
    }
    for _ in range(2):
        response = await client.post(
            f"/events/{dead_letter_topic(NAME)}",
            headers=TOKEN | {"content-type": "application/cloudevents+json", "__Topic": "user-events"},
            data=json.dumps(body),
        )
        assert await response.get_json() == {"status": "SUCCESS"}
    (letter,) = await sample.letters()
    assert (letter.topic, letter.payload) == ("user-events", b"\xff no event")


async def test_a_dead_letter_that_cannot_be_stored_is_to_be_delivered_again() -> None:
    away = Sample("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    app = create_app(NAME)
    app.register_blueprint(receive_blueprint(away.receiver, SecretStr("t")))
    response = await app.test_client().post(
        f"/events/{dead_letter_topic(NAME)}",
        headers={"dapr-api-token": "t"},
        json={"data_base64": base64.b64encode(b"x").decode()},
    )
    await away.close()
    assert await response.get_json() == {"status": "RETRY"}


@pytest.mark.parametrize("body", [{}, {"data_base64": 7}, {"data_base64": "?"}, [1]])
async def test_a_dead_letter_without_its_payload_is_a_problem(client: Client, body: object) -> None:
    response = await client.post(f"/events/{dead_letter_topic(NAME)}", headers=TOKEN, json=body)
    assert (response.status_code, response.content_type) == (400, PROBLEM)
