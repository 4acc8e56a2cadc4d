"""Who is asking."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Actor:
    """An authenticated user. Whatever is done or read for an actor touches this user's data only."""

    user_id: UUID
    email: str
    timezone: str
    """IANA name of the user's zone: what "today" and "at 9" mean unless a zone is named."""
