"""What a tool is: a name, arguments with descriptions, and a function over the service layer."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from chat_api.domain.actor import Actor
from chat_api.service_layer.unit_of_work import ChatUnitOfWork

Number = Annotated[int, Field(ge=1, le=2**31 - 1, description="The task's number.")]
"""What users call a task."""


class ToolArguments(BaseModel):
    """Arguments as a caller gives them: JSON types as they are, no unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ToolResult(BaseModel):
    """What a tool found or did. Dates are absolute and name their zone."""

    model_config = ConfigDict(frozen=True)

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values, without what is not set."""
        return self.model_dump(mode="json", exclude_none=True)


@dataclass(frozen=True)
class ToolContext:
    """What a tool works with: an open unit of work, which it must not commit, and who calls.

    Attributes:
        now: what "tomorrow" counts from, aware and in the actor's zone.
    """

    uow: ChatUnitOfWork
    actor: Actor
    now: dt.datetime

    @classmethod
    def at(cls, uow: ChatUnitOfWork, actor: Actor, now: dt.datetime) -> "ToolContext":
        """A context at the instant `now`, whatever zone that is in."""
        return cls(uow, actor, now.astimezone(ZoneInfo(actor.timezone)))


A = TypeVar("A", bound=ToolArguments)
R = TypeVar("R", bound=ToolResult)


@dataclass(frozen=True)
class Tool(Generic[A, R]):
    """A tool.

    Attributes:
        name: in snake_case, what callers call it.
        title: for people.
        description: for whoever decides whether to call it.
        acts: whether it changes anything.
        destroys: whether what it changes cannot be taken back.
    """

    name: str
    title: str
    description: str
    arguments: type[A]
    result: type[R]
    run: Callable[[ToolContext, A], Awaitable[R]]
    acts: bool = True
    destroys: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        return self.arguments.model_json_schema()
