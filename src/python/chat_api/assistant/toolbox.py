"""Runs tools: each call is one unit of work."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from pydantic import ValidationError

from chat_api.assistant.planner import Failure, Outcome, PlannedCall
from chat_api.assistant.tools import TOOLS
from chat_api.assistant.tools.tool import Tool, ToolContext, ToolResult
from chat_api.domain.actor import Actor
from chat_api.domain.text import is_storable
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.errors import TicklerError

_NO_TEXT: Final = "The call contains a character that is no text."


class Journal(Protocol):
    """Remembers, in the call's own transaction, that it was made: so that it is made once."""

    async def claim(self, uow: ChatUnitOfWork, call: PlannedCall) -> Mapping[str, Any] | None:
        """Takes note that `call` is being made; where it was made before, returns its result as JSON instead."""
        ...

    async def record(self, uow: ChatUnitOfWork, call: PlannedCall, result: Mapping[str, Any]) -> None:
        """Keeps the result of a claimed call."""
        ...


class Toolbox:
    """All tools, ready to be called.

    The service layer locks what it is about to change, so calls that meet at one task wait for each other: none sees
    a version that is no longer the present one.
    """

    def __init__(self, unit_of_work: Callable[[], ChatUnitOfWork]) -> None:
        self._unit_of_work = unit_of_work
        self._tools: dict[str, Tool[Any, Any]] = {tool.name: tool for tool in TOOLS}

    def find(self, name: str) -> Tool[Any, Any] | None:
        """The tool of that name."""
        return self._tools.get(name)

    def restore(self, call: PlannedCall, result: Mapping[str, Any]) -> Outcome:
        """The outcome of a call that was made before, from its result as JSON."""
        tool = self._tools[call.tool]
        return Outcome(call, tool.result.model_validate(result), acted=tool.acts)

    async def call(self, actor: Actor, now: dt.datetime, call: PlannedCall, journal: Journal | None = None) -> Outcome:
        """Makes a call for `actor`; what goes wrong for the caller's reasons is a failure in the outcome.

        Args:
            actor: whose tasks the call is about.
            now: what "tomorrow" counts from; aware.
            call: the tool and its arguments, which need not be valid.
            journal: makes it once only.

        Raises:
            Unavailable: the database cannot be used; nothing was done.
        """
        if not _is_storable([call.tool, call.arguments]):
            # An outcome is kept, so it cannot name them.
            return Outcome(PlannedCall("unreadable"), failure=Failure("invalid-arguments", _NO_TEXT))
        tool = self._tools.get(call.tool)
        if tool is None:
            known = ", ".join(self._tools)
            return Outcome(call, failure=Failure("unknown-tool", f"There is no such tool. There are: {known}."))
        try:
            arguments = tool.arguments.model_validate_json(json.dumps(dict(call.arguments)))
        except ValidationError as error:
            return Outcome(call, failure=Failure("invalid-arguments", _problems(error)))
        try:
            return await self._run(tool, actor, now, call, arguments, journal)
        except TicklerError as error:
            if error.status >= 500:
                raise
            return Outcome(call, failure=Failure(error.code, error.detail or error.title))

    async def _run(
        self,
        tool: Tool[Any, Any],
        actor: Actor,
        now: dt.datetime,
        call: PlannedCall,
        arguments: Any,
        journal: Journal | None,
    ) -> Outcome:
        async with self._unit_of_work() as uow:
            if journal is not None and tool.acts:
                made = await journal.claim(uow, call)
                if made is not None:
                    return self.restore(call, made)
            result: ToolResult = await tool.run(ToolContext.at(uow, actor, now), arguments)
            if not tool.acts:
                return Outcome(call, result)
            if journal is not None:
                await journal.record(uow, call, result.to_json())
            await uow.commit()
            return Outcome(call, result, acted=True)


def _problems(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    )


def _is_storable(value: object) -> bool:
    """Whether PostgreSQL can hold every text in `value`."""
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, Mapping):
        return all(_is_storable(key) and _is_storable(item) for key, item in value.items())
    return not isinstance(value, Sequence) or all(_is_storable(item) for item in value)
