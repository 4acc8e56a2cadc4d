"""Conversations: a message is taken in, answered, and kept; a repeated one is answered as before.

Each function works within a unit of work that its caller opened and commits. Between `begin_turn` and `finish_turn`
no transaction is open, since a model may be asked meanwhile; a lease keeps two from answering the same message.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chat_api.domain.actor import Actor
from chat_api.domain.conversation import Exchange, Json, MadeCall, Turn
from chat_api.service_layer.errors import KeyReused
from chat_api.service_layer.idempotency import check_key, request_hash
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.errors import Conflict, NotFound

LEASE = dt.timedelta(minutes=2)
"""How long answering a message may take. It is longer than the assistant's own deadline, and ends early where
answering failed."""

HISTORY = 10
"""How many earlier exchanges an answer may look back on."""


class ConversationNotFound(NotFound):
    """The actor has no such conversation."""

    code = "conversation-not-found"
    title = "There is no such conversation"


class StillAnswering(Conflict):
    """The same message, under the same idempotency key, is being answered at the moment."""

    code = "still-answering"
    title = "The message is being answered"

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": "1"}


@dataclass(frozen=True)
class BegunTurn:
    """A message to be answered.

    Attributes:
        history: the conversation's last exchanges, oldest first.
        made: the calls that an interrupted attempt at this message has made, in their order.
    """

    turn: Turn
    history: Sequence[Exchange] = ()
    made: Sequence[MadeCall] = ()


async def begin_turn(
    uow: ChatUnitOfWork, actor: Actor, message: str, conversation_id: UUID | None, key: str | None
) -> BegunTurn | Turn:
    """Takes a message in, or finds the answer that it has got before.

    Args:
        uow: to be committed by the caller, before the message is answered.
        actor: who says it.
        message: what is said.
        conversation_id: the conversation it belongs to; none begins one.
        key: the request's idempotency key; none where the request is never repeated.

    Returns:
        The message to be answered; or the answered turn, where the same message came with the same key before.

    Raises:
        BadRequest: the key is empty or too long.
        ConversationNotFound: the actor has no such conversation.
        KeyReused: the key came with another message than the first time.
        StillAnswering: another request with this key is being answered.
    """
    if key is not None:
        check_key(key)
    asked = request_hash(message, None if conversation_id is None else str(conversation_id))
    now = uow.clock.now()
    if key is not None:
        earlier = await uow.conversations.turn_for_update(actor.user_id, key)
        if earlier is not None:
            return await _again(uow, earlier, asked, now)
    if conversation_id is None:
        conversation_id = uow.ids.new()
        memory: Json = {}
        await uow.conversations.add(conversation_id, actor.user_id, created_at=now)
    else:
        found = await uow.conversations.memory(conversation_id, actor.user_id)
        if found is None:
            raise ConversationNotFound("Leave conversation_id out to begin a new conversation.")
        memory = found
    turn = Turn(
        id=uow.ids.new(),
        conversation_id=conversation_id,
        user_id=actor.user_id,
        key=key,
        request_hash=asked,
        message=message,
        asked_at=now,
        memory=memory,
        lease_until=now + LEASE,
    )
    if not await uow.conversations.add_turn(turn):
        raise StillAnswering("Repeat the request in a moment to get its answer.")
    return BegunTurn(turn, await uow.conversations.history(conversation_id, HISTORY))


async def _again(uow: ChatUnitOfWork, earlier: Turn, asked: bytes, now: dt.datetime) -> BegunTurn | Turn:
    if earlier.request_hash != asked:
        raise KeyReused("Send a key of its own with each message; the same one only to repeat a message.")
    if earlier.reply is not None:
        return earlier
    if earlier.lease_until > now:
        raise StillAnswering("Repeat the request in a moment to get its answer.")
    turn = replace(earlier, lease_until=now + LEASE)
    await uow.conversations.lease(turn.id, turn.lease_until)
    return BegunTurn(
        turn,
        await uow.conversations.history(turn.conversation_id, HISTORY),
        await uow.conversations.made_calls(turn.id),
    )


async def finish_turn(uow: ChatUnitOfWork, turn: Turn, reply: str, actions: Sequence[Json], memory: Json) -> None:
    """Keeps the answer, and what the conversation remembers from now on."""
    now = uow.clock.now()
    await uow.conversations.answer_turn(turn.id, reply, actions, answered_at=now)
    await uow.conversations.remember(turn.conversation_id, memory, updated_at=now)


async def give_up_turn(uow: ChatUnitOfWork, turn: Turn) -> None:
    """Ends the lease of a message that could not be answered, so that it can be repeated at once."""
    await uow.conversations.lease(turn.id, uow.clock.now())
