"""CloudEvents 1.0 around an event's data, and the way from bytes back to a typed event."""

import json
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from events.contracts import CONTRACTS, EventData
from events.topics import Topic

D = TypeVar("D", bound=EventData)
D_co = TypeVar("D_co", bound=EventData, covariant=True)

_SCHEMA_PREFIX = "urn:tickler:events:"
_BY_SCHEMA: dict[str, type[EventData]] = {f"{_SCHEMA_PREFIX}{c.TYPE}:v{c.MAJOR}": c for c in CONTRACTS}


class MalformedEvent(Exception):
    """What arrived is no event of ours: broken JSON, no id, or data that breaks its contract."""


class UnknownContract(Exception):
    """A well-formed event whose type or major version this build does not know."""


class Envelope(BaseModel):
    """The attributes that travel with every event, named as CloudEvents names them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: str = "1.0"
    id: UUID = Field(description="UUIDv7; the same however often the event is delivered.")
    source: str = Field(min_length=1, description="The service that published it, by its Dapr app id.")
    type: str = Field(min_length=1)
    subject: str = Field(min_length=1, description="Id of the task, or of the user.")
    time: AwareDatetime
    datacontenttype: str = "application/json"
    dataschema: str = Field(description="Names the type and the contract's major version.")
    partitionkey: str = Field(min_length=1)
    # Dapr overwrites traceparent where traceid is absent, and fails on either that is no string.
    traceparent: str
    traceid: str


@dataclass(frozen=True)
class Event(Generic[D_co]):
    """One event: its envelope and its data."""

    envelope: Envelope
    data: D_co

    @property
    def topic(self) -> Topic:
        return self.data.TOPIC

    def to_json(self) -> str:
        """The event as CloudEvents JSON."""
        return json.dumps(
            self.envelope.model_dump(mode="json") | {"data": self.data.model_dump(mode="json")},
            separators=(",", ":"),
            ensure_ascii=False,
        )


def schema_name(contract: type[EventData]) -> str:
    """The ``dataschema`` of a contract."""
    return f"{_SCHEMA_PREFIX}{contract.TYPE}:v{contract.MAJOR}"


def make_event(data: D, *, event_id: UUID, source: str, time: AwareDatetime, traceparent: str) -> Event[D]:
    """Wraps `data`; `time` is when the change was made, `traceparent` a W3C trace context."""
    subject = str(data.subject)
    envelope = Envelope(
        id=event_id,
        source=source,
        type=data.TYPE,
        subject=subject,
        time=time,
        dataschema=schema_name(type(data)),
        partitionkey=subject,
        traceparent=traceparent,
        traceid=traceparent,
    )
    return Event(envelope, data)


def parse_event(body: object) -> Event[EventData]:
    """Reads an event from JSON text or from what JSON text parsed to.

    Raises:
        MalformedEvent: it cannot be read, and never will be.
        UnknownContract: it is an event of a type or major version that came after this build.
    """
    if isinstance(body, (bytes, str)):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MalformedEvent(f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise MalformedEvent(f"a JSON object is expected, not {type(body).__name__}")
    try:
        envelope = Envelope.model_validate(body)
    except ValidationError as error:
        raise MalformedEvent(_first_problem(error)) from error
    contract = _BY_SCHEMA.get(envelope.dataschema)
    if contract is None:
        raise UnknownContract(f"no contract {envelope.dataschema!r} here; is the producer newer?")
    if envelope.type != contract.TYPE:
        raise MalformedEvent(f"type {envelope.type!r} does not match dataschema {envelope.dataschema!r}")
    try:
        data = contract.model_validate(body.get("data"))
    except ValidationError as error:
        raise MalformedEvent(f"data: {_first_problem(error)}") from error
    if str(data.subject) != envelope.subject:
        raise MalformedEvent(f"subject {envelope.subject!r} is not what the data is about ({data.subject})")
    return Event(envelope, data)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in problem["loc"]) or "event"
    return f"{where}: {problem['msg']}"
