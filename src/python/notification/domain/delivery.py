"""The delivery of one reminder's e-mail, attempt by attempt."""

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID


class DeliveryState(StrEnum):
    """Where a delivery stands. The last three are final."""

    PENDING = "pending"
    """No mail server has taken it; an attempt is to be made at `next_attempt_at`."""
    SENDING = "sending"
    """A worker is at it until `lease_until`."""
    UNCERTAIN = "uncertain"
    """A mail server may have taken it: no answer came. An attempt is to be made at `next_attempt_at`."""
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Delivery:
    """The mail that one scheduling of a reminder brings."""

    id: UUID
    reminder_id: UUID
    reminder_version: int
    task_id: UUID
    user_id: UUID
    remind_at: dt.datetime
    state: DeliveryState
    attempts: int
    next_attempt_at: dt.datetime
    lease_until: dt.datetime | None
    message_id: str | None
    traceparent: str
    uncertain: int = 0
    """Attempts after which nobody knows whether the mail was taken."""

    def is_claimable(self, now: dt.datetime) -> bool:
        """Whether a worker may begin an attempt."""
        match self.state:
            case DeliveryState.PENDING | DeliveryState.UNCERTAIN:
                return self.next_attempt_at <= now
            case DeliveryState.SENDING:
                return self.lease_until is None or self.lease_until <= now
        return False

    def abandoned(self) -> "Delivery":
        """The same delivery after a worker let its lease run out, which may have sent the mail before."""
        return replace(self, state=DeliveryState.UNCERTAIN, uncertain=self.uncertain + 1)

    @property
    def is_waiting(self) -> bool:
        """Whether an attempt is to be made at `next_attempt_at`."""
        return self.state in (DeliveryState.PENDING, DeliveryState.UNCERTAIN)
