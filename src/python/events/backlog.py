"""What waits in a service's messaging tables, read now and then for metrics and health."""

from dataclasses import dataclass

from sqlalchemy import text

from events.metrics import DEAD_LETTERS_OPEN, EVENTS_PARKED, OUTBOX_OLDEST_AGE, OUTBOX_PENDING, OUTBOX_SET_ASIDE
from events.unit_of_work import UnitOfWork

_QUERY = text("""
    SELECT
        (SELECT count(*) FROM outbox WHERE published_at IS NULL AND set_aside_at IS NULL) AS outbox_pending,
        (SELECT min(created_at) FROM outbox WHERE published_at IS NULL AND set_aside_at IS NULL) AS outbox_oldest,
        (SELECT count(*) FROM outbox WHERE set_aside_at IS NOT NULL) AS outbox_set_aside,
        (SELECT count(*) FROM parked_events) AS parked,
        (SELECT count(*) FROM dead_letters WHERE state = 'open') AS dead_letters
""")


@dataclass(frozen=True)
class Backlog:
    """Counts of rows; the age in seconds."""

    outbox_pending: int
    outbox_oldest_age_seconds: float
    outbox_set_aside: int
    parked: int
    dead_letters: int


async def read_backlog(uow: UnitOfWork) -> Backlog:
    """Reads what waits at the moment, and sets the metrics that tell of it."""
    row = (await uow.connection.execute(_QUERY)).mappings().one()
    oldest = row["outbox_oldest"]
    age = (uow.clock.now() - oldest).total_seconds() if oldest is not None else 0.0
    backlog = Backlog(
        outbox_pending=row["outbox_pending"],
        outbox_oldest_age_seconds=max(age, 0.0),
        outbox_set_aside=row["outbox_set_aside"],
        parked=row["parked"],
        dead_letters=row["dead_letters"],
    )
    OUTBOX_PENDING.set(backlog.outbox_pending)
    OUTBOX_OLDEST_AGE.set(backlog.outbox_oldest_age_seconds)
    OUTBOX_SET_ASIDE.set(backlog.outbox_set_aside)
    EVENTS_PARKED.set(backlog.parked)
    DEAD_LETTERS_OPEN.set(backlog.dead_letters)
    return backlog
