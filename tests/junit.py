"""Counting in JUnit reports."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Count:
    """How many tests passed, and how many did not: failed, ended in an error, or were skipped."""

    passed: int = 0
    failed: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.passed + other.passed, self.failed + other.failed)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"


def count(reports: Iterable[Path]) -> Count:
    """The sum over `reports`. A skipped test counts as failed: a green run has run everything.

    Raises:
        ElementTree.ParseError: a report is cut short.
    """
    passed = failed = 0
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 -- our own runner wrote it
            if any(case.find(outcome) is not None for outcome in ("failure", "error", "skipped")):
                failed += 1
            else:
                passed += 1
    return Count(passed, failed)
