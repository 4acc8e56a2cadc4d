"""The assistant's own values as JSON, the way a conversation keeps them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter

from chat_api.assistant.planner import Memory, Outcome, PlannedCall

_MEMORY: Final = TypeAdapter(Memory)
_CALLS: Final = TypeAdapter(tuple[PlannedCall, ...])


def memory_to_json(memory: Memory) -> dict[str, Any]:
    """A memory as JSON values."""
    values: dict[str, Any] = _MEMORY.dump_python(memory, mode="json")
    return values


def memory_from_json(values: Mapping[str, Any]) -> Memory:
    """The memory that `memory_to_json` was given."""
    return _MEMORY.validate_python(values)


def calls_to_json(calls: Sequence[PlannedCall]) -> list[dict[str, Any]]:
    """Planned calls as JSON values."""
    values: list[dict[str, Any]] = _CALLS.dump_python(tuple(calls), mode="json")
    return values


def calls_from_json(values: Sequence[Mapping[str, Any]]) -> tuple[PlannedCall, ...]:
    """The calls that `calls_to_json` was given."""
    return _CALLS.validate_python(values)


def action(outcome: Outcome) -> dict[str, Any]:
    """A call and what became of it, as the user of the HTTP API sees it."""
    shown: dict[str, Any] = {"tool": outcome.call.tool, "arguments": dict(outcome.call.arguments)}
    if outcome.failure is not None:
        return shown | {"error": {"code": outcome.failure.code, "message": outcome.failure.message}}
    return shown | {"result": outcome.result.to_json() if outcome.result is not None else {}}
