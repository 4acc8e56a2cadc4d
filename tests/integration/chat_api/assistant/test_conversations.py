"""Conversations: who may go on with them, and messages that are repeated."""

import asyncio
import datetime as dt

import pytest

from chat_api.assistant.assistant import Assistant
from chat_api.assistant.planner import Answer, PlannedCall, Turn, TurnTools
from chat_api.assistant.rules import RulesPlanner
from chat_api.assistant.toolbox import Toolbox
from chat_api.domain.actor import Actor
from chat_api.service_layer.conversations import LEASE, StillAnswering
from tests.support.chat_service import ChatService, Talker, server_sent


class ProcessDied(BaseException):
    """Stands for the end of the process in the middle of an answer."""


class DiesAfterActing:
    """Has the rules act, and dies before anybody hears of it."""

    async def answer(self, turn: Turn, tools: TurnTools) -> Answer:
        await RulesPlanner().answer(turn, tools)
        raise ProcessDied


class DiesHalfWay:
    """Makes only the first of several calls."""

    async def answer(self, turn: Turn, tools: TurnTools) -> Answer:
        calls = [PlannedCall("complete_task", {"number": 1}), PlannedCall("complete_task", {"number": 2})]
        await tools.decide(calls)
        await tools.run(calls[:1])
        raise ProcessDied


class Waits:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def answer(self, turn: Turn, tools: TurnTools) -> Answer:
        self.begun.set()
        await self.go_on.wait()
        return await RulesPlanner().answer(turn, tools)


def assistant_with(service: ChatService, planner: DiesAfterActing | DiesHalfWay | Waits | RulesPlanner) -> Assistant:
    new_unit_of_work = service.service.new_unit_of_work
    return Assistant(new_unit_of_work, Toolbox(new_unit_of_work), planner)


async def actor_of(user: Talker) -> Actor:
    me = (await user.http.get("/api/me")).json()
    return Actor(user_id=me["id"], email=me["email"], timezone=me["timezone"])


async def test_an_unknown_conversation_is_not_found(user: Talker) -> None:
    answer = await user.post("list", conversation_id="01890000-0000-7000-8000-000000000000")

    assert (answer.status_code, answer.json()["code"]) == (404, "conversation-not-found")


async def test_another_users_conversation_is_not_found(service: ChatService, user: Talker) -> None:
    heard = await user.say("add buy milk")

    async with Talker.register(service.base_url) as other:
        answer = await other.post("list", conversation_id=heard.conversation_id)

    assert answer.status_code == 404


async def test_each_conversation_has_a_memory_of_its_own(user: Talker) -> None:
    await user.say("add buy milk")
    user.conversation_id = None

    heard = await user.say("complete it")

    assert heard.actions == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"message": ""}, 422),
        ({"message": "  \n "}, 422),
        ({"message": "x" * 4001}, 422),
        ({"message": "add \x00"}, 422),
        ({"message": 5}, 422),
        ({}, 422),
        ({"message": "list", "more": 1}, 422),
        ({"message": "list", "conversation_id": "it"}, 422),
        ({"message": "x" * 300_000}, 413),
    ],
)
async def test_a_message_that_is_none_is_refused(user: Talker, body: dict[str, object], status: int) -> None:
    answer = await user.http.post("/api/chat", json=body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_only_who_is_known_may_talk(service: ChatService, user: Talker) -> None:
    user.http.cookies.clear()

    answer = await user.post("list")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_repeated_message_is_answered_as_before_and_acts_once(user: Talker) -> None:
    first = await user.post("add buy milk", key="a")
    again = await user.post("add buy milk", key="a")

    assert again.json() == first.json()
    assert len(await user.tasks()) == 1


async def test_a_key_that_comes_with_another_message_is_refused(user: Talker) -> None:
    await user.post("add buy milk", key="a")

    answer = await user.post("add buy bread", key="a")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")


async def test_keys_of_different_users_are_different(service: ChatService, user: Talker) -> None:
    await user.post("add buy milk", key="a")

    async with Talker.register(service.base_url) as other:
        await other.post("add buy bread", key="a")
        assert [task["title"] for task in await other.tasks()] == ["buy bread"]


async def test_messages_with_one_key_sent_at_once_act_once(user: Talker) -> None:
    answers = await asyncio.gather(*(user.post("add buy milk", key="a") for _ in range(8)))

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status_code == 409)
    first, *others = [answer.json() for answer in answers if answer.status_code == 200]
    assert others == [first] * len(others)
    assert len(await user.tasks()) == 1


