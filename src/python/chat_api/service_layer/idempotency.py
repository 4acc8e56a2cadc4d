"""Requests that are repeated under an idempotency key: done once, answered alike."""

import json
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

from chat_api.domain.actor import Actor
from chat_api.service_layer.errors import KeyReused
from chat_api.service_layer.repositories import StoredAnswer
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.errors import BadRequest

MAX_KEY = 200


def request_hash(*parts: Any) -> bytes:
    """A digest of what a request asks for: JSON values whose members' order does not matter."""
    return sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode(errors="surrogatepass")).digest()


async def once(
    uow: ChatUnitOfWork, actor: Actor, key: str | None, asked: bytes, act: Callable[[], Awaitable[StoredAnswer]]
) -> StoredAnswer:
    """The answer of `act`, or the one that `key` had got before; both commit together with what `act` did.

    Raises:
        BadRequest: `key` is empty or too long.
        KeyReused: `key` came with another request than `asked`.
    """
    if key is None:
        return await act()
    check_key(key)
    stored = await uow.idempotency_keys.claim(actor.user_id, key, asked, now=uow.clock.now())
    if stored is not None:
        if stored.request_hash != asked:
            raise KeyReused("Send a key of its own with each request; the same one only to repeat a request.")
        return stored
    answer = await act()
    await uow.idempotency_keys.store(actor.user_id, key, answer)
    return answer


def check_key(key: str) -> None:
    """Checks the value of an ``Idempotency-Key`` header.

    Raises:
        BadRequest: it is empty or too long.
    """
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        raise BadRequest(f"Idempotency-Key: 1 to {MAX_KEY} printable characters.")
