"""Where a page ended, as an opaque word that leads to the next."""

import base64
import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from events.errors import Invalid

_MAX_LENGTH = 300
_MAX_INTEGER = 2**31 - 1


class InvalidCursor(Invalid):
    """A cursor that this service has not made, or has made for another list."""

    code = "invalid-cursor"
    title = "The cursor is not valid"

    def __init__(self) -> None:
        super().__init__("cursor: hand in what next_cursor said, with the same query.")


@dataclass(frozen=True)
class Cursor:
    """The place after the item with this key, in the list of this name."""

    list_name: str
    key: tuple[Any, ...]

    def encode(self) -> str:
        """The cursor as it is handed out."""
        parts = [self.list_name, *(value if isinstance(value, int) else str(value) for value in self.key)]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, list_name: str, kinds: tuple[type, ...]) -> Self:
        """Reads a cursor of the list `list_name`, whose key has values of `kinds`.

        Raises:
            InvalidCursor: it is none.
        """
        if len(text) > _MAX_LENGTH:
            raise InvalidCursor
        try:
            parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError as error:
            raise InvalidCursor from error
        if not isinstance(parts, list) or len(parts) != 1 + len(kinds) or parts[0] != list_name:
            raise InvalidCursor
        return cls(list_name, tuple(_read(value, kind) for value, kind in zip(parts[1:], kinds, strict=True)))


def _read(value: object, kind: type) -> Any:
    if kind is int:
        if type(value) is int and 0 <= value <= _MAX_INTEGER:
            return value
        raise InvalidCursor
    if not isinstance(value, str):
        raise InvalidCursor
    try:
        if kind is UUID:
            return UUID(value)
        moment = dt.datetime.fromisoformat(value)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidCursor from error
