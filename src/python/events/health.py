"""How a service is doing, for probes and for people."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from events.errors import TicklerError

Check = Callable[[], Awaitable[Mapping[str, object]]]
"""Answers with details worth showing; raises `Unhealthy`, or a `TicklerError`, where something is wrong."""


class Unhealthy(Exception):
    """A check found something wrong.

    Attributes:
        details: what is worth showing about it.
    """

    def __init__(self, problem: str, details: Mapping[str, object] | None = None):
        super().__init__(problem)
        self.details = dict(details or {})


@dataclass
class Health:
    """The checks of a service, by name, and whether it is shutting down."""

    timeout_seconds: float = 2.0
    shutting_down: bool = False
    _at_shutdown: list[Callable[[], None]] = field(default_factory=list)
    _checks: dict[str, Check] = field(default_factory=dict)
    _needed_for_events: set[str] = field(default_factory=set)

    def add(self, name: str, check: Check, *, needed_for_events: bool = False) -> None:
        """Adds a check; `needed_for_events`: where it fails, the service must not be sent events."""
        self._checks[name] = check
        if needed_for_events:
            self._needed_for_events.add(name)

    def at_shutdown(self, hook: Callable[[], None]) -> None:
        """Has `hook` called when shutdown begins, while requests still run: for those that would never end."""
        self._at_shutdown.append(hook)

    def begin_shutdown(self) -> None:
        """Says that the service is shutting down, once."""
        if not self.shutting_down:
            self.shutting_down = True
            for hook in self._at_shutdown:
                hook()

    async def takes_events(self) -> bool:
        """Whether an event that is delivered now can be handled, or stored."""
        if self.shutting_down:
            return False
        results = await asyncio.gather(*(self._run(self._checks[name]) for name in self._needed_for_events))
        return all(healthy for healthy, _ in results)

    async def report(self) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and the result of each check as JSON values."""
        results = await asyncio.gather(*map(self._run, self._checks.values()))
        checks = {
            name: {"status": "ok" if healthy else "failing"} | details
            for name, (healthy, details) in zip(self._checks, results, strict=True)
        }
        healthy = all(healthy for healthy, _ in results) and not self.shutting_down
        status = "shutting down" if self.shutting_down else "ok" if healthy else "failing"
        return healthy, {"status": status, "checks": checks}

    async def _run(self, check: Check) -> tuple[bool, dict[str, object]]:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return True, dict(await check())
        except Unhealthy as problem:
            return False, problem.details | {"problem": str(problem)}
        except TimeoutError:
            return False, {"problem": f"no answer within {self.timeout_seconds} s"}
        except TicklerError as error:
            return False, {"problem": error.title}
