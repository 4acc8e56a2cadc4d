"""Problem documents, request bodies, traces and operations routes, in process."""

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from quart import Quart, abort
from quart.typing import TestClientProtocol as Client
from structlog.testing import capture_logs

from events.errors import Conflict, Invalid, NotFound, PreconditionFailed, Unavailable
from events.health import Health, Unhealthy
from events.http.app import create_app
from events.http.body import read_model
from events.http.operations import operations_blueprint
from events.tracing import current_traceparent, is_traceparent, trace_id

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    priority: int = 0


@pytest.fixture
def app() -> Quart:
    app = create_app("test", max_body_bytes=1_000)

    @app.post("/drafts")
    async def drafts() -> dict[str, Any]:
        return (await read_model(Draft)).model_dump()

    @app.get("/trace")
    async def trace() -> dict[str, str]:
        return {"traceparent": current_traceparent()}

    @app.get("/raise/<what>")
    async def raises(what: str) -> str:
        raise {
            "missing": NotFound("There is no task 42."),
            "conflict": Conflict(code="already-done"),
            "stale": PreconditionFailed("It is at version 3.", members={"current": {"version": 3}}),
            "invalid": Invalid("The zone Mars/Olympus does not exist."),
            "away": Unavailable(retry_after_seconds=7),
            "bug": RuntimeError("a secret of the house"),
        }[what]

    @app.get("/abort/<int:status>")
    async def aborts(status: int) -> str:
        abort(status)

    return app


@pytest.fixture
def client(app: Quart) -> Client:
    return app.test_client()


async def problem(response: Any) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    document: dict[str, Any] = await response.get_json(force=True)
    assert document["status"] == response.status_code
    return document


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("missing", 404, "not-found"),
        ("conflict", 409, "already-done"),
        ("stale", 412, "precondition-failed"),
        ("invalid", 422, "invalid"),
        ("away", 503, "unavailable"),
        ("bug", 500, "internal-error"),
    ],
)
async def test_an_error_is_a_problem_document(client: Client, what: str, status: int, code: str) -> None:
    response = await client.get(f"/raise/{what}")
    document = await problem(response)
    assert (response.status_code, document["code"]) == (status, code)
    assert document["type"] == f"urn:tickler:problem:{code}"
    assert document["title"]


async def test_an_error_carries_its_own_members_and_headers(client: Client) -> None:
    assert (await problem(await client.get("/raise/stale")))["current"] == {"version": 3}
    assert (await client.get("/raise/away")).headers["Retry-After"] == "7"


async def test_what_nobody_foresaw_is_told_to_the_log_alone(client: Client) -> None:
    with capture_logs() as lines:
        response = await client.get("/raise/bug")
    assert "secret" not in str(await problem(response))
    (line,) = [line for line in lines if line["event"] == "request failed"]
    assert "secret" in str(line["exc_info"])


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/none", "GET", 404), ("/none", "POST", 404), ("/drafts", "GET", 405)]
)
async def test_quarts_own_errors_are_problem_documents(client: Client, path: str, method: str, status: int) -> None:
    response = await (client.get(path) if method == "GET" else client.post(path))
    assert (await problem(response))["status"] == status


async def test_a_refused_method_names_those_that_are_allowed(client: Client) -> None:
    assert "POST" in (await client.get("/drafts")).headers["Allow"]


@pytest.mark.parametrize("status", [400, 403, 418, 429])
async def test_an_abort_is_a_problem_document(client: Client, status: int) -> None:
    assert (await problem(await client.get(f"/abort/{status}")))["status"] == status


async def test_a_good_body_becomes_a_model(client: Client) -> None:
    response = await client.post("/drafts", json={"title": "Bread"})
    assert await response.get_json() == {"title": "Bread", "priority": 0}


async def test_every_wrong_field_is_named(client: Client) -> None:
    document = await problem(await client.post("/drafts", json={"priority": "high", "colour": "red"}))
    assert document["status"] == 422
    assert {error["field"] for error in document["errors"]} == {"title", "priority", "colour"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"NaN", b"[" * 500])