async def test_while_a_message_is_being_answered_its_repetition_is_told_to_wait(
    service: ChatService, user: Talker
) -> None:
    planner, actor = Waits(), await actor_of(user)
    assistant = assistant_with(service, planner)
    answering = asyncio.create_task(assistant.answer(actor, "add buy milk", key="a"))
    await planner.begun.wait()

    with pytest.raises(StillAnswering):
        await assistant_with(service, RulesPlanner()).answer(actor, "add buy milk", key="a")

    planner.go_on.set()
    assert [action["tool"] for action in (await answering).actions] == ["add_task"]
    assert len(await user.tasks()) == 1


async def test_what_was_done_before_the_process_died_is_not_done_again(service: ChatService, user: Talker) -> None:
    actor = await actor_of(user)
    with pytest.raises(ProcessDied):
        await assistant_with(service, DiesAfterActing()).answer(actor, "add buy milk", key="a")

    answer = await assistant_with(service, RulesPlanner()).answer(actor, "add buy milk", key="a")

    assert answer.reply == 'Added task 1 "buy milk".'
    assert len(await user.tasks()) == 1


async def test_what_was_left_undone_when_the_process_died_is_done_then(service: ChatService, user: Talker) -> None:
    await user.say("add buy milk")
    await user.say("add buy bread")
    actor = await actor_of(user)
    message = "complete milk and complete bread"
    with pytest.raises(ProcessDied):
        await assistant_with(service, DiesHalfWay()).answer(actor, message, key="a")

    answer = await assistant_with(service, RulesPlanner()).answer(actor, message, key="a")

    assert answer.reply == 'Done: task 1 "buy milk".\nDone: task 2 "buy bread".'
    assert (await service.published()).count("task.completed") == 2


async def test_a_message_whose_process_was_killed_can_be_repeated_once_its_lease_is_over(
    service: ChatService, user: Talker
) -> None:
    planner, actor = Waits(), await actor_of(user)
    answering = asyncio.create_task(assistant_with(service, planner).answer(actor, "add milk tomorrow", key="a"))
    await planner.begun.wait()
    service.clock.advance(seconds=LEASE.total_seconds() + dt.timedelta(days=1).total_seconds())

    answer = await assistant_with(service, RulesPlanner()).answer(actor, "add milk tomorrow", key="a")
    planner.go_on.set()
    late = await answering

    # "Tomorrow" is the day after the message was first said, and whoever comes late finds everything done.
    assert (await user.task(1))["due"]["date"] == "2026-03-03"
    assert [action["tool"] for action in (*answer.actions, *late.actions)] == ["add_task", "add_task"]
    assert len(await user.tasks()) == 1


async def test_a_yes_is_taken_once_however_often_it_is_repeated(user: Talker) -> None:
    await user.say("add a bee")
    await user.say("add a cat")
    await user.say("delete everything")

    first = await user.say("yes", key="y")
    again = await user.say("yes", key="y")

    assert first == again
    assert first.tools == ["delete_task", "delete_task"]


async def test_an_answer_comes_as_events(user: Talker) -> None:
    await user.say("add buy milk")
    answer = await user.post("complete 1\nadd pay rent", accept="text/event-stream")

    assert answer.headers["content-type"].startswith("text/event-stream")
    *actions, reply = server_sent(answer.text)
    assert [(name, action["tool"]) for name, action in actions] == [("action", "complete_task"), ("action", "add_task")]
    assert reply[0] == "reply"
    assert reply[1]["actions"] == [action for _, action in actions]


async def test_what_is_refused_before_the_first_event_has_its_own_status(user: Talker) -> None:
    answer = await user.post("list", accept="text/event-stream", conversation_id="01890000-0000-7000-8000-000000000000")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_deleting_an_account_erases_its_conversations(service: ChatService, user: Talker) -> None:
    await user.say("add buy a very special milk", key="a")

    assert (await user.http.delete("/api/me")).status_code == 204

    for table in ("conversations", "turns", "tool_calls"):
        kept = await service.rows(f"SELECT * FROM {table}")  # noqa: S608
        assert "very special" not in str(kept)
