"""What comes with a request beside its body: query parameters, preconditions, numbers in the path."""

import re
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from quart import request

from chat_api.service_layer.errors import ReminderNotFound, TaskNotFound
from events.errors import BadRequest, Invalid

M = TypeVar("M", bound=BaseModel)

_MAX_NUMBER = 2**31 - 1
_ENTITY_TAG = re.compile(r'"(\d{1,9})"')


class RequestModel(BaseModel):
    """What a request says: JSON types as they are, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def read_query(model: type[M]) -> M:
    """The query parameters as a `model`.

    Raises:
        Invalid: a parameter comes twice, or has a character that is no text.
        pydantic.ValidationError: they are not what `model` describes.
    """
    values: dict[str, str] = {}
    for name, value in request.args.items(multi=True):
        if name in values:
            raise Invalid(f"{name}: it is given twice.")
        if "\x00" in value:
            raise Invalid(f"{name}: it contains a character that is no text.")
        values[name] = value
    return model.model_validate_strings(values)


def if_match() -> int | None:
    """The version that the request is conditional on; none where it is not.

    Raises:
        BadRequest: If-Match holds anything but one entity tag of ours, or an asterisk.
    """
    value = request.headers.get("If-Match")
    if value is None or value.strip() == "*":
        return None
    match = _ENTITY_TAG.fullmatch(value.strip())
    if match is None:
        raise BadRequest('If-Match: one entity tag, as ETag said it: "3".')
    return int(match[1])


def idempotency_key() -> str | None:
    """The request's ``Idempotency-Key``."""
    return request.headers.get("Idempotency-Key")


def task_number(text: str) -> int:
    """The number in a task's path.

    Raises:
        TaskNotFound: no task has such a number.
    """
    if text.isascii() and text.isdecimal() and len(text) <= 10 and 0 < int(text) <= _MAX_NUMBER:
        return int(text)
    raise TaskNotFound(text)


def reminder_id(text: str) -> UUID:
    """The id in a reminder's path.

    Raises:
        ReminderNotFound: no reminder has such an id.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise ReminderNotFound from error
