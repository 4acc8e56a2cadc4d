"""The calls made for a message, kept in the conversation: so that a repeated message makes none of them again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chat_api.assistant.planner import PlannedCall
from chat_api.assistant.turn_tools import call_key
from chat_api.service_layer.unit_of_work import ChatUnitOfWork


class TurnJournal:
    """Implements `Journal` for one turn."""

    def __init__(self, turn_id: UUID) -> None:
        self._turn_id = turn_id

    async def claim(self, uow: ChatUnitOfWork, call: PlannedCall) -> Mapping[str, Any] | None:
        """Takes note that `call` is being made; where it was made before, returns its result as JSON instead."""
        made = await uow.conversations.claim_call(self._turn_id, call_key(call), call.tool, call.arguments)
        return made.result if made is not None else None

    async def record(self, uow: ChatUnitOfWork, call: PlannedCall, result: Mapping[str, Any]) -> None:
        """Keeps the result of a claimed call."""
        await uow.conversations.record_call(self._turn_id, call_key(call), result)
