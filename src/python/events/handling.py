"""Running the handler of one event: its log context, its time limit, and what is counted about it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

import structlog

from events.clock import Clock
from events.contracts import EventData
from events.envelope import Event
from events.logs import about_event
from events.metrics import EVENT_AGE, EVENT_HANDLING, EVENTS_HANDLED
from events.subscriptions import Handler, Outcome, Subscriptions
from events.unit_of_work import U

_log = structlog.get_logger(__name__)

_ANSWERS = (Outcome.APPLIED, Outcome.IGNORED, Outcome.STALE)


class HandlingTimedOut(Exception):
    """Handlers took longer than they may."""


@dataclass(frozen=True)
class Handled:
    """What became of an event, to be told once it is certain."""

    event: Event[EventData]
    outcome: Outcome
    seconds: float = 0.0
    error: str | None = None


class Handling(Generic[U]):
    """Runs handlers and tells logs and metrics about it."""

    def __init__(self, subscriptions: Subscriptions[U], clock: Clock, timeout_seconds: float):
        self._subscriptions = subscriptions
        self._clock = clock
        self._timeout_seconds = timeout_seconds

    def handler_of(self, event: Event[EventData]) -> Handler[Any, U] | None:
        """The handler of `event`; none where the service has no use for it."""
        return self._subscriptions.handler_of(event)

    async def handle(self, event: Event[EventData], uow: U) -> Handled:
        """Has `event` handled within `uow`. Raises what the handler raises."""
        handler = self._subscriptions.handler_of(event)
        if handler is None:
            return Handled(event, Outcome.IGNORED)
        with about_event(event.envelope, event.topic):
            started = time.perf_counter()
            outcome = await handler(event, uow)
            if outcome not in _ANSWERS:
                raise TypeError(f"a handler answers one of {', '.join(_ANSWERS)}, not {outcome!r}")
            return Handled(event, outcome, time.perf_counter() - started)

    async def in_time(self, work: Callable[[], Any]) -> Any:
        """The result of `work`, which has the time that one event, or a whole batch, may take.

        Raises:
            HandlingTimedOut: it took longer.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds) as limit:
                return await work()
        except TimeoutError as error:
            if limit.expired():
                raise HandlingTimedOut(f"not done within {self._timeout_seconds} s") from error
            raise

    def tell(self, handled: Handled) -> None:
        """Logs and counts what became of an event."""
        envelope = handled.event.envelope
        EVENTS_HANDLED.labels(envelope.type, handled.outcome).inc()
        with about_event(envelope, handled.event.topic):
            if handled.outcome in (Outcome.PARKED, Outcome.DEAD):
                _log.warning("event handled", outcome=str(handled.outcome), error=handled.error)
                return
            age = (self._clock.now() - envelope.time).total_seconds()
            if handled.outcome in (Outcome.APPLIED, Outcome.STALE):
                EVENT_HANDLING.labels(envelope.type).observe(handled.seconds)
                EVENT_AGE.labels(envelope.type).observe(max(age, 0.0))
            _log.info(
                "event handled",
                outcome=str(handled.outcome),
                handling_ms=round(handled.seconds * 1000, 2),
                age_ms=round(age * 1000),
            )

    def tell_unstored(self, event: Event[EventData], error: BaseException) -> None:
        """Logs that `event` could neither be handled nor stored, so that Dapr has to deliver it again."""
        with about_event(event.envelope, event.topic):
            _log.error("event cannot be stored", exc_info=error)

    def tell_failure(self, event: Event[EventData], error: BaseException) -> None:
        """Logs that handling `event` failed, with the whole of `error`."""
        with about_event(event.envelope, event.topic):
            _log.warning("handling failed", exc_info=error)
