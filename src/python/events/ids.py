"""New ids, as something that is handed in."""

from typing import Protocol
from uuid import UUID

from uuid_utils.compat import uuid7


class IdFactory(Protocol):
    """Makes ids that nobody has made before."""

    def new(self) -> UUID:
        """A new id."""
        ...


class Uuid7Factory:
    """UUIDs of version 7: they sort by the time they were made, which keeps indexes compact."""

    def new(self) -> UUID:
        """A new UUIDv7."""
        return uuid7()
