"""Conversations with the assistant: messages, answers, and what is remembered in between."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

MAX_MESSAGE = 4_000
"""Characters of one message."""

Json = Mapping[str, Any]
"""JSON values by name. The assistant knows what they mean; a conversation only keeps them."""


@dataclass(frozen=True)
class Turn:
    """A message and its answer.

    Attributes:
        key: the idempotency key it came with, if any.
        request_hash: a digest of what was asked, to tell a repeated request from another under the same key.
        memory: what the conversation remembered when the message came.
        plan: the calls decided on, kept before the first of several is made.
        lease_until: whoever answers it must be done by then; after that, another may go on with it.
        reply: none while it is being answered.
        actions: the calls made, with what became of them.
    """

    id: UUID
    conversation_id: UUID
    user_id: UUID
    key: str | None
    request_hash: bytes
    message: str
    asked_at: dt.datetime
    memory: Json
    lease_until: dt.datetime
    plan: Sequence[Json] | None = None
    reply: str | None = None
    actions: Sequence[Json] = ()


@dataclass(frozen=True)
class MadeCall:
    """A tool call that a turn has made.

    Attributes:
        key: tells it from the turn's other calls.
    """

    key: str
    tool: str
    arguments: Json
    result: Json


@dataclass(frozen=True)
class Exchange:
    """An earlier message with its reply."""

    message: str
    reply: str
