"""What waits, read now and then for metrics."""

from sqlalchemy import text

from notification.adapters.queue import DeliveryQueue, QueueAway
from notification.domain.delivery import DeliveryState
from notification.metrics import DELIVERIES, OLDEST_DUE, OLDEST_UNSENT, QUEUE_DEPTH, SCHEDULED
from notification.service_layer.unit_of_work import NotificationUnitOfWork

_REMINDERS = text("SELECT count(*), min(remind_at) FROM reminders WHERE state = 'scheduled'")
_DELIVERIES = text("""
    SELECT state, count(*), min(remind_at) FROM deliveries WHERE state IN ('pending', 'uncertain')
    GROUP BY state
    UNION ALL
    SELECT state, count(*), min(remind_at) FROM deliveries WHERE state = 'sending' GROUP BY state
""")
_OPEN = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNCERTAIN)


async def read_gauges(uow: NotificationUnitOfWork) -> None:
    """Sets the metrics that tell of reminders and deliveries."""
    now = uow.clock.now()
    scheduled, earliest = (await uow.connection.execute(_REMINDERS)).one()
    SCHEDULED.set(scheduled)
    OLDEST_DUE.set(max((now - earliest).total_seconds(), 0.0) if earliest else 0.0)
    deliveries = {state: (count, oldest) for state, count, oldest in await uow.connection.execute(_DELIVERIES)}
    for state in _OPEN:
        DELIVERIES.labels(state.value).set(deliveries.get(state.value, (0, None))[0])
    oldest = min((remind_at for _, remind_at in deliveries.values()), default=None)
    OLDEST_UNSENT.set(max((now - oldest).total_seconds(), 0.0) if oldest else 0.0)


async def read_queue_depth(queue: DeliveryQueue) -> None:
    """Sets the metric of the queue's depth; no value at all (NaN) while Redis is away."""
    try:
        QUEUE_DEPTH.set(await queue.depth())
    except QueueAway:
        QUEUE_DEPTH.set(float("nan"))
