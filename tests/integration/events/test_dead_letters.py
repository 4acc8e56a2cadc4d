"""Dead letters: kept, published, recognised when they come back, and what an operator does about them."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import click
import pytest
from click.testing import CliRunner

from events.cli import dead_letters_commands
from events.dead_letters import Reason, State
from events.errors import EventRejected
from events.settings import ServiceSettings
from events.topics import dead_letter_topic
from tests.support.fakes import nth_id
from tests.support.sample.service import NAME, Sample, fails, user_updated

Run = Callable[..., Any]


class SampleSettings(ServiceSettings):
    SERVICE = NAME
    port: int = 8000


async def bury(sample: Sample, user: int = 1, version: int = 1) -> None:
    """Makes a dead letter of an event, whose handler then works again."""
    event = user_updated(user, version)
    sample.trouble[event.envelope.id] = fails(1, EventRejected("no such zone"))
    await sample.receive(event)


async def come_back(sample: Sample, payload: bytes, topic: str = "user-events") -> str:
    """Delivers what lies on the service's dead letter topic."""
    return str(await sample.receiver.receive_dead(topic, payload))


@pytest.mark.proves("FR-020")
async def test_a_dead_letter_is_published_as_it_came_on_the_services_dead_letter_topic(sample: Sample) -> None:
    await bury(sample)
    assert await sample.column("outbox", "topic") == [dead_letter_topic(NAME)]
    assert await sample.column("outbox", "raw") == [True]
    (payload,) = await sample.column("outbox", "payload")
    assert json.loads(str(payload)) == json.loads(user_updated(1, 1).to_json()) | _trace(payload)


def _trace(payload: object) -> dict[str, str]:
    body = json.loads(str(payload))
    return {name: body[name] for name in ("traceparent", "traceid")}


async def test_what_the_service_put_on_its_topic_is_recognised_when_it_comes_back(sample: Sample) -> None:
    await bury(sample)
    await sample.receive({"no": "event"})
    for payload in await sample.column("outbox", "payload"):
        assert await come_back(sample, str(payload).encode()) == "SUCCESS"
    assert await sample.count("dead_letters") == 2
    assert await sample.count("outbox") == 2
    assert await sample.count("parked_events") == 0


@pytest.mark.proves("SC-007")
async def test_an_event_that_dapr_gave_up_delivering_is_tried_as_if_it_had_been_delivered(sample: Sample) -> None:
    event = user_updated(1, 1)
    for _ in range(2):
        assert await come_back(sample, event.to_json().encode()) == "SUCCESS"
    await sample.retry_loop.try_due()
    assert await come_back(sample, event.to_json().encode()) == "SUCCESS"
    await sample.retry_loop.try_due()
    assert await sample.effects() == [1]
    assert (await sample.count("dead_letters"), await sample.count("outbox")) == (0, 0)


async def test_what_dapr_put_on_the_topic_and_nobody_can_read_is_kept_once(sample: Sample) -> None:
    for _ in range(2):
        assert await come_back(sample, b"no event") == "SUCCESS"
    (letter,) = await sample.letters()
    assert (letter.reason, letter.topic) == (Reason.UNDELIVERED, "user-events")
    assert await sample.count("outbox") == 0


@pytest.mark.parametrize(
    "payload",
    [b"", b"not JSON", b"\xff\xfe\x00", b"[1, 2]", b'{"id": 7}', b"[" * 5_000, b'{"id": "' + b"x" * 3_000_000],
    ids=["empty", "text", "no UTF-8", "list", "id of a wrong type", "deep", "huge"],
)
async def test_anything_at_all_can_be_a_dead_letter(sample: Sample, payload: bytes) -> None:
    assert [await come_back(sample, payload) for _ in range(2)] == ["SUCCESS", "SUCCESS"]
    (letter,) = await sample.letters()
    assert letter.payload == payload
    json.dumps(letter.as_json())


async def test_an_event_that_had_its_effect_has_no_other_though_dapr_gave_it_up(sample: Sample) -> None:
    event = user_updated(1, 1)
    await sample.receive(event)
    assert await come_back(sample, event.to_json().encode()) == "SUCCESS"
    assert (await sample.count("dead_letters"), await sample.count("parked_events")) == (0, 0)


async def test_an_event_that_is_dead_and_arrives_again_has_no_effect(sample: Sample) -> None:
    await bury(sample)
    assert await sample.receive(user_updated(1, 1)) == ["SUCCESS"]
    assert await sample.effects() == []


