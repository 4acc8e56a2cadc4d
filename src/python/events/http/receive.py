"""Where Dapr delivers events: ``POST /events/<topic>``."""

import base64
import binascii
import hmac
from collections.abc import Sequence

import structlog
from pydantic import SecretStr
from quart import Blueprint, Response, jsonify, request

from events.errors import BadRequest, Unauthorized
from events.http.body import read_json
from events.receiver import EntryStatus, RawEntry, Receiver
from events.unit_of_work import U

_log = structlog.get_logger(__name__)

_TOKEN_HEADER = "dapr-api-token"  # noqa: S105  # the header's name


def receive_blueprint(receiver: Receiver[U], token: SecretStr) -> Blueprint:
    """The routes of a service's subscriptions.

    A topic in bulk is answered with a status for each entry; the service's own dead letter topic, which is
    delivered raw and one by one, with a status. A wrong token is answered with 401: Dapr takes that, like every
    answer but 404, as a reason to deliver again and at last to keep the event on the dead letter topic, so that a
    service with a wrong token loses nothing. 404 would make it drop the event, so no topic is ever answered so.
    """
    blueprint = Blueprint("events", __name__, url_prefix="/events")
    expected = token.get_secret_value().encode()

    @blueprint.before_request
    async def authenticate() -> None:
        if not hmac.compare_digest(request.headers.get(_TOKEN_HEADER, "").encode(), expected):
            _log.error("event refused: wrong app token", path=request.path, client=request.remote_addr)
            raise Unauthorized(f"The header {_TOKEN_HEADER} does not carry this service's APP_API_TOKEN.")

    @blueprint.post("/<topic>")
    async def receive(topic: str) -> Response:
        body = await read_json()
        if topic == receiver.dead_letter_topic:
            # The topic that it was on before Dapr gave up; what this service put there has the dead letter topic's.
            original = request.headers.get("__Topic", topic)
            return jsonify({"status": await receiver.receive_dead(original, _raw_payload(body))})
        return _statuses(await receiver.receive(topic, _entries(body)))

    return blueprint


def _entries(body: object) -> list[RawEntry]:
    """The entries of a bulk delivery: ``{"entries": [{"entryId", "event", …}]}``."""
    entries = body.get("entries") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise BadRequest("A bulk delivery is expected: an object with a list of entries.")
    raw: list[RawEntry] = []
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("entryId"), str):
            raise BadRequest("An entry without an entryId cannot be answered.")
        raw.append(RawEntry(entry["entryId"], entry.get("event")))
    return raw


def _statuses(statuses: Sequence[EntryStatus]) -> Response:
    return jsonify({"statuses": [{"entryId": entry.entry_id, "status": entry.status} for entry in statuses]})


def _raw_payload(body: object) -> bytes:
    """The bytes that lie on the topic: Dapr wraps them, base64, into a CloudEvent of its own."""
    encoded = body.get("data_base64") if isinstance(body, dict) else None
    if not isinstance(encoded, str):
        raise BadRequest("A raw delivery is expected: an object with data_base64.")
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise BadRequest(f"data_base64 is not base64: {error}") from error
