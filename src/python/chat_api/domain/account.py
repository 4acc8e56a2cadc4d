"""A user's account, and what proves who somebody is."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from chat_api.domain.actor import Actor


@dataclass(frozen=True)
class User:
    """An account. Moments are aware UTC.

    Attributes:
        email: as its user writes it; two that differ in case only are the same account.
        timezone: IANA name.
        email_reminders: whether reminders are sent by e-mail.
    """

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
class Credentials:
    """What a password is checked against."""

    user: User
    password_hash: str


@dataclass(frozen=True)
class ApiToken:
    """A bearer token, without its secret."""

    id: UUID
    name: str
    created_at: dt.datetime


@dataclass(frozen=True)
class Throttle:
    """Failed attempts to log in to one account, existing or not.

    Attributes:
        blocked_until: no attempt is looked at before this moment.
    """

    failures: int
    blocked_until: dt.datetime
