"""A Quart application with what every service's has."""

from quart import Quart

from events.http.context import install_request_context
from events.http.operations import QUIET_PATHS
from events.http.problems import install_problems

_MAX_BODY_BYTES = 256 * 1024


def create_app(name: str, *, max_body_bytes: int = _MAX_BODY_BYTES) -> Quart:
    """An application with problem documents for all errors, traces, an access log, and bodies of a bounded size."""
    # No static files: a path below /static would otherwise be answered by Quart itself.
    app = Quart(name, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    install_request_context(app, quiet_paths=QUIET_PATHS)
    install_problems(app)
    return app
