"""Logs as a service writes them, read back from its standard output."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from events.logs import about_event, configure_logging
from events.settings import ServiceSettings
from events.tracing import current_traceparent
from tests.support.sample.service import user_updated


class Settings(ServiceSettings):
    SERVICE = "sample"
    port: int = 8000


def settings(**values: str) -> ServiceSettings:
    return Settings(database_url="postgresql+asyncpg://x", app_api_token="token", **values)  # type: ignore[arg-type]


@pytest.fixture
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


pytestmark = pytest.mark.usefixtures("_restored")


@pytest.mark.proves("FR-021")
def test_every_line_about_an_event_names_it_whoever_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(settings())
    event = user_updated(1, 1)
    with about_event(event.envelope, "user-events"):
        structlog.get_logger("ours").info("handling", step=1)
        logging.getLogger("a.library").warning("slow %s", "query")
        assert current_traceparent() == event.envelope.traceparent
    structlog.get_logger("ours").info("afterwards")
    ours, library, afterwards = map(json.loads, capsys.readouterr().out.splitlines())
    for line in (ours, library):
        assert line["event_id"] == str(event.envelope.id)
        assert line["event_type"] == "user.updated"
        assert line["subject"] == event.envelope.subject
        assert line["traceparent"] == event.envelope.traceparent
        assert line["trace_id"] in event.envelope.traceparent
        assert line["service"] == "sample"
    assert (ours["event"], ours["step"], ours["level"]) == ("handling", 1, "info")
    assert (library["event"], library["logger"]) == ("slow query", "a.library")
    assert "event_id" not in afterwards


def test_an_exception_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(settings())
    structlog.get_logger("ours").error("failed", exc_info=ValueError("why"))
    (line,) = capsys.readouterr().out.splitlines()
    assert "ValueError: why" in json.loads(line)["exception"]


def test_the_level_holds_for_libraries_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(settings(log_level="warning"))
    structlog.get_logger("ours").info("unheard")
    logging.getLogger("a.library").info("unheard")
    assert capsys.readouterr().out == ""


def test_people_get_lines_they_can_read(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(settings(log_format="console"))
    structlog.get_logger("ours").info("serving", port=8000)
    assert "port=8000" in capsys.readouterr().out
