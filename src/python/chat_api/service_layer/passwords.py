"""Passwords: what is asked of one, and how they are hashed."""

from typing import Protocol

from chat_api.domain.text import is_storable
from events.errors import Invalid

MIN_PASSWORD = 8
MAX_PASSWORD = 256
"""Hashing takes longer for longer ones; a bound keeps that harmless."""


class PasswordHasher(Protocol):
    """Hashes passwords, slowly by intent and off the event loop."""

    async def hash(self, password: str) -> str:
        """A salted hash of `password`."""
        ...

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether `password` has this hash; takes as long, and answers false, where there is none."""
        ...


def check_password(password: str) -> None:
    """Checks that `password` can be one.

    Raises:
        Invalid: it is too short or too long.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD or not is_storable(password):
        raise Invalid(f"password: {MIN_PASSWORD} to {MAX_PASSWORD} characters of text.")
