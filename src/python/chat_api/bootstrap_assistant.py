"""Adds the assistant to the service: ``/api/chat``, and its tools at ``/mcp``."""

from collections.abc import AsyncGenerator

from chat_api.assistant.assistant import Assistant
from chat_api.assistant.planner import Planner
from chat_api.assistant.rules import RulesPlanner
from chat_api.assistant.toolbox import Toolbox
from chat_api.bootstrap import Parts, service_version
from chat_api.entrypoints import mcp
from chat_api.entrypoints.asgi import mount
from chat_api.entrypoints.http.chat import chat_blueprint


def with_assistant(parts: Parts) -> None:
    """Adds the assistant to `parts`."""
    new_unit_of_work = parts.service.new_unit_of_work
    toolbox = Toolbox(new_unit_of_work)
    assistant = Assistant(new_unit_of_work, toolbox, _planner(parts))
    parts.apis.append(chat_blueprint(assistant, new_unit_of_work))

    endpoint = mcp.McpEndpoint(
        toolbox,
        new_unit_of_work,
        parts.service.messaging.clock,
        version=service_version(),
        security=mcp.allowed_hosts(parts.settings.public_url, parts.settings.mcp_allowed_hosts),
    )
    mount(parts.app, mcp.PATH, endpoint)

    @parts.app.while_serving
    async def mcp_sessions() -> AsyncGenerator[None, None]:
        async with endpoint.sessions.run():
            yield


def _planner(parts: Parts) -> Planner:
    rules = RulesPlanner()
    settings = parts.settings
    if settings.openai_api_key is None:
        return rules
    # Importing the client takes a second and some memory, so a service without a model does without.
    from chat_api.assistant.openai import FallbackPlanner, ModelSettings, OpenAIPlanner, openai_client

    client = openai_client(
        settings.openai_api_key.get_secret_value(), settings.openai_base_url, settings.openai_max_retries
    )
    parts.app.after_serving(client.close)
    model = ModelSettings(
        model=settings.openai_model,
        round_timeout_seconds=settings.openai_timeout_seconds,
        deadline_seconds=settings.openai_deadline_seconds,
    )
    return FallbackPlanner(OpenAIPlanner(client, model), rules)
