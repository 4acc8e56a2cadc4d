"""All that stands between a service's handlers and the bus, wired and ready to run."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Generic

from quart import Quart
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from events.background import Supervisor, every
from events.backlog import read_backlog
from events.backoff import Backoff
from events.brake import Brake
from events.dapr import DaprPublisher
from events.handling import Handling
from events.health import Health, Unhealthy
from events.http.operations import operations_blueprint
from events.http.receive import receive_blueprint
from events.messaging import Messaging
from events.receiver import Receiver
from events.relay import Relay, RelayLimits
from events.retention import Retention
from events.retry import RetryLoop
from events.serving import serve
from events.settings import ServiceSettings
from events.subscriptions import Subscriptions
from events.unit_of_work import U

# An outbox row that is older means that nothing has been published for a while.
_LATE_SECONDS = 60.0


class EventService(Generic[U]):
    """The plumbing of one service.

    ``bootstrap.py`` makes one, adds the service's own loops to `supervisor` and checks to `health`, and installs it
    into the service's application.

    Attributes:
        messaging: what the service's units of work are made with; a commit to its outbox wakes the relay.
        new_unit_of_work: makes one.
        supervisor: runs the background loops.
        health: holds the checks.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        messaging: Messaging,
        make_unit_of_work: Callable[[Messaging], U],
        subscriptions: Subscriptions[U],
    ):
        """Connects to nothing yet."""
        outbox_has_rows = asyncio.Event()
        self.settings = settings
        self.messaging = replace(messaging, wake_relay=outbox_has_rows.set)
        self.new_unit_of_work: Callable[[], U] = partial(make_unit_of_work, self.messaging)
        self.supervisor = Supervisor()
        self.health = Health()
        self.publisher = DaprPublisher(settings)
        backoff = Backoff(settings.retry_first_delay_seconds, settings.retry_factor, settings.retry_max_delay_seconds)
        brake = Brake(settings.retry_brake_events)
        handling = Handling(subscriptions, self.messaging.clock, settings.handler_timeout_seconds)
        self.receiver = Receiver(
            self.messaging,
            self.new_unit_of_work,
            handling,
            backoff=backoff,
            brake=brake,
            deadline_seconds=settings.delivery_deadline_seconds,
        )
        self.relay = Relay(self.messaging, self.publisher, RelayLimits.of(settings), outbox_has_rows)
        retry_loop = RetryLoop(
            self.messaging,
            self.new_unit_of_work,
            handling,
            backoff=backoff,
            max_attempts=settings.retry_max_attempts,
            brake=brake,
            poll_seconds=settings.retry_poll_seconds,
        )
        self.supervisor.add("relay", self.relay.run)
        self.supervisor.add("retry", retry_loop.run)
        self.supervisor.add("backlog", partial(every, settings.gauges_poll_seconds, self._read_backlog))
        retention = Retention.of(settings)
        self.supervisor.add(
            "retention",
            partial(every, settings.retention_poll_seconds, partial(retention.prune, self.new_unit_of_work)),
        )
        self.health.add("database", self._check_database, needed_for_events=True)
        self.health.add("sidecar", self._check_sidecar)
        self.health.add("events", self._check_backlog)
        self.health.add("background", self.supervisor.check)

    @property
    def engine(self) -> AsyncEngine:
        """The service's database."""
        return self.messaging.engine

    def install(self, app: Quart) -> None:
        """Adds the routes of events, health and metrics to `app`."""
        app.register_blueprint(receive_blueprint(self.receiver, self.settings.app_api_token))
        app.register_blueprint(operations_blueprint(self.health))

    async def serve(self, app: Quart) -> None:
        """Serves `app`, and runs the loops, until the process is told to stop."""
        await serve(app, self.settings, health=self.health, supervisor=self.supervisor, close=self.close)

    async def close(self) -> None:
        """Closes the connections to sidecar and database."""
        await self.publisher.close()
        await self.engine.dispose()

    async def _read_backlog(self) -> None:
        async with self.new_unit_of_work() as uow:
            await read_backlog(uow)

    async def _check_database(self) -> Mapping[str, object]:
        async with self.new_unit_of_work() as uow:
            await uow.connection.execute(text("SELECT 1"))
        return {}

    async def _check_sidecar(self) -> Mapping[str, object]:
        if not await self.publisher.is_ready():
            raise Unhealthy("the Dapr sidecar is not ready")
        return {}

    async def _check_backlog(self) -> Mapping[str, object]:
        async with self.new_unit_of_work() as uow:
            backlog = await read_backlog(uow)
        details = vars(backlog)
        if backlog.outbox_oldest_age_seconds > _LATE_SECONDS:
            raise Unhealthy("events wait to be published", details)
        return details