async def test_a_body_that_is_no_json_is_a_bad_request(client: Client, body: bytes) -> None:
    response = await client.post("/drafts", data=body, headers={"content-type": "application/json"})
    assert (await problem(response))["status"] == 400


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'"text"'])
async def test_a_body_of_another_shape_is_invalid(client: Client, body: bytes) -> None:
    response = await client.post("/drafts", data=body, headers={"content-type": "application/json"})
    assert (await problem(response))["status"] == 422


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_a_body_of_another_type_is_refused(client: Client, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    assert (await problem(await client.post("/drafts", data=b"{}", headers=headers)))["status"] == 415


async def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    assert (await problem(await client.post("/drafts", json={"title": "x" * 2_000})))["status"] == 413


async def test_a_request_carries_its_callers_trace(client: Client) -> None:
    response = await client.get("/trace", headers={"traceparent": TRACE})
    assert await response.get_json() == {"traceparent": TRACE}
    assert response.headers["traceparent"] == TRACE


@pytest.mark.parametrize("header", [None, "", "nonsense", TRACE.upper(), "00-" + "0" * 32 + "-b7ad6b7169203331-01"])
async def test_a_request_without_a_usable_trace_begins_one(client: Client, header: str | None) -> None:
    response = await client.get("/trace", headers={"traceparent": header} if header is not None else {})
    traceparent = (await response.get_json())["traceparent"]
    assert is_traceparent(traceparent)
    assert traceparent != header


async def test_each_request_leaves_a_line_with_its_trace(client: Client) -> None:
    with capture_logs() as lines:
        await client.get("/trace", headers={"traceparent": TRACE})
        await client.get("/none", headers={"traceparent": TRACE})
    assert [(line["path"], line["status"], line["trace_id"]) for line in lines] == [
        ("/trace", 200, trace_id(TRACE)),
        ("/none", 404, trace_id(TRACE)),
    ]


async def away() -> dict[str, object]:
    raise Unavailable


async def fine() -> dict[str, object]:
    return {"version": 18}


async def late() -> dict[str, object]:
    raise Unhealthy("events wait", {"waiting": 3})


def healthy_with(**checks: Any) -> tuple[Health, Client]:
    health = Health()
    for name, check in checks.items():
        health.add(name, check, needed_for_events=name == "database")
    app = create_app("test")
    app.register_blueprint(operations_blueprint(health))
    return health, app.test_client()


async def statuses(client: Client) -> dict[str, int]:
    paths = ("/health", "/health/live", "/health/ready", "/health/events")
    return {path: (await client.get(path)).status_code for path in paths}


@pytest.mark.proves("FR-006")
async def test_a_service_that_is_well_says_so(client: Client) -> None:
    _, client = healthy_with(database=fine)
    assert set((await statuses(client)).values()) == {200}
    report = await (await client.get("/health")).get_json()
    assert report == {"status": "ok", "checks": {"database": {"status": "ok", "version": 18}}}


@pytest.mark.proves("FR-006")
async def test_without_a_database_a_service_takes_requests_but_no_events() -> None:
    _, client = healthy_with(database=away, outbox=late)
    assert await statuses(client) == {
        "/health": 503,
        "/health/live": 200,
        "/health/ready": 200,
        "/health/events": 503,
    }
    report = await (await client.get("/health")).get_json()
    assert report["checks"]["outbox"] == {"status": "failing", "problem": "events wait", "waiting": 3}


async def test_what_events_do_not_need_does_not_stop_them() -> None:
    _, client = healthy_with(database=fine, sidecar=away)
    assert (await statuses(client))["/health/events"] == 200


async def test_a_service_that_shuts_down_is_alive_but_not_ready() -> None:
    health, client = healthy_with(database=fine)
    health.begin_shutdown()
    assert await statuses(client) == {
        "/health": 503,
        "/health/live": 200,
        "/health/ready": 503,
        "/health/events": 503,
    }


async def test_a_check_that_hangs_fails_in_time() -> None:
    async def hangs() -> dict[str, object]:
        await asyncio.Event().wait()
        return {}

    health, client = healthy_with(database=hangs)
    health.timeout_seconds = 0.05
    assert (await statuses(client))["/health/events"] == 503


async def test_metrics_are_prometheus_text() -> None:
    _, client = healthy_with()
    response = await client.get("/metrics")
    assert "tickler_outbox_pending" in await response.get_data(as_text=True)
