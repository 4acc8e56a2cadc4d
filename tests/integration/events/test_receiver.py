"""The receiver against a real database."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from events.contracts import UserDeleted
from events.dead_letters import Reason
from events.envelope import make_event
from events.errors import EventRejected
from events.subscriptions import Outcome
from events.topics import dead_letter_topic
from events.tracing import new_traceparent
from tests.integration.events.conftest import NewSample
from tests.support.fakes import nth_id
from tests.support.sample.service import NAME, Sample, fails, hangs, loses_the_connection, user_updated


async def test_a_batch_takes_effect_and_is_acknowledged(sample: Sample) -> None:
    assert await sample.receive(user_updated(1, 1), user_updated(2, 1), user_updated(1, 2)) == ["SUCCESS"] * 3
    assert await sample.effects(1) == [1, 2]
    assert await sample.effects(2) == [1]
    assert await sample.column("processed_events", "outcome") == ["applied"] * 3


@pytest.mark.proves("FR-016", "FR-017", "FR-018")
async def test_an_event_that_arrives_again_is_acknowledged_without_effect(sample: Sample) -> None:
    event = user_updated(1, 1)
    await sample.receive(event)
    assert await sample.receive(event, user_updated(1, 2)) == ["SUCCESS", "SUCCESS"]
    assert await sample.effects() == [1, 2]
    assert sample.runs[event.envelope.id] == 1


async def test_an_event_that_is_twice_in_a_batch_takes_effect_once(sample: Sample) -> None:
    event = user_updated(1, 1)
    assert await sample.receive(event, event) == ["SUCCESS", "SUCCESS"]
    assert await sample.effects() == [1]


async def test_an_event_that_is_twice_in_a_batch_and_fails_is_parked_once(sample: Sample) -> None:
    event = user_updated(1, 1)
    sample.trouble[event.envelope.id] = fails(9)
    assert await sample.receive(event, event) == ["SUCCESS", "SUCCESS"]
    assert await sample.count("parked_events") == 1


async def test_an_event_without_a_handler_leaves_nothing_behind(sample: Sample) -> None:
    deleted = make_event(
        UserDeleted(user_id=nth_id(1), version=2, deleted_at=sample.clock.now()),
        event_id=nth_id(5),
        source="chat-api",
        time=sample.clock.now(),
        traceparent=new_traceparent(),
    )
    assert await sample.receive(deleted) == ["SUCCESS"]
    assert await sample.count("processed_events") == 0


async def test_an_event_that_its_handler_ignores_leaves_nothing_behind(sample: Sample) -> None:
    event = user_updated(1, 1)
    sample.answers[event.envelope.id] = Outcome.IGNORED
    assert await sample.receive(event) == ["SUCCESS"]
    assert await sample.count("processed_events") == 0


async def test_a_stale_event_is_kept_as_processed(sample: Sample) -> None:
    event = user_updated(1, 1)
    sample.answers[event.envelope.id] = Outcome.STALE
    assert await sample.receive(event) == ["SUCCESS"]
    assert await sample.column("processed_events", "outcome") == ["stale"]


@pytest.mark.proves("FR-022")
async def test_one_that_fails_is_parked_while_the_others_take_effect(sample: Sample) -> None:
    bad = user_updated(2, 1)
    sample.trouble[bad.envelope.id] = fails(9)
    assert await sample.receive(user_updated(1, 1), bad, user_updated(3, 1)) == ["SUCCESS"] * 3
    assert (await sample.effects(1), await sample.effects(2), await sample.effects(3)) == ([1], [], [1])
    assert await sample.column("parked_events", "event_id") == [bad.envelope.id]
    assert await sample.column("parked_events", "attempts") == [1]
    assert "told to fail" in str(await sample.column("parked_events", "last_error"))


async def test_later_events_of_the_same_key_wait_behind_a_parked_one(sample: Sample) -> None:
    first = user_updated(1, 1)
    sample.trouble[first.envelope.id] = fails(9)
    await sample.receive(first, user_updated(1, 2), user_updated(2, 1))
    assert await sample.receive(user_updated(1, 3), user_updated(2, 2)) == ["SUCCESS", "SUCCESS"]
    assert await sample.effects(1) == []
    assert await sample.effects(2) == [1, 2]
    waiting = [user_updated(1, version).envelope.id for version in (1, 2, 3)]
    assert await sample.column("parked_events", "event_id") == waiting
    assert await sample.column("parked_events", "attempts") == [1, 0, 0]


@pytest.mark.proves("FR-020")
async def test_a_rejected_event_is_a_dead_letter_at_once(sample: Sample) -> None:
    event = user_updated(1, 1)
    sample.trouble[event.envelope.id] = fails(9, EventRejected("the zone does not exist"))
    assert await sample.receive(event, user_updated(1, 2)) == ["SUCCESS", "SUCCESS"]
    (letter,) = await sample.letters()
    assert (letter.reason, letter.error, letter.event_id) == (
        Reason.REJECTED,
        "the zone does not exist",
        event.envelope.id,
    )
    assert letter.traceparent == event.envelope.traceparent
    assert json.loads(letter.payload) == json.loads(event.to_json())
    assert await sample.effects() == [2]


def _broken(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(user_updated(1, 1).to_json())
    for name, value in changes.items():
        if value is ...:
            del body[name]
        else:
            body[name] = value
    return body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (_broken(id=...), Reason.MALFORMED),
        (_broken(id="not a uuid"), Reason.MALFORMED),
        (_broken(id=42, type=["x"], subject={"a": 1}), Reason.MALFORMED),
        (_broken(data=...), Reason.MALFORMED),
        (_broken(data={"user_id": "nobody", "version": 0}), Reason.MALFORMED),
        (_broken(subject="somebody else"), Reason.MALFORMED),
        (_broken(dataschema="urn:tickler:events:user.updated:v2"), Reason.UNKNOWN_CONTRACT),
        (_broken(type="a\x00b\ud800"), Reason.MALFORMED),
        ({}, Reason.MALFORMED),
        (None, Reason.MALFORMED),
        ([1, 2], Reason.MALFORMED),
        ("no JSON \ud800\x00", Reason.MALFORMED),
        ({"nested": "x" * 2_000_000}, Reason.MALFORMED),
    ],
    ids=lambda value: None if not isinstance(value, Reason) else str(value),
)
async def test_what_cannot_be_read_is_a_dead_letter_and_stops_nothing(
    sample: Sample, body: object, reason: Reason
) -> None:
    assert await sample.receive(body, user_updated(2, 1)) == ["SUCCESS", "SUCCESS"]
    (letter,) = await sample.letters()
    assert letter.reason is reason
    assert json.loads(letter.payload) == body
    assert await sample.effects() == [1]
    (topic,) = await sample.column("outbox", "topic")
    assert topic == dead_letter_topic(NAME)


async def test_a_malformed_event_does_not_stand_in_the_way_of_the_event_whose_id_it_carries(sample: Sample) -> None:
    event = user_updated(1, 1)
    await sample.receive(_broken(data={}))
    await sample.receive(event)
    assert await sample.effects() == [1]


@pytest.mark.proves("EDGE-ACK")
async def test_two_replicas_that_receive_the_same_batch_at_once_have_one_effect(new_sample: NewSample) -> None:
    one, two = await new_sample(), await new_sample()
    batch = [user_updated(user, version) for version in (1, 2) for user in range(1, 21)]
    statuses = await asyncio.gather(one.receive(*batch), two.receive(*reversed(batch[20:]), *batch[:20]))
    assert {status for answers in statuses for status in answers} == {"SUCCESS"}
    assert len(await one.effects()) == 40


async def test_without_a_database_every_event_is_to_be_delivered_again() -> None:
    away = Sample("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    try:
        events = [user_updated(1, 1), user_updated(2, 1)]
        with capture_logs(processors=[merge_contextvars]) as lines:
            assert await away.receive(*events, {"broken": True}) == ["RETRY"] * 3
        named = {line["event_id"] for line in lines if line["event"] == "event cannot be stored"}
        assert str(events[0].envelope.id) in named
    finally:
        await away.close()


async def test_an_event_whose_connection_is_lost_has_no_effect_until_it_is_tried_again(sample: Sample) -> None:
    event = user_updated(1, 1)
    sample.trouble[event.envelope.id] = loses_the_connection
    assert await sample.receive(event, user_updated(2, 1)) == ["SUCCESS", "SUCCESS"]
    assert (await sample.effects(1), await sample.effects(2)) == ([], [1])
    assert await sample.column("parked_events", "attempts") == [0]  # it says nothing about the event
    sample.trouble.clear()
    sample.clock.advance(minutes=1)
    await sample.retry_loop.try_due()
    assert await sample.effects(1) == [1]


async def test_an_event_that_hangs_is_parked_and_the_others_take_effect(new_sample: NewSample) -> None:
    sample = await new_sample(handler_timeout_seconds=0.2)
    slow = user_updated(1, 1)
    sample.trouble[slow.envelope.id] = hangs
    assert await sample.receive(slow, user_updated(2, 1)) == ["SUCCESS", "SUCCESS"]
    assert (await sample.effects(1), await sample.effects(2)) == ([], [1])
    assert await sample.column("parked_events", "attempts") == [1]


async def test_what_is_left_when_a_delivery_takes_too_long_is_parked_untried(new_sample: NewSample) -> None:
    sample = await new_sample(handler_timeout_seconds=0.2, deadline_seconds=0.3)
    events = [user_updated(user, 1) for user in range(1, 6)]
    for event in events:
        sample.trouble[event.envelope.id] = hangs
    assert await sample.receive(*events) == ["SUCCESS"] * 5
    attempts = await sample.column("parked_events", "attempts")
    assert len(attempts) == 5
    assert attempts[-1] == 0


async def test_a_handler_that_answers_nonsense_fails(sample: Sample) -> None:
    event = user_updated(1, 1)
    sample.answers[event.envelope.id] = Outcome.DEAD
    await sample.receive(event)
    assert await sample.count("parked_events") == 1


async def test_the_time_of_the_inbox_row_is_the_clocks(sample: Sample) -> None:
    await sample.receive(user_updated(1, 1))
    async with sample.engine.connect() as connection:
        assert await connection.scalar(text("SELECT processed_at FROM processed_events")) == sample.clock.now()
