"""Dead letters: events that will not be tried again unless an operator says so."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

import structlog
from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert

from events.contracts import EventData
from events.envelope import Event, MalformedEvent, UnknownContract, parse_event
from events.errors import Conflict, NotFound
from events.messaging import Messaging
from events.metrics import DEAD_LETTERS
from events.outbox import OutboxRow
from events.parking import ParkedEvent, ParkedEvents
from events.topics import dead_letter_topic
from events.tracing import is_traceparent, trace_id
from events.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)


class Reason(StrEnum):
    """Why an event became a dead letter."""

    MALFORMED = "malformed"
    UNKNOWN_CONTRACT = "unknown-contract"
    REJECTED = "rejected"
    """Its handler said that it can never be handled."""
    EXHAUSTED = "exhausted"
    """It failed too often."""
    UNDELIVERED = "undelivered"
    """Dapr could not deliver it to this service, and it cannot be read."""


class State(StrEnum):
    """What an operator has done about a dead letter."""

    OPEN = "open"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True)
class DeadLetter:
    """An event about to be put among the dead letters."""

    topic: str
    payload: bytes
    reason: Reason
    error: str
    received_at: dt.datetime
    attempts: int = 0

    def described(self) -> "_Described":
        return _describe(self.payload)


@dataclass(frozen=True)
class DeadLetterView:
    """A dead letter as operators see it. Times are in UTC."""

    id: UUID
    event_id: UUID | None
    topic: str
    type: str
    subject: str
    traceparent: str
    reason: Reason
    error: str
    attempts: int
    received_at: dt.datetime
    died_at: dt.datetime
    state: State
    resolved_at: dt.datetime | None
    payload: bytes

    def as_json(self) -> dict[str, object]:
        """JSON values by name; the payload as it is where it is JSON, else as text."""
        values = {name: _plain(value) for name, value in vars(self).items() if name != "payload"}
        try:
            return values | {"payload": json.loads(self.payload)}
        except (ValueError, RecursionError):
            return values | {"payload": self.payload.decode(errors="backslashreplace")}


class DeadLetters:
    """A service's dead letters."""

    def __init__(self, messaging: Messaging):
        self._messaging = messaging
        self._table = messaging.tables.dead_letters
        self._topic = dead_letter_topic(messaging.service)
        self._parked = ParkedEvents(messaging)

    @property
    def topic(self) -> str:
        """The service's own dead letter topic."""
        return self._topic

    async def bury(self, uow: UnitOfWork, letters: Sequence[DeadLetter]) -> None:
        """Keeps `letters`, and publishes each on the dead letter topic as it came.

        One that died before, was replayed and died again is the same dead letter, open once more.
        """
        for letter in letters:
            described = letter.described()
            row = self._row(letter, described)
            statement = insert(self._table).values(row)
            again = {name: row[name] for name in ("reason", "error", "attempts", "died_at")}
            await uow.connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["fingerprint"], set_=again | {"state": State.OPEN, "resolved_at": None}
                )
            )
            uow.send(
                OutboxRow(
                    event_id=described.event_id,
                    topic=self._topic,
                    partition_key=described.subject or str(row["fingerprint"]),
                    type=described.type,
                    subject=described.subject,
                    payload=letter.payload.decode(),
                    created_at=self._messaging.clock.now(),
                    raw=True,
                    user_id=described.user_id,
                )
            )
            uow.after_commit(_Announcement(letter, described))

    async def take_in(self, uow: UnitOfWork, payload: bytes, topic: str) -> bool:
        """Keeps what was found on the dead letter topic and cannot be read, unless it is kept already.

        It is kept already where this service put it there itself.

        Args:
            uow: to be committed by the caller.
            payload: the message, to the byte.
            topic: where it was before it was dead.

        Returns:
            Whether it was news, and so: put there by Dapr, which could not read it either.
        """
        described = _describe(payload)
        letter = DeadLetter(
            topic=topic,
            payload=payload,
            reason=Reason.UNDELIVERED,
            error="Dapr could not deliver it to this service.",
            received_at=self._messaging.clock.now(),
        )
        statement = insert(self._table).values(self._row(letter, described))
        inserted = await uow.connection.scalar(
            statement.on_conflict_do_nothing(index_elements=["fingerprint"]).returning(self._table.c.id)
        )
        if inserted is None:
            return False
        uow.after_commit(_Announcement(letter, described))
        return True

    async def find(
        self,
        uow: UnitOfWork,
        *,
        state: State | None = State.OPEN,
        event_type: str | None = None,
        reason: Reason | None = None,
        limit: int | None = 100,
    ) -> list[DeadLetterView]:
        """Those that match, the oldest first."""
        columns = self._table.c
        query = select(self._table).order_by(columns.died_at, columns.id).limit(limit)
        for column, wanted in ((columns.state, state), (columns.type, event_type), (columns.reason, reason)):
            if wanted is not None:
                query = query.where(column == wanted)
        return [_view(row) for row in (await uow.connection.execute(query)).mappings()]

    async def get(self, uow: UnitOfWork, letter_id: UUID) -> DeadLetterView:
        """One dead letter, by its own id or by that of its event.

        Raises:
            NotFound: there is none.
        """
        columns = self._table.c
        query = (
            select(self._table)
            .where((columns.id == letter_id) | (columns.event_id == letter_id))
            .order_by(columns.died_at.desc())
            .limit(1)
            .with_for_update()
        )
        row = (await uow.connection.execute(query)).mappings().first()
        if row is None:
            raise NotFound(f"There is no dead letter {letter_id}.")
        return _view(row)

    async def replay(self, uow: UnitOfWork, letter: DeadLetterView) -> None:
        """Puts the event back among the parked ones, due at once, with all its attempts before it.

        Raises:
            Conflict: it is no event that this service can read.
        """
        try:
            event = parse_event(letter.payload)
        except (MalformedEvent, UnknownContract) as error:
            raise Conflict(f"{letter.id} cannot be replayed: {error}") from error
        now = self._messaging.clock.now()
        envelope = event.envelope
        parked = ParkedEvent(
            event_id=envelope.id,
            user_id=event.data.user_id,
            topic=event.topic,
            partition_key=envelope.partitionkey,
            type=envelope.type,
            payload=letter.payload.decode(),
            traceparent=envelope.traceparent,
            received_at=letter.received_at,
            attempts=0,
            next_attempt_at=now,
        )
        await self._parked.add(uow, [parked])
        await self._resolve(uow, letter, State.REPLAYED)

    async def discard(self, uow: UnitOfWork, letter: DeadLetterView) -> None:
        """Closes the dead letter; its event will have no effect.

        Raises:
            Conflict: it was replayed, so it may have had its effect.
        """
        if letter.state is State.REPLAYED:
            raise Conflict(f"{letter.id} was replayed already.")
        await self._resolve(uow, letter, State.DISCARDED)

    async def _resolve(self, uow: UnitOfWork, letter: DeadLetterView, state: State) -> None:
        await uow.connection.execute(
            update(self._table)
            .where(self._table.c.id == letter.id)
            .values(state=state, resolved_at=self._messaging.clock.now())
        )

    def _row(self, letter: DeadLetter, described: "_Described") -> dict[str, object]:
        return {
            "id": self._messaging.ids.new(),
            "fingerprint": described.fingerprint,
            "event_id": described.event_id,
            "user_id": described.user_id,
            "topic": letter.topic,
            "type": described.type,
            "subject": described.subject,
            "traceparent": described.traceparent,
            "payload": letter.payload,
            "reason": letter.reason,
            "error": letter.error[:_ERROR_LENGTH],
            "attempts": letter.attempts,
            "received_at": letter.received_at,
            "died_at": self._messaging.clock.now(),
            "state": State.OPEN,
        }


