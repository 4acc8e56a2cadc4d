"""The one place where the service's parts are put together. Nothing connects before it is used."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from quart import Quart
from sqlalchemy import text

from events.background import Supervisor, every
from events.backoff import Backoff
from events.clock import Clock, SystemClock
from events.database import create_engine
from events.health import Health, Unhealthy
from events.http.app import create_app
from events.http.operations import operations_blueprint
from events.ids import IdFactory, Uuid7Factory
from events.messaging import Messaging
from events.service import EventService
from events.serving import serve
from notification.adapters import queue, waking
from notification.adapters.gauges import read_gauges, read_queue_depth
from notification.adapters.mails.composer import ReminderComposer
from notification.adapters.queue import DeliveryQueue, QueueAway
from notification.adapters.retention import ReminderRetention
from notification.adapters.smtp import SmtpMailer, SmtpServer
from notification.adapters.tables import messaging as messaging_tables
from notification.adapters.waking import RemoteWaker
from notification.config import NotificationSettings
from notification.entrypoints.worker import DeliveryWorker, WorkerLimits
from notification.service_layer.delivering import DeliverReminder, RetryPolicy
from notification.service_layer.mailing import Mailer, TemporarilyRefused
from notification.service_layer.scheduling import DueJob
from notification.service_layer.subscriptions import subscriptions
from notification.service_layer.sweeping import Sweep
from notification.service_layer.unit_of_work import NotificationUnitOfWork

REDIS_BACKOFF = Backoff(0.2, 2.0, 5.0)


def make_messaging(
    settings: NotificationSettings, *, clock: Clock | None = None, ids: IdFactory | None = None
) -> Messaging:
    """The service's database and who it is."""
    return Messaging(
        service=settings.SERVICE,
        engine=create_engine(settings),
        tables=messaging_tables,
        clock=clock or SystemClock(),
        ids=ids or Uuid7Factory(),
    )


class NotificationService:
    """The serving process: receives events, finds what is due, sweeps.

    Attributes:
        events: the plumbing, with all loops and checks added to it.
        app: the application.
        queue: what deliveries are handed to.
    """

    def __init__(
        self, settings: NotificationSettings, *, clock: Clock | None = None, ids: IdFactory | None = None
    ) -> None:
        self._redis = queue.connect(settings.redis_url)
        self.queue = DeliveryQueue(self._redis)
        self.events: EventService[NotificationUnitOfWork] = EventService(
            settings,
            make_messaging(settings, clock=clock, ids=ids),
            NotificationUnitOfWork,
            subscriptions(self.queue.put_soon),
        )
        self._add_loops(settings)
        self.events.health.add("queue", self._check_queue)
        self.app: Quart = create_app("notification")
        self.events.install(self.app)

    async def serve(self) -> None:
        """Serves until the process is told to stop."""
        await serve(
            self.app,
            self.events.settings,
            health=self.events.health,
            supervisor=self.events.supervisor,
            close=self.close,
        )

    async def close(self) -> None:
        """Closes the connections to Redis, sidecar and database."""
        await self._redis.aclose(close_connection_pool=True)
        await self.events.close()

    def _add_loops(self, settings: NotificationSettings) -> None:
        new_unit_of_work = self.events.new_unit_of_work
        due_job = DueJob(new_unit_of_work, poll_seconds=settings.due_poll_seconds, batch_rows=settings.due_batch_rows)
        sweep = Sweep(
            new_unit_of_work,
            self.queue.enqueue_missing,
            grace=dt.timedelta(seconds=settings.sweep_grace_seconds),
            batch_rows=settings.sweep_batch_rows,
            event_lost_after=dt.timedelta(seconds=settings.sweep_triggered_seconds),
        )
        retention = ReminderRetention(
            dt.timedelta(days=settings.reminder_retention_days), settings.retention_batch_rows
        )
        add = self.events.supervisor.add
        add("due job", due_job.run)
        add("enqueue", self.queue.run)
        add("sweep", partial(every, settings.sweep_poll_seconds, sweep.sweep))
        add(
            "wake relay",
            partial(waking.listen, self._redis, self.events.messaging.wake_relay, REDIS_BACKOFF),
        )
        add("gauges", partial(every, settings.gauges_poll_seconds, self._read_gauges))
        add(
            "reminder retention",
            partial(every, settings.retention_poll_seconds, partial(retention.prune, new_unit_of_work)),
        )

    async def _read_gauges(self) -> None:
        async with self.events.new_unit_of_work() as uow:
            await read_gauges(uow)
        await read_queue_depth(self.queue)

    async def _check_queue(self) -> Mapping[str, object]:
        return await check_queue(self.queue)


