"""Request bodies: JSON of a bounded size, read into a model."""

import json
from typing import TypeVar

from pydantic import BaseModel
from quart import request

from events.errors import BadRequest, UnsupportedMediaType

M = TypeVar("M", bound=BaseModel)


async def read_model(model: type[M]) -> M:
    """The request's JSON body as a `model`; a model with ``extra="forbid"`` refuses unknown fields.

    Raises:
        UnsupportedMediaType: its content type is not JSON.
        BadRequest: it is not JSON.
        RequestEntityTooLarge: it is larger than the app's or the request's limit.
        pydantic.ValidationError: it is not what `model` describes.
    """
    await read_json()
    # In JSON mode a strict model takes a date from its text, and from nothing else.
    return model.model_validate_json(await request.get_data(as_text=False))


async def read_json() -> object:
    """The request's JSON body, parsed. Raises as `read_model` does."""
    mimetype = request.mimetype
    if mimetype != "application/json" and not mimetype.endswith("+json"):
        raise UnsupportedMediaType(f"Send application/json, not {mimetype or 'a body without a content type'}.")
    raw = await request.get_data(as_text=False)
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise BadRequest(f"The body is not JSON: {error}") from error


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