_ERROR_LENGTH = 4_000
_NAME_LENGTH = 200


@dataclass(frozen=True)
class _Described:
    """What can be told of a payload that may be anything at all."""

    fingerprint: str
    event: Event[EventData] | None
    event_id: UUID | None
    user_id: UUID | None
    type: str
    subject: str
    traceparent: str


@dataclass(frozen=True)
class _Announcement:
    """Counts a dead letter and logs it, once it is certain that it is one."""

    letter: DeadLetter
    described: _Described

    def __call__(self) -> None:
        DEAD_LETTERS.labels(self.letter.reason).inc()
        _log.error(
            "event is a dead letter",
            reason=str(self.letter.reason),
            error=self.letter.error,
            attempts=self.letter.attempts,
            event_id=str(self.described.event_id or ""),
            event_type=self.described.type,
            subject=self.described.subject,
            topic=self.letter.topic,
            traceparent=self.described.traceparent,
            trace_id=trace_id(self.described.traceparent),
        )


def _describe(payload: bytes) -> _Described:
    digest = f"sha256:{sha256(payload).hexdigest()}"
    event: Event[EventData] | None
    try:
        event = parse_event(payload)
    except (MalformedEvent, UnknownContract):
        event = None
    try:
        parsed = json.loads(payload)
    except (ValueError, RecursionError):
        parsed = None
    fields = _members(parsed)
    traceparent = _name(fields, "traceparent")
    return _Described(
        fingerprint=str(event.envelope.id) if event is not None else digest,
        event=event,
        event_id=_uuid(fields.get("id")),
        user_id=event.data.user_id if event is not None else _uuid(_members(fields.get("data")).get("user_id")),
        type=_name(fields, "type"),
        subject=_name(fields, "subject"),
        traceparent=traceparent if is_traceparent(traceparent) else "",
    )


def _members(value: object) -> Mapping[str, object]:
    """The members of a JSON object; none where it is no object."""
    return value if isinstance(value, dict) else {}


def _name(fields: Mapping[str, object], name: str) -> str:
    """A field as text that PostgreSQL can keep; empty where it is no text."""
    value = fields.get(name)
    if not isinstance(value, str):
        return ""
    return value[:_NAME_LENGTH].replace("\x00", "").encode(errors="replace").decode()


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (int, str)) else str(value)


def _view(row: RowMapping) -> DeadLetterView:
    values = {name: value for name, value in row.items() if name not in ("fingerprint", "user_id")}
    return DeadLetterView(**values | {"reason": Reason(row["reason"]), "state": State(row["state"])})
