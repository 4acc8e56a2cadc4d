"""What surrounds each request: its trace, its id in the logs, its line in the access log."""

import time
from collections.abc import Iterable
from contextlib import ExitStack

import structlog
from quart import Quart, Response, g, request

from events.metrics import HTTP_REQUESTS
from events.tracing import trace_id, use_traceparent

_log = structlog.get_logger("access")


def install_request_context(app: Quart, *, quiet_paths: Iterable[str] = ()) -> None:
    """Carries the caller's trace through each request of `app`, and tells of the request when it is over.

    The answer names the trace in the header ``traceparent``. Requests for `quiet_paths` (probes) are counted and
    logged at debug level only.
    """
    quiet = frozenset(quiet_paths)

    @app.before_request
    async def begin() -> None:
        stack = ExitStack()
        traceparent = stack.enter_context(use_traceparent(request.headers.get("traceparent")))
        stack.enter_context(
            structlog.contextvars.bound_contextvars(traceparent=traceparent, trace_id=trace_id(traceparent))
        )
        g.context, g.traceparent, g.started = stack, traceparent, time.perf_counter()

    @app.after_request
    async def end(response: Response) -> Response:
        if "started" not in g:  # the request was refused before it began
            return response
        seconds = time.perf_counter() - g.started
        route = request.url_rule.rule if request.url_rule is not None else "none"
        HTTP_REQUESTS.labels(request.method, route, str(response.status_code)).observe(seconds)
        response.headers.setdefault("traceparent", g.traceparent)
        _log.log(
            10 if request.path in quiet else 20,
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            duration_ms=round(seconds * 1000, 2),
            client=request.remote_addr,
            traceparent=g.traceparent,
            trace_id=trace_id(g.traceparent),
        )
        return response

    @app.teardown_request
    async def leave(_error: BaseException | None) -> None:
        stack = g.pop("context", None)
        if stack is not None:
            stack.close()
