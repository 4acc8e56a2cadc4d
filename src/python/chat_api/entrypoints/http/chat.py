"""``POST /api/chat``: a message to the assistant, answered at once or as a stream of events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import Field, field_validator
from quart import Response, request

from chat_api.assistant.assistant import Action, Assistant, ChatAnswer, Listener
from chat_api.domain.conversation import MAX_MESSAGE
from chat_api.domain.text import is_storable
from chat_api.entrypoints.http.answers import Answer
from chat_api.entrypoints.http.api import ApiBlueprint
from chat_api.entrypoints.http.authentication import authenticated
from chat_api.entrypoints.http.requests import RequestModel, idempotency_key
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.errors import TicklerError
from events.http.body import read_model
from events.http.problems import problem_response

_HEARTBEAT_SECONDS = 15.0
_TIMEOUT_SECONDS = 120


class ChatMessage(RequestModel):
    """A message to the assistant."""

    message: str = Field(max_length=MAX_MESSAGE)
    conversation_id: UUID | None = Field(default=None, description="Of an earlier answer; none begins a conversation.")

    @field_validator("message")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("it says nothing")
        if not is_storable(value):
            raise ValueError("it contains a character that is no text")
        return value


class ActionError(Answer):
    """Why an action was not done."""

    code: str
    message: str


class ActionAnswer(Answer):
    """A tool that the assistant has called; it has either a result or an error."""

    tool: str
    arguments: dict[str, Any]
    result: dict[str, Any] | None = None
    error: ActionError | None = None


class ChatReply(Answer):
    """What the assistant says, and what it has done."""

    conversation_id: UUID
    reply: str
    actions: Sequence[ActionAnswer]

    @classmethod
    def of(cls, answer: ChatAnswer) -> "ChatReply":
        return cls.model_validate(answer, from_attributes=True)

    def to_json(self) -> str:
        """As JSON; an action has either a result or an error."""
        return self.model_dump_json(exclude_unset=True)

    def respond(self, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        return Response(self.to_json(), status, headers, content_type="application/json")


def chat_blueprint(assistant: Assistant, new_unit_of_work: Callable[[], ChatUnitOfWork]) -> ApiBlueprint:
    """The conversation with the assistant."""
    api = ApiBlueprint("chat", __name__, url_prefix="/api")

    @api.operation(
        "POST",
        "/chat",
        "Talk to the assistant",
        body=ChatMessage,
        answer=ChatReply,
        problems=(404, 409),
        idempotent=True,
    )
    async def chat() -> Response:
        """Says something to the assistant. With "Accept: text/event-stream" the answer comes as events: an "action" as
        each is done, and a "reply" at the end, or a "problem". A repeated message with the same Idempotency-Key is
        answered as before; while that is still under way, with 409."""
        async with authenticated(new_unit_of_work) as (_, actor):
            pass
        body = await read_model(ChatMessage)
        answer = partial(
            assistant.answer, actor, body.message, conversation_id=body.conversation_id, key=idempotency_key()
        )
        if request.accept_mimetypes.best_match(["application/json", "text/event-stream"]) == "text/event-stream":
            response = await _streamed(lambda listener: answer(listener=listener))
        else:
            response = ChatReply.of(await answer()).respond()
        response.timeout = _TIMEOUT_SECONDS
        return response

    return api


async def _streamed(answer: Callable[[Listener], Awaitable[ChatAnswer]]) -> Response:
    """Answers with an event for each action and one for the reply.

    What fails before there is anything to say is answered with its own status.
    """
    frames: asyncio.Queue[str | None] = asyncio.Queue()

    async def tell(action: Action) -> None:
        frames.put_nowait(_frame("action", ActionAnswer.model_validate(action).model_dump_json(exclude_unset=True)))

    async def run() -> None:
        try:
            frames.put_nowait(_frame("reply", ChatReply.of(await answer(tell)).to_json()))
        finally:
            frames.put_nowait(None)

    running = asyncio.create_task(run())
    try:
        first = await frames.get()
    except asyncio.CancelledError:
        running.cancel()
        raise
    if first is None:
        await running
    response = Response(_events(first, frames, running), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


async def _events(
    frame: str | None, frames: asyncio.Queue[str | None], running: asyncio.Task[None]
) -> AsyncIterator[str]:
    try:
        while frame is not None:
            yield frame
            frame = await _next(frames)
        await running
    except TicklerError as error:
        yield _frame("problem", await problem_response(error).get_data(as_text=True))
    finally:
        running.cancel()  # its reader may have gone away half-way


async def _next(frames: asyncio.Queue[str | None]) -> str | None:
    try:
        async with asyncio.timeout(_HEARTBEAT_SECONDS):
            return await frames.get()
    except TimeoutError:
        return ": still here\n\n"


def _frame(event: str, data: str) -> str:
    return f"event: {event}\ndata: {data}\n\n"
