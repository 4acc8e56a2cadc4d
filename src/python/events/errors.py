"""The errors that cross a service's boundaries, each with the HTTP status that it is shown with."""

from collections.abc import Mapping
from typing import ClassVar


class TicklerError(Exception):
    """An error that can be told to whoever asked; `events.http.problems` renders it as RFC 9457.

    Attributes:
        status: the HTTP status.
        code: a kebab-case name that programs may rely on; it becomes the problem's ``type``.
        title: what kind of error this is, the same for all of them.
        detail: what happened this time, in words for whoever asked.
        members: further members of the problem document, JSON values by name.
    """

    status: ClassVar[int] = 500
    code: str = "internal-error"
    title: str = "Something went wrong"

    def __init__(self, detail: str = "", *, code: str | None = None, members: Mapping[str, object] | None = None):
        super().__init__(detail)
        self.detail = detail
        self.members = dict(members or {})
        if code is not None:
            self.code = code

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers that belong to the answer."""
        return {}


class BadRequest(TicklerError):
    """The request cannot be read."""

    status = 400
    code = "bad-request"
    title = "The request cannot be read"


class Unauthorized(TicklerError):
    """Who is asking is not known."""

    status = 401
    code = "unauthorized"
    title = "Authentication is required"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(TicklerError):
    """Who is asking is known, and may not."""

    status = 403
    code = "forbidden"
    title = "This is not allowed"


class NotFound(TicklerError):
    """There is nothing of that name, at least not for whoever asked."""

    status = 404
    code = "not-found"
    title = "Not found"


class Conflict(TicklerError):
    """The request contradicts the state of things."""

    status = 409
    code = "conflict"
    title = "This conflicts with the present state"


class PreconditionFailed(TicklerError):
    """The version named by the request is not the present one."""

    status = 412
    code = "precondition-failed"
    title = "It was changed in the meantime"


class TooLarge(TicklerError):
    """The request's body is larger than what is accepted."""

    status = 413
    code = "too-large"
    title = "The request is too large"


class UnsupportedMediaType(TicklerError):
    """The request's body is of a type that is not accepted."""

    status = 415
    code = "unsupported-media-type"
    title = "The request's content type is not supported"


class Invalid(TicklerError):
    """The request can be read, and what it says cannot be accepted."""

    status = 422
    code = "invalid"
    title = "The request is not valid"


class Unavailable(TicklerError):
    """Something the service depends on is away; nothing was done, and trying again later may help."""

    status = 503
    code = "unavailable"
    title = "The service is not available at the moment"

    def __init__(
        self,
        detail: str = "Please try again in a moment. Nothing was changed.",
        *,
        code: str | None = None,
        members: Mapping[str, object] | None = None,
        retry_after_seconds: int = 2,
    ):
        super().__init__(detail, code=code, members=members)
        self.retry_after_seconds = retry_after_seconds

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after_seconds)}


class EventRejected(Exception):
    """Raised by a handler: this event can never be handled, so it goes to the dead letters at once."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason
