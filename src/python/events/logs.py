"""Logs: one JSON object a line, or lines for people; libraries' own lines look the same."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.typing import EventDict, Processor

from events.envelope import Envelope
from events.settings import ServiceSettings
from events.tracing import trace_id, use_traceparent


def configure_logging(settings: ServiceSettings) -> None:
    """Sends all logs of this process to standard output, as `settings` say."""

    def add_service(_logger: object, _method: str, line: EventDict) -> EventDict:
        line["service"] = settings.SERVICE
        return line

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_service,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    final: list[Processor]
    if settings.log_format == "json":
        final = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        final = [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())


@contextmanager
def about_event(envelope: Envelope, topic: str) -> Iterator[None]:
    """Puts the event's id, type, subject and trace on every line logged inside, and carries its trace on."""
    with (
        use_traceparent(envelope.traceparent) as traceparent,
        structlog.contextvars.bound_contextvars(
            event_id=str(envelope.id),
            event_type=envelope.type,
            subject=envelope.subject,
            topic=topic,
            traceparent=traceparent,
            trace_id=trace_id(traceparent),
        ),
    ):
        yield
