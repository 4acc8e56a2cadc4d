"""Events of an account, published by Chat API."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from events.contracts.base import EventData
from events.topics import Topic


class _UserEvent(EventData):
    TOPIC: ClassVar[Topic] = Topic.USERS

    @property
    def subject(self) -> UUID:
        return self.user_id


class UserUpdated(_UserEvent):
    """An account was registered or its profile changed: the whole profile that other services need."""

    TYPE: ClassVar[str] = "user.updated"

    email: str
    timezone: str
    email_reminders: bool = True


class UserDeleted(_UserEvent):
    """An account was deleted: every service erases what it holds of the user."""

    TYPE: ClassVar[str] = "user.deleted"

    deleted_at: AwareDatetime
