"""Errors as RFC 9457 problem documents: one handler renders them all."""

import structlog
from pydantic import ValidationError
from quart import Quart, Response, json
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from events.errors import Invalid, TicklerError, TooLarge

_TYPE_PREFIX = "urn:tickler:problem:"
_log = structlog.get_logger(__name__)


def install_problems(app: Quart) -> None:
    """Has every error of `app`, foreseen or not, answered as a problem document."""
    app.register_error_handler(TicklerError, _tickler_error)
    app.register_error_handler(ValidationError, _validation_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)


def problem_response(error: TicklerError) -> Response:
    """The answer that tells of `error`."""
    document: dict[str, object] = {
        "type": f"{_TYPE_PREFIX}{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
    }
    if error.detail:
        document["detail"] = error.detail
    return _respond(error.status, document | error.members, dict(error.headers))


def invalid_fields(error: ValidationError) -> Invalid:
    """The error that lists what is wrong with each field, in `errors`: ``[{"field", "message"}]``."""
    problems = [
        {"field": ".".join(str(part) for part in problem["loc"]), "message": problem["msg"]}
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    detail = "; ".join(f"{p['field']}: {p['message']}" if p["field"] else p["message"] for p in problems[:3])
    return Invalid(detail, members={"errors": problems})


async def _tickler_error(error: TicklerError) -> Response:
    if error.status >= 500:
        _log.error("request failed", status=error.status, code=error.code, exc_info=error)
    return problem_response(error)


async def _validation_error(error: ValidationError) -> Response:
    return problem_response(invalid_fields(error))


async def _http_error(error: HTTPException) -> Response:
    if isinstance(error, RequestEntityTooLarge):
        return problem_response(TooLarge(error.description or ""))
    status = error.code or 500
    name = error.name.lower().replace(" ", "-")
    headers = {
        key: value
        for key, value in error.get_headers()
        if key.lower() not in ("content-type", "content-length")  # those of its own HTML page
    }
    return _respond(
        status,
        {
            "type": f"{_TYPE_PREFIX}{name}",
            "title": error.name,
            "status": status,
            "code": name,
            "detail": error.description or "",
        },
        headers,
    )


async def _unforeseen(error: Exception) -> Response:
    _log.error("request failed", status=500, code=TicklerError.code, exc_info=error)
    # Its text is for the log: it may name what is nobody's business.
    return problem_response(TicklerError("The error is in the service's log under this answer's trace."))


def _respond(status: int, document: dict[str, object], headers: dict[str, str]) -> Response:
    return Response(json.dumps(document), status, headers, content_type="application/problem+json")
