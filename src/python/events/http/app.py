"""A Quart application with what every service's has."""

from typing import Any

from quart import Quart, Request

from events.http.context import install_request_context
from events.http.operations import QUIET_PATHS
from events.http.problems import install_problems

_MAX_BODY_BYTES = 256 * 1024
# A hundred of Kafka's largest messages; only the sidecar's token lets anybody be heard there.
_MAX_DELIVERY_BYTES = 128 * 1024 * 1024


class _Request(Request):
    """A request whose body has the limit of its path; Quart fixes it before any view can ask for another."""

    def __init__(
        self, method: str, scheme: str, path: str, *args: Any, max_content_length: int | None = None, **kwargs: Any
    ):
        if path.startswith("/events/"):
            max_content_length = _MAX_DELIVERY_BYTES
        super().__init__(method, scheme, path, *args, max_content_length=max_content_length, **kwargs)


class _App(Quart):
    request_class = _Request


def create_app(name: str, *, max_body_bytes: int = _MAX_BODY_BYTES) -> Quart:
    """An application with problem documents for all errors, traces, an access log, and bodies of a bounded size."""
    # No static files: a path below /static would otherwise be answered by Quart itself.
    app = _App(name, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    install_request_context(app, quiet_paths=QUIET_PATHS)
    install_problems(app)
    return app
