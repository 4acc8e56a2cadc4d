"""A server that speaks OpenAI's chat completions protocol over a real socket, from a script."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from tests.support.sockets import Request, Response, http_server


@dataclass(frozen=True)
class Says:
    """The model answers with text."""

    text: str


@dataclass(frozen=True)
class Calls:
    """The model asks for tool calls: pairs of a tool's name and its arguments.

    Arguments that are text are sent as they are, so that they can be broken JSON.
    """

    calls: Sequence[tuple[str, Mapping[str, Any] | str]]

    @classmethod
    def one(cls, tool: str, **arguments: Any) -> Self:
        return cls([(tool, arguments)])


@dataclass(frozen=True)
class Fails:
    """The server answers with an HTTP error."""

    status: int


@dataclass(frozen=True)
class Garbles:
    """The server answers 200 with a body that is no completion."""

    body: bytes = b'{"choices": "none"}'


@dataclass(frozen=True)
class Hangs:
    """The server takes the request and never answers."""


Step = Says | Calls | Fails | Garbles | Hangs


@dataclass
class ScriptedModel:
    """What the server will do, request by request; a request beyond the script gets HTTP 500.

    Attributes:
        requests: the JSON bodies received, in order.
        authorizations: the ``Authorization`` header of each.
        before_each_answer: what to do while the client waits.
    """

    base_url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    before_each_answer: Callable[[], Awaitable[None]] | None = None
    _script: deque[Step] = field(default_factory=deque)

    def will(self, *steps: Step) -> None:
        self._script.extend(steps)

    @property
    def finished(self) -> bool:
        """Whether the whole script was used."""
        return not self._script

    def tool_results(self, request: int = -1) -> list[Any]:
        """The tool results that the request numbered `request` gave the model after its user's message, parsed."""
        messages = self.requests[request]["messages"]
        return [json.loads(message["content"]) for message in messages if message["role"] == "tool"]

    async def answer(self, request: Request) -> Response:
        if (request.method, request.path) != ("POST", "/v1/chat/completions"):
            return _error(404, f"no {request.method} {request.path} here")
        self.requests.append(json.loads(request.body))
        self.authorizations.append(request.headers.get("authorization", ""))
        if not self._script:
            return _error(500, "the script is at its end")
        step = self._script.popleft()
        if self.before_each_answer is not None:
            await self.before_each_answer()
        match step:
            case Says(text):
                return _completion({"role": "assistant", "content": text}, "stop")
            case Calls(calls):
                return _completion(
                    {"role": "assistant", "content": None, "tool_calls": self._tool_calls(calls)}, "tool_calls"
                )
            case Fails(status):
                return _error(status, "as scripted")
            case Garbles(body):
                return Response(200, body)
            case Hangs():
                await asyncio.Event().wait()
                raise AssertionError("never reached")

    def _tool_calls(self, calls: Sequence[tuple[str, Mapping[str, Any] | str]]) -> list[dict[str, Any]]:
        return [
            {
                "id": f"call_{len(self.requests)}_{position}",
                "type": "function",
                "function": {
                    "name": tool,
                    "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
                },
            }
            for position, (tool, arguments) in enumerate(calls)
        ]


@asynccontextmanager
async def openai_server() -> AsyncIterator[ScriptedModel]:
    """Runs the server on a free local port; the model's `base_url` is what ``OPENAI_BASE_URL`` takes."""
    model = ScriptedModel(base_url="")
    async with http_server(model.answer) as url:
        model.base_url = f"{url}/v1"
        yield model


def _completion(message: dict[str, Any], finish_reason: str) -> Response:
    return Response(
        200,
        json.dumps(
            {
                "id": "chatcmpl-scripted",
                "object": "chat.completion",
                "created": 0,
                "model": "scripted",
                "choices": [{"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": None}],
                "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
            }
        ).encode(),
    )


def _error(status: int, message: str) -> Response:
    return Response(status, json.dumps({"error": {"message": message, "type": "scripted", "code": None}}).encode())
