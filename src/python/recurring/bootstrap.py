"""The one place where the service's parts are put together. Nothing connects before it is used."""

from functools import partial

from quart import Quart

from events.background import every
from events.clock import Clock, SystemClock
from events.database import create_engine
from events.http.app import create_app
from events.ids import IdFactory, Uuid7Factory
from events.messaging import Messaging
from events.service import EventService
from recurring.adapters import tables
from recurring.adapters.retention import SeriesRetention
from recurring.config import RecurringSettings
from recurring.service_layer.subscriptions import SUBSCRIPTIONS
from recurring.service_layer.unit_of_work import RecurringUnitOfWork


def bootstrap(
    settings: RecurringSettings, *, clock: Clock | None = None, ids: IdFactory | None = None
) -> tuple[EventService[RecurringUnitOfWork], Quart]:
    """The service and its application, wired as `settings` say."""
    messaging = Messaging(
        service=settings.SERVICE,
        engine=create_engine(settings),
        tables=tables.messaging,
        clock=clock or SystemClock(),
        ids=ids or Uuid7Factory(),
    )
    service = EventService(settings, messaging, RecurringUnitOfWork, SUBSCRIPTIONS)
    retention = SeriesRetention.of(settings)
    service.supervisor.add(
        "series retention",
        partial(every, settings.retention_poll_seconds, partial(retention.prune, service.new_unit_of_work)),
    )
    app = create_app("recurring")
    service.install(app)
    return service, app
