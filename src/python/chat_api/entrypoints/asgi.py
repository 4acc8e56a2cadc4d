"""Other ASGI applications under a path of the service's own."""

from collections.abc import Awaitable, Callable

from quart import Quart


def mount(app: Quart, path: str, other: Callable[..., Awaitable[None]]) -> None:
    """Has `other` answer what is asked for at `path` and below, instead of `app`.

    It sees the whole path. Its lifespan does not run: what it needs at start and stop belongs into
    ``app.while_serving``.
    """
    own = app.asgi_app

    async def dispatch(scope, receive, send):  # type: ignore[no-untyped-def]  # Quart and Hypercorn differ in the types
        if scope["type"] == "http" and (scope["path"] == path or scope["path"].startswith(f"{path}/")):
            await other(scope, receive, send)
        else:
            await own(scope, receive, send)

    app.asgi_app = dispatch  # type: ignore[method-assign]  # the place that Quart's documentation names for this
