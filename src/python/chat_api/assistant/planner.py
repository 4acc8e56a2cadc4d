"""What a planner is: it gets a message and the tools, and answers with tool calls and a reply."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from chat_api.assistant.tools.tool import ToolResult
from chat_api.assistant.understanding.intents import KnownTask, Question
from chat_api.domain.actor import Actor
from chat_api.domain.conversation import Exchange

Arguments = Mapping[str, Any]
"""A tool call's arguments: JSON values by name."""


@dataclass(frozen=True)
class PlannedCall:
    """A tool call that is still to be made."""

    tool: str
    arguments: Arguments = field(default_factory=dict)


CONFIRMATION_NEEDED: Final = "confirmation-needed"


@dataclass(frozen=True)
class Failure:
    """Why a tool did nothing: a kebab-case code, and words that say what to do about it."""

    code: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """A tool call that was made, and what became of it: either a result or a failure.

    Attributes:
        acted: whether the call may have changed something; false for failures and for tools that only read.
    """

    call: PlannedCall
    result: ToolResult | None = None
    failure: Failure | None = None
    acted: bool = False

    @property
    def needs_confirmation(self) -> bool:
        """Whether the call was not made because the user has to say yes first."""
        return self.failure is not None and self.failure.code == CONFIRMATION_NEEDED


@dataclass(frozen=True)
class Pending:
    """A question the assistant has asked.

    Attributes:
        question: what was asked.
        choices: the calls that each of the question's options sets off, in the options' order. Empty where the
            question was one of understanding: then an answer is understood together with the question.
    """

    question: Question
    choices: tuple[tuple[PlannedCall, ...], ...] = ()


@dataclass(frozen=True)
class Memory:
    """What a conversation remembers for the next message.

    Attributes:
        mentioned: the tasks that the last answer was about, most recent last.
        listed: the last list shown, in its order.
        pending: the question still open.
    """

    mentioned: tuple[KnownTask, ...] = ()
    listed: tuple[KnownTask, ...] = ()
    pending: Pending | None = None


@dataclass(frozen=True)
class Turn:
    """One message to be answered.

    Attributes:
        asked_at: when the message first arrived, aware; what "tomorrow" counts from, however late the answer.
        history: earlier exchanges of the conversation, oldest first, a bounded number of them.
        done: what an earlier, interrupted attempt at this message has done.
    """

    message: str
    actor: Actor
    asked_at: dt.datetime
    memory: Memory = Memory()
    history: tuple[Exchange, ...] = ()
    done: tuple[Outcome, ...] = ()

    @property
    def local_now(self) -> dt.datetime:
        """`asked_at` in the user's zone."""
        return self.asked_at.astimezone(ZoneInfo(self.actor.timezone))


@dataclass(frozen=True)
class Answer:
    """What the user is told, and the question that the next message may answer."""

    reply: str
    pending: Pending | None = None


class TurnTools(Protocol):
    """The tools as a planner has them while it answers one message.

    A call that was made for this message before, by this attempt or an interrupted one, is not made again: its
    outcome is the first one's.
    """

    async def run(self, calls: Sequence[PlannedCall]) -> list[Outcome]:
        """Makes calls, in order. Deleting more than one task in a turn is refused and becomes a question."""
        ...

    async def look_up(self, call: PlannedCall) -> Outcome:
        """Makes a call that only reads and is no part of what the user is shown."""
        ...

    async def decide(self, calls: Sequence[PlannedCall]) -> None:
        """Keeps `calls` as the plan for this message, so that an interrupted attempt is finished as it was begun."""
        ...

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """All calls made for this message so far."""
        ...


class Planner(Protocol):
    """Decides what a message asks for, has the tools do it, and says so."""

    async def answer(self, turn: Turn, tools: TurnTools) -> Answer:
        """Answers the message of `turn`."""
        ...
