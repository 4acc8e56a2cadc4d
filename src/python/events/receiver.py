"""The receiver: has each event that Dapr delivers take effect once, and never refuses one that it can store.

A batch is one transaction. Where that fails, its events are tried one by one, each in a transaction of its own, and
one that fails is parked: stored, acknowledged, and tried again by `events.retry`. So one bad or slow event neither
undoes the others nor keeps Kafka from delivering the next.
"""

import asyncio
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic

import structlog

from events.backoff import Backoff
from events.brake import Brake
from events.contracts import EventData
from events.database import as_unavailable
from events.dead_letters import DeadLetter, DeadLetters, Reason
from events.envelope import Envelope, Event, MalformedEvent, UnknownContract, parse_event
from events.errors import EventRejected, TicklerError, Unavailable
from events.handling import Handled, Handling
from events.inbox import Inbox, Known
from events.messaging import Messaging
from events.metrics import EVENTS_HANDLED
from events.parking import ParkedEvent, ParkedEvents
from events.subscriptions import Outcome
from events.unit_of_work import U, UnitOfWorkFactory

_log = structlog.get_logger(__name__)


class Status(StrEnum):
    """What Dapr is told of an entry. DROP is not among them: in bulk, the sidecar mishandles it."""

    SUCCESS = "SUCCESS"
    RETRY = "RETRY"


@dataclass(frozen=True)
class RawEntry:
    """An entry of a bulk delivery, as it came."""

    entry_id: str
    body: object
    """What the event's JSON parsed to, or its text."""


@dataclass(frozen=True)
class EntryStatus:
    """The answer to one entry."""

    entry_id: str
    status: Status


@dataclass(frozen=True)
class _Arrival:
    """An entry that is an event."""

    entry_id: str
    topic: str
    event: Event[EventData]
    body: object
    received_at: dt.datetime

    @property
    def envelope(self) -> Envelope:
        return self.event.envelope


