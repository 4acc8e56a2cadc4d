"""A user's account."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from chat_api.domain.actor import Actor


@dataclass(frozen=True)
class User:
    """An account. Moments are aware UTC."""

    id: UUID
    email: str
    timezone: str
    email_reminders: bool
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime

    @property
    def actor(self) -> Actor:
        """The user as the one who asks."""
        return Actor(user_id=self.id, email=self.email, timezone=self.timezone)


@dataclass(frozen=True)
class ApiToken:
    """A bearer token, without its secret."""

    id: UUID
    name: str
    created_at: dt.datetime
