"""Which events a service handles, and how: one readable list per service."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any, Generic, TypeVar

from events.contracts import EventData
from events.envelope import Event
from events.topics import Topic
from events.unit_of_work import U


class Outcome(StrEnum):
    """What became of an event that arrived. A handler answers one of the first three."""

    APPLIED = "applied"
    """It had its effect."""
    IGNORED = "ignored"
    """The service has no use for it; nothing is kept of it."""
    STALE = "stale"
    """It came too late to have an effect; kept as processed."""
    DUPLICATE = "duplicate"
    """It had arrived before."""
    PARKED = "parked"
    """It failed, or waits behind one that failed, and will be tried again."""
    DEAD = "dead"
    """It will not be tried again unless an operator says so."""


D = TypeVar("D", bound=EventData)

Handler = Callable[[Event[D], U], Awaitable[Outcome]]
"""Handles one event within a unit of work that somebody else commits.

It answers `Outcome.APPLIED`, `IGNORED` or `STALE`; raises `EventRejected` where trying again can never help, and
anything else where it may. It may run several times for one event, but commits at most once.
"""


class Subscriptions(Generic[U]):
    """The handlers of a service by the contract of what they handle.

    ``Subscriptions({TaskCompleted: on_task_completed, UserDeleted: on_user_deleted})``. Every other event on the
    same topics is ignored.
    """

    def __init__(self, handlers: Mapping[type[EventData], Handler[Any, U]]):
        self._handlers = dict(handlers)

    @property
    def topics(self) -> frozenset[Topic]:
        """The topics that the service has to be subscribed to."""
        return frozenset(contract.TOPIC for contract in self._handlers)

    def handler_of(self, event: Event[EventData]) -> Handler[Any, U] | None:
        """The handler of `event`; none where the service has no use for it."""
        return self._handlers.get(type(event.data))
