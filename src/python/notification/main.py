"""The service's command line: ``serve``, ``worker``, ``migrate`` and ``dead-letters``."""

import asyncio
import logging

from events.cli import read_settings, service_commands
from events.logs import configure_logging
from notification.bootstrap import NotificationService, NotificationWorker
from notification.config import NotificationSettings


async def serve(settings: NotificationSettings) -> None:
    """Serves until told to stop."""
    await NotificationService(settings).serve()


commands = service_commands(NotificationSettings, "notification", serve)


@commands.command("worker")
def worker_command() -> None:
    """Send mails, until SIGTERM. Health and metrics are served on PORT."""
    settings = read_settings(NotificationSettings)
    configure_logging(settings)
    # Its lines about each job say what ours say better.
    logging.getLogger("arq").setLevel(logging.WARNING)
    asyncio.run(work(settings))


async def work(settings: NotificationSettings) -> None:
    """Works until told to stop."""
    await NotificationWorker(settings).serve()


if __name__ == "__main__":
    commands()
