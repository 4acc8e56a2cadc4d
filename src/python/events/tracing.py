"""W3C trace context, carried from a request through its events to whatever they cause."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def new_traceparent() -> str:
    """A trace of its own, sampled."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def is_traceparent(value: str) -> bool:
    """Whether `value` is a well-formed ``traceparent``."""
    return _TRACEPARENT.fullmatch(value) is not None


def trace_id(traceparent: str) -> str:
    """The trace id within a well-formed `traceparent`; empty for anything else."""
    match = _TRACEPARENT.fullmatch(traceparent)
    return match[1] if match else ""


def current_traceparent() -> str:
    """The trace of what is being done at the moment; a new one where nothing began any."""
    return _current.get() or new_traceparent()


@contextmanager
def use_traceparent(traceparent: str | None) -> Iterator[str]:
    """Does what is inside as part of the trace `traceparent`; begins a new one where that is none or malformed."""
    value = traceparent if traceparent is not None and is_traceparent(traceparent) else new_traceparent()
    token = _current.set(value)
    try:
        yield value
    finally:
        _current.reset(token)
