"""The service's command line: ``serve``, ``migrate`` and ``dead-letters``."""

from chat_api.bootstrap import bootstrap
from chat_api.bootstrap_assistant import with_assistant
from chat_api.config import ChatSettings
from events.cli import service_commands


async def serve(settings: ChatSettings) -> None:
    """Serves until told to stop."""
    service, app = bootstrap(settings, assistant=with_assistant)
    await service.serve(app)


commands = service_commands(ChatSettings, "chat_api", serve)

if __name__ == "__main__":
    commands()
