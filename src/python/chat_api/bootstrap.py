"""The one place where the service's parts are put together. Nothing connects before it is used."""

import asyncio
import datetime as dt
import importlib.resources
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from quart import Quart

from chat_api.adapters import tables
from chat_api.adapters.changes import ChangeFeed
from chat_api.adapters.passwords import Argon2Hasher
from chat_api.adapters.retention import Retention
from chat_api.config import ChatSettings
from chat_api.entrypoints.http.accounts import accounts_blueprint
from chat_api.entrypoints.http.api import ApiBlueprint
from chat_api.entrypoints.http.authentication import keep_private, refuse_cross_site
from chat_api.entrypoints.http.openapi import openapi_blueprint
from chat_api.entrypoints.http.recurrence import recurrence_blueprint
from chat_api.entrypoints.http.stream import stream_blueprint
from chat_api.entrypoints.http.tasks import tasks_blueprint
from chat_api.service_layer.accounts import Accounts
from chat_api.service_layer.handlers import SUBSCRIPTIONS
from chat_api.service_layer.passwords import PasswordHasher
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.background import every
from events.clock import Clock, SystemClock
from events.database import create_engine
from events.http.app import create_app
from events.ids import IdFactory, Uuid7Factory
from events.messaging import Messaging
from events.service import EventService


@dataclass(frozen=True)
class Parts:
    """What a further part of the service is added to.

    Attributes:
        service: makes units of work; its supervisor runs loops, its health holds checks.
        app: the application, for ``while_serving`` hooks and `chat_api.entrypoints.asgi.mount`.
        apis: blueprints that are served, and described by the OpenAPI document, once all parts are there.
    """

    settings: ChatSettings
    service: EventService[ChatUnitOfWork]
    app: Quart
    apis: list[ApiBlueprint]


def without_assistant(_parts: Parts) -> None:
    """Adds nothing."""


def bootstrap(
    settings: ChatSettings,
    *,
    clock: Clock | None = None,
    ids: IdFactory | None = None,
    passwords: PasswordHasher | None = None,
    assistant: Callable[[Parts], None] = without_assistant,
) -> tuple[EventService[ChatUnitOfWork], Quart]:
    """The service and its application, wired as `settings` say; `assistant` adds that part."""
    messaging = Messaging(
        service=settings.SERVICE,
        engine=create_engine(settings),
        tables=tables.messaging,
        clock=clock or SystemClock(),
        ids=ids or Uuid7Factory(),
    )
    service = EventService(settings, messaging, ChatUnitOfWork, SUBSCRIPTIONS)
    accounts = Accounts(service.new_unit_of_work, passwords or Argon2Hasher(), dt.timedelta(days=settings.session_days))
    shutdown = asyncio.Event()
    service.health.at_shutdown(shutdown.set)
    feed = ChangeFeed(settings.direct_url.replace("postgresql+asyncpg://", "postgresql://", 1), shutdown)
    retention = Retention.of(settings)
    service.supervisor.add("changes", feed.run)
    service.supervisor.add(
        "chat retention",
        partial(every, settings.retention_poll_seconds, partial(retention.prune, service.new_unit_of_work)),
    )

    app = create_app("chat_api")
    app.before_request(partial(refuse_cross_site, settings.public_url))
    app.after_request(keep_private)
    parts = Parts(
        settings=settings,
        service=service,
        app=app,
        apis=[
            accounts_blueprint(accounts, service.new_unit_of_work, secure_cookies=settings.secure_cookies),
            tasks_blueprint(service.new_unit_of_work),
            recurrence_blueprint(service.new_unit_of_work),
            stream_blueprint(feed, service.new_unit_of_work, heartbeat_seconds=settings.stream_heartbeat_seconds),
        ],
    )
    assistant(parts)
    for api in parts.apis:
        app.register_blueprint(api)
    app.register_blueprint(openapi_blueprint(parts.apis, version=service_version()))
    service.install(app)
    return service, app


def service_version() -> str:
    """The version of this build."""
    return (importlib.resources.files("chat_api") / "VERSION").read_text("utf-8").strip()