class NotificationWorker:
    """The worker process: sends mails, and serves its health and metrics."""

    def __init__(
        self, settings: NotificationSettings, *, clock: Clock | None = None, ids: IdFactory | None = None
    ) -> None:
        self._settings = settings
        self._redis = queue.connect(settings.redis_url)
        self._queue = DeliveryQueue(self._redis)
        # The relay is in the serving process: this wakes it there.
        waker = RemoteWaker(self._redis)
        self._messaging = replace(make_messaging(settings, clock=clock, ids=ids), wake_relay=waker.wake)
        self._new_unit_of_work = partial(NotificationUnitOfWork, self._messaging)
        self._mailer = make_mailer(settings)
        worker = DeliveryWorker(
            self._redis,
            make_deliver(settings, self._messaging, self._mailer),
            WorkerLimits(
                max_jobs=settings.worker_max_jobs,
                job_timeout=settings.mail_job_timeout_seconds,
                poll=settings.worker_poll_seconds,
                drain=settings.shutdown_deadline_seconds / 2,
            ),
            REDIS_BACKOFF,
        )
        self.supervisor = Supervisor()
        self.supervisor.add("worker", worker.run)
        self.supervisor.add("wake relay", waker.run)
        self.health = Health()
        self.health.add("database", self._check_database)
        self.health.add("queue", self._check_queue)
        self.health.add("mail server", self._check_mail_server)
        self.health.add("background", self.supervisor.check)
        self.app = create_app("notification-worker")
        self.app.register_blueprint(operations_blueprint(self.health))

    async def serve(self) -> None:
        """Works until the process is told to stop."""
        await serve(self.app, self._settings, health=self.health, supervisor=self.supervisor, close=self.close)

    async def close(self) -> None:
        """Closes the connections to mail server, Redis and database."""
        await self._mailer.close()
        await self._redis.aclose(close_connection_pool=True)
        await self._messaging.engine.dispose()

    async def _check_database(self) -> Mapping[str, object]:
        async with self._new_unit_of_work() as uow:
            await uow.connection.execute(text("SELECT 1"))
        return {}

    async def _check_queue(self) -> Mapping[str, object]:
        return await check_queue(self._queue)

    async def _check_mail_server(self) -> Mapping[str, object]:
        try:
            await self._mailer.check()
        except TemporarilyRefused as error:
            raise Unhealthy(f"the mail server cannot be used: {error}") from error
        return {}


def make_mailer(settings: NotificationSettings) -> SmtpMailer:
    """The mail server that `settings` name."""
    return SmtpMailer(
        SmtpServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        ),
        sender=settings.sender.addr_spec,
        timeout_seconds=settings.smtp_timeout_seconds,
    )


def make_deliver(settings: NotificationSettings, messaging: Messaging, mailer: Mailer) -> DeliverReminder:
    """What makes attempts to deliver mails through `mailer`."""
    return DeliverReminder(
        partial(NotificationUnitOfWork, messaging),
        ReminderComposer(sender=settings.sender, public_url=settings.public_url),
        mailer,
        messaging.clock,
        retries=RetryPolicy(
            Backoff(settings.mail_first_delay_seconds, settings.mail_delay_factor, settings.mail_max_delay_seconds),
            settings.mail_max_attempts,
        ),
        lease=dt.timedelta(seconds=settings.mail_lease_seconds),
        message_id_domain=settings.sender.domain,
    )


async def check_queue(deliveries: DeliveryQueue) -> Mapping[str, object]:
    """The health of Redis: without it events are taken and reminders triggered, but no mail goes out."""
    try:
        return {"depth": await deliveries.depth()}
    except QueueAway as error:
        raise Unhealthy(f"the queue is away, so no mail is sent: {error}") from error
