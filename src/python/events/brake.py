"""A brake on dead-lettering: where everything of a type fails, it is not the events that are at fault."""

from uuid import UUID

import structlog

from events.metrics import RETRY_BRAKE

_log = structlog.get_logger(__name__)


class Brake:
    """Engages for a type of event when many different events of it fail in a row; one success releases it.

    While it is engaged, failures do not count towards the limit of attempts: a bad release, or a dependency that
    is away, delays events and kills none. It is per type, so that types that still work do not hide one that
    does not; and per process, since the release is.
    """

    def __init__(self, events: int):
        """`events` is how many different ones have to fail in a row."""
        self._limit = events
        self._failed: dict[str, set[UUID]] = {}

    def failed(self, event_type: str, event_id: UUID) -> None:
        """An event was tried and failed."""
        failed = self._failed.setdefault(event_type, set())
        if len(failed) < self._limit:
            failed.add(event_id)
            if len(failed) == self._limit:
                RETRY_BRAKE.labels(event_type).set(1)
                _log.error("retry brake engaged", event_type=event_type, failed_in_a_row=self._limit)

    def succeeded(self, event_type: str) -> None:
        """An event was handled."""
        was_engaged = self.engaged(event_type)
        self._failed.pop(event_type, None)
        if was_engaged:
            RETRY_BRAKE.labels(event_type).set(0)
            _log.warning("retry brake released", event_type=event_type)

    def engaged(self, event_type: str) -> bool:
        """Whether failures of this type do not count at present."""
        return len(self._failed.get(event_type, ())) >= self._limit
