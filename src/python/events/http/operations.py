"""What probes and operators ask: ``/health…`` and ``/metrics``."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response, jsonify

from events.health import Health

QUIET_PATHS = ("/health", "/health/live", "/health/ready", "/health/events", "/metrics")
"""Paths that are asked for so often that they are not worth a line in the log."""


def operations_blueprint(health: Health) -> Blueprint:
    """``/health`` shows everything; the others answer one question each with 200 or 503."""
    blueprint = Blueprint("operations", __name__)

    @blueprint.get("/health")
    async def everything() -> Response:
        healthy, report = await health.report()
        return _answer(healthy, report)

    @blueprint.get("/health/live")
    async def live() -> Response:
        """Whether the process works at all; it depends on nothing, so that a restart can help."""
        return _answer(True, {"status": "ok"})

    @blueprint.get("/health/ready")
    async def ready() -> Response:
        """Whether requests are welcome: until shutdown, even where a dependency is away.

        A user is better served by this service's own clear 503 than by a connection that is refused.
        """
        return _answer(not health.shutting_down, {"status": "shutting down" if health.shutting_down else "ok"})

    @blueprint.get("/health/events")
    async def events() -> Response:
        """Whether events can be handled or stored; Dapr delivers none while they cannot."""
        takes_events = await health.takes_events()
        return _answer(takes_events, {"status": "ok" if takes_events else "failing"})

    @blueprint.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _answer(healthy: bool, report: dict[str, object]) -> Response:
    response = jsonify(report)
    response.status_code = 200 if healthy else 503
    response.headers["Cache-Control"] = "no-store"
    return response
