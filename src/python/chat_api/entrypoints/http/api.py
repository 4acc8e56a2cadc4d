"""A blueprint whose operations describe themselves, so that the OpenAPI document cannot forget one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel
from quart import Blueprint, request
from quart.typing import ResponseReturnValue

View = TypeVar("View", bound=Callable[..., Awaitable[ResponseReturnValue]])


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        path: relative to its blueprint, with Quart's converters: ``/tasks/<number>``.
        body: the model of the JSON body.
        query: the model of the query parameters.
        answer: the model of the JSON answer; none where there is no body, or another `media_type`.
        problems: the statuses of the problem documents to expect, beside those that every operation has.
        conditional: whether it takes ``If-Match`` and then may answer 412.
        idempotent: whether it takes ``Idempotency-Key``.
        public: whether it needs no authentication.
    """

    method: str
    path: str
    summary: str
    description: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    media_type: str = "application/json"
    problems: tuple[int, ...] = ()
    conditional: bool = False
    idempotent: bool = False
    public: bool = False


class ApiBlueprint(Blueprint):
    """A blueprint that keeps the list of its operations."""

    def __init__(self, name: str, import_name: str, *, url_prefix: str):
        super().__init__(name, import_name, url_prefix=url_prefix)
        self.operations: list[Operation] = []
        self.before_request(_receive_body)

    def operation(self, method: str, path: str, summary: str, **details: Any) -> Callable[[View], View]:
        """Serves `method` of `path` with the decorated view, whose docstring is the description.

        `details` are further attributes of `Operation`.
        """

        def register(view: View) -> View:
            description = " ".join((view.__doc__ or "").split())
            self.operations.append(Operation(method, path, summary, description, **details))
            self.add_url_rule(path, view.__name__, view, methods=[method])
            return view

        return register


async def _receive_body() -> None:
    """Takes the whole body in before a view opens a unit of work: who sends slowly must keep no connection waiting."""
    await request.get_data()
