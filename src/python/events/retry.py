"""The retry loop: tries parked events again, and makes dead letters of those that fail too often."""

import asyncio
import datetime as dt
from typing import Generic

import structlog

from events.backoff import Backoff
from events.brake import Brake
from events.contracts import EventData
from events.database import as_unavailable
from events.dead_letters import DeadLetter, DeadLetters, Reason
from events.envelope import Event, MalformedEvent, UnknownContract, parse_event
from events.errors import EventRejected, Unavailable
from events.handling import Handled, Handling
from events.inbox import Inbox
from events.messaging import Messaging
from events.parking import ClaimedEvent, ParkedEvents
from events.subscriptions import Outcome
from events.unit_of_work import U, UnitOfWorkFactory

_log = structlog.get_logger(__name__)

_KEYS_PER_PASS = 200


class RetryLoop(Generic[U]):
    """Tries a service's parked events again when they are due, the first of each partition key before the next.

    Several may run at once: each claims rows that the others skip. The receiver parks an event behind any that is
    parked already, and a claimed one is there until its effect is committed, so the two never handle events of one
    key at the same time.
    """

    def __init__(
        self,
        messaging: Messaging,
        new_unit_of_work: UnitOfWorkFactory[U],
        handling: Handling[U],
        *,
        backoff: Backoff,
        max_attempts: int,
        brake: Brake,
        poll_seconds: float,
    ):
        self._clock = messaging.clock
        self._new_unit_of_work = new_unit_of_work
        self._handling = handling
        self._inbox = Inbox(messaging)
        self._parked = ParkedEvents(messaging)
        self._dead_letters = DeadLetters(messaging)
        self._backoff = backoff
        self._max_attempts = max_attempts
        self._brake = brake
        self._poll_seconds = poll_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Tries what is due until `stop` is set; the event that is under way is finished."""
        while not stop.is_set():
            if not await self.try_due(stop):
                try:
                    async with asyncio.timeout(self._poll_seconds):
                        await stop.wait()
                except TimeoutError:
                    continue

    async def try_due(self, stop: asyncio.Event | None = None) -> int:
        """Tries the events that are due now, and returns how many it tried."""
        async with self._new_unit_of_work() as uow:
            keys = await self._parked.due_keys(uow, self._clock.now(), _KEYS_PER_PASS)
        tried = 0
        for key in keys:
            # The next of the key is due at once where it only waited behind the first.
            while not (stop and stop.is_set()) and await self._try_first(key):
                tried += 1
        return tried

    async def _try_first(self, key: str) -> bool:
        """Tries the first event of `key`; false where none is due, or another has it, or it did not go away."""
        try:
            handled = await self._handling.in_time(lambda: self._attempt(key))
        except Exception as error:  # noqa: BLE001  # the top of a job: whatever a handler raises is counted below
            return await self._failed(key, error)
        if handled is None:
            return False
        if handled.outcome in (Outcome.APPLIED, Outcome.STALE):
            self._brake.succeeded(handled.event.envelope.type)
        self._handling.tell(handled)
        return True

    async def _attempt(self, key: str) -> Handled | None:
        async with self._new_unit_of_work() as uow:
            claimed = await self._parked.claim_first(uow, key, self._clock.now())
            if claimed is None:
                return None
            event = parse_event(claimed.payload)
            if await self._inbox.was_processed(uow, claimed.event_id):
                handled = Handled(event, Outcome.DUPLICATE)
            else:
                handled = await self._handling.handle(event, uow)
            if handled.outcome in (Outcome.APPLIED, Outcome.STALE):
                await self._inbox.record(uow, [(event.envelope, handled.outcome)])
            await self._parked.remove(uow, claimed)
            await uow.commit()
            return handled

    async def _failed(self, key: str, error: Exception) -> bool:
        """Has the first event of `key` wait longer, or buries it; true where it is out of the way."""
        async with self._new_unit_of_work() as uow:
            claimed = await self._parked.claim_first(uow, key, self._clock.now())
            if claimed is None:
                return False
            event = _readable(claimed)
            if event is not None:
                self._handling.tell_failure(event, error)
            reason, attempts = self._judge(claimed, error)
            if reason is None:
                later = self._clock.now() + dt.timedelta(seconds=self._backoff.delay(claimed.attempts + 1))
                await self._parked.reschedule(uow, claimed, attempts=attempts, next_attempt_at=later, error=repr(error))
            else:
                await self._dead_letters.bury(uow, [_letter(claimed, reason, attempts, error)])
                await self._parked.remove(uow, claimed)
            await uow.commit()
        if event is not None:
            outcome = Outcome.PARKED if reason is None else Outcome.DEAD
            self._handling.tell(Handled(event, outcome, error=repr(error)))
        return reason is not None

    def _judge(self, claimed: ClaimedEvent, error: Exception) -> tuple[Reason | None, int]:
        """Why the event dies, if it does, and how many attempts now count."""
        if isinstance(error, EventRejected):
            return Reason.REJECTED, claimed.attempts + 1
        if isinstance(error, UnknownContract):
            return Reason.UNKNOWN_CONTRACT, claimed.attempts
        if isinstance(error, MalformedEvent):
            return Reason.MALFORMED, claimed.attempts
        # That something the service depends on is away says nothing about the event.
        if isinstance(error, Unavailable) or as_unavailable(error) is not None:
            return None, claimed.attempts
        self._brake.failed(claimed.type, claimed.event_id)
        if self._brake.engaged(claimed.type):
            return None, claimed.attempts
        attempts = claimed.attempts + 1
        return (Reason.EXHAUSTED if attempts >= self._max_attempts else None), attempts


def _readable(claimed: ClaimedEvent) -> Event[EventData] | None:
    """The event; none where a build that knew its contract parked it, and this one does not."""
    try:
        return parse_event(claimed.payload)
    except (MalformedEvent, UnknownContract):
        return None


def _letter(claimed: ClaimedEvent, reason: Reason, attempts: int, error: Exception) -> DeadLetter:
    return DeadLetter(
        topic=claimed.topic,
        payload=claimed.payload.encode(),
        reason=reason,
        error=error.reason if isinstance(error, EventRejected) else repr(error),
        received_at=claimed.received_at,
        attempts=attempts,
    )
