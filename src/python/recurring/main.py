"""The service's command line: ``serve``, ``migrate`` and ``dead-letters``."""

from events.cli import service_commands
from recurring.bootstrap import bootstrap
from recurring.config import RecurringSettings


async def serve(settings: RecurringSettings) -> None:
    """Serves until told to stop."""
    service, app = bootstrap(settings)
    await service.serve(app)


commands = service_commands(RecurringSettings, "recurring", serve)

if __name__ == "__main__":
    commands()
