"""Answers messages: takes one in, has a planner answer it, and keeps what was said and done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from chat_api.assistant import asking, codec, replies
from chat_api.assistant.answers import Reading, read_answer
from chat_api.assistant.finding import NotPossible, TaskFinder, known
from chat_api.assistant.journal import TurnJournal
from chat_api.assistant.memory import remember
from chat_api.assistant.planner import Answer, Memory, Outcome, PlannedCall, Planner, Turn
from chat_api.assistant.toolbox import Toolbox
from chat_api.assistant.turn_tools import MessageTools
from chat_api.domain import conversation
from chat_api.domain.actor import Actor
from chat_api.service_layer import conversations
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.errors import Unavailable

_log = structlog.get_logger(__name__)

Action = Mapping[str, Any]
"""A tool call with what became of it, as JSON values."""

Listener = Callable[[Action], Awaitable[None]]
"""Told of each action as it is made."""


@dataclass(frozen=True)
class ChatAnswer:
    """What a message was answered."""

    conversation_id: UUID
    reply: str
    actions: Sequence[Action]


class Assistant:
    """The assistant that users talk to."""

    def __init__(self, unit_of_work: Callable[[], ChatUnitOfWork], toolbox: Toolbox, planner: Planner) -> None:
        self._unit_of_work = unit_of_work
        self._toolbox = toolbox
        self._planner = planner

    async def answer(
        self,
        actor: Actor,
        message: str,
        *,
        conversation_id: UUID | None = None,
        key: str | None = None,
        listener: Listener | None = None,
    ) -> ChatAnswer:
        """Answers a message.

        Args:
            actor: who says it.
            message: what is said.
            conversation_id: the conversation it belongs to; none begins one.
            key: the request's idempotency key: the same message with the same key is done once.
            listener: told of each action as it is made.

        Raises:
            BadRequest, ConversationNotFound, KeyReused, StillAnswering: as `conversations.begin_turn` does.
            Unavailable: the database cannot be used. What `actions` were made is kept; repeating the message with
                its key goes on from there.
        """
        async with self._unit_of_work() as uow:
            begun = await conversations.begin_turn(uow, actor, message, conversation_id, key)
            await uow.commit()
        if isinstance(begun, conversation.Turn):
            return ChatAnswer(begun.conversation_id, begun.reply or "", begun.actions)
        kept = begun.turn
        try:
            answer, tools = await self._answer(actor, begun, listener)
            actions = [codec.action(outcome) for outcome in tools.outcomes]
            memory = remember(_memory(kept), tools.outcomes, answer.pending)
            async with self._unit_of_work() as uow:
                await conversations.finish_turn(uow, kept, answer.reply, actions, codec.memory_to_json(memory))
                await uow.commit()
        except BaseException:
            await self._give_up(kept)
            raise
        return ChatAnswer(kept.conversation_id, answer.reply, actions)

    async def _answer(
        self, actor: Actor, begun: conversations.BegunTurn, listener: Listener | None
    ) -> tuple[Answer, MessageTools]:
        turn = self._turn(actor, begun)
        is_repeatable = begun.turn.key is not None
        tools = MessageTools(
            self._toolbox,
            turn,
            journal=TurnJournal(begun.turn.id) if is_repeatable else None,
            keep_plan=partial(self._keep_plan, begun.turn.id) if is_repeatable else None,
            listener=_telling(listener) if listener is not None else None,
        )
        answer = await self._by_code(turn, begun, tools) or await self._planner.answer(turn, tools)
        if tools.unconfirmed:
            answer = await _with_question(answer, tools)
        return answer, tools

    async def _by_code(self, turn: Turn, begun: conversations.BegunTurn, tools: MessageTools) -> Answer | None:
        """The answer to a message that leaves a planner nothing to decide, least of all a model."""
        pending = turn.memory.pending
        if pending is not None and pending.choices:
            match read_answer(turn.message, pending.question):
                case Reading.NO:
                    return Answer(replies.DECLINED)
                case Reading.UNCLEAR:
                    return Answer(pending.question.text, pending)
                case int(choice):
                    return Answer(replies.tell(await tools.run_confirmed(pending.choices[choice])))
        if begun.turn.plan is not None:
            return Answer(replies.tell(await tools.run(codec.calls_from_json(begun.turn.plan))))
        return None

    def _turn(self, actor: Actor, begun: conversations.BegunTurn) -> Turn:
        kept = begun.turn
        return Turn(
            message=kept.message,
            actor=actor,
            asked_at=kept.asked_at,
            memory=_memory(kept),
            history=tuple(begun.history),
            done=tuple(
                self._toolbox.restore(PlannedCall(made.tool, made.arguments), made.result) for made in begun.made
            ),
        )

    async def _keep_plan(self, turn_id: UUID, calls: Sequence[PlannedCall]) -> None:
        async with self._unit_of_work() as uow:
            await uow.conversations.plan(turn_id, codec.calls_to_json(calls))
            await uow.commit()

    async def _give_up(self, turn: conversation.Turn) -> None:
        try:
            async with self._unit_of_work() as uow:
                await conversations.give_up_turn(uow, turn)
                await uow.commit()
        except Unavailable:
            _log.warning("lease_not_ended", turn_id=str(turn.id), lease_until=turn.lease_until.isoformat())


def _memory(turn: conversation.Turn) -> Memory:
    return codec.memory_from_json(turn.memory)


def _telling(listener: Listener) -> Callable[[Outcome], Awaitable[None]]:
    async def tell(outcome: Outcome) -> None:
        await listener(codec.action(outcome))

    return tell


async def _with_question(answer: Answer, tools: MessageTools) -> Answer:
    """`answer`, and the question whether to delete what was not deleted without a yes."""
    finder = TaskFinder(tools)
    tasks, calls = [], []
    for call in tools.unconfirmed:
        try:
            tasks.append(known(await finder.task(call.arguments["number"])))
        except NotPossible:  # there is no such task, so there is nothing to ask about
            continue
        calls.append(call)
    if not tasks:
        return Answer(answer.reply or replies.no_tasks_to("delete"), answer.pending)
    pending = asking.whether_all("delete", tasks, calls)
    return Answer(f"{answer.reply}\n{pending.question.text}".lstrip(), pending)
