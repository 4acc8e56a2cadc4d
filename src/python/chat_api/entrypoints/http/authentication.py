"""Who sends a request, and whether a browser was tricked into sending it.

A session's cookie is HttpOnly and SameSite=Lax, so other sites' forms and scripts do not carry it along with unsafe
methods. Behind that stands a check of what browsers say of a request's origin, and pages cannot forge:
``Sec-Fetch-Site``, else ``Origin``. A request with neither does not come from a browser that could be tricked; one
with a bearer token carries its proof itself. Bodies must be declared as JSON besides, which no form can do.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from quart import Response, request

from chat_api.domain.actor import Actor
from chat_api.service_layer.tokens import authenticate
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.errors import Forbidden

COOKIE = "tickler_session"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@asynccontextmanager
async def authenticated(
    new_unit_of_work: Callable[[], ChatUnitOfWork],
) -> AsyncIterator[tuple[ChatUnitOfWork, Actor]]:
    """A unit of work for the present request, and who sends it.

    Raises:
        Unauthorized: nobody we know.
    """
    async with new_unit_of_work() as uow:
        yield uow, await current_actor(uow)


async def current_actor(uow: ChatUnitOfWork) -> Actor:
    """Who sends the present request. Raises as `authenticated` does."""
    user = await authenticate(uow, token=bearer_token(), session=request.cookies.get(COOKIE))
    return user.actor


def bearer_token() -> str | None:
    """The request's bearer token; none where another kind of credentials, or none, is sent."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def refuse_cross_site(public_url: str | None) -> None:
    """Refuses an unsafe request that a browser sends for another site.

    Args:
        public_url: an origin that is ours, whatever name proxies reach the service by.

    Raises:
        Forbidden: it is such a request.
    """
    if request.method in _SAFE_METHODS or bearer_token() is not None:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site in ("same-origin", "none"):
        return
    origin = request.headers.get("Origin")
    if site is None and origin is None:
        return
    ours = {request.host} if public_url is None else {request.host, urlsplit(public_url).netloc}
    if origin is None or urlsplit(origin).netloc not in ours:
        raise Forbidden("This request was sent for another site.", code="cross-site-request")


async def keep_private(response: Response) -> Response:
    """Keeps answers of the API out of caches, and from being taken for what they are not."""
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def set_session_cookie(response: Response, secret: str, *, secure: bool, max_age_seconds: float) -> None:
    """Has the browser keep a session."""
    response.set_cookie(
        COOKIE, secret, max_age=int(max_age_seconds), httponly=True, samesite="Lax", secure=secure, path="/"
    )


def clear_session_cookie(response: Response, *, secure: bool) -> None:
    """Has the browser forget the session."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=secure, path="/")