async def replay(sample: Sample) -> None:
    (letter,) = await sample.letters()
    async with sample.unit_of_work() as uow:
        await sample.dead_letters.replay(uow, letter)
        await uow.commit()


async def test_a_replayed_event_takes_effect(sample: Sample) -> None:
    await bury(sample)
    await replay(sample)
    await sample.retry_loop.try_due()
    assert await sample.effects() == [1]
    (letter,) = await sample.letters()
    assert (letter.state, letter.resolved_at) == (State.REPLAYED, sample.clock.now())


async def test_a_replayed_event_that_had_its_effect_after_all_has_no_other(sample: Sample) -> None:
    await bury(sample)
    await replay(sample)
    await replay(sample)
    await sample.retry_loop.try_due()
    await replay(sample)
    await sample.retry_loop.try_due()
    assert await sample.effects() == [1]
    assert await sample.count("parked_events") == 0


async def test_a_replayed_event_that_dies_again_is_the_same_dead_letter_open_once_more(sample: Sample) -> None:
    await bury(sample)
    await replay(sample)
    sample.trouble[user_updated(1, 1).envelope.id] = fails(9, EventRejected("still not"))
    sample.clock.advance(seconds=1)
    await sample.retry_loop.try_due()
    (letter,) = await sample.letters()
    assert (letter.state, letter.error, letter.resolved_at) == (State.OPEN, "still not", None)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Run:
    """Runs ``dead-letters …`` as a process of its own would, apart from the test's event loop."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("APP_API_TOKEN", "token")
    commands: click.Group = dead_letters_commands(SampleSettings)

    async def run(*arguments: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, commands, list(arguments))

    return run


async def test_an_operator_lists_and_shows_them(sample: Sample, run: Run) -> None:
    assert "There are none." in (await run("list")).output
    await bury(sample, user=1)
    await sample.receive({"no": "event"})
    listed = await run("list")
    assert listed.exit_code == 0
    assert len(listed.output.splitlines()) == 2
    assert "no such zone" in listed.output
    (line,) = (await run("list", "--type", "user.updated", "--json")).output.splitlines()
    assert json.loads(line)["payload"]["subject"] == str(nth_id(1))
    (line,) = (await run("list", "--reason", "malformed", "--json")).output.splitlines()
    shown = json.loads((await run("show", json.loads(line)["id"])).output)
    assert shown["payload"] == {"no": "event"}
    assert json.loads((await run("show", str(user_updated(1, 1).envelope.id))).output)["reason"] == "rejected"


async def test_an_operator_replays_all_of_a_type(sample: Sample, run: Run) -> None:
    for user in (1, 2, 3):
        await bury(sample, user=user)
    assert "3 replayed" in (await run("replay", "--type", "user.updated")).output
    sample.clock.set((await _due(sample))[-1])
    await sample.retry_loop.try_due()
    assert await sample.effects() == [1, 1, 1]
    assert "There are none." in (await run("list")).output
    assert len((await run("list", "--state", "replayed")).output.splitlines()) == 3


async def _due(sample: Sample) -> list[Any]:
    return await sample.column("parked_events", "next_attempt_at")


async def test_an_operator_discards_one(sample: Sample, run: Run) -> None:
    await bury(sample)
    (letter,) = await sample.letters()
    assert "1 discarded" in (await run("discard", str(letter.id))).output
    (letter,) = await sample.letters()
    assert letter.state is State.DISCARDED


async def test_an_operator_is_told_what_is_wrong(sample: Sample, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    await sample.receive({"no": "event"})
    (letter,) = await sample.letters()
    refused = await run("replay", str(letter.id))
    assert refused.exit_code == 1
    assert "cannot be replayed" in refused.output
    missing = await run("show", str(nth_id(999)))
    assert (missing.exit_code, "There is no dead letter" in missing.output) == (1, True)
    assert (await run("replay")).exit_code == 2
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    away = await run("list")
    assert (away.exit_code, "not available" in away.output) == (1, True)
    monkeypatch.delenv("DATABASE_URL")
    unset = await run("list")
    assert (unset.exit_code, "DATABASE_URL" in unset.output) == (1, True)


async def test_one_command_changes_all_that_it_names_or_nothing(sample: Sample, run: Run) -> None:
    await bury(sample)
    await sample.receive({"no": "event"})
    ids = [str(letter.id) for letter in await sample.letters()]
    assert (await run("replay", *ids)).exit_code == 1
    assert {letter.state for letter in await sample.letters()} == {State.OPEN}
    assert await sample.count("parked_events") == 0
