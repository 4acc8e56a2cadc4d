"""What all units of work of a service share for the sake of its events."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from events.clock import Clock, SystemClock
from events.ids import IdFactory, Uuid7Factory
from events.tables import MessagingTables


def _nobody() -> None:
    """Nobody waits to be woken."""


@dataclass(frozen=True)
class Messaging:
    """A service's database, its messaging tables and who it is."""

    service: str
    """The Dapr app id: the ``source`` of the service's events."""
    engine: AsyncEngine
    tables: MessagingTables
    clock: Clock = field(default_factory=SystemClock)
    ids: IdFactory = field(default_factory=Uuid7Factory)
    wake_relay: Callable[[], None] = _nobody
    """Called after a commit that left something in the outbox; must not block."""
