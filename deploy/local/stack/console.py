"""Progress lines: what was done, how long it took, and how long everything has taken so far."""

import sys
import threading
import time


class Console:
    """Writes one line at a time, from any thread, each behind the seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def line(self, text: str) -> None:
        with self._lock:
            print(f"[{time.monotonic() - self._started:6.1f}s] {text}", flush=True)  # noqa: T201

    def plain(self, text: str = "") -> None:
        with self._lock:
            print(text, flush=True)  # noqa: T201

    def error(self, text: str) -> None:
        with self._lock:
            print(text, file=sys.stderr, flush=True)  # noqa: T201
