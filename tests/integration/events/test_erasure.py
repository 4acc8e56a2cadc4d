"""Erasing a user from the messaging tables."""

import asyncio
import json

import pytest
from sqlalchemy import text

from events.contracts import UserUpdated
from events.dead_letters import DeadLetter, Reason
from events.envelope import Event
from events.errors import EventRejected
from events.parking import ParkedEvents
from events.unit_of_work import UnitOfWork
from tests.support.fakes import nth_id
from tests.support.messages import mark_published, tables_telling_of
from tests.support.sample.service import Sample, fails, user_updated
from tests.support.waiting import eventually


def email(user: int) -> str:
    return f"user-{user}@example.com"


async def erase(sample: Sample, user: int) -> None:
    async with sample.unit_of_work() as uow:
        await uow.erase_messages(nth_id(user))
        await uow.commit()


async def telling_of(sample: Sample, user: int) -> list[str]:
    return await tables_telling_of(sample.engine, str(nth_id(user)), email(user))


async def publish(sample: Sample, user: int) -> None:
    await sample.publish(UserUpdated(user_id=nth_id(user), version=1, email=email(user), timezone="UTC"))


async def park(sample: Sample, user: int) -> None:
    """Parks an event that fails, and another behind it."""
    failing = user_updated(user, 8)
    sample.trouble[failing.envelope.id] = fails(99)
    await sample.receive(failing)
    await sample.receive(user_updated(user, 9))


async def bury(sample: Sample, user: int) -> None:
    """Makes dead letters of an event that is rejected, of one of an unknown contract, and of one that is malformed."""
    rejected = user_updated(user, 1)
    sample.trouble[rejected.envelope.id] = fails(99, EventRejected(f"no mail for {email(user)}"))
    body = json.loads(user_updated(user, 2).to_json())
    newer = body | {"id": str(nth_id(user * 100)), "dataschema": "urn:tickler:events:user.updated:v99"}
    await sample.receive(rejected, newer, {"data": {"user_id": str(nth_id(user)), "email": email(user)}})


@pytest.mark.parametrize("resolve", ["replay", "discard"])
async def test_nothing_of_an_erased_user_stays_and_everything_of_another_does(sample: Sample, resolve: str) -> None:
    for user in (1, 2):
        await publish(sample, user)
        await bury(sample, user)
    async with sample.unit_of_work() as uow:
        for letter in await sample.dead_letters.find(uow, reason=Reason.REJECTED):
            await getattr(sample.dead_letters, resolve)(uow, letter)
        await uow.commit()
    for user in (1, 2):
        await park(sample, user)
    await mark_published(sample.engine)
    others = await telling_of(sample, 2)
    assert await telling_of(sample, 1) == others
    assert (others.count("outbox"), others.count("dead_letters")) == (4, 3)
    assert others.count("parked_events") == (3 if resolve == "replay" else 2)

    await erase(sample, 1)

    assert await telling_of(sample, 1) == []
    assert await telling_of(sample, 2) == others


async def test_what_is_not_published_yet_stays_to_be_published(sample: Sample) -> None:
    await publish(sample, 1)
    await mark_published(sample.engine)
    await publish(sample, 1)
    await bury(sample, 1)

    await erase(sample, 1)

    assert await sample.column("outbox", "type") == ["user.updated", "user.updated", "", "user.updated"]
    assert await sample.column("outbox", "published_at") == [None] * 4
    assert await sample.column("outbox", "user_id") == [nth_id(1)] * 4


async def test_an_event_that_dapr_gave_up_delivering_is_erased_too(sample: Sample) -> None:
    await sample.receiver.receive_dead("user-events", user_updated(1, 1).to_json().encode())
    malformed = json.dumps({"data": {"user_id": str(nth_id(1))}}).encode()
    await sample.receiver.receive_dead("user-events", malformed)
    assert await telling_of(sample, 1) == ["parked_events", "dead_letters"]
    await erase(sample, 1)
    assert await telling_of(sample, 1) == []


@pytest.mark.parametrize("data", [None, [], "x", {}, {"user_id": 7}, {"user_id": "somebody"}, {"user_id": None}])
async def test_a_dead_letter_that_names_no_user_is_nobodys(sample: Sample, data: object) -> None:
    await sample.receive({"data": data})
    assert await sample.column("dead_letters", "user_id") == [None]
    assert await sample.column("outbox", "user_id") == [None]


async def test_a_parked_event_may_itself_be_what_erases_its_user(sample: Sample) -> None:
    await park(sample, 1)
    await park(sample, 2)
    erasing = user_updated(1, 8)

    async def erases(event: Event[UserUpdated], uow: UnitOfWork) -> None:
        await uow.erase_messages(event.data.user_id)

    sample.trouble[erasing.envelope.id] = erases
    sample.clock.advance(seconds=60)
    await sample.retry_loop.try_due()

    assert await sample.column("processed_events", "event_id") == [erasing.envelope.id]
    assert await sample.column("parked_events", "user_id") == [nth_id(2)] * 2
    assert await sample.receive(erasing) == ["SUCCESS"]
    assert sample.runs[erasing.envelope.id] == 2


async def test_an_event_that_dies_while_its_user_is_erased_leaves_no_dead_letter(sample: Sample) -> None:
    await park(sample, 1)
    sample.clock.advance(seconds=60)
    parked = ParkedEvents(sample.messaging)
    async with sample.unit_of_work() as uow:
        claimed = await parked.claim_first(uow, str(nth_id(1)), sample.clock.now())
        assert claimed is not None
        erasing = asyncio.create_task(erase(sample, 1))
        await eventually(lambda: _waits_for(sample, uow), "the erasure waits for the parked event")
        letter = DeadLetter(claimed.topic, claimed.payload.encode(), Reason.EXHAUSTED, "no", claimed.received_at)
        await sample.dead_letters.bury(uow, [letter])
        await parked.remove(uow, claimed)
        await uow.commit()
    await erasing
    assert set(await telling_of(sample, 1)) <= {"outbox"}  # the dead letter's copy, not published yet


async def _waits_for(sample: Sample, uow: UnitOfWork) -> bool:
    holder = await uow.connection.scalar(text("SELECT pg_backend_pid()"))
    query = text("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE :pid = ANY(pg_blocking_pids(pid)))")
    async with sample.engine.connect() as connection:
        return bool(await connection.scalar(query, {"pid": holder}))
