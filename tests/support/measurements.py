"""Times that a run measured, printed at its end. They are reported, never asserted."""

import statistics
from collections import defaultdict

import pytest


class Measurements:
    """Durations by name, in seconds."""

    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = defaultdict(list)

    def add(self, name: str, seconds: float) -> None:
        self._seconds[name].append(seconds)

    def report(self, reporter: pytest.TerminalReporter) -> None:
        if not self._seconds:
            return
        reporter.section("measured")
        width = max(map(len, self._seconds))
        for name, values in sorted(self._seconds.items()):
            median, most = statistics.median(values) * 1000, max(values) * 1000
            reporter.write_line(f"{name:{width}}  median {median:7.0f} ms  most {most:7.0f} ms  n={len(values)}")
