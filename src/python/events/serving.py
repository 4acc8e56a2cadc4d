"""Serving a Quart application with Hypercorn, and stopping it without losing anything."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

import structlog
from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from quart import Quart

from events.background import Supervisor
from events.health import Health
from events.settings import ServiceSettings

_log = structlog.get_logger(__name__)


async def serve(
    app: Quart,
    settings: ServiceSettings,
    *,
    health: Health,
    supervisor: Supervisor,
    close: Callable[[], Awaitable[None]],
) -> None:
    """Serves `app` and runs `supervisor`'s loops until SIGTERM or SIGINT.

    Then, within the deadline of the settings: it stops being ready, takes no more connections, finishes the
    requests and after them the loops that are under way (so that what the last requests committed is published
    still), and calls `close`. A second signal changes nothing; the deadline ends what does not end by itself.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)

    async def stopped() -> None:
        await stop.wait()
        health.begin_shutdown()
        _log.info("shutting down")

    supervisor.start()
    try:
        _log.info("serving", host=settings.host, port=settings.port)
        await hypercorn_serve(app, _hypercorn_config(settings), shutdown_trigger=stopped, mode="asgi")
    finally:
        health.begin_shutdown()
        await supervisor.stop(settings.shutdown_deadline_seconds / 2)
        await close()
        _log.info("stopped")


def _hypercorn_config(settings: ServiceSettings) -> Config:
    config = Config()
    config.bind = [f"{settings.host}:{settings.port}"]
    config.graceful_timeout = settings.shutdown_deadline_seconds / 2
    config.shutdown_timeout = settings.shutdown_deadline_seconds / 2
    config.alpn_protocols = ["http/1.1"]
    config.accesslog = None  # `events.http.context` writes it, with the trace
    config.errorlog = logging.getLogger("hypercorn.error")
    config.include_server_header = False
    config.keep_alive_timeout = 75  # longer than the proxies in front keep theirs
    config.backlog = 1024
    return config