class Receiver(Generic[U]):
    """Receives a service's events."""

    def __init__(
        self,
        messaging: Messaging,
        new_unit_of_work: UnitOfWorkFactory[U],
        handling: Handling[U],
        *,
        backoff: Backoff,
        brake: Brake,
        deadline_seconds: float,
    ):
        """`deadline_seconds` is how long a delivery may keep Dapr waiting; what is left then is parked untried."""
        self._clock = messaging.clock
        self._new_unit_of_work = new_unit_of_work
        self._handling = handling
        self._inbox = Inbox(messaging)
        self._parked = ParkedEvents(messaging)
        self._dead_letters = DeadLetters(messaging)
        self._backoff = backoff
        self._brake = brake
        self._deadline_seconds = deadline_seconds

    async def receive(self, topic: str, entries: Sequence[RawEntry]) -> list[EntryStatus]:
        """Receives what Dapr delivered of `topic`.

        Returns:
            A status for every entry: SUCCESS where it was handled or stored, RETRY where neither was possible.
        """
        deadline = asyncio.get_running_loop().time() + self._deadline_seconds
        retry: set[str] = set()
        arrivals: list[_Arrival] = []
        unreadable: list[tuple[RawEntry, DeadLetter]] = []
        received_at = self._clock.now()
        for entry in entries:
            body = _parsed(entry.body)
            try:
                event = parse_event(body)
            except (MalformedEvent, UnknownContract) as error:
                unreadable.append((entry, _unreadable(topic, body, error, received_at)))
            else:
                arrivals.append(_Arrival(entry.entry_id, topic, event, body, received_at))

        if unreadable and not await self._bury_unreadable([letter for _, letter in unreadable]):
            retry.update(entry.entry_id for entry, _ in unreadable)
        wanted = []
        for arrival in arrivals:
            if self._handling.handler_of(arrival.event) is None:
                self._handling.tell(Handled(arrival.event, Outcome.IGNORED))
            else:
                wanted.append(arrival)
        # In the order of their keys, so that two batches take the locks of what they change in one order. The sort
        # is stable: within a key the order of arrival stays.
        wanted.sort(key=lambda arrival: arrival.envelope.partitionkey)
        if wanted:
            retry.update(await self._receive_wanted(wanted, deadline))
        return [
            EntryStatus(entry.entry_id, Status.RETRY if entry.entry_id in retry else Status.SUCCESS)
            for entry in entries
        ]

    @property
    def dead_letter_topic(self) -> str:
        """The service's own dead letter topic, whose messages are for `receive_dead`."""
        return self._dead_letters.topic

    async def receive_dead(self, topic: str, payload: bytes) -> Status:
        """Receives a message of the service's own dead letter topic.

        The service itself put it there, and it is known; or Dapr did, having failed to deliver it. What can be read
        of the latter has never been tried, so it is parked, due at once: an outage that outlasts Dapr's patience
        delays events and kills none. What cannot be read is a dead letter.

        Args:
            topic: where the message was before.
            payload: the message, to the byte.
        """
        try:
            event = parse_event(payload)
        except (MalformedEvent, UnknownContract):
            return await self._take_in(topic, payload)
        arrival = _Arrival("", event.topic, event, json.loads(payload), self._clock.now())
        if self._handling.handler_of(event) is None:
            self._handling.tell(Handled(event, Outcome.IGNORED))
            return Status.SUCCESS
        return Status.RETRY if await self._keep([arrival], None) else Status.SUCCESS

    async def _take_in(self, topic: str, payload: bytes) -> Status:
        try:
            async with self._new_unit_of_work() as uow:
                await self._dead_letters.take_in(uow, payload, topic)
                await uow.commit()
        except TicklerError as error:
            _log.error("dead letter cannot be stored", exc_info=error)
            return Status.RETRY
        return Status.SUCCESS

    async def _receive_wanted(self, arrivals: Sequence[_Arrival], deadline: float) -> set[str]:
        """Handles or stores `arrivals`; returns the ids of the entries for which neither was possible."""
        try:
            await self._apply(arrivals)
        except Exception as error:  # noqa: BLE001  # the top of a job: whatever a handler raises is dealt with below
            if len(arrivals) == 1:
                return await self._keep(arrivals, error)
            _log.warning("batch failed, trying its events one by one", events=len(arrivals), error=repr(error))
        else:
            return set()
        for position, arrival in enumerate(arrivals):
            if asyncio.get_running_loop().time() >= deadline:
                return await self._keep(arrivals[position:], None)
            try:
                await self._apply([arrival])
            except Exception as error:  # noqa: BLE001  # as above
                if await self._keep([arrival], error):
                    # Nothing can be stored at the moment. The rest is not tried, so that none overtakes this one.
                    return {left.entry_id for left in arrivals[position:]}
        return set()

    async def _apply(self, arrivals: Sequence[_Arrival]) -> None:
        """Has `arrivals` take effect in one transaction: all of them, or none."""
        for handled in await self._handling.in_time(lambda: self._apply_in_transaction(arrivals)):
            if handled.outcome in (Outcome.APPLIED, Outcome.STALE):
                self._brake.succeeded(handled.event.envelope.type)
            self._handling.tell(handled)

    async def _apply_in_transaction(self, arrivals: Sequence[_Arrival]) -> list[Handled]:
        results: list[Handled] = []
        async with self._new_unit_of_work() as uow:
            known = await self._known(uow, arrivals)
            behind: list[ParkedEvent] = []
            for arrival in arrivals:
                if arrival.envelope.id in known.events:
                    results.append(Handled(arrival.event, Outcome.DUPLICATE))
                    continue
                if arrival.envelope.partitionkey in known.parked_keys:
                    behind.append(self._parked_event(arrival, attempts=0, error=None))
                    results.append(Handled(arrival.event, Outcome.PARKED, error="waits behind an earlier event"))
                else:
                    results.append(await self._handling.handle(arrival.event, uow))
                    if results[-1].outcome is Outcome.IGNORED:
                        continue
                known.events.add(arrival.envelope.id)  # the same event may be in the batch twice
            await self._parked.add(uow, behind)
            await self._inbox.record(
                uow,
                [
                    (handled.event.envelope, handled.outcome)
                    for handled in results
                    if handled.outcome in (Outcome.APPLIED, Outcome.STALE)
                ],
            )
            await uow.commit()
        return results

    async def _keep(self, arrivals: Sequence[_Arrival], error: Exception | None) -> set[str]:
        """Stores events that were not handled: parks them, or buries one that its handler rejected.

        Args:
            arrivals: one that failed with `error`, or several that were not tried.
            error: none where they were not tried.

        Returns:
            The ids of the entries that could not be stored.
        """
        for arrival in arrivals:
            if error is not None:
                self._handling.tell_failure(arrival.event, error)
                if as_unavailable(error) is None and not isinstance(error, (Unavailable, EventRejected)):
                    self._brake.failed(arrival.envelope.type, arrival.envelope.id)
        try:
            results = await self._keep_in_transaction(arrivals, error)
        except Exception as failure:  # noqa: BLE001  # the top of a job: Dapr keeps what cannot be stored here
            for arrival in arrivals:
                self._handling.tell_unstored(arrival.event, failure)
            return {arrival.entry_id for arrival in arrivals}
        for handled in results:
            self._handling.tell(handled)
        return set()

    async def _keep_in_transaction(self, arrivals: Sequence[_Arrival], error: Exception | None) -> list[Handled]:
        results: list[Handled] = []
        async with self._new_unit_of_work() as uow:
            known = await self._known(uow, arrivals)
            park: list[ParkedEvent] = []
            bury: list[DeadLetter] = []
            for arrival in arrivals:
                if arrival.envelope.id in known.events:
                    results.append(Handled(arrival.event, Outcome.DUPLICATE))
                    continue
                known.events.add(arrival.envelope.id)
                if isinstance(error, EventRejected):
                    bury.append(self._rejected(arrival, error))
                    results.append(Handled(arrival.event, Outcome.DEAD, error=error.reason))
                    continue
                # That something the service depends on is away says nothing about the event, so it does not count.
                counts = error is not None and not isinstance(error, Unavailable)
                park.append(self._parked_event(arrival, attempts=int(counts), error=error))
                results.append(Handled(arrival.event, Outcome.PARKED, error=repr(error) if error else "not tried yet"))
            await self._parked.add(uow, park)
            await self._dead_letters.bury(uow, bury)
            await uow.commit()
        return results

    async def _known(self, uow: U, arrivals: Sequence[_Arrival]) -> Known:
        await self._inbox.lock(uow, (arrival.envelope.partitionkey for arrival in arrivals))
        return await self._inbox.known(uow, [arrival.envelope for arrival in arrivals])

    async def _bury_unreadable(self, letters: Sequence[DeadLetter]) -> bool:
        try:
            async with self._new_unit_of_work() as uow:
                await self._dead_letters.bury(uow, letters)
                await uow.commit()
        except TicklerError as error:
            _log.error("events cannot be stored", events=len(letters), exc_info=error)
            return False
        # Their types may be anything, and a label must not be.
        EVENTS_HANDLED.labels("unreadable", Outcome.DEAD).inc(len(letters))
        return True

    def _rejected(self, arrival: _Arrival, error: EventRejected) -> DeadLetter:
        return DeadLetter(
            topic=arrival.topic,
            payload=_payload(arrival.body).encode(),
            reason=Reason.REJECTED,
            error=error.reason,
            received_at=arrival.received_at,
            attempts=1,
        )

    def _parked_event(self, arrival: _Arrival, *, attempts: int, error: Exception | None) -> ParkedEvent:
        wait = self._backoff.delay(1) if error is not None else 0.0
        return ParkedEvent(
            event_id=arrival.envelope.id,
            user_id=arrival.event.data.user_id,
            topic=arrival.topic,
            partition_key=arrival.envelope.partitionkey,
            type=arrival.envelope.type,
            payload=_payload(arrival.body),
            traceparent=arrival.envelope.traceparent,
            received_at=arrival.received_at,
            attempts=attempts,
            next_attempt_at=self._clock.now() + dt.timedelta(seconds=wait),
            last_error=repr(error) if error is not None else None,
        )


def _unreadable(
    topic: str, body: object, error: MalformedEvent | UnknownContract, received_at: dt.datetime
) -> DeadLetter:
    return DeadLetter(
        topic=topic,
        payload=_payload(body).encode(),
        reason=Reason.UNKNOWN_CONTRACT if isinstance(error, UnknownContract) else Reason.MALFORMED,
        error=str(error),
        received_at=received_at,
    )


def _payload(body: object) -> str:
    """The body as JSON. What the sidecar sent was parsed on its way, so the bytes in Kafka are not to be had.

    It is ASCII, since PostgreSQL takes neither NUL nor half of a surrogate pair, and the same for the same body.
    """
    return json.dumps(body, separators=(",", ":"), sort_keys=True)


def _parsed(body: object) -> object:
    """What `body` parses to where it is JSON text; else `body`."""
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body
