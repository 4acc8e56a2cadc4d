"""``/api/stream``: a user's own changes, as they are committed."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

from quart import Response, request

from chat_api.adapters.changes import ChangeFeed, Resync, StreamEnded
from chat_api.domain.actor import Actor
from chat_api.entrypoints.http.api import ApiBlueprint
from chat_api.entrypoints.http.authentication import COOKIE, authenticated, bearer_token
from chat_api.service_layer.tokens import authenticate
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.errors import Unauthorized, Unavailable

_RECONNECT_MS = 2000
_RESYNC = "event: resync\ndata: {}\n\n"


def stream_blueprint(
    feed: ChangeFeed, new_unit_of_work: Callable[[], ChatUnitOfWork], *, heartbeat_seconds: float
) -> ApiBlueprint:
    """The live stream."""
    api = ApiBlueprint("stream", __name__, url_prefix="/api")

    @api.operation("GET", "/stream", "Follow changes", media_type="text/event-stream")
    async def stream() -> Response:
        """Server-sent events named as the change is (task.updated, reminder.updated, …) with ids and version as data.
        Open the stream, then load. After "resync" changes may have been missed: load again."""
        async with authenticated(new_unit_of_work) as (_, actor):
            pass
        token, session = bearer_token(), request.cookies.get(COOKIE)

        async def still_allowed() -> bool:
            try:
                async with new_unit_of_work() as uow:
                    await authenticate(uow, token=token, session=session)
            except Unauthorized:
                return False
            except Unavailable:
                return True  # the database being away is no reason to cut off who is waiting for it
            return True

        events = _events(actor, missed="Last-Event-ID" in request.headers, still_allowed=still_allowed)
        response = Response(events, content_type="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        response.timeout = None  # it lasts as long as its reader does
        return response

    async def _events(
        actor: Actor, *, missed: bool, still_allowed: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[str]:
        with feed.subscribe(actor.user_id) as subscription:
            yield f"retry: {_RECONNECT_MS}\n\n"
            if missed:
                yield _RESYNC
            while True:
                try:
                    change = await subscription.next(heartbeat_seconds)
                except StreamEnded:
                    return
                if change is None:
                    if not await still_allowed():
                        return
                    yield ": still here\n\n"
                elif isinstance(change, Resync):
                    yield _RESYNC
                else:
                    data = json.dumps(change.to_json(), separators=(",", ":"))
                    yield f"id: {change.id}\nevent: {change.type}\ndata: {data}\n\n"

    return api
