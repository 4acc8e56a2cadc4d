"""The inbox: which events have arrived before, and the locks under which that is asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, text

from events.envelope import Envelope
from events.locks import lock_key
from events.messaging import Messaging
from events.subscriptions import Outcome
from events.unit_of_work import UnitOfWork

_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS keys(key)")
# A malformed event may carry anybody's id, so its dead letter vouches for none.
_KNOWN = text("""
    SELECT 'event' AS what, CAST(event_id AS text) AS name FROM processed_events WHERE event_id = ANY(:ids)
    UNION ALL SELECT 'event', CAST(event_id AS text) FROM parked_events WHERE event_id = ANY(:ids)
    UNION ALL SELECT 'event', CAST(event_id AS text) FROM dead_letters
        WHERE event_id = ANY(:ids) AND reason <> 'malformed'
    UNION ALL SELECT DISTINCT 'key', partition_key FROM parked_events WHERE partition_key = ANY(:keys)
""")


@dataclass(frozen=True)
class Known:
    """What had arrived before."""

    events: set[UUID]
    """Processed, parked or dead."""
    parked_keys: set[str]
    """Partition keys with an event that is parked, behind which later ones wait."""


class Inbox:
    """A service's record of what it processed."""

    def __init__(self, messaging: Messaging):
        self._messaging = messaging

    async def lock(self, uow: UnitOfWork, partition_keys: Iterable[str]) -> None:
        """Waits until nobody else receives events of these partition keys, and keeps it so to the end of `uow`.

        A partition has one consumer, but not at the moment it moves to another replica, and one key may be in
        several topics. Everybody takes the locks in one order, so none waits for another in a circle.
        """
        keys = sorted({lock_key("inbox", self._messaging.service, key) for key in partition_keys})
        await uow.connection.execute(_LOCK, {"keys": keys})

    async def known(self, uow: UnitOfWork, envelopes: Sequence[Envelope]) -> Known:
        """What of `envelopes`, and of their keys, had arrived before; to be asked under `lock`."""
        rows = await uow.connection.execute(
            _KNOWN,
            {
                "ids": [envelope.id for envelope in envelopes],
                "keys": list({envelope.partitionkey for envelope in envelopes}),
            },
        )
        known = Known(set(), set())
        for what, name in rows:
            if what == "event":
                known.events.add(UUID(name))
            else:
                known.parked_keys.add(name)
        return known

    async def was_processed(self, uow: UnitOfWork, event_id: UUID) -> bool:
        """Whether the event had its effect, or was found stale."""
        return bool(
            await uow.connection.scalar(
                text("SELECT EXISTS (SELECT FROM processed_events WHERE event_id = :id)"), {"id": event_id}
            )
        )

    async def record(self, uow: UnitOfWork, processed: Sequence[tuple[Envelope, Outcome]]) -> None:
        """Keeps the events as processed. One that is there already fails the transaction, and so its effect."""
        if processed:
            now = self._messaging.clock.now()
            await uow.connection.execute(
                insert(self._messaging.tables.processed_events),
                [
                    {
                        "event_id": envelope.id,
                        "type": envelope.type,
                        "outcome": str(outcome),
                        "processed_at": now,
                    }
                    for envelope, outcome in processed
                ],
            )
